//! What the program is doing when it is killed.

use crate::kept::Kept;
use crate::program::{Photo, Place, Start};
use crate::proxy::Position;
use crate::worlds::Normal;

const GUARDED: [&str; 5] = ["ap-south-1/app", "app", "us-east-1/app", "user-sessions", "zone"];

/// Replaced before and after the successor is there. (A thing with a generated name would be called
/// differently where the kill came before its turn and nobody asks again.)
const NAMED: [&str; 3] = ["status", "us-east-1/more-front", "writer"];

/// A run, from what it starts with to what must be there when it is done.
pub struct Situation {
    pub name: String,
    pub program: &'static str,
    args: Vec<String>,
    /// What is said to the runs after it, where that is not the same.
    again: Option<Vec<String>>,
    pub start: Start,
    /// Every mutating call of a run that nobody disturbs.
    pub positions: Vec<Position>,
    /// What is there, and recorded, after it.
    pub end: Normal,
}

impl Situation {
    pub fn new(name: &str, program: &'static str, start: &Start, args: &[&str]) -> (Self, Start) {
        let place = Place::new(start);
        let ran = place.run(program, args, None);
        assert_eq!(ran.code, Some(0), "{name}: {}\n{}", ran.out, ran.err);
        assert!(!ran.calls.is_empty(), "{name} changes nothing:\n{}", ran.out);
        let end = place.freeze();
        let situation = Self {
            name: name.to_owned(),
            program,
            args: owned(args),
            again: None,
            start: start.clone(),
            positions: ran.calls,
            end: Normal::of(&place.settled(), place.state().as_ref()),
        };
        (situation, end)
    }

    pub fn args(&self) -> Vec<&str> {
        self.args.iter().map(String::as_str).collect()
    }

    /// What is said to the program when it is run again.
    pub fn again(&self) -> Vec<&str> {
        self.again.as_ref().unwrap_or(&self.args).iter().map(String::as_str).collect()
    }

    /// What a run leaves behind that is killed at any position, on either side of its call.
    pub fn photograph(&self) -> Vec<Photo> {
        let place = Place::new(&self.start);
        let (ran, photos) = place.photograph(self.program, &self.args());
        assert_eq!(ran.code, Some(0), "{}: {}\n{}", self.name, ran.out, ran.err);
        photos
    }
}

fn owned(args: &[&str]) -> Vec<String> {
    args.iter().map(|&arg| arg.to_owned()).collect()
}

/// The reference architecture is made for the first time.
pub fn first(kept: Kept) -> (Situation, Start) {
    let name = match kept {
        Kept::Directory => "apply".to_owned(),
        _ => format!("apply, state in {}", kept.name()),
    };
    Situation::new(&name, "active_active", &Start::empty(kept), &["--yes"])
}

/// It is there, and is changed or taken down.
pub fn later(applied: &Start) -> Vec<Situation> {
    let mut all = Vec::new();
    let guards = GUARDED.iter().flat_map(|id| ["--unprotect", id]);
    let destroy: Vec<&str> = ["destroy", "--yes"].into_iter().chain(guards).collect();
    all.push(Situation::new("destroy", "active_active", applied, &destroy).0);

    let (_, more) = Situation::new("more", "edited", applied, &["--yes"]);
    let edited = |edit| ["--yes", "--edit", edit];
    all.push(Situation::new("update", "edited", &more, &edited("update")).0);
    let (region, three) = Situation::new("add a region", "edited", &more, &edited("region"));
    all.push(region);
    let remove = ["--yes", "--unprotect", "eu-west-1/app", "--unprotect", "user-sessions"];
    all.push(Situation::new("remove a region", "edited", &three, &remove).0);
    all.push(Situation::new("replace", "edited", &more, &edited("replace")).0);

    // Nothing asks for it but the command line, and nobody says it again.
    let named = NAMED.iter().flat_map(|id| ["--replace", id]);
    let named: Vec<&str> = ["--yes"].into_iter().chain(named).collect();
    let mut named = Situation::new("replace by name", "edited", &more, &named).0;
    named.again = Some(owned(&["--yes"]));
    all.push(named);
    all
}

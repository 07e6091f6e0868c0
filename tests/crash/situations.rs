//! What the program is doing when it is killed.

use std::collections::BTreeSet;

use bicoastal::state::State;
use serde_json::Value;

use crate::program::{Place, Start};
use crate::proxy::Position;
use crate::worlds;

const GUARDED: [&str; 5] = ["ap-south-1/app", "app", "us-east-1/app", "user-sessions", "zone"];

/// A run, from what it starts with to what must be there when it is done.
pub struct Situation {
    pub name: String,
    pub program: &'static str,
    pub args: Vec<String>,
    pub start: Start,
    /// Every mutating call of a run that nobody disturbs.
    pub positions: Vec<Position>,
    /// What is there after it.
    pub world: Value,
    /// What is recorded after it.
    pub recorded: BTreeSet<String>,
}

impl Situation {
    fn new(name: &str, program: &'static str, start: &Start, args: &[&str]) -> (Self, Start) {
        let place = Place::new(start);
        let ran = place.run(program, args, None);
        assert_eq!(ran.code, Some(0), "{name}: {}\n{}", ran.out, ran.err);
        assert!(!ran.calls.is_empty(), "{name} changes nothing:\n{}", ran.out);
        let end = place.freeze();
        let situation = Self {
            name: name.to_owned(),
            program,
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            start: start.clone(),
            positions: ran.calls,
            world: worlds::normal(&place.settled()),
            recorded: recorded(place.state().as_ref()),
        };
        (situation, end)
    }

    pub fn args(&self) -> Vec<&str> {
        self.args.iter().map(String::as_str).collect()
    }
}

/// Everything that is recorded, and every doubt and debt.
pub fn recorded(state: Option<&State>) -> BTreeSet<String> {
    let entries = state.into_iter().flat_map(|state| &state.entries);
    entries
        .map(|(key, entry)| {
            let doubt = if entry.doubt.is_some() { " in doubt" } else { "" };
            let superseded = if entry.superseded { " superseded" } else { "" };
            format!("{}{doubt}{superseded}", key.id)
        })
        .collect()
}

/// The reference architecture is made for the first time.
pub fn first() -> (Situation, Start) {
    Situation::new("apply", "active_active", &Start::empty(), &["--yes"])
}

/// It is there, and is changed or taken down.
pub fn later() -> Vec<Situation> {
    let mut all = Vec::new();
    let (_, applied) = first();
    let guards = GUARDED.iter().flat_map(|id| ["--unprotect", id]);
    let destroy: Vec<&str> = ["destroy", "--yes"].into_iter().chain(guards).collect();
    all.push(Situation::new("destroy", "active_active", &applied, &destroy).0);

    let (_, more) = Situation::new("more", "edited", &applied, &["--yes"]);
    let edited = |edit| ["--yes", "--edit", edit];
    all.push(Situation::new("update", "edited", &more, &edited("update")).0);
    let (region, three) = Situation::new("add a region", "edited", &more, &edited("region"));
    all.push(region);
    let remove = ["--yes", "--unprotect", "eu-west-1/app", "--unprotect", "user-sessions"];
    all.push(Situation::new("remove a region", "edited", &three, &remove).0);
    all.push(Situation::new("replace", "edited", &more, &edited("replace")).0);
    all
}

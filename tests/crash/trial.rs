//! One run that is disturbed, and what comes of running the program again.

use std::fmt;
use std::fs::OpenOptions;

use crate::program::{Place, Ran};
use crate::proxy::{At, How, Position};
use crate::situations::{Situation, recorded};
use crate::worlds;

/// How one run is disturbed.
#[derive(Clone, Debug)]
pub enum Trial {
    /// Killed at a call, before it reaches the cloud or after it was done.
    Kill(Position, How),
    /// The connection breaks at a call; nobody is killed.
    Lose(Position, How),
    /// Killed, and of the journal's last line so many hundredths are left.
    Torn(Position, usize),
    /// Killed, and killed again at the nth mutating call of each further run.
    Again(Position, How, Vec<usize>),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The cloud is that of an undisturbed run, and so is what is recorded.
    pub converged: bool,
    /// What an undisturbed run does not leave behind.
    pub orphans: usize,
    /// What is there more than once.
    pub duplicates: usize,
    /// Running it again did not do.
    pub repair: bool,
    /// What went wrong.
    pub note: String,
}

impl Verdict {
    pub fn is_good(&self) -> bool {
        self.converged && !self.repair && self.orphans + self.duplicates == 0
    }
}

/// Every position of a situation is killed before and after its call; every other one is disturbed
/// in one more way, so that each way meets calls of all kinds and the whole stays within minutes.
pub fn of(situation: &Situation) -> Vec<Trial> {
    use How::{LoseAnswer, LoseRequest, StopAfter, StopBefore};
    let mut trials = Vec::new();
    for (number, position) in situation.positions.iter().enumerate() {
        let position = || position.clone();
        trials.push(Trial::Kill(position(), StopBefore));
        trials.push(Trial::Kill(position(), StopAfter));
        match number % 16 {
            0 => trials.push(Trial::Lose(position(), LoseAnswer)),
            2 => trials.push(Trial::Torn(position(), 99)),
            4 => trials.push(Trial::Again(position(), StopAfter, vec![1])),
            6 => trials.push(Trial::Lose(position(), LoseRequest)),
            8 => trials.push(Trial::Torn(position(), 50)),
            10 => trials.push(Trial::Again(position(), StopAfter, vec![1 + number % 4])),
            12 => trials.push(Trial::Torn(position(), 0)),
            14 => trials.push(Trial::Again(position(), StopBefore, vec![2, 1 + number % 3])),
            _ => {}
        }
    }
    trials
}

impl Trial {
    pub fn what(&self) -> &'static str {
        match self {
            Self::Kill(_, How::StopBefore) => "killed before a call",
            Self::Kill(..) => "killed after a call",
            Self::Lose(..) => "lost a request or an answer",
            Self::Torn(..) => "killed, journal torn",
            Self::Again(_, _, more) if more.len() == 1 => "killed twice",
            Self::Again(..) => "killed three times",
        }
    }

    pub fn carry_out(&self, situation: &Situation) -> Verdict {
        let place = Place::new(&situation.start);
        let args = situation.args();
        let run = |strike| place.run(situation.program, &args, strike);
        let again = match self {
            Self::Kill(position, how) => {
                let ran = run(Some((At::This(position.clone()), *how)));
                if let Some(missed) = missed(&ran) {
                    return missed;
                }
                true
            }
            Self::Lose(position, how) => {
                let ran = run(Some((At::This(position.clone()), *how)));
                if !ran.struck {
                    return Verdict { note: "the call never came".into(), ..Verdict::default() };
                }
                ran.code != Some(0)
            }
            Self::Torn(position, percent) => {
                let ran = run(Some((At::This(position.clone()), How::StopAfter)));
                if let Some(missed) = missed(&ran) {
                    return missed;
                }
                tear(&place, *percent);
                true
            }
            Self::Again(position, how, more) => {
                let ran = run(Some((At::This(position.clone()), *how)));
                if let Some(missed) = missed(&ran) {
                    return missed;
                }
                for nth in more {
                    // It may have come to its end before: then there is one run more.
                    run(Some((At::Nth(*nth), *how)));
                }
                true
            }
        };
        let last = again.then(|| run(None));
        judge(situation, &place, last.as_ref())
    }
}

/// It was to be killed, and was not.
fn missed(ran: &Ran) -> Option<Verdict> {
    let note = match (ran.struck, ran.code) {
        (true, None) => return None,
        _ => format!("it was not killed there: {:?}\n{}\n{}", ran.code, ran.out, ran.err),
    };
    Some(Verdict { note, ..Verdict::default() })
}

/// Cuts the journal's last line, as a crash in the middle of a write does.
fn tear(place: &Place, percent: usize) {
    let path = place.state_dir().join("active-active/journal.jsonl");
    let bytes = std::fs::read(&path).expect("a journal");
    let body = bytes.strip_suffix(b"\n").expect("a whole line");
    let start = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let keep = start + (body.len() - start) * percent / 100;
    let file = OpenOptions::new().write(true).open(&path).expect("a journal");
    file.set_len(u64::try_from(keep).expect("a length")).expect("it is cut");
}

fn judge(situation: &Situation, place: &Place, last: Option<&Ran>) -> Verdict {
    let mut notes = Vec::new();
    let repair = last.is_some_and(|ran| ran.code != Some(0));
    if let Some(ran) = last.filter(|_| repair) {
        notes.push(format!("run again: {:?}\n{}\n{}", ran.code, ran.out, ran.err));
    }
    let recorded = recorded(place.state().as_ref());
    for id in recorded.symmetric_difference(&situation.recorded) {
        notes.push(format!("recorded: {id}"));
    }
    let world = worlds::normal(&place.settled());
    let (expected, there) = (worlds::things(&situation.world), worlds::things(&world));
    let (duplicates, orphans): (Vec<&String>, Vec<&String>) =
        there.difference(&expected).partition(|thing| thing.contains(" (again "));
    let differences = worlds::differences(&situation.world, &world);
    notes.extend(differences.iter().take(12).cloned());
    Verdict {
        converged: notes.is_empty(),
        orphans: orphans.len(),
        duplicates: duplicates.len(),
        repair,
        note: notes.join("\n    "),
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(at, how) | Self::Lose(at, how) => write!(f, "{how:?} {at}"),
            Self::Torn(at, percent) => write!(f, "{at}, {percent} % of the last line left"),
            Self::Again(at, how, more) => write!(f, "{how:?} {at}, then {more:?}"),
        }
    }
}

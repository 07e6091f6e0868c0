//! One run that is disturbed, and what comes of running the program again.

use std::fmt;
use std::fs::OpenOptions;

use crate::kept;
use crate::program::{Photo, Place, Ran};
use crate::proxy::{At, How, Position, Side};
use crate::situations::Situation;
use crate::worlds::{self, Normal};

/// How one run is disturbed.
#[derive(Clone)]
pub enum Trial {
    /// Killed at a call, before it reaches the cloud or after it was done: what is left of it was
    /// taken from a run that was stopped there (see [`Place::photograph`]).
    Left(Box<Photo>),
    /// Killed there indeed.
    Kill(Position, How),
    /// The connection breaks at a call; nobody is killed.
    Lose(At, How),
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
    /// Somebody would have to wait for a lease that nobody holds.
    pub leases: usize,
    /// Running it again did not do.
    pub repair: bool,
    /// What went wrong.
    pub note: String,
}

impl Verdict {
    pub fn is_good(&self) -> bool {
        self.converged && !self.repair && self.orphans + self.duplicates + self.leases == 0
    }
}

/// How much is tried of a situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// What a run leaves that is killed at any position, before and after its call. Every fourth
    /// position is also struck in one more way: killed indeed, its answer lost, its journal torn,
    /// killed again …; each way in its turn, so that all of them meet calls of all kinds.
    Left,
    /// Every position is killed indeed, before and after its call, and every other one is struck
    /// in one more way.
    Killed,
    /// State is in the cloud, and what writes it are calls like any other. What a run leaves that
    /// is killed on every seventh side of a position; and of the write that follows every fourth
    /// other call, of the run's first and of its last three, the request or the answer is lost.
    Stored,
}

/// The trials of a situation.
pub fn of(situation: &Situation, sweep: Sweep) -> Vec<Trial> {
    use How::{StopAfter, StopBefore};
    let mut trials = Vec::new();
    match sweep {
        Sweep::Left => {
            let photos = situation.photograph().into_iter();
            trials.extend(photos.map(|it| Trial::Left(Box::new(it))));
            let every_fourth = situation.positions.iter().enumerate().step_by(4);
            trials.extend(every_fourth.map(|(number, it)| in_turn(number / 4, it.clone())));
        }
        Sweep::Killed => {
            for (number, it) in situation.positions.iter().enumerate() {
                trials.push(Trial::Kill(it.clone(), StopBefore));
                trials.push(Trial::Kill(it.clone(), StopAfter));
                if number % 2 == 0 {
                    trials.push(in_turn(number / 2, it.clone()));
                }
            }
        }
        Sweep::Stored => {
            // Two of them belong to one position; seven has no factor of two.
            let photos = situation.photograph().into_iter().step_by(7);
            trials.extend(photos.map(|it| Trial::Left(Box::new(it))));
            let lost = lost_writes(situation).into_iter();
            let how = [How::LoseAnswer, How::LoseRequest].into_iter().cycle();
            trials.extend(lost.zip(how).map(|(at, how)| Trial::Lose(at, how)));
        }
    }
    trials
}

/// The writes of state that are lost: the lease at the start, what the end of a call is recorded
/// by, and, after the last one, the state itself and the lease.
fn lost_writes(situation: &Situation) -> Vec<At> {
    let others = situation.positions.iter().filter(|it| !kept::is_write(&it.call));
    let last = others.clone().next_back().expect("a run calls more than its store");
    let first = std::iter::once(At::Nth(1));
    let along = others.step_by(4).map(|it| At::Write { after: it.clone(), nth: 1 });
    let at_the_end = (1..=3).map(|nth| At::Write { after: last.clone(), nth });
    first.chain(along).chain(at_the_end).collect()
}

/// One of the other ways, each in its turn.
fn in_turn(turn: usize, position: Position) -> Trial {
    use How::{LoseAnswer, LoseRequest, StopAfter, StopBefore};
    match turn % 10 {
        0 => Trial::Lose(At::This(position), LoseAnswer),
        1 => Trial::Torn(position, 99),
        2 => Trial::Again(position, StopAfter, vec![1]),
        3 => Trial::Kill(position, StopAfter),
        4 => Trial::Lose(At::This(position), LoseRequest),
        5 => Trial::Torn(position, 50),
        6 => Trial::Again(position, StopAfter, vec![1 + turn % 4]),
        7 => Trial::Torn(position, 0),
        8 => Trial::Again(position, StopBefore, vec![2, 1 + turn % 3]),
        _ => Trial::Kill(position, StopBefore),
    }
}

impl Trial {
    pub fn what(&self) -> &'static str {
        match self {
            Self::Left(photo) if photo.side == Side::Before => "stopped before a call",
            Self::Left(_) => "stopped after a call",
            Self::Kill(_, How::StopBefore) => "killed before a call",
            Self::Kill(..) => "killed after a call",
            Self::Lose(..) => "lost a request or an answer",
            Self::Torn(..) => "killed, journal torn",
            Self::Again(_, _, more) if more.len() == 1 => "killed twice",
            Self::Again(..) => "killed three times",
        }
    }

    pub fn carry_out(&self, situation: &Situation) -> Verdict {
        let start = match self {
            Self::Left(photo) => &photo.left,
            _ => &situation.start,
        };
        let place = Place::new(start);
        let again = match self.disturb(situation, &place) {
            Ok(again) => again,
            Err(missed) => return missed,
        };
        let last = again.then(|| place.run(situation.program, &situation.again(), None));
        judge(situation, &place, last.as_ref())
    }

    /// The runs before the last one. Whether there has to be one more; `Err` where the run was not
    /// struck.
    fn disturb(&self, situation: &Situation, place: &Place) -> Result<bool, Verdict> {
        let strike = |at: At, how| place.run(situation.program, &situation.args(), Some((at, how)));
        let kill = |position: &Position, how| killed(&strike(At::This(position.clone()), how));
        match self {
            Self::Left(_) => {}
            Self::Kill(position, how) => kill(position, *how)?,
            Self::Lose(at, how) => {
                let ran = strike(at.clone(), *how);
                if !ran.struck {
                    let note = "the call never came".into();
                    return Err(Verdict { note, ..Verdict::default() });
                }
                return Ok(ran.code != Some(0));
            }
            Self::Torn(position, percent) => {
                kill(position, How::StopAfter)?;
                tear(place, *percent);
            }
            Self::Again(position, how, more) => {
                kill(position, *how)?;
                for nth in more {
                    // It may have come to its end before: then there is one run more.
                    place.run(situation.program, &situation.again(), Some((At::Nth(*nth), *how)));
                }
            }
        }
        Ok(true)
    }
}

/// It was to be killed, and was not.
fn killed(ran: &Ran) -> Result<(), Verdict> {
    if ran.struck && ran.code.is_none() {
        return Ok(());
    }
    let note = format!("it was not killed there: {:?}\n{}\n{}", ran.code, ran.out, ran.err);
    Err(Verdict { note, ..Verdict::default() })
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

/// Compares what is there, and what is recorded, with what an undisturbed run leaves.
pub fn judge(situation: &Situation, place: &Place, last: Option<&Ran>) -> Verdict {
    let mut notes = Vec::new();
    let repair = last.is_some_and(|ran| ran.code != Some(0));
    if let Some(ran) = last.filter(|_| repair) {
        notes.push(format!("run again: {:?}\n{}\n{}", ran.code, ran.out, ran.err));
    }
    let holder = place.lease_left();
    notes.extend(holder.iter().map(|holder| format!("a lease is left: {holder}")));
    let state = place.state();
    let is = Normal::of(&place.settled(), state.as_ref());
    let (expected, there) = (worlds::things(&situation.end.world), worlds::things(&is.world));
    let (duplicates, orphans): (Vec<&String>, Vec<&String>) =
        there.difference(&expected).partition(|thing| thing.contains(" (again "));
    let recorded = worlds::differences(&situation.end.recorded, &is.recorded);
    notes.extend(recorded.iter().take(12).map(|it| format!("recorded: {it}")));
    let differences = worlds::differences(&situation.end.world, &is.world);
    notes.extend(differences.iter().take(12).cloned());
    Verdict {
        converged: notes.is_empty(),
        orphans: orphans.len(),
        duplicates: duplicates.len(),
        leases: usize::from(holder.is_some()),
        repair,
        note: notes.join("\n    "),
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left(photo) => write!(f, "stopped {:?} {}", photo.side, photo.position),
            Self::Kill(at, how) => write!(f, "{how:?} {at}"),
            Self::Lose(at, how) => write!(f, "{how:?} {at}"),
            Self::Torn(at, percent) => write!(f, "{at}, {percent} % of the last line left"),
            Self::Again(at, how, more) => write!(f, "{how:?} {at}, then {more:?}"),
        }
    }
}

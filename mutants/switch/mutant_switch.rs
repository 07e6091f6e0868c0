//! Put into the crate that is tried: which one of its mutants is on.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

enum Mode {
    /// All are off.
    Off,
    /// This one is on.
    One(usize),
    /// All are off, and the places that are reached are written down, each once.
    Trace { seen: Vec<AtomicBool>, file: File },
}

static MODE: LazyLock<Mode> = LazyLock::new(|| {
    if let Ok(one) = std::env::var("MUTANT") {
        return Mode::One(one.parse().unwrap());
    }
    let Ok(path) = std::env::var("MUTANT_TRACE") else { return Mode::Off };
    let many: usize = std::env::var("MUTANT_COUNT").unwrap().parse().unwrap();
    Mode::Trace {
        seen: (0..many).map(|_| AtomicBool::new(false)).collect(),
        file: OpenOptions::new().create(true).append(true).open(path).unwrap(),
    }
});

pub(crate) fn on(mutant: usize) -> bool {
    match &*MODE {
        Mode::Off => false,
        Mode::One(one) => *one == mutant,
        Mode::Trace { seen, file } => {
            if !seen[mutant].swap(true, Ordering::Relaxed) {
                let mut file = file;
                file.write_all(format!("{mutant}\n").as_bytes()).unwrap();
            }
            false
        }
    }
}

/// What a function gives that is declared to give `impl Iterator`: the mutant's or its own.
#[derive(Clone)]
pub(crate) enum Either<M, O> {
    Mutant(M),
    Own(O),
}

impl<M: Iterator, O: Iterator<Item = M::Item>> Iterator for Either<M, O> {
    type Item = M::Item;

    fn next(&mut self) -> Option<M::Item> {
        match self {
            Self::Mutant(mutant) => mutant.next(),
            Self::Own(own) => own.next(),
        }
    }
}

impl<M: DoubleEndedIterator, O: DoubleEndedIterator<Item = M::Item>> DoubleEndedIterator
    for Either<M, O>
{
    fn next_back(&mut self) -> Option<M::Item> {
        match self {
            Self::Mutant(mutant) => mutant.next_back(),
            Self::Own(own) => own.next_back(),
        }
    }
}

impl<M: ExactSizeIterator, O: ExactSizeIterator<Item = M::Item>> ExactSizeIterator
    for Either<M, O>
{
}

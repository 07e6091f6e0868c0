//! What was called in the course of a run, for those who look for why it did not end well.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use bicoastal::runtime::{Event, Observer};

/// Counts the calls of each operation.
#[derive(Default)]
pub struct Calls(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    operations: BTreeMap<usize, String>,
    calls: BTreeMap<(usize, String), usize>,
}

impl Calls {
    /// How many there were.
    pub fn count(&self) -> usize {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.calls.values().sum()
    }
}

impl Observer for Calls {
    fn event(&self, event: &Event) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { op, what } => drop(seen.operations.insert(*op, what.clone())),
            Event::Called { op, call } => *seen.calls.entry((*op, call.clone())).or_default() += 1,
            _ => {}
        }
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((op, call), times) in &seen.calls {
            let what = seen.operations.get(op).map_or("", String::as_str);
            writeln!(f, "  {what}: {call} × {times}")?;
        }
        Ok(())
    }
}

//! The numbers.

use std::collections::BTreeMap;
use std::fmt;

use crate::trial::Verdict;

#[derive(Debug, Default)]
struct Row {
    tried: usize,
    converged: usize,
    orphans: usize,
    duplicates: usize,
    repairs: usize,
}

impl Row {
    fn add(&mut self, verdict: &Verdict) {
        self.tried += 1;
        self.converged += usize::from(verdict.converged);
        self.orphans += verdict.orphans;
        self.duplicates += verdict.duplicates;
        self.repairs += usize::from(verdict.repair);
    }
}

/// Tried and found, by situation and by what was done to the program.
#[derive(Debug, Default)]
pub struct Table {
    rows: BTreeMap<(String, &'static str), Row>,
    total: Row,
}

impl Table {
    pub fn add(&mut self, situation: &str, what: &'static str, verdict: &Verdict) {
        self.rows.entry((situation.to_owned(), what)).or_default().add(verdict);
        self.total.add(verdict);
    }

    pub fn is_good(&self) -> bool {
        let Row { tried, converged, orphans, duplicates, repairs } = self.total;
        tried > 0 && tried == converged && orphans + duplicates + repairs == 0
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | | positions tried | converged | orphans | duplicates | hand repairs |")?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        let mut line = |situation: &str, what: &str, row: &Row| {
            let Row { tried, converged, orphans, duplicates, repairs } = row;
            writeln!(
                f,
                "| {situation} | {what} | {tried} | {converged} | {orphans} | {duplicates} | {repairs} |"
            )
        };
        for ((situation, what), row) in &self.rows {
            line(situation, what, row)?;
        }
        line("all", "", &self.total)
    }
}

//! The numbers.

use std::collections::BTreeMap;
use std::fmt;

use crate::trial::Verdict;

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    tried: usize,
    converged: usize,
    orphans: usize,
    duplicates: usize,
    leases: usize,
    repairs: usize,
}

impl Row {
    fn add(&mut self, verdict: &Verdict) {
        self.tried += 1;
        self.converged += usize::from(verdict.converged);
        self.orphans += verdict.orphans;
        self.duplicates += verdict.duplicates;
        self.leases += verdict.leases;
        self.repairs += usize::from(verdict.repair);
    }
}

impl Row {
    fn join(&mut self, other: &Self) {
        self.tried += other.tried;
        self.converged += other.converged;
        self.orphans += other.orphans;
        self.duplicates += other.duplicates;
        self.leases += other.leases;
        self.repairs += other.repairs;
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
        let Row { tried, converged, orphans, duplicates, leases, repairs } = self.total;
        tried > 0 && tried == converged && orphans + duplicates + leases + repairs == 0
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tried, converged, orphans, duplicates, leases, repairs } = self;
        write!(f, "| {tried} | {converged} | {orphans} | {duplicates} | {leases} | {repairs} |")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| | | positions tried | converged | orphans | duplicates | leases left | hand repairs |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|")?;
        let mut situations: BTreeMap<&str, Row> = BTreeMap::new();
        for ((situation, what), row) in &self.rows {
            writeln!(f, "| {situation} | {what} {row}")?;
            situations.entry(situation).or_default().join(row);
        }
        for (situation, row) in situations {
            writeln!(f, "| {situation} | all {row}")?;
        }
        writeln!(f, "| all | {} ", self.total)
    }
}

//! What the operations of a plan take, counted while they are put together.

use std::collections::BTreeMap;

use bicoastal_model::Schema;

use crate::critical::takes_s;
use crate::plan::PlannedOp;
use crate::rates;
use crate::state::Verb;

/// What was counted so far.
#[derive(Default)]
pub(crate) struct Tally {
    /// Calls, by service.
    calls: BTreeMap<&'static str, u32>,
    /// Changes of records.
    records: u32,
    /// By operation: the milliseconds of pauses until it is done.
    paused: Vec<u64>,
    /// By operation: the milliseconds that it usually takes.
    pub(crate) takes: Vec<u64>,
    /// The seconds that the longest member of the next operation takes.
    longest: u32,
    /// Something waits for others in its own step.
    pub(crate) joins: bool,
}

impl Tally {
    /// The next member of the next operation.
    pub(crate) fn member(&mut self, schema: &'static Schema, verb: Verb, is_first: bool) {
        if schema.batch.is_some() && schema.service == "route53" {
            self.records = self.records.saturating_add(1);
        }
        let count = match verb {
            Verb::Create => schema.cost.create,
            Verb::Adopt | Verb::Update => schema.cost.update,
            Verb::Delete => schema.cost.delete,
        };
        // A batch is one call, however many members it has.
        if is_first || schema.batch.is_none() {
            *self.calls.entry(schema.service).or_default() += count;
        }
        self.longest = self.longest.max(takes_s(schema, verb));
        self.joins |= verb == Verb::Create && schema.joins.is_some();
    }

    /// The next operation, all of whose members were counted.
    pub(crate) fn operation(&mut self, operation: &PlannedOp) {
        let before = operation.after.keys().filter_map(|&it| self.paused.get(it)).max();
        let before = before.copied().unwrap_or(0);
        self.paused.push(before + operation.pause_ms);
        self.takes.push(operation.pause_ms + u64::from(self.longest) * 1_000);
        self.longest = 0;
    }

    /// Calls by service, and the milliseconds that rates and pauses let them take at least.
    pub(crate) fn cost(&self) -> (BTreeMap<String, u32>, u64) {
        let calls = self.calls.iter();
        let rates = calls.clone().map(|(service, &calls)| rates::floor_ms(service, calls)).max();
        let changes = rates::RECORD_CHANGES.floor_ms(self.records);
        let paused = self.paused.iter().copied().max().unwrap_or(0);
        let floor = rates.unwrap_or(0).max(changes).max(paused);
        (calls.map(|(service, &calls)| ((*service).to_owned(), calls)).collect(), floor)
    }
}

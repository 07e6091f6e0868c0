//! What is under way, as data: which rows there are, and which lines outlast them.

use std::collections::BTreeMap;

use bicoastal_engine::plan::Plan;
use bicoastal_engine::render::{Line, Style};
use bicoastal_model::{OpError, ResourceId, Retry};
use bicoastal_runtime::Event;

use super::duration;
use crate::console::span;

/// One operation under way.
#[derive(Debug)]
struct Row {
    what: String,
    since_ms: u64,
    /// What it is at: a call, a wait, trouble.
    at: Option<(Style, String)>,
}

/// Everything under way.
#[derive(Debug)]
pub(super) struct Board {
    start_ms: u64,
    operations: usize,
    ended: usize,
    failed: usize,
    rows: BTreeMap<usize, Row>,
    /// The resources of each operation.
    ids: Vec<Vec<ResourceId>>,
}

/// Lines that an event is worth.
#[derive(Debug, Default, PartialEq)]
pub(super) struct News {
    /// Worth a line only where there are no rows to see it in.
    pub(super) passing: Vec<Line>,
    /// Worth a line everywhere.
    pub(super) lasting: Vec<Line>,
}

impl Board {
    pub(super) fn new(plan: &Plan, now_ms: u64) -> Self {
        let ids = plan
            .operations
            .iter()
            .map(|op| op.members.iter().map(|member| member.key.id.clone()).collect::<Vec<_>>());
        Self {
            start_ms: now_ms,
            operations: plan.operations.len(),
            ended: 0,
            failed: 0,
            rows: BTreeMap::new(),
            ids: ids.collect(),
        }
    }

    pub(super) fn elapsed_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.start_ms)
    }

    /// The resources that an operation is about.
    pub(super) fn ids(&self, op: usize) -> &[ResourceId] {
        self.ids.get(op).map_or(&[], Vec::as_slice)
    }

    /// How long an operation has been under way.
    pub(super) fn since(&self, op: usize, now_ms: u64) -> u64 {
        self.rows.get(&op).map_or(0, |row| now_ms.saturating_sub(row.since_ms))
    }

    /// Something happened.
    pub(super) fn event(&mut self, event: &Event, now_ms: u64) -> News {
        match event {
            Event::Started { op, what } => {
                self.begin(*op, what, now_ms);
                News::passing(vec![span(Style::Plain, what.clone())])
            }
            Event::Called { op, call } => self.now_at(*op, Style::Plain, call, now_ms),
            Event::Waiting { op, what } => {
                if self.rows.contains_key(op) {
                    return self.now_at(*op, Style::Dim, &format!("waiting for {what}"), now_ms);
                }
                // A pause is all waiting: its reason is what it does.
                self.begin(*op, what, now_ms);
                News::passing(vec![span(Style::Plain, what.clone())])
            }
            Event::Trouble { op, error } => self.now_at(*op, Style::Warn, &trouble(error), now_ms),
            Event::Ended { op, done } => self.end(*op, *done, now_ms),
            // Events of a newer runtime.
            _ => News::default(),
        }
    }

    fn begin(&mut self, op: usize, what: &str, now_ms: u64) {
        let row = Row { what: what.to_owned(), since_ms: now_ms, at: None };
        self.rows.entry(op).or_insert(row);
    }

    fn now_at(&mut self, op: usize, style: Style, at: &str, now_ms: u64) -> News {
        self.begin(op, "", now_ms);
        let Some(row) = self.rows.get_mut(&op) else { return News::default() };
        let at = Some((style, at.to_owned()));
        // Polling says the same over and over.
        if row.at == at {
            return News::default();
        }
        row.at = at;
        let Some((style, at)) = row.at.clone() else { return News::default() };
        News::passing(vec![span(Style::Plain, format!("{}: ", row.what)), span(style, at)])
    }

    fn end(&mut self, op: usize, done: bool, now_ms: u64) -> News {
        let Some(row) = self.rows.remove(&op) else { return News::default() };
        self.ended += 1;
        let took = duration(now_ms.saturating_sub(row.since_ms));
        let (style, word) = if done {
            (Style::Create, format!("done in {took}"))
        } else {
            self.failed += 1;
            (Style::Error, format!("failed after {took}"))
        };
        let mut line = vec![span(Style::Plain, format!("{}: ", row.what)), span(style, word)];
        if !done && let Some((_, at)) = row.at {
            line.push(span(Style::Plain, format!(": {at}")));
        }
        News { passing: Vec::new(), lasting: vec![line] }
    }

    /// A row for every operation under way, the oldest first, and one for the whole.
    pub(super) fn rows(&self, now_ms: u64) -> Vec<(Option<usize>, Line)> {
        let mut under_way: Vec<(&usize, &Row)> = self.rows.iter().collect();
        under_way.sort_by_key(|(op, row)| (row.since_ms, **op));
        let mut rows: Vec<(Option<usize>, Line)> = under_way
            .into_iter()
            .map(|(op, row)| {
                let took = duration(now_ms.saturating_sub(row.since_ms));
                let mut line =
                    vec![span(Style::Plain, format!("{}  ", row.what)), span(Style::Dim, took)];
                if let Some((style, at)) = &row.at {
                    line.push(span(*style, format!("  {at}")));
                }
                (Some(*op), line)
            })
            .collect();
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        rows.push((
            None,
            vec![span(
                Style::Bold,
                format!(
                    "{} of {} operations ended{failed}, {} under way, {}",
                    self.ended,
                    self.operations,
                    self.rows.len(),
                    duration(self.elapsed_ms(now_ms))
                ),
            )],
        ));
        rows
    }
}

impl News {
    fn passing(line: Line) -> Self {
        Self { passing: vec![line], lasting: Vec::new() }
    }
}

/// A failed call in one line; the report has the whole of it.
fn trouble(error: &OpError) -> String {
    let next = match error {
        OpError::NotSent(_) | OpError::Refused { retry: Retry::Never, .. } => "",
        OpError::Refused { retry: Retry::Throttled, .. } => "; AWS throttles, trying again slower",
        OpError::Refused { retry: Retry::Busy, .. } => "; it is busy, trying again later",
        OpError::Refused { retry: Retry::NotYet, .. } => "; not known everywhere yet, trying again",
        OpError::InDoubt(_) => "; no answer, looking at what happened",
    };
    let said = error.to_string();
    format!("{}{next}", said.lines().next().unwrap_or_default())
}

//! What is under way, as data: which rows there are, and which lines outlast them.

use std::collections::BTreeMap;

use bicoastal_engine::plan::Plan;
use bicoastal_engine::render::{Line, Style};
use bicoastal_model::{OpError, ResourceId, Retry};
use bicoastal_runtime::Event;

use super::duration;
use crate::console::span;

/// The most rows that are shown, so that they fit a terminal of 24 lines.
const MOST_ROWS: usize = 15;

/// One operation under way.
#[derive(Debug)]
struct Row {
    what: String,
    since_ms: u64,
    /// What it is at.
    at: Option<At>,
}

/// What an operation is at: a call, a wait, trouble.
#[derive(Clone, Debug, PartialEq)]
struct At {
    style: Style,
    text: String,
    /// What comes next, if it goes on.
    next: &'static str,
}

impl At {
    fn new(style: Style, text: impl Into<String>) -> Self {
        Self { style, text: text.into(), next: "" }
    }
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
            Event::Called { op, call } => self.now_at(*op, At::new(Style::Plain, call), now_ms),
            Event::Waiting { op, what } => {
                if self.rows.contains_key(op) {
                    let at = At::new(Style::Dim, format!("waiting for {what}"));
                    return self.now_at(*op, at, now_ms);
                }
                // A pause is all waiting: its reason is what it does.
                self.begin(*op, what, now_ms);
                News::passing(vec![span(Style::Plain, what)])
            }
            Event::Trouble { op, error } => self.now_at(*op, trouble(error), now_ms),
            Event::Ended { op, done } => self.end(*op, *done, now_ms),
            // Events of a newer runtime.
            _ => News::default(),
        }
    }

    fn begin(&mut self, op: usize, what: &str, now_ms: u64) {
        let row = Row { what: what.to_owned(), since_ms: now_ms, at: None };
        self.rows.entry(op).or_insert(row);
    }

    fn now_at(&mut self, op: usize, at: At, now_ms: u64) -> News {
        self.begin(op, "", now_ms);
        let Some(row) = self.rows.get_mut(&op) else { return News::default() };
        // Polling says the same over and over, or counts up; a row shows that, a line is for news.
        let is_news = row.at.as_ref().is_none_or(|before| {
            let letters =
                |at: &At| -> String { at.text.chars().filter(|it| !it.is_ascii_digit()).collect() };
            letters(before) != letters(&at)
        });
        let line = vec![
            span(Style::Plain, format!("{}: ", row.what)),
            span(at.style, format!("{}{}", at.text, at.next)),
        ];
        row.at = Some(at);
        if is_news { News::passing(line) } else { News::default() }
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
        if !done && let Some(at) = row.at {
            line.push(span(Style::Plain, format!(": {}", at.text)));
        }
        News { passing: Vec::new(), lasting: vec![line] }
    }

    /// A row for every operation under way, the oldest first, and one for the whole. As many as
    /// fit the smallest of terminals.
    pub(super) fn rows(&self, now_ms: u64) -> Vec<(Option<usize>, Line)> {
        let mut under_way: Vec<(&usize, &Row)> = self.rows.iter().collect();
        under_way.sort_by_key(|(op, row)| (row.since_ms, **op));
        let more = under_way.len().saturating_sub(MOST_ROWS);
        under_way.truncate(MOST_ROWS);
        let width = under_way.iter().map(|(_, row)| row.what.chars().count()).max().unwrap_or(0);
        let mut rows: Vec<(Option<usize>, Line)> = under_way
            .into_iter()
            .map(|(op, row)| {
                let took = duration(now_ms.saturating_sub(row.since_ms));
                let mut line = vec![
                    span(Style::Plain, format!("{:width$}  ", row.what)),
                    span(Style::Dim, format!("{took:>6}")),
                ];
                if let Some(at) = &row.at {
                    line.push(span(at.style, format!("  {}{}", at.text, at.next)));
                }
                (Some(*op), line)
            })
            .collect();
        rows.push((None, self.whole(more, now_ms)));
        rows
    }

    /// How far the whole is.
    fn whole(&self, more: usize, now_ms: u64) -> Line {
        let mut text = match more {
            0 => String::new(),
            more => format!("and {more} more; "),
        };
        text.push_str(&format!("{} of {} done", self.ended - self.failed, self.operations));
        if self.failed > 0 {
            text.push_str(&format!(", {} failed", self.failed));
        }
        let under_way = self.rows.len();
        text.push_str(&format!(", {under_way} under way, {}", duration(self.elapsed_ms(now_ms))));
        vec![span(Style::Bold, text)]
    }
}

impl News {
    fn passing(line: Line) -> Self {
        Self { passing: vec![line], lasting: Vec::new() }
    }
}

/// A failed call in a few words; the report has the whole of it.
fn trouble(error: &OpError) -> At {
    let next = match error {
        OpError::NotSent(_) | OpError::Refused { retry: Retry::Never, .. } => "",
        OpError::Refused { retry: Retry::Throttled, .. } => "; trying again, slower",
        OpError::Refused { retry: Retry::Busy, .. } => "; it is busy, trying again later",
        OpError::Refused { retry: Retry::Spent, .. } => {
            "; AWS remembers the token, trying again and then another one"
        }
        OpError::Refused { retry: Retry::NotYet, .. } => "; not known everywhere yet, trying again",
        OpError::InDoubt(_) => "; looking at what happened",
    };
    let facts = error.facts();
    let said = facts.message.lines().next().unwrap_or_default();
    let parts: Vec<&str> = [facts.call.as_str(), facts.code.as_deref().unwrap_or_default(), said]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    At { style: Style::Warn, text: parts.join(": "), next }
}

#[cfg(test)]
mod tests {
    use bicoastal_engine::render;
    use bicoastal_model::ErrorFacts;
    use expect_test::{Expect, expect};

    use super::*;

    fn board(operations: usize) -> Board {
        Board {
            start_ms: 1_000,
            operations,
            ended: 0,
            failed: 0,
            rows: BTreeMap::new(),
            ids: vec![Vec::new(); operations],
        }
    }

    fn started(op: usize, what: &str) -> Event {
        Event::Started { op, what: what.to_owned() }
    }

    fn check(board: &Board, now_ms: u64, expect: Expect) {
        let lines: Vec<Line> = board.rows(now_ms).into_iter().map(|(_, line)| line).collect();
        expect.assert_eq(&render::plain(&lines));
    }

    #[test]
    fn rows_from_the_oldest_to_the_newest() {
        let mut board = board(7);
        board.event(&started(4, "create zone"), 1_000);
        board.event(&started(2, "create us-east-1/front"), 3_000);
        board.event(&Event::Called { op: 4, call: "CreateHostedZone".into() }, 4_000);
        let waiting = |percent| Event::Waiting { op: 2, what: format!("front, {percent} %") };
        let first = board.event(&waiting(5), 5_000);
        assert_eq!(first.passing.len(), 1);
        // Almost the same again is no news.
        assert_eq!(board.event(&waiting(95), 9_000), News::default());
        board.event(&Event::Waiting { op: 6, what: "drain us-east-1".into() }, 61_000);
        let facts = ErrorFacts {
            call: "CreateHostedZone".into(),
            code: Some("Throttling".into()),
            message: "Rate exceeded".into(),
            ..ErrorFacts::default()
        };
        let error = OpError::Refused { retry: Retry::Throttled, facts };
        board.event(&Event::Trouble { op: 4, error }, 62_000);
        check(
            &board,
            63_000,
            expect![[r#"
                create zone             1m 02s  CreateHostedZone: Throttling: Rate exceeded; trying again, slower
                create us-east-1/front  1m 00s  waiting for front, 95 %
                drain us-east-1             2s
                0 of 7 done, 3 under way, 1m 02s
            "#]],
        );
        let news = board.event(&Event::Ended { op: 4, done: false }, 64_000);
        expect![[r#"
            create zone: failed after 1m 03s: CreateHostedZone: Throttling: Rate exceeded
        "#]]
        .assert_eq(&render::plain(&news.lasting));
        let news = board.event(&Event::Ended { op: 2, done: true }, 3_700_000);
        expect![[r#"
            create us-east-1/front: done in 1h 01m
        "#]]
        .assert_eq(&render::plain(&news.lasting));
        check(
            &board,
            3_700_000,
            expect![[r#"
            drain us-east-1  1h 00m
            1 of 7 done, 1 failed, 1 under way, 1h 01m
        "#]],
        );
    }

    #[test]
    fn more_rows_than_fit() {
        let mut board = board(20);
        for op in 0..20 {
            board.event(&started(op, &format!("create {op}")), 1_000);
        }
        let rows = board.rows(1_000);
        assert_eq!(rows.len(), MOST_ROWS + 1);
        let last: Vec<Line> = rows.into_iter().map(|(_, line)| line).skip(MOST_ROWS).collect();
        expect![[r#"
            and 5 more; 0 of 20 done, 20 under way, 0s
        "#]]
        .assert_eq(&render::plain(&last));
    }

    #[test]
    fn text_from_aws_can_not_move_the_cursor() {
        let mut board = board(1);
        board.event(&started(0, "create \u{1b}[2Jzone"), 1_000);
        check(
            &board,
            1_000,
            expect![[r#"
            create [2Jzone      0s
            0 of 1 done, 1 under way, 0s
        "#]],
        );
    }
}

//! Rows on a terminal.

use std::collections::BTreeMap;

use bicoastal_engine::render::{Line, Span};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::paint;

/// How often a second rows are drawn at most.
const DRAWN_PER_SECOND: u8 = 15;

/// Rows at the foot of a terminal, and what is printed above them.
pub(super) struct Rows {
    color: bool,
    all: MultiProgress,
    /// By operation; the row of the whole has none, and comes last.
    rows: BTreeMap<Option<usize>, ProgressBar>,
}

impl Rows {
    pub(super) fn new(color: bool, visible: bool) -> Self {
        let target = if visible {
            ProgressDrawTarget::stderr_with_hz(DRAWN_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        let all = MultiProgress::with_draw_target(target);
        Self { color, all, rows: BTreeMap::new() }
    }

    /// A line that stays.
    pub(super) fn above(&self, line: &[Span]) {
        // A terminal that can't be written to loses lines; the report has them again.
        let _ = self.all.println(paint(line, self.color));
    }

    /// The rows as they are now, in order.
    pub(super) fn draw(&mut self, rows: &[(Option<usize>, Line)]) {
        let gone: Vec<Option<usize>> = self
            .rows
            .keys()
            .filter(|op| !rows.iter().any(|(other, _)| other == *op))
            .copied()
            .collect();
        for op in gone {
            if let Some(row) = self.rows.remove(&op) {
                row.finish_and_clear();
                self.all.remove(&row);
            }
        }
        for (position, (op, line)) in rows.iter().enumerate() {
            let bar = self.rows.entry(*op).or_insert_with(|| {
                let bar = ProgressBar::new_spinner().with_style(style(op.is_some()));
                self.all.insert(position, bar)
            });
            bar.set_message(paint(line, self.color));
            bar.tick();
        }
    }

    /// Takes all rows away.
    pub(super) fn clear(&mut self) {
        for row in std::mem::take(&mut self.rows).into_values() {
            row.finish_and_clear();
        }
        let _ = self.all.clear();
    }
}

fn style(spins: bool) -> ProgressStyle {
    let template = if spins { "  {spinner} {wide_msg}" } else { "{wide_msg}" };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_strings(&["-", "\\", "|", "/", "-"])
}

//! Rows on a terminal.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use bicoastal_engine::render::{Line, Span};
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

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
            let terminal = Terminal::new(Term::buffered_stderr());
            ProgressDrawTarget::term_like_with_hz(Box::new(terminal), DRAWN_PER_SECOND)
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

/// The terminal behind stderr. indicatif fills every line with blanks up to the edge, so that
/// the next one wraps; those of the last line are held back until something follows them, because
/// at the edge the echo of Ctrl-C (`^C`) would wrap too, and every row be drawn a line too low.
#[derive(Debug)]
struct Terminal {
    term: Term,
    held_back: Mutex<String>,
}

impl Terminal {
    fn new(term: Term) -> Self {
        Self { term, held_back: Mutex::default() }
    }

    fn held_back(&self) -> String {
        std::mem::take(&mut self.held_back.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.term.size().1
    }

    fn height(&self) -> u16 {
        self.term.size().0
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.held_back();
        self.term.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.held_back();
        self.term.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.held_back();
        self.term.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.held_back();
        self.term.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.term.write_str(&self.held_back())?;
        self.term.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.term.write_str(&self.held_back())?;
        if text.chars().all(|it| it == ' ') {
            let mut held = self.held_back.lock().unwrap_or_else(PoisonError::into_inner);
            text.clone_into(&mut held);
            return Ok(());
        }
        self.term.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.held_back();
        self.term.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.term.flush()
    }
}

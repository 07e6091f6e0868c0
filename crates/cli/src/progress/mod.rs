//! What is seen of an apply while it runs.

mod board;
mod events;
mod live;

use std::sync::{Arc, Mutex, PoisonError};

use bicoastal_engine::plan::Plan;
use bicoastal_engine::render::{Line, Style};
use bicoastal_runtime::{Clock, Event, Observer};

use self::board::Board;
use self::live::Rows;
use crate::console::{Console, span};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Rows that are redrawn, on a terminal.
    Live,
    /// A line for everything that happens.
    Lines,
    /// A JSON document a line, on the output of results.
    Json,
}

/// Sees what happens, and shows it.
pub(crate) struct Display<'c, 'io> {
    console: &'c Console<'io>,
    clock: Arc<dyn Clock>,
    form: Form,
    board: Mutex<Board>,
    rows: Mutex<Rows>,
}

impl<'c, 'io> Display<'c, 'io> {
    pub(crate) fn new(
        console: &'c Console<'io>,
        clock: Arc<dyn Clock>,
        plan: &Plan,
        json: bool,
    ) -> Self {
        let form = match (json, console.is_live()) {
            (true, _) => Form::Json,
            (false, true) => Form::Live,
            (false, false) => Form::Lines,
        };
        let now = clock.now_ms();
        let rows = Rows::new(console.has_colored_progress(), form == Form::Live);
        let display = Self {
            console,
            clock,
            form,
            board: Mutex::new(Board::new(plan, now)),
            rows: Mutex::new(rows),
        };
        display.tick();
        display
    }

    /// Brings the rows up to date: time has passed.
    pub(crate) fn tick(&self) {
        if self.form == Form::Live {
            let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
            self.rows().draw(&board.rows(self.clock.now_ms()));
        }
    }

    /// Something that is to be read, above the rows.
    pub(crate) fn say(&self, text: &str) {
        match self.form {
            Form::Live => text.lines().for_each(|line| {
                self.rows().above(&[span(Style::Warn, line)]);
            }),
            Form::Lines | Form::Json => self.console.diagnostic(text),
        }
    }

    /// Takes the rows away. How long it took, in milliseconds.
    pub(crate) fn finish(&self) -> u64 {
        self.rows().clear();
        let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        board.elapsed_ms(self.clock.now_ms())
    }

    fn rows(&self) -> std::sync::MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, lines: &[Line]) {
        for line in lines {
            match self.form {
                Form::Live => self.rows().above(line),
                Form::Lines => self.console.note(line),
                Form::Json => {}
            }
        }
    }
}

impl Observer for Display<'_, '_> {
    fn event(&self, event: &Event) {
        let now = self.clock.now_ms();
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        if self.form == Form::Json {
            self.console.json_line(&events::json(event, &board, now));
        }
        let news = board.event(event, now);
        match self.form {
            Form::Live => self.show(&news.lasting),
            Form::Lines => {
                self.show(&news.passing);
                self.show(&news.lasting);
            }
            Form::Json => {}
        }
        drop(board);
        self.tick();
    }
}

/// A time for people: `3s`, `2m 05s`, `1h 02m`.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn times_for_people() {
        let shown = [0, 999, 59_999, 60_000, 3_599_000, 3_600_000, 7_320_000].map(duration);
        assert_eq!(shown, ["0s", "0s", "59s", "1m 00s", "59m 59s", "1h 00m", "2h 02m"]);
    }
}

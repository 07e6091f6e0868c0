//! The one place that writes: two streams, colours, questions.

use std::fmt::Display;
use std::io::{self, BufRead, ErrorKind, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bicoastal_engine::render::{Line, Span, Style};
use serde_json::Value;

use crate::failure::Failure;

/// What a run reads from and writes to.
pub struct Io<'io> {
    /// Where results go.
    pub out: &'io mut (dyn Write + Send),
    /// Where progress, questions and errors go.
    pub err: &'io mut (dyn Write + Send),
    /// Where answers come from.
    pub input: &'io mut (dyn BufRead + Send),
    /// Whether results may have colours (`--no-color` still takes them away).
    pub out_color: bool,
    /// Whether the rest may have colours.
    pub err_color: bool,
    /// Whether there is somebody to ask.
    pub interactive: bool,
    /// Whether `err` is a terminal on which rows can be redrawn.
    pub live: bool,
}

impl std::fmt::Debug for Io<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Io")
            .field("interactive", &self.interactive)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}

/// One stream.
struct Stream<'io> {
    writer: &'io mut (dyn Write + Send),
    color: bool,
    /// The first write that failed. A run goes on without its reader: what it does is recorded.
    broken: Option<io::Error>,
}

impl Stream<'_> {
    fn write(&mut self, text: &str) {
        if self.broken.is_some() {
            return;
        }
        if let Err(error) =
            self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.flush())
        {
            self.broken = Some(error);
        }
    }
}

/// Writes lines, asks questions.
pub(crate) struct Console<'io> {
    out: Mutex<Stream<'io>>,
    err: Mutex<Stream<'io>>,
    input: Mutex<&'io mut (dyn BufRead + Send)>,
    interactive: bool,
    live: bool,
}

impl<'io> Console<'io> {
    pub(crate) fn new(io: Io<'io>, no_color: bool) -> Self {
        let stream = |writer, color: bool| {
            Mutex::new(Stream { writer, color: color && !no_color, broken: None })
        };
        Self {
            out: stream(io.out, io.out_color),
            err: stream(io.err, io.err_color),
            input: Mutex::new(io.input),
            interactive: io.interactive,
            live: io.live,
        }
    }

    /// Whether there is somebody to ask.
    pub(crate) fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Whether rows can be redrawn.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// Whether progress may have colours.
    pub(crate) fn has_colored_progress(&self) -> bool {
        lock(&self.err).color
    }

    /// A line of results.
    pub(crate) fn line(&self, line: &[Span]) {
        let mut out = lock(&self.out);
        let text = paint(line, out.color);
        out.write(&format!("{text}\n"));
    }

    /// Lines of results.
    pub(crate) fn lines(&self, lines: &[Line]) {
        for line in lines {
            self.line(line);
        }
    }

    /// A line of results without style.
    pub(crate) fn plain(&self, text: impl Display) {
        lock(&self.out).write(&format!("{text}\n"));
    }

    /// A JSON document of results, readable.
    pub(crate) fn json(&self, value: &Value) {
        lock(&self.out).write(&format!("{value:#}\n"));
    }

    /// A JSON document of results on one line.
    pub(crate) fn json_line(&self, value: &Value) {
        lock(&self.out).write(&format!("{value}\n"));
    }

    /// A line beside the results.
    pub(crate) fn note(&self, line: &[Span]) {
        let mut err = lock(&self.err);
        let text = paint(line, err.color);
        err.write(&format!("{text}\n"));
    }

    /// A diagnostic text, its leading words coloured.
    pub(crate) fn diagnostic(&self, text: &str) {
        let mut err = lock(&self.err);
        let color = err.color;
        for line in text.lines() {
            err.write(&format!("{}\n", paint_diagnostic(&harmless(line), color)));
        }
    }

    /// Asks, and reads one line. `None` where the input is at its end.
    ///
    /// # Errors
    ///
    /// Where the input can't be read.
    pub(crate) fn ask(&self, question: &str) -> Result<Option<String>, Failure> {
        let mut err = lock(&self.err);
        let style = if err.color { Style::Bold } else { Style::Plain };
        let text = styled(question, style, err.color);
        err.write(&format!("{text} "));
        drop(err);
        let mut answer = String::new();
        let read = lock(&self.input)
            .read_line(&mut answer)
            .map_err(|error| Failure::new(format!("the answer could not be read: {error}")))?;
        if !answer.ends_with('\n') {
            // Nobody has ended the question's line.
            lock(&self.err).write("\n");
        }
        Ok((read > 0).then(|| answer.trim().to_owned()))
    }

    /// Whether results were lost: a reader that went away is none, a full disk is.
    pub(crate) fn lost(&self) -> Option<String> {
        let out = lock(&self.out);
        out.broken
            .as_ref()
            .filter(|error| error.kind() != ErrorKind::BrokenPipe)
            .map(|error| format!("the results could not be written: {error}"))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A piece of a line. What comes from AWS or from the program can't move the cursor.
pub(crate) fn span(style: Style, text: impl AsRef<str>) -> Span {
    Span { style, text: harmless(text.as_ref()) }
}

/// Text without control characters.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).collect()
}

/// A line with its colours, or without.
pub(crate) fn paint(line: &[Span], color: bool) -> String {
    line.iter().map(|span| styled(&span.text, span.style, color)).collect()
}

fn styled(text: &str, style: Style, color: bool) -> String {
    use anstyle::AnsiColor::{Green, Magenta, Red, Yellow};
    let style = match style {
        _ if !color => return text.to_owned(),
        Style::Plain => return text.to_owned(),
        Style::Bold => anstyle::Style::new().bold(),
        Style::Dim => anstyle::Style::new().dimmed(),
        Style::Create => Green.on_default(),
        Style::Update | Style::Warn => Yellow.on_default(),
        Style::Delete => Red.on_default(),
        Style::Replace => Magenta.on_default(),
        Style::Error => Red.on_default().bold(),
    };
    format!("{style}{text}{style:#}")
}

fn paint_diagnostic(line: &str, color: bool) -> String {
    let words = [("error:", Style::Error), ("warning:", Style::Warn), ("hint:", Style::Bold)];
    let start = line.len() - line.trim_start().len();
    for (word, style) in words {
        if let Some(rest) = line.get(start..).and_then(|line| line.strip_prefix(word)) {
            let indent = line.get(..start).unwrap_or_default();
            return format!("{indent}{}{rest}", styled(word, style, color));
        }
    }
    line.to_owned()
}

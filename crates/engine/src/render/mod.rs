//! Plans and reports as lines for people, readable without colour, and as JSON for programs.

mod changes;
mod json;
mod report;
mod value;

pub use self::changes::{drift, plan};
pub use self::json::{plan_json, report_json};
pub use self::report::report;

/// What a piece of text is about; colours are for whoever prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Style {
    /// Nothing in particular.
    Plain,
    /// A heading, or what a line is about.
    Bold,
    /// What is there for the record: source lines, kinds.
    Dim,
    /// Something is made.
    Create,
    /// Something is changed in place.
    Update,
    /// Something is removed.
    Delete,
    /// Something is replaced.
    Replace,
    /// What a careful reader looks at twice.
    Warn,
    /// What went wrong.
    Error,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is about.
    pub style: Style,
    /// The text, without control characters and line ends.
    pub text: String,
}

/// A line, without its end.
pub type Line = Vec<Span>;

/// The lines as text without colour.
pub fn plain(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        let whole: String = line.iter().map(|span| span.text.as_str()).collect();
        text.push_str(whole.trim_end());
        text.push('\n');
    }
    text
}

/// A piece of a line. What comes from AWS or from the program can't move the cursor or forge
/// another line.
fn span(style: Style, text: impl AsRef<str>) -> Span {
    let text = text.as_ref().replace('\n', " ");
    Span { style, text: text.chars().filter(|it| !it.is_control()).collect() }
}

/// A word with its plural, counted.
fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// A duration for people: seconds up to two minutes, then minutes.
fn duration(millis: u64) -> String {
    match millis.div_ceil(1000) {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

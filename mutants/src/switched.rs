//! The text of a file with all of its mutants in it, each behind its switch.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::mutant::{Genre, Mutant};
use crate::places::{Place, Places};

/// Why a mutant can't be switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Not {
    /// It is no program: an `||` in a chain of `let`s.
    Chain,
    /// It is in a constant.
    Constant,
}

/// A file with its mutants.
#[derive(Debug)]
pub struct Switched {
    pub text: String,
    /// Where the text of each mutant is.
    pub mutants: Vec<(Range<usize>, usize)>,
    /// What is switched between, with all that can be there: for what the compiler says about it.
    pub around: Vec<(Range<usize>, Vec<usize>)>,
    pub not: Vec<(usize, Not)>,
}

/// Text to be put in; the mutant whose text it is.
type Piece = (String, Option<usize>);

/// A mutant's number, what it is and where it goes.
type Placed<'m> = (usize, &'m Mutant, Place);

/// What goes before and after a place.
#[derive(Debug)]
struct Wrap {
    all: Range<usize>,
    /// Of two around the same text, the one with the lower rank is outside.
    rank: u8,
    before: Vec<Piece>,
    after: String,
    /// What the compiler points at when it is wrong, if not at one of the pieces.
    blamed: Range<usize>,
}

/// The text with these of the mutants in it, each by its number.
pub fn switched(source: &str, mutants: &[(usize, &Mutant)]) -> Result<Switched, String> {
    let places = Places::of(source)?;
    let mut source = source.to_owned();
    let mut by_place: BTreeMap<(usize, usize, u8), Vec<Placed<'_>>> = BTreeMap::new();
    let mut not = Vec::new();
    for &(number, mutant) in mutants {
        let span = mutant.bytes(&source);
        let found = match mutant.genre {
            Genre::FnValue => Some(&Place::Expr(span.clone())),
            Genre::BinaryOperator | Genre::UnaryOperator => places.operators.get(&span.start),
            Genre::MatchArmGuard => places.guards.get(&span.start),
            Genre::MatchArm => places.arms.get(&span.start),
            Genre::StructField => places.fields.get(&span.start),
        };
        let place = found.ok_or_else(|| format!("no place for {}", mutant.name))?;
        let key = match (mutant.genre, place) {
            (Genre::FnValue, _) => (span.start, span.end, 0),
            (_, Place::Expr(all)) => (all.start, all.end, 1),
            (_, Place::Arm { pattern, .. }) => (*pattern, *pattern, 2),
            (_, Place::Chain) => {
                not.push((number, Not::Chain));
                continue;
            }
            (_, Place::Constant) => {
                not.push((number, Not::Constant));
                continue;
            }
        };
        by_place.entry(key).or_default().push((number, mutant, place.clone()));
        // What can be switched is not known when the program is compiled.
        if let Some((_, token)) = places.const_fns.iter().find(|(all, _)| all.contains(&span.start))
        {
            source.replace_range(token.clone(), &" ".repeat(token.len()));
        }
    }
    let mut wraps = Vec::new();
    for here in by_place.values() {
        match &here[0] {
            (_, Mutant { genre: Genre::FnValue, .. }, Place::Expr(all)) => {
                wraps.push(body(&source, here, all))
            }
            (_, _, Place::Expr(all)) => wraps.push(expression(&source, here, all)),
            (_, _, Place::Arm { pattern, guard, matched }) => {
                wraps.push(arm(here, *pattern, guard.clone(), matched));
            }
            (_, mutant, _) => return Err(format!("no place for {}", mutant.name)),
        }
    }
    Ok(put_in(&source, &wraps, not))
}

/// The whole expression for each of the mutants, and as it was, with the switches that are in it.
fn expression(source: &str, here: &[Placed<'_>], all: &Range<usize>) -> Wrap {
    let mut before = vec![("(".to_owned(), None)];
    for (number, mutant, _) in here {
        let span = mutant.bytes(source);
        let (start, end) = (&source[all.start..span.start], &source[span.end..all.end]);
        let changed = format!("if {ON}({number}) {{ {start}{}{end} }}", mutant.replacement);
        before.extend([(changed, Some(*number)), (" else ".to_owned(), None)]);
    }
    before.push(("{ ".to_owned(), None));
    Wrap { all: all.clone(), rank: 1, before, after: " })".to_owned(), blamed: all.clone() }
}

/// The values come before what the function does.
fn body(source: &str, here: &[Placed<'_>], all: &Range<usize>) -> Wrap {
    let (mut before, mut after) = (Vec::new(), String::new());
    for (number, mutant, _) in here {
        let value = &mutant.replacement;
        if mutant.returns.starts_with("-> impl Iterator") {
            let either = format!("if {ON}({number}) {{ {EITHER}::Mutant({value}) }}");
            before.push((format!("{either} else {{ {EITHER}::Own({{ "), Some(*number)));
            after += " }) }";
        } else {
            before.push((format!("if {ON}({number}) {{ return {value}; }} "), Some(*number)));
        }
    }
    let blamed = here[0].1.function_bytes(source);
    Wrap { all: all.clone(), rank: 0, before, after, blamed }
}

/// An arm that is switched off is passed over by its guard.
fn arm(
    here: &[Placed<'_>],
    pattern: usize,
    guard: Option<(Range<usize>, bool)>,
    blamed: &Range<usize>,
) -> Wrap {
    let number = here[0].0;
    let off = format!("!{ON}({number})");
    let (all, before, after) = match guard {
        None => (pattern..pattern, format!(" if {off}"), ""),
        Some((guard, true)) => (guard, format!("{off} && "), ""),
        Some((guard, false)) => (guard, format!("{off} && ("), ")"),
    };
    let before = vec![(before, Some(number))];
    Wrap { all, rank: 0, before, after: after.to_owned(), blamed: blamed.clone() }
}

const ON: &str = "crate::mutant_switch::on";
const EITHER: &str = "crate::mutant_switch::Either";

fn put_in(source: &str, wraps: &[Wrap], not: Vec<(usize, Not)>) -> Switched {
    enum End<'w> {
        Before(&'w [Piece]),
        After(&'w str),
    }
    // At one place what is inside ends first, and what is outside begins first.
    let mut ends = Vec::new();
    for wrap in wraps {
        let Range { start, end } = wrap.all;
        let (outer, rank) = (usize::MAX - end, wrap.rank);
        ends.push(((start, true, outer, rank), End::Before(&wrap.before)));
        if !wrap.after.is_empty() {
            ends.push(((end, false, usize::MAX - start, u8::MAX - rank), End::After(&wrap.after)));
        }
    }
    ends.sort_by_key(|(order, _)| *order);

    let (mut text, mut mutants, mut moved, mut done) = (String::new(), Vec::new(), Vec::new(), 0);
    for ((at, ..), end) in ends {
        text += &source[done..at];
        done = at;
        match end {
            End::After(after) => text += after,
            End::Before(pieces) => {
                for (piece, mutant) in pieces {
                    let start = text.len();
                    text += piece;
                    mutants.extend(mutant.map(|mutant| (start..text.len(), mutant)));
                }
            }
        }
        moved.push((at, text.len()));
    }
    text += &source[done..];

    // Where something is now that was here before: after all that was put in before it.
    let now = |at: usize| {
        let last = moved.partition_point(|(before, _)| *before <= at);
        last.checked_sub(1).map_or(at, |last| moved[last].1 + (at - moved[last].0))
    };
    let numbers = |wrap: &Wrap| wrap.before.iter().filter_map(|(_, mutant)| *mutant).collect();
    let mut around: Vec<(Range<usize>, Vec<usize>)> = Vec::new();
    for wrap in wraps {
        let Range { start, end } = wrap.blamed;
        // With what was put before it.
        let before = start.checked_sub(1).map_or(0, now);
        around.push((before..now(end), numbers(wrap)));
    }
    Switched { text, mutants, around, not }
}

#[cfg(test)]
mod tests {
    use super::switched;
    use crate::mutant::{Genre, Mutant};

    fn mutant(genre: Genre, columns: [usize; 2], replacement: &str) -> Mutant {
        Mutant {
            name: String::new(),
            file: String::new(),
            genre,
            span: columns.map(|column| (1, column)),
            replacement: replacement.to_owned(),
            returns: String::new(),
            function: [(1, 1), (1, 1)],
        }
    }

    #[test]
    fn mutants_nest_and_the_changed_texts_have_no_switch() {
        let source = "fn f(a: u8) -> bool { g(!a) && a < 3 }";
        let mutants = [
            mutant(Genre::FnValue, [23, 37], "true"),
            mutant(Genre::UnaryOperator, [25, 26], ""),
            mutant(Genre::BinaryOperator, [29, 31], "||"),
            mutant(Genre::BinaryOperator, [34, 35], ">"),
        ];
        let numbered: Vec<_> = mutants.iter().enumerate().collect();
        let switched = switched(source, &numbered).unwrap();
        let short = switched.text.replace("crate::mutant_switch::on", "on");
        assert_eq!(
            short,
            "fn f(a: u8) -> bool { if on(0) { return true; } \
             (if on(2) { g(!a) || a < 3 } else if on(3) { g(!a) && a > 3 } else { \
             g((if on(1) { a } else { !a })) && a < 3 }) }",
        );
        for (range, number) in &switched.mutants {
            assert!(switched.text[range.clone()].contains(&format!("on({number})")));
        }
    }

    #[test]
    fn an_arm_is_passed_over_by_its_guard() {
        let source = "fn f() { match a { 1 if b => c, 2 => d, _ => e } }";
        let arms = [[20, 31], [33, 39]].map(|columns| mutant(Genre::MatchArm, columns, ""));
        let guard = mutant(Genre::MatchArmGuard, [25, 26], "true");
        let numbered = [(0, &arms[0]), (1, &arms[1]), (2, &guard)];
        let switched = switched(source, &numbered).unwrap();
        assert_eq!(
            switched.text.replace("crate::mutant_switch::on", "on"),
            "fn f() { match a { 1 if !on(0) && ((if on(2) { true } else { b })) => c, \
             2 if !on(1) => d, _ => e } }",
        );
    }
}

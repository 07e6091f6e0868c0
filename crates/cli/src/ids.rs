//! Ids that were mistyped.

use crate::failure::Failure;

/// An id that state does not have, with the one that was probably meant.
pub(crate) fn unknown(stack: &str, id: &str, known: &[String]) -> Failure {
    let hint = match nearest(id, known) {
        Some(near) => format!("did you mean {near}?"),
        None => "'state list' shows all of them".to_owned(),
    };
    Failure::with_hint(format!("nothing is recorded of {id} in the stack '{stack}'"), hint)
}

/// The known id that takes the fewest edits, if it is near enough to be meant.
fn nearest<'k>(id: &str, known: &'k [String]) -> Option<&'k str> {
    let near = id.chars().count() / 3 + 1;
    known
        .iter()
        .map(|other| {
            // The name without its region is what people remember.
            let short = other.rsplit('/').next().unwrap_or(other);
            (distance(id, other).min(distance(id, short)), other.as_str())
        })
        .filter(|(edits, _)| *edits <= near)
        .min()
        .map(|(_, other)| other)
}

/// How many characters must be inserted, removed or replaced (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, a) in from.chars().enumerate() {
        let mut next = vec![line + 1];
        for (column, b) in to.iter().enumerate() {
            let at = |index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let left = next.last().copied().unwrap_or(usize::MAX - 1);
            let replaced = at(column) + usize::from(a != *b);
            next.push(replaced.min(at(column + 1) + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, expected: Option<&str>) {
        let known = ["us-east-1/front", "ap-south-1/front", "zone"].map(str::to_owned).to_vec();
        assert_eq!(nearest(id, &known), expected, "{id}");
    }

    #[test]
    fn the_nearest_id_is_offered() {
        check("us-east-1/frnt", Some("us-east-1/front"));
        check("zoen", Some("zone"));
        check("front", Some("ap-south-1/front"));
        check("completely-different", None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}

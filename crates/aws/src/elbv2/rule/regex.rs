//! Regular expressions, as far as AWS's limits on them can be told offline.

/// What of a regular expression AWS does not take, by its guide for application load balancers
/// ("Listener rules", rule basics), or what is not closed in it.
pub(super) fn mistake(expression: &str) -> Option<&'static str> {
    if !expression.bytes().all(|it| matches!(it, b' '..=b'~')) {
        return Some("control characters, or what is not ASCII");
    }
    let mut rest = expression;
    let mut groups = 0_usize;
    while let Some(first) = rest.bytes().next() {
        let mut taken = 1;
        match first {
            b'\\' => {
                match rest.as_bytes().get(1) {
                    None => return Some("a backslash at its end"),
                    Some(b'1'..=b'9' | b'k') => return Some("a backreference"),
                    Some(b'g') => return Some("a subroutine"),
                    Some(b'p' | b'P') => return Some("a Unicode character class"),
                    Some(_) => {}
                }
                taken = 2;
            }
            b'[' => match class(rest) {
                Ok(length) => taken = length,
                Err(mistake) => return Some(mistake),
            },
            b'(' => {
                if let Some(mistake) = group(rest) {
                    return Some(mistake);
                }
                groups += 1;
                // The question mark of `(?:` repeats nothing.
                taken += usize::from(rest.starts_with("(?"));
            }
            b')' => match groups.checked_sub(1) {
                Some(left) => groups = left,
                None => return Some("a ) that closes nothing"),
            },
            _ => {
                let length = repetition(rest);
                if length > 0 && rest[length..].starts_with('+') {
                    return Some("a possessive quantifier");
                }
                taken = length.max(1);
            }
        }
        rest = &rest[taken..];
    }
    (groups > 0).then_some("a ( that is not closed")
}

/// How long the class at the start is.
fn class(text: &str) -> Result<usize, &'static str> {
    let bytes = text.as_bytes();
    let mut at = 1 + usize::from(bytes.get(1) == Some(&b'^'));
    let first = at;
    while let Some(byte) = bytes.get(at) {
        match byte {
            // One at the very start is itself.
            b']' if at > first => return Ok(at + 1),
            b'\\' if matches!(bytes.get(at + 1), Some(b'p' | b'P')) => {
                return Err("a Unicode character class");
            }
            b'\\' => at += 2,
            b'[' if bytes.get(at + 1) == Some(&b':') => {
                at += text[at..].find(":]").map_or(1, |length| length + 2);
            }
            _ => at += 1,
        }
    }
    Err("a [ that is not closed")
}

/// What is not taken of the kind of group at the start.
fn group(text: &str) -> Option<&'static str> {
    let kinds: [(&[&str], &'static str); 5] = [
        (&["(?=", "(?!"], "a lookahead"),
        (&["(?<=", "(?<!"], "a lookbehind"),
        (&["(?>"], "an atomic group"),
        (&["(?P="], "a backreference"),
        (&["(?R", "(?&", "(?P>", "(?+"], "a subroutine or recursion"),
    ];
    let numbered = text.strip_prefix("(?").and_then(|rest| rest.bytes().next());
    if numbered.is_some_and(|it| it.is_ascii_digit()) {
        return Some("a subroutine or recursion");
    }
    let is = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    kinds.iter().find(|(starts, _)| is(starts)).map(|(_, mistake)| *mistake)
}

/// How long the quantifier at the start is; 0 where there is none.
fn repetition(text: &str) -> usize {
    match text.bytes().next() {
        Some(b'*' | b'+' | b'?') => 1,
        Some(b'{') => {
            let Some(end) = text.find('}') else { return 0 };
            let counts = text[1..end].bytes().all(|it| it.is_ascii_digit() || it == b',');
            if counts && end > 1 { end + 1 } else { 0 }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::mistake;

    #[test]
    fn what_aws_takes_is_good() {
        for good in [
            "^/api/(v[12]|beta)/.*$",
            "^(?:a|b)+c*?d{2,3}$",
            "^(?P<name>x)(?i)y$",
            "[]()?*+]+",
            "[^]a]{2}",
            "[[:alpha:]]+",
            r"\(\?=a\)\[\\+",
            "(?:a+)(b?)",
            "a}+{b",
            "^Mozilla/5.0 ",
        ] {
            assert_eq!(mistake(good), None, "{good}");
        }
    }

    #[test]
    fn what_aws_refuses_is_named() {
        let bad = [
            "a\tb",
            "ä",
            r"a\",
            r"(a)\1",
            r"(?P<a>.)(?P=a)",
            r"\k<a>",
            r"\g<1>",
            r"\p{L}",
            r"[\p{L}]",
            "(?=a)",
            "(?!a)",
            "(?<=a)",
            "(?<!a)",
            "(?>a)",
            "(?R)",
            "(?1)",
            "(?&a)",
            "a*+",
            "a{2}+",
            "(a",
            "a)",
            "[a",
        ];
        let found: Vec<String> =
            bad.iter().map(|it| format!("{it}: {}", mistake(it).unwrap_or("good"))).collect();
        expect![[r#"
            a	b: control characters, or what is not ASCII
            ä: control characters, or what is not ASCII
            a\: a backslash at its end
            (a)\1: a backreference
            (?P<a>.)(?P=a): a backreference
            \k<a>: a backreference
            \g<1>: a subroutine
            \p{L}: a Unicode character class
            [\p{L}]: a Unicode character class
            (?=a): a lookahead
            (?!a): a lookahead
            (?<=a): a lookbehind
            (?<!a): a lookbehind
            (?>a): an atomic group
            (?R): a subroutine or recursion
            (?1): a subroutine or recursion
            (?&a): a subroutine or recursion
            a*+: a possessive quantifier
            a{2}+: a possessive quantifier
            (a: a ( that is not closed
            a): a ) that closes nothing
            [a: a [ that is not closed"#]]
        .assert_eq(&found.join("\n"));
    }
}

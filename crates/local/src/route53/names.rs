//! Domain names as Route 53 keeps them: lower case, a dot at the end, odd bytes in octal.

/// Why a name is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFault {
    /// The problem in AWS's word, e.g. `DomainLabelEmpty`.
    pub problem: &'static str,
    /// The same in a sentence.
    pub meaning: &'static str,
    /// The name as it was given.
    pub name: String,
}

impl std::fmt::Display for NameFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { problem, meaning, name } = self;
        write!(formatter, "FATAL problem: {problem} ({meaning}) encountered with '{name}'")
    }
}

/// The canonical form of a name: `WWW.Example.com` becomes `www.example.com.`, `*` becomes `\052`.
///
/// # Errors
/// The name is empty, or a label is empty or longer than 63 bytes, or the whole than 255.
pub fn canonical(name: &str) -> Result<String, NameFault> {
    let labels = labels(name)?;
    let mut out = String::new();
    for label in labels {
        for byte in label {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
                _ => out.push_str(&format!("\\{byte:03o}")),
            }
        }
        out.push('.');
    }
    Ok(out)
}

/// The labels of a name, from the left, unescaped and in lower case.
fn labels(name: &str) -> Result<Vec<Vec<u8>>, NameFault> {
    let fault = |problem, meaning| NameFault { problem, meaning, name: name.to_owned() };
    let mut labels = vec![Vec::new()];
    let mut bytes = name.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'.' => {
                labels.push(Vec::new());
                continue;
            }
            b'\\' => {
                let mut value = 0_u32;
                for _ in 0..3 {
                    match bytes.next() {
                        Some(digit @ b'0'..=b'7') => value = value * 8 + u32::from(digit - b'0'),
                        _ => {
                            return Err(fault(
                                "InvalidEscapeSequence",
                                "A backslash must be followed by three octal digits",
                            ));
                        }
                    }
                }
                u8::try_from(value).map_err(|_| {
                    fault("InvalidEscapeSequence", "An escape must be at most octal 377")
                })?
            }
            other => other,
        };
        if let Some(label) = labels.last_mut() {
            label.push(byte.to_ascii_lowercase());
        }
    }
    if labels.last().is_some_and(Vec::is_empty) {
        labels.pop();
    }
    if labels.is_empty() || labels.iter().any(Vec::is_empty) {
        return Err(fault("DomainLabelEmpty", "Domain label is empty"));
    }
    if labels.iter().any(|label| label.len() > 63) {
        return Err(fault("DomainLabelTooLong", "Domain label is too long"));
    }
    if labels.iter().map(|label| label.len() + 1).sum::<usize>() > 255 {
        return Err(fault("DomainNameTooLong", "Domain name is too long"));
    }
    Ok(labels)
}

/// A canonical name as DNS messages have it: each label behind its length.
pub(super) fn wire(canonical: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in labels(canonical).unwrap_or_default() {
        out.push(u8::try_from(label.len()).unwrap_or_default());
        out.extend(label);
    }
    out.push(0);
    out
}

/// What names are sorted by: labels from the right, as text with its dots
/// (so that `example-a.com.` comes before `example.com.`, as in AWS's listings).
pub fn sort_key(canonical: &str) -> String {
    let mut out = String::with_capacity(canonical.len());
    for label in canonical.trim_end_matches('.').rsplit('.') {
        let mut rest = label;
        while let Some(position) = rest.find('\\') {
            out.push_str(&rest[..position]);
            let escape = rest.get(position..position + 4).unwrap_or(&rest[position..]);
            // Printable bytes sort as themselves; the others, and what would make two names
            // look alike, stay as they are written.
            match u8::from_str_radix(escape.trim_start_matches('\\'), 8) {
                Ok(byte) if byte.is_ascii_graphic() && byte != b'.' && byte != b'\\' => {
                    out.push(char::from(byte));
                }
                _ => out.push_str(escape),
            }
            rest = &rest[position + escape.len()..];
        }
        out.push_str(rest);
        out.push('.');
    }
    out
}

/// Whether a canonical name is the zone's own or below it.
pub fn is_inside(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}

/// The names above a canonical name, nearest first: `a.b.c.` gives `b.c.` and `c.`.
pub fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.')
        .map(|(position, _)| &name[position + 1..])
        .filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(input: &str, expected: Expect) {
        let shown = match canonical(input) {
            Ok(name) => format!("{name}  {}", sort_key(&name)),
            Err(fault) => fault.to_string(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn names_become_canonical() {
        check("WWW.Example.com", expect!["www.example.com.  com.example.www."]);
        check("*.example.com.", expect![[r"\052.example.com.  com.example.*."]]);
        check(r"\052.example.com", expect![[r"\052.example.com.  com.example.*."]]);
        check("_dmarc.a-b.com", expect!["_dmarc.a-b.com.  com.a-b._dmarc."]);
        check(r"a\056b.com", expect![[r"a\056b.com.  com.a\056b."]]);
        check("a@b.com", expect![[r"a\100b.com.  com.a@b."]]);
        check("bücher.de", expect![[r"b\303\274cher.de.  de.b\303\274cher."]]);
        check(
            "a..b",
            expect![
                "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'"
            ],
        );
        check(
            "",
            expect!["FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with ''"],
        );
        check(
            r"a\9.b",
            expect![[
                r"FATAL problem: InvalidEscapeSequence (A backslash must be followed by three octal digits) encountered with 'a\9.b'"
            ]],
        );
    }

    #[test]
    fn labels_and_names_have_a_longest_form() {
        assert!(canonical(&"a".repeat(63)).is_ok());
        assert_eq!(canonical(&"a".repeat(64)).unwrap_err().problem, "DomainLabelTooLong");
        let long = vec!["a".repeat(63); 4].join(".");
        assert_eq!(canonical(&long).unwrap_err().problem, "DomainNameTooLong");
    }

    #[test]
    fn a_zone_ends_at_a_label() {
        assert!(is_inside("example.com.", "example.com."));
        assert!(is_inside("a.example.com.", "example.com."));
        assert!(!is_inside("notexample.com.", "example.com."));
    }

    #[test]
    fn ancestors_go_up() {
        assert_eq!(ancestors("a.b.c.").collect::<Vec<_>>(), ["b.c.", "c."]);
    }
}

//! DNS names as Route 53 keeps them, compared by meaning.

/// The name in one canonical form: escapes decoded to bytes and written back the way Route 53
/// does (`\052` for `*`), ASCII lower-case, with a trailing dot.
///
/// Every character but `a-z 0-9 - _ .` is written as three octal digits; a dot inside a label
/// stays escaped (`\056`).
///
/// ```
/// use bicoastal_model::dns::canonical;
/// assert_eq!(canonical("*.Example.COM"), canonical("\\052.example.com."));
/// assert_ne!(canonical("a\\056b.example.com"), canonical("a.b.example.com"));
/// ```
pub fn canonical(name: &str) -> String {
    if name.bytes().all(is_plain) {
        return if name.ends_with('.') { name.to_owned() } else { format!("{name}.") };
    }
    let mut out = String::with_capacity(name.len() + 1);
    let mut bytes = name.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'.' {
            out.push('.');
            continue;
        }
        let mut literal = byte;
        if byte == b'\\' {
            let digits: Vec<u8> = bytes.clone().take(3).collect();
            if digits.len() == 3 && digits.iter().all(|digit| (b'0'..=b'7').contains(digit)) {
                let code = digits.iter().fold(0u32, |sum, digit| sum * 8 + u32::from(digit - b'0'));
                literal = u8::try_from(code).unwrap_or(b'?');
                bytes.nth(2);
            } else if let Some(next) = bytes.next() {
                literal = next;
            }
        }
        let literal = literal.to_ascii_lowercase();
        if literal != b'.' && is_plain(literal) {
            out.push(char::from(literal));
        } else {
            out.push_str(&format!("\\{literal:03o}"));
        }
    }
    if !out.ends_with('.') {
        out.push('.');
    }
    out
}

/// Whether Route 53 writes it as it is, and it is what it looks like.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
}

/// The canonical name without a leading `dualstack.`, which consoles add to load balancers' names.
pub fn canonical_alias(name: &str) -> String {
    let name = canonical(name);
    match name.strip_prefix("dualstack.") {
        Some(rest) => rest.to_owned(),
        None => name,
    }
}

/// Whether `name` is `zone` or below it, on a label boundary: `notexample.com` is not in `example.com`.
pub fn is_within(name: &str, zone: &str) -> bool {
    let (name, zone) = (canonical(name), canonical(zone));
    name == zone || name.ends_with(&format!(".{zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_by_meaning() {
        for (a, b, same) in [
            ("api.example.com", "API.Example.com.", true),
            ("*.example.com", "\\052.example.com.", true),
            ("@.example.com", "\\100.example.com", true),
            ("_dmarc.example.com", "_DMARC.example.com", true),
            ("a\\056b.example.com", "a.b.example.com", false),
            ("example.com", "example.org", false),
        ] {
            assert_eq!(canonical(a) == canonical(b), same, "{a} {b}");
        }
        assert_eq!(
            canonical_alias("dualstack.Front-1.elb.amazonaws.com"),
            "front-1.elb.amazonaws.com."
        );
    }

    #[test]
    fn within_is_on_a_label_boundary() {
        assert!(is_within("api.example.com", "example.com."));
        assert!(is_within("example.com.", "example.com"));
        assert!(!is_within("notexample.com", "example.com"));
    }
}

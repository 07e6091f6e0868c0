//! What a value of each record type looks like.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::names;

/// The message that refuses a value, or nothing.
pub(super) fn refusal(record_type: &str, value: &str) -> Option<String> {
    problem(record_type, value).map(|(problem, meaning)| {
        format!("Invalid Resource Record: 'FATAL problem: {problem} ({meaning}) encountered with '{value}''")
    })
}

type Problem = (&'static str, &'static str);

fn problem(record_type: &str, value: &str) -> Option<Problem> {
    let fields: Vec<&str> = value.split_whitespace().collect();
    match record_type {
        "A" if value.parse::<Ipv4Addr>().is_err() => {
            Some(("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address"))
        }
        "AAAA" if value.parse::<Ipv6Addr>().is_err() => {
            Some(("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address"))
        }
        "A" | "AAAA" => None,
        "CNAME" | "NS" | "PTR" => names::canonical(value)
            .is_err()
            .then_some(("RRDATANotValidDomainName", "Value is not a valid domain name")),
        "TXT" | "SPF" => character_strings(value),
        "MX" => unless(
            matches!(fields[..], [preference, host] if short(preference) && host_name(host)),
            ("MXRRDATAIncorrectFieldCount", "Value must be a preference and a domain name"),
        ),
        "SRV" => unless(
            matches!(fields[..], [priority, weight, port, host]
                if short(priority) && short(weight) && short(port) && host_name(host)),
            (
                "SRVRRDATAIncorrectFieldCount",
                "Value must be priority, weight, port and a domain name",
            ),
        ),
        "CAA" => unless(
            matches!(value.splitn(3, ' ').collect::<Vec<_>>()[..], [flags, tag, quoted]
                if flags.parse::<u8>().is_ok()
                    && !tag.is_empty()
                    && tag.bytes().all(|byte| byte.is_ascii_alphanumeric())
                    && character_strings(quoted).is_none()),
            ("CAARRDATAIncorrectFieldCount", "Value must be flags, a tag and a quoted value"),
        ),
        "DS" => unless(
            matches!(fields[..], [tag, algorithm, digest_type, digest]
                if short(tag) && algorithm.parse::<u8>().is_ok()
                    && digest_type.parse::<u8>().is_ok() && hex(digest)),
            (
                "DSRRDATAIncorrectFieldCount",
                "Value must be key tag, algorithm, digest type and digest",
            ),
        ),
        "TLSA" => unless(
            matches!(fields[..], [usage, selector, matching, data]
                if [usage, selector, matching].iter().all(|field| field.parse::<u8>().is_ok())
                    && hex(data)),
            (
                "TLSARRDATAIncorrectFieldCount",
                "Value must be usage, selector, matching type and data",
            ),
        ),
        "SSHFP" => unless(
            matches!(fields[..], [algorithm, kind, fingerprint]
                if algorithm.parse::<u8>().is_ok() && kind.parse::<u8>().is_ok() && hex(fingerprint)),
            ("SSHFPRRDATAIncorrectFieldCount", "Value must be algorithm, type and fingerprint"),
        ),
        "NAPTR" => unless(
            matches!(fields[..], [order, preference, flags, service, ref expression @ .., host]
                if short(order) && short(preference) && quoted(flags) && quoted(service)
                    && quoted(&expression.join(" ")) && host_name(host)),
            ("NAPTRRRDATAIncorrectFieldCount", "Value must have six fields, three of them quoted"),
        ),
        "SVCB" | "HTTPS" => unless(
            matches!(fields[..], [priority, host, ref parameters @ ..]
                if short(priority) && host_name(host)
                    && (priority != "0" || parameters.is_empty())),
            ("SVCBRRDATAInvalid", "Value must be a priority, a domain name and parameters"),
        ),
        "SOA" => unless(
            matches!(fields[..], [server, mailbox, ref numbers @ ..]
                if host_name(server) && host_name(mailbox) && numbers.len() == 5
                    && numbers.iter().all(|number| number.parse::<u32>().is_ok())),
            ("SOARRDATAIncorrectFieldCount", "Value must have seven fields"),
        ),
        _ => None,
    }
}

fn unless(good: bool, problem: Problem) -> Option<Problem> {
    (!good).then_some(problem)
}

fn short(field: &str) -> bool {
    field.parse::<u16>().is_ok()
}

fn hex(field: &str) -> bool {
    !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn quoted(field: &str) -> bool {
    field.len() >= 2 && field.starts_with('"') && field.ends_with('"')
}

fn host_name(field: &str) -> bool {
    field == "." || names::canonical(field).is_ok()
}

/// One or more quoted strings of at most 255 bytes each, separated by spaces.
fn character_strings(value: &str) -> Option<Problem> {
    const UNQUOTED: Problem =
        ("InvalidCharacterString", "Value should be enclosed in quotation marks");
    let mut bytes = value.bytes().peekable();
    let mut strings = 0;
    loop {
        while bytes.next_if(|byte| byte.is_ascii_whitespace()).is_some() {}
        match bytes.next() {
            None => return if strings == 0 { Some(UNQUOTED) } else { None },
            Some(b'"') => {}
            // The value of a CAA record may go without quotes only in zone files, not here.
            Some(_) => return Some(UNQUOTED),
        }
        let mut length = 0;
        loop {
            match bytes.next() {
                None => return Some(UNQUOTED),
                Some(b'"') => break,
                Some(b'\\') => {
                    // `\"` and `\\`, or three octal digits: one byte either way.
                    if bytes.next_if(u8::is_ascii_digit).is_some() {
                        bytes.next();
                        bytes.next();
                    } else {
                        bytes.next();
                    }
                    length += 1;
                }
                Some(_) => length += 1,
            }
        }
        if length > 255 {
            return Some(("CharacterStringTooLong", "Value is too long"));
        }
        strings += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_values_pass() {
        for (record_type, value) in [
            ("A", "192.0.2.1"),
            ("AAAA", "2001:db8::1"),
            ("CNAME", "www.example.com"),
            ("TXT", r#""v=spf1 -all" "more; \"x\" \303\274""#),
            ("MX", "10  mail.example.com."),
            ("SRV", "1 2 443 host.example.com"),
            ("CAA", "0 issue \"letsencrypt.org\""),
            ("DS", "123 4 5 ABCDEF"),
            ("NAPTR", r#"100 50 "s" "SIP+D2T" "" sip.example.com."#),
            ("NAPTR", r#"100 50 "u" "E2U+sip" "!^.*$!sip: x!" ."#),
            ("HTTPS", "1 . alpn=\"h2,h3\""),
            ("HTTPS", "0 other.example.com."),
            ("SSHFP", "4 2 abcd"),
            ("TLSA", "3 1 1 abcd"),
        ] {
            assert_eq!(refusal(record_type, value), None, "{record_type} {value}");
        }
    }

    #[test]
    fn bad_values_are_refused() {
        let long = format!("\"{}\"", "x".repeat(256));
        for (record_type, value, problem) in [
            ("A", "192.0.2", "ARRDATAIllegalIPv4Address"),
            ("AAAA", "192.0.2.1", "AAAARRDATAIllegalIPv6Address"),
            ("CNAME", "a..b", "RRDATANotValidDomainName"),
            ("TXT", "bare", "InvalidCharacterString"),
            ("TXT", long.as_str(), "CharacterStringTooLong"),
            ("MX", "mail.example.com", "MXRRDATAIncorrectFieldCount"),
            ("SRV", "1 2 host.example.com", "SRVRRDATAIncorrectFieldCount"),
            ("CAA", "0 issue letsencrypt.org", "CAARRDATAIncorrectFieldCount"),
            ("HTTPS", "0 . alpn=h2", "SVCBRRDATAInvalid"),
        ] {
            let refusal = refusal(record_type, value).unwrap_or_default();
            assert!(refusal.contains(problem), "{record_type} {value}: {refusal}");
        }
    }
}

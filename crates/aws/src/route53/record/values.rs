//! What a value of each record type looks like, told offline.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::check::name_problems;
use super::data::RecordType;
use bicoastal_model::dns;

/// What is wrong with a value, if something is.
pub(super) fn problem(record_type: RecordType, value: &str) -> Option<&'static str> {
    let fields: Vec<&str> = value.split_whitespace().collect();
    let (good, expected) = match record_type {
        RecordType::A => (value.parse::<Ipv4Addr>().is_ok(), "an IPv4 address"),
        RecordType::Aaaa => (value.parse::<Ipv6Addr>().is_ok(), "an IPv6 address"),
        RecordType::Cname | RecordType::Ns | RecordType::Ptr => {
            (fields.len() == 1 && is_name(value), "a domain name")
        }
        RecordType::Txt | RecordType::Spf => (
            are_strings(value),
            "strings of at most 255 bytes in quotes, separated by spaces (RecordData::txt writes them)",
        ),
        RecordType::Mx => (
            matches!(fields[..], [preference, host] if is_short(preference) && is_name(host)),
            "a preference and a domain name: `10 mail.example.com`",
        ),
        RecordType::Srv => (
            matches!(fields[..], [priority, weight, port, host]
                if is_short(priority) && is_short(weight) && is_short(port) && is_name(host)),
            "priority, weight, port and a domain name",
        ),
        RecordType::Caa => (
            matches!(value.splitn(3, ' ').collect::<Vec<_>>()[..], [flags, tag, text]
                if flags.parse::<u8>().is_ok()
                    && !tag.is_empty()
                    && tag.bytes().all(|byte| byte.is_ascii_alphanumeric())
                    && are_strings(text)),
            "flags, a tag and a quoted value: `0 issue \"amazon.com\"`",
        ),
        RecordType::Ds => (
            matches!(fields[..], [tag, algorithm, kind, digest]
                if is_short(tag) && is_byte(algorithm) && is_byte(kind) && is_hex(digest)),
            "key tag, algorithm, digest type and digest",
        ),
        RecordType::Tlsa => (
            matches!(fields[..], [usage, selector, matching, data]
                if is_byte(usage) && is_byte(selector) && is_byte(matching) && is_hex(data)),
            "usage, selector, matching type and data",
        ),
        RecordType::Sshfp => (
            matches!(fields[..], [algorithm, kind, print]
                if is_byte(algorithm) && is_byte(kind) && is_hex(print)),
            "algorithm, type and fingerprint",
        ),
        RecordType::Naptr => (
            matches!(fields[..], [order, preference, flags, service, ref expression @ .., host]
                if is_short(order) && is_short(preference) && is_quoted(flags)
                    && is_quoted(service) && is_quoted(&expression.join(" ")) && is_name(host)),
            "order, preference, three quoted fields and a domain name",
        ),
        RecordType::Svcb | RecordType::Https => (
            matches!(fields[..], [priority, host, ref parameters @ ..]
                if is_short(priority) && is_name(host)
                    && (priority != "0" || parameters.is_empty())),
            "a priority, a domain name and parameters (none with priority 0)",
        ),
        RecordType::Soa => (
            matches!(fields[..], [server, mailbox, ref numbers @ ..]
                if is_name(server) && is_name(mailbox) && numbers.len() == 5
                    && numbers.iter().all(|number| number.parse::<u32>().is_ok())),
            "server, mailbox and five numbers",
        ),
    };
    (!good).then_some(expected)
}

fn is_short(field: &str) -> bool {
    field.parse::<u16>().is_ok()
}

fn is_byte(field: &str) -> bool {
    field.parse::<u8>().is_ok()
}

fn is_hex(field: &str) -> bool {
    !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_quoted(field: &str) -> bool {
    field.len() >= 2 && field.starts_with('"') && field.ends_with('"')
}

fn is_name(field: &str) -> bool {
    field == "." || name_problems(&dns::canonical(field)).is_empty()
}

/// One or more quoted strings of at most 255 bytes, an escape counting as one.
fn are_strings(value: &str) -> bool {
    let mut bytes = value.bytes().peekable();
    let mut strings = 0;
    loop {
        while bytes.next_if(u8::is_ascii_whitespace).is_some() {}
        match bytes.next() {
            None => return strings > 0,
            Some(b'"') => {}
            Some(_) => return false,
        }
        let mut length = 0;
        loop {
            match bytes.next() {
                None => return false,
                Some(b'"') => break,
                Some(b'\\') => {
                    let digits = bytes.next().is_some_and(|byte| byte.is_ascii_digit());
                    if digits {
                        bytes.next();
                        bytes.next();
                    }
                }
                Some(_) => {}
            }
            length += 1;
        }
        if length > 255 {
            return false;
        }
        strings += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_form_of_their_type() {
        use RecordType as T;
        for (record_type, good, bad) in [
            (T::A, "192.0.2.1", "192.0.2"),
            (T::Aaaa, "2001:db8::1", "192.0.2.1"),
            (T::Cname, "www.example.com", "a..b"),
            (T::Txt, r#""a" "b \" c""#, "a"),
            (T::Mx, "10 mail.example.com.", "mail.example.com"),
            (T::Srv, "1 2 443 host.example.com", "1 2 host.example.com"),
            (T::Caa, "0 issue \"letsencrypt.org\"", "0 issue letsencrypt.org"),
            (T::Ds, "123 4 5 ABCDEF", "123 4 5 XYZ"),
            (T::Tlsa, "3 1 1 abcd", "3 1 abcd"),
            (T::Sshfp, "4 2 abcd", "4 abcd"),
            (T::Naptr, r#"100 50 "s" "SIP+D2T" "" sip.example.com."#, "100 50 s x y z"),
            (T::Https, "1 . alpn=\"h2,h3\"", "0 . alpn=h2"),
            (T::Soa, "ns.example.com. root.example.com. 1 2 3 4 5", "ns.example.com. 1 2"),
        ] {
            assert_eq!(problem(record_type, good), None, "{record_type} {good}");
            assert!(problem(record_type, bad).is_some(), "{record_type} {bad}");
        }
        assert!(problem(T::Txt, &format!("\"{}\"", "x".repeat(256))).is_some());
    }
}

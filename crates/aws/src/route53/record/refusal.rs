//! A refused batch: which members are at fault, in AWS's words.

use bicoastal_model::dns;

use super::step::Change;

/// How AWS's messages on a batch begin.
const BEGINNINGS: &[&str] = &[
    "Tried to ",
    "RRSet ",
    "Invalid Resource Record",
    "The request contains",
    "The resource record set ",
    "A HostedZone ",
    "Duplicate ",
    "Number of ",
    "FATAL problem",
];

/// The messages of `[one, two]`. They have commas inside, so that only what begins like a message
/// begins another.
pub(super) fn messages(text: &str) -> Vec<String> {
    let inner = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    let mut messages: Vec<String> = Vec::new();
    for part in inner.split(", ") {
        match messages.last_mut() {
            Some(last) if !BEGINNINGS.iter().any(|begin| part.starts_with(begin)) => {
                last.push_str(", ");
                last.push_str(part);
            }
            _ => messages.push(part.to_owned()),
        }
    }
    messages
}

/// The members that messages are about, by position in the batch. A message that names none of
/// them is left out.
pub(super) fn offenders(changes: &[Change], messages: &[String]) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for message in messages {
        for change in about(changes, message) {
            if !found.iter().any(|(member, _)| *member == change.member) {
                found.push((change.member, message.clone()));
            }
        }
    }
    found.sort();
    found
}

/// The changes that a message is about: those of the name, narrowed by type and identifier where
/// that leaves some; or those with the value that it quotes.
fn about<'c>(changes: &'c [Change], message: &str) -> Vec<&'c Change> {
    let named = |change: &&Change| {
        let name = dns::canonical(&change.record.name);
        words(message).any(|word| word == name)
    };
    let mut about: Vec<&Change> = changes.iter().filter(named).collect();
    if about.is_empty() {
        return changes
            .iter()
            .filter(|change| {
                change.record.values.iter().any(|value| message.contains(&format!("'{value}'")))
            })
            .collect();
    }
    let mut narrow = |fits: &dyn Fn(&Change) -> bool| {
        let narrower: Vec<&Change> = about.iter().copied().filter(|it| fits(it)).collect();
        if !narrower.is_empty() {
            about = narrower;
        }
    };
    narrow(&|change| {
        let record_type = change.record.record_type.as_str();
        words(message).any(|word| word == record_type)
    });
    narrow(&|change| {
        change.record.set_identifier.as_ref().is_some_and(|id| {
            message.contains(&format!("set-identifier='{id}'"))
                || message.contains(&format!("SetIdentifier {id} "))
                || message.contains(&format!("SetIdentifier {id},"))
        })
    });
    about
}

/// The words of a message without the marks around them.
fn words(message: &str) -> impl Iterator<Item = &str> {
    message.split([' ', '\'', ',', '[', ']', '=']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::step::Action;
    use super::super::wire::WireRecord;
    use super::*;

    fn change(member: usize, name: &str, record_type: &str, id: Option<&str>) -> Change {
        Change {
            member,
            action: Action::Create,
            record: WireRecord {
                name: name.into(),
                record_type: record_type.into(),
                set_identifier: id.map(str::to_owned),
                values: vec![format!("value-{member}")],
                ..WireRecord::default()
            },
        }
    }

    #[test]
    fn each_message_finds_its_members() {
        let changes = [
            change(0, "a.example.com.", "A", None),
            change(1, "a.example.com.", "TXT", None),
            change(2, "w.example.com.", "A", Some("east")),
            change(3, "w.example.com.", "A", Some("west")),
            change(4, "x.a.example.com.", "A", None),
        ];
        let text = "[Tried to create resource record set [name='a.example.com.', type='TXT'] but it already exists, RRSet with DNS name w.example.com., type A, SetIdentifier west cannot be created as a non-weighted set exists with the same name and type., Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'value-4'']";
        let messages = messages(text);
        assert_eq!(messages.len(), 3, "{messages:#?}");
        let members: Vec<usize> =
            offenders(&changes, &messages).into_iter().map(|(member, _)| member).collect();
        assert_eq!(members, [1, 3, 4]);
    }

    #[test]
    fn a_message_about_the_zone_blames_nobody() {
        let changes = [change(0, "a.example.com.", "A", None)];
        let messages = messages("[A HostedZone must contain exactly one SOA record.]");
        assert_eq!(offenders(&changes, &messages), []);
    }
}

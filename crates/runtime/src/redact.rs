//! What AWS says is shown, logged and recorded. Where it repeats a secret that was sent, that is taken
//! out before anybody sees it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use bicoastal_model::value::{SECRET, Value, marker};
use bicoastal_model::{Goal, OpError, Operation, Progress};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands where a secret was.
const HIDDEN: &str = "(secret)";

/// What is shorter is no secret, and taking it out would leave nothing to read.
const SHORTEST: usize = 4;

/// What a form leaves as it is, besides letters and digits.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a browser leaves as it is in a query.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// The secrets of an operation, in every form in which an answer may repeat them.
#[derive(Default)]
pub(crate) struct Redactor(Vec<String>);

impl Redactor {
    /// Of what an operation sends.
    pub(crate) fn of(operation: &Operation) -> Self {
        let mut secrets = Vec::new();
        for member in &operation.members {
            let Goal::Present { wanted, .. } = &member.goal else { continue };
            collect(wanted, &mut secrets);
        }
        let mut forms: Vec<String> = secrets
            .into_iter()
            .filter(|secret| secret.chars().count() >= SHORTEST)
            .flat_map(forms)
            .collect();
        // What holds another one is looked for before it.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms)
    }

    /// The same answer without them.
    pub(crate) fn answer(
        &self,
        mut answer: Result<Progress, OpError>,
    ) -> Result<Progress, OpError> {
        match &mut answer {
            Err(error) => {
                let facts = error.facts_mut();
                self.text(&mut facts.message);
                for text in
                    facts.code.iter_mut().chain(&mut facts.request_id).chain(&mut facts.hint)
                {
                    self.text(text);
                }
                for (_, words) in &mut facts.offenders {
                    self.text(words);
                }
            }
            Ok(Progress::Waiting { what, .. }) => self.text(what),
            // What is there is told field by field, and no field tells a secret.
            Ok(Progress::Called { .. } | Progress::Done(_)) => {}
        }
        answer
    }

    fn text(&self, text: &mut String) {
        for form in &self.0 {
            if text.contains(form) {
                *text = text.replace(form, HIDDEN);
            }
        }
    }
}

fn collect<'v>(value: &'v Value, secrets: &mut Vec<&'v str>) {
    if let Some(secret) = marker(value, SECRET).and_then(Value::as_str) {
        secrets.push(secret);
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, secrets)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, secrets)),
        _ => {}
    }
}

/// A secret as it is, and as JSON, XML, a form, a query and base64 have it.
fn forms(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let form = utf8_percent_encode(secret, FORM).to_string();
    let all = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let ascii: String =
        json.chars().map(|it| if it.is_ascii() { it.to_string() } else { escaped(it) }).collect();
    let debug = format!("{secret:?}");
    let mut forms = vec![
        secret.to_owned(),
        inner(&json).to_owned(),
        inner(&ascii).to_owned(),
        inner(&debug).to_owned(),
        form.replace("%20", "+"),
        lower_hex(&form),
        lower_hex(&all),
        all,
        form,
        utf8_percent_encode(secret, QUERY).to_string(),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE.encode(secret),
    ];
    for quote in ["&quot;", "&#34;", "\""] {
        for apostrophe in ["&apos;", "&#39;", "&#x27;", "'"] {
            let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            forms.push(xml.replace('"', quote).replace('\'', apostrophe));
        }
    }
    forms
}

/// With `%2f` for `%2F`.
fn lower_hex(form: &str) -> String {
    let mut parts = form.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.push('%');
        lower.push_str(&hex.to_ascii_lowercase());
        lower.push_str(rest);
    }
    lower
}

/// Without its quotes.
fn inner(quoted: &str) -> &str {
    quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(quoted)
}

/// As JSON escapes what is not ASCII.
fn escaped(character: char) -> String {
    let mut units = [0u16; 2];
    character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bicoastal_model::{Claim, ErrorFacts, Member, Memory, Place, ScopeKind, Target};
    use serde_json::json;

    use super::*;

    fn operation(secret: &str) -> Operation {
        let target = Target {
            id: "app".into(),
            kind: "Fake:Thing".into(),
            place: Place { account: None, scope: ScopeKind::Global, regions: Vec::new() },
            incarnation: 1,
            token: String::new(),
            physical: None,
            props: json!({}).into(),
            tags: BTreeMap::new(),
        };
        let wanted = json!({ "name": "app", "inside": [{ "password": { SECRET: secret } }] });
        let goal = Goal::Present { wanted, applied: None };
        Operation {
            members: vec![Member { target, goal, claim: Claim::Unmade, memory: Memory::default() }],
        }
    }

    #[test]
    fn what_is_repeated_in_any_form_is_taken_out() {
        for secret in ["correct-horse", "a\"b'c<d>&e=f g", "pässwörd\n✓", "%41%42+x", "💥 boom"]
        {
            let redactor = Redactor::of(&operation(secret));
            for form in forms(secret) {
                let facts = ErrorFacts {
                    message: format!("the value '{form}' is not good; not {form}!"),
                    hint: Some(format!("not {form}")),
                    offenders: vec![(0, form.clone())],
                    ..ErrorFacts::default()
                };
                let said = redactor.answer(Err(OpError::InDoubt(facts))).unwrap_err();
                let expected = "the value '(secret)' is not good; not (secret)!";
                assert_eq!(said.facts().message, expected, "{form}");
                assert!(!format!("{said:?}").contains(&form), "{form}");
            }
        }
    }

    #[test]
    fn what_holds_no_secret_is_left_alone() {
        let facts = ErrorFacts { message: "not in app".into(), ..ErrorFacts::default() };
        let error = OpError::NotSent(facts);
        for secret in ["other-secret", "app", ""] {
            let redactor = Redactor::of(&operation(secret));
            assert_eq!(redactor.answer(Err(error.clone())), Err(error.clone()));
        }
    }
}

//! What is wrong with a role, told offline.

use std::collections::BTreeMap;

use bicoastal_model::resource::Check;
use bicoastal_model::{Desired, Diagnostic, Input, Name, Packed};

use super::super::{check_description, check_name, check_path};
use super::Role;
use crate::policy::{self, Kind};
use crate::tags::check_tags;

/// The default quota of a trust policy, in characters; AWS raises it to 8,192.
const LONGEST_TRUST: usize = 2048;
/// All inline policies together.
const LONGEST_INLINE: usize = 10_240;
/// The default quota of attachments.
const MOST_ATTACHED: usize = 10;

pub(super) fn check(role: &Role, check: &mut Check) {
    let name = match &role.name {
        Name::Fixed(name) => name.known().map(|name| check_name(name, 64)),
        // The incarnation comes behind it.
        Name::Generated(prefix) => Some(check_name(prefix, 56)),
    };
    let path = role.path.as_deref().map(check_path);
    let description = role.description.as_deref().map(check_description);
    for wrong in [name, path, description].into_iter().flatten().flatten() {
        check.error(wrong);
    }
    if let Some(seconds) = role.max_session_duration {
        check.ensure(
            (3600..=43_200).contains(&seconds),
            format!("a session of {seconds} s is not between 3600 and 43200 s"),
        );
    }

    let trust = &role.assume_role_policy;
    policy::check(check, "the trust policy", trust, Kind::Trust);
    if let Some(size) = policy::size(trust).filter(|size| *size > LONGEST_TRUST) {
        check.warning(format!(
            "the trust policy has {size} characters; AWS takes {LONGEST_TRUST} unless the quota was \
             raised"
        ));
    }

    let mut size = 0;
    let mut names: Vec<&str> = Vec::new();
    for inline in &role.inline_policies {
        if let Some(wrong) = check_name(&inline.name, 128) {
            check.error(format!("of an inline policy, {wrong}"));
        }
        check.ensure(
            !names.contains(&inline.name.as_str()),
            format!("there are two inline policies '{}'", inline.name),
        );
        names.push(&inline.name);
        let what = format!("the inline policy '{}'", inline.name);
        policy::check(check, &what, &inline.document, Kind::Identity);
        size += policy::size(&inline.document).unwrap_or(0);
    }
    check.ensure(
        size <= LONGEST_INLINE,
        format!("the inline policies have {size} characters of at most {LONGEST_INLINE}"),
    );

    if role.attached_policies.len() > MOST_ATTACHED {
        check.warning(format!(
            "{} policies are attached; AWS takes {MOST_ATTACHED} unless the quota was raised",
            role.attached_policies.len()
        ));
    }
    let boundary = role.permissions_boundary.iter();
    for arn in role.attached_policies.iter().chain(boundary).filter_map(Input::known) {
        check.ensure(
            arn.as_str().starts_with("arn:aws:iam::") && arn.as_str().contains(":policy/"),
            format!("'{arn}' is not the ARN of a policy"),
        );
    }

    check_tags(check, &role.tags, 50);
    let mut keys: BTreeMap<String, &str> = BTreeMap::new();
    for key in role.tags.keys() {
        if let Some(other) = keys.insert(key.to_lowercase(), key) {
            check.error(format!("the tags '{other}' and '{key}' differ only by case"));
        }
    }
}

/// Role names are unique ignoring case: the second create would be refused at run time.
pub(super) fn check_stack(desired: &Desired) -> Vec<Diagnostic> {
    let mut seen = BTreeMap::new();
    let mut found = Vec::new();
    for declared in desired.resources.values() {
        if declared.schema.kind != "IAM:Role" || declared.lookup {
            continue;
        }
        let Some(name) = declared.props.get("name").and_then(Packed::as_str) else { continue };
        let key = (declared.place.account.clone(), name.to_lowercase());
        if let Some(other) = seen.insert(key, &declared.id) {
            found.push(
                Diagnostic::error(format!(
                    "its name '{name}' is the name of {other}; AWS does not tell roles apart by case"
                ))
                .of(&declared.id)
                .at(&declared.at),
            );
        }
    }
    found
}

//! Which namespace a bucket's name is in.
//!
//! No call shows it: the name does, by the suffix that S3 keeps to account-regional ones
//! ("Account regional namespace naming rules" in S3's user guide).

use bicoastal_model::{Check, Region};
use serde::{Deserialize, Serialize};

/// Who else can take a bucket's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BucketNamespace {
    /// Nobody: the name is the account's own in this region, for ever. It ends with
    /// `-ACCOUNT-REGION-an`: the account's twelve digits, and the region's code.
    AccountRegional,
    /// Everybody who uses AWS, in every region.
    Global,
}

/// Where S3 has no account-regional namespaces.
const WITHOUT: [Region; 2] = [Region::MeCentral1, Region::MeSouth1];

/// The namespace of a name.
pub(super) fn of_name(name: &str) -> BucketNamespace {
    match region_of(name) {
        Some(_) => BucketNamespace::AccountRegional,
        None => BucketNamespace::Global,
    }
}

/// The region's code in an account-regional name.
fn region_of(name: &str) -> Option<&str> {
    let rest = name.strip_suffix("-an")?;
    let is_account = |part: &str| part.len() == 12 && part.bytes().all(|it| it.is_ascii_digit());
    // The code has hyphens too: it is what follows the account.
    let mut parts = rest.match_indices('-').filter_map(|(at, _)| {
        let account = rest.get(at + 1..at + 13).filter(|it| is_account(it))?;
        let code = rest.get(at + 1 + account.len()..)?.strip_prefix('-')?;
        (at > 0 && code.parse::<Region>().is_ok()).then_some(code)
    });
    parts.next_back()
}

/// What can be told of a name and its namespace without AWS. Whose account the digits are is AWS's to
/// say.
pub(super) fn check(
    check: &mut Check,
    name: Option<&str>,
    namespace: Option<BucketNamespace>,
    region: Option<Region>,
) {
    let own = namespace == Some(BucketNamespace::AccountRegional);
    if let Some(region) = region.filter(|it| own && WITHOUT.contains(it)) {
        check.error(format!("{region} has no account-regional namespace"));
    }
    let Some(name) = name else { return };
    match (own, region_of(name)) {
        (true, None) => check.error_with_hint(
            format!("'{name}' is no name of an account-regional namespace"),
            "end it with -ACCOUNT-REGION-an: the account's twelve digits and the bucket's region",
        ),
        (true, Some(of)) if region.is_some_and(|region| region.code() != of) => {
            check.error(format!("'{name}' is a name of {of}, and the bucket is in another region"))
        }
        (false, Some(_)) => check.error_with_hint(
            format!("'{name}' has the form that S3 keeps to account-regional namespaces"),
            "say .namespace(BucketNamespace::AccountRegional), or choose another name",
        ),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use bicoastal_model::{Place, ScopeKind};
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_name_says_which_namespace_it_is_in() {
        for (name, of) in [
            ("logs-000000000000-us-east-1-an", Some("us-east-1")),
            ("a-b-111122223333-ap-south-1-an", Some("ap-south-1")),
            // The account is the one before the region.
            ("a-111111111111-222222222222-us-west-2-an", Some("us-west-2")),
            ("-000000000000-us-east-1-an", None),
            ("000000000000-us-east-1-an", None),
            ("logs-000000000000-us-east-1", None),
            ("logs-00000000000-us-east-1-an", None),
            ("logs-0000000000000-us-east-1-an", None),
            ("logs-000000000000-nowhere-an", None),
            ("titan", None),
        ] {
            assert_eq!(region_of(name), of, "{name}");
        }
        assert_eq!(
            serde_json::to_value(of_name("a-000000000000-us-east-1-an")).unwrap(),
            "account-regional"
        );
    }

    #[test]
    fn the_name_and_the_namespace_go_together() {
        use BucketNamespace::{AccountRegional, Global};
        let errors = |name: &str, namespace, region: Region| {
            let place = Place { account: None, scope: ScopeKind::Regional, regions: vec![region] };
            let mut found = Check::new(place);
            check(&mut found, Some(name), namespace, Some(region));
            found.errors().into_iter().map(str::to_owned).collect::<Vec<_>>().join("; ")
        };
        let own = "logs-000000000000-us-east-1-an";
        let lines = [
            errors(own, Some(AccountRegional), Region::UsEast1),
            errors("logs", None, Region::UsEast1),
            errors("logs", Some(Global), Region::UsEast1),
            errors("logs", Some(AccountRegional), Region::UsEast1),
            errors(own, Some(AccountRegional), Region::ApSouth1),
            errors(own, None, Region::UsEast1),
            errors(own, Some(Global), Region::UsEast1),
            errors("a-000000000000-me-south-1-an", Some(AccountRegional), Region::MeSouth1),
        ];
        expect![[r#"



            'logs' is no name of an account-regional namespace
            'logs-000000000000-us-east-1-an' is a name of us-east-1, and the bucket is in another region
            'logs-000000000000-us-east-1-an' has the form that S3 keeps to account-regional namespaces
            'logs-000000000000-us-east-1-an' has the form that S3 keeps to account-regional namespaces
            me-south-1 has no account-regional namespace"#]].assert_eq(&lines.join("\n"));
    }
}

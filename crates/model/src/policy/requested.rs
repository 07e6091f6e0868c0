//! Conditions on the region that a request goes to, `aws:RequestedRegion`.

use super::texts;
use crate::region::Region;
use crate::value::Value;

/// What a statement's conditions say of the region that a request goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requested<'s>(Vec<Test<'s>>);

/// One operator with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Test<'s> {
    /// Whether none of the values may fit.
    not: bool,
    fit: Fit,
    values: Vec<&'s str>,
}

/// When a value fits a region's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Equal,
    EqualIgnoringCase,
    /// `*` and `?` in the value stand for others.
    Like,
}

impl<'s> Requested<'s> {
    /// Of a `Condition`; `None` where it says nothing of the region, or nothing that can be told
    /// before a request is made (outputs, policy variables, operators that are not for texts).
    pub(super) fn of(condition: &'s Value) -> Option<Self> {
        let mut tests = Vec::new();
        for (operator, keys) in condition.as_object()? {
            for (key, values) in keys.as_object()? {
                if key.eq_ignore_ascii_case("aws:RequestedRegion") {
                    tests.push(test(operator, texts(values)?)?);
                }
            }
        }
        (!tests.is_empty()).then_some(Self(tests))
    }

    /// Whether a request to this region fulfils them.
    pub(super) fn holds(&self, region: Region) -> bool {
        self.0.iter().all(|test| {
            let fits = |value: &&str| match test.fit {
                Fit::Equal => *value == region.code(),
                Fit::EqualIgnoringCase => value.eq_ignore_ascii_case(region.code()),
                Fit::Like => is_like(value.as_bytes(), region.code().as_bytes()),
            };
            test.values.iter().any(fits) != test.not
        })
    }
}

fn test<'s>(operator: &str, values: Vec<&'s str>) -> Option<Test<'s>> {
    let operator = operator.to_ascii_lowercase();
    // A request has one region: for all and for any of its values are the same, and it is there.
    let name = operator.rsplit_once(':').map_or(&*operator, |(_, name)| name);
    let (not, fit) = match name.strip_suffix("ifexists").unwrap_or(name) {
        "stringequals" => (false, Fit::Equal),
        "stringnotequals" => (true, Fit::Equal),
        "stringequalsignorecase" => (false, Fit::EqualIgnoringCase),
        "stringnotequalsignorecase" => (true, Fit::EqualIgnoringCase),
        "stringlike" => (false, Fit::Like),
        "stringnotlike" => (true, Fit::Like),
        _ => return None,
    };
    let is_told = !values.is_empty() && !values.iter().any(|it| it.contains("${"));
    is_told.then_some(Test { not, fit, values })
}

/// Whether a text is like a pattern, where `*` is any text and `?` any character.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|skipped| is_like(rest, &text[skipped..])),
        ([b'?', pattern @ ..], [_, text @ ..]) => is_like(pattern, text),
        ([one, pattern @ ..], [other, text @ ..]) => one == other && is_like(pattern, text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::value::json;

    #[test]
    fn conditions_are_true_of_regions() {
        const SOME: [Region; 4] =
            [Region::EuSouth1, Region::EuWest1, Region::UsEast1, Region::UsWest2];
        let mut found = String::new();
        for condition in [
            json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } }),
            json!({ "StringEquals": { "AWS:requestedregion": ["eu-west-1", "us-east-1"] } }),
            json!({ "StringNotEquals": { "aws:RequestedRegion": ["eu-west-1", "us-east-1"] } }),
            json!({ "StringNotEqualsIgnoreCase": { "aws:RequestedRegion": "EU-WEST-1" } }),
            json!({ "StringEqualsIgnoreCaseIfExists": { "aws:RequestedRegion": "EU-WEST-1" } }),
            json!({ "StringEquals": { "aws:RequestedRegion": "EU-WEST-1" } }),
            json!({ "StringLike": { "aws:RequestedRegion": ["eu-*", "us-????-2"] } }),
            json!({ "StringNotLike": { "aws:RequestedRegion": "*-west-*" } }),
            json!({ "StringLike": { "aws:RequestedRegion": "*" } }),
            json!({ "ForAnyValue:StringLike": { "aws:RequestedRegion": "us-*-1" } }),
            json!({
                "StringLike": { "aws:RequestedRegion": "eu-*" },
                "StringNotEquals": { "aws:RequestedRegion": "eu-west-1", "aws:x": "y" },
            }),
            json!({ "StringEquals": { "aws:RequestedRegion": "${aws:PrincipalTag/region}" } }),
            json!({ "StringEquals": { "aws:RequestedRegion": [{ "$ref": {} }] } }),
            json!({ "Null": { "aws:RequestedRegion": "true" } }),
            json!({ "StringEquals": { "aws:PrincipalTag/region": "eu-west-1" } }),
            json!({}),
            json!(null),
        ] {
            let fulfil = match Requested::of(&condition) {
                None => "nothing is known".to_owned(),
                Some(it) => {
                    let those = SOME.iter().filter(|region| it.holds(**region));
                    those.map(|region| region.code()).collect::<Vec<_>>().join(" ")
                }
            };
            found += &format!("{condition}: {fulfil}\n");
        }
        expect![[r#"
            {"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}: eu-west-1
            {"StringEquals":{"AWS:requestedregion":["eu-west-1","us-east-1"]}}: eu-west-1 us-east-1
            {"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}: eu-south-1 us-west-2
            {"StringNotEqualsIgnoreCase":{"aws:RequestedRegion":"EU-WEST-1"}}: eu-south-1 us-east-1 us-west-2
            {"StringEqualsIgnoreCaseIfExists":{"aws:RequestedRegion":"EU-WEST-1"}}: eu-west-1
            {"StringEquals":{"aws:RequestedRegion":"EU-WEST-1"}}: 
            {"StringLike":{"aws:RequestedRegion":["eu-*","us-????-2"]}}: eu-south-1 eu-west-1 us-west-2
            {"StringNotLike":{"aws:RequestedRegion":"*-west-*"}}: eu-south-1 us-east-1
            {"StringLike":{"aws:RequestedRegion":"*"}}: eu-south-1 eu-west-1 us-east-1 us-west-2
            {"ForAnyValue:StringLike":{"aws:RequestedRegion":"us-*-1"}}: us-east-1
            {"StringLike":{"aws:RequestedRegion":"eu-*"},"StringNotEquals":{"aws:RequestedRegion":"eu-west-1","aws:x":"y"}}: eu-south-1
            {"StringEquals":{"aws:RequestedRegion":"${aws:PrincipalTag/region}"}}: nothing is known
            {"StringEquals":{"aws:RequestedRegion":[{"$ref":{}}]}}: nothing is known
            {"Null":{"aws:RequestedRegion":"true"}}: nothing is known
            {"StringEquals":{"aws:PrincipalTag/region":"eu-west-1"}}: nothing is known
            {}: nothing is known
            null: nothing is known
        "#]].assert_eq(&found);
    }
}

use expect_test::{Expect, expect};

use super::*;
use crate::value::json;

const ROLE: (&str, &str) = ("IAM:Role", "assume_role_policy");

/// A document of something global, or of a thing in a region.
fn of(own: Option<Region>, statements: Value) -> (Option<Region>, Value) {
    (own, json!({ "Version": "2012-10-17", "Statement": statements }))
}

fn trust(principals: Value) -> (Option<Region>, Value) {
    of(None, allow(principals))
}

fn allow(principals: Value) -> Value {
    json!([{ "Effect": "Allow", "Principal": { "Service": principals }, "Action": "sts:AssumeRole" }])
}

/// With one condition on the region.
fn asked(effect: &str, operator: &str, regions: Value) -> Value {
    json!({
        "Effect": effect,
        "Action": ["dynamodb:*", "iam:PassRole"],
        "Resource": "*",
        "Condition": { operator: { "aws:RequestedRegion": regions } },
    })
}

/// What is found in a stack that has things in these regions.
fn check(regions: &[Region], documents: &[(Option<Region>, Value)], expected: Expect) {
    let regions: BTreeSet<Region> = regions.iter().copied().collect();
    let written: Vec<Written<'_>> = documents
        .iter()
        .enumerate()
        .map(|(at, (own, document))| Written {
            field: ROLE,
            path: format!("document {at}"),
            account: None,
            regions: &regions,
            own: *own,
            document: document.clone(),
        })
        .collect();
    let region_of = |reference: &Ref| Region::of_code(reference.id.as_str().split('/').next()?);
    let found = super::check(&written, &region_of);
    let lines: Vec<String> = found.iter().map(|(_, it)| format!("{it}\n")).collect();
    expected.assert_eq(&lines.concat());
}

use Region::{AfSouth1, ApSouth1, EuWest1, MeSouth1, UsEast1};

#[test]
fn a_principal_of_a_region_that_there_is_not_is_told() {
    check(
        &[EuWest1],
        &[
            trust(json!(["logs.me-south-9.amazonaws.com", "delivery.logs.amazonaws.com"])),
            of(
                None,
                json!({
                    "Effect": "Deny",
                    "NotPrincipal": {
                        "Service": ["ec2.eu-wets-1.amazonaws.com", { "$ref": { "id": "x", "attribute": "y" } }],
                    },
                    "Action": "sts:AssumeRole",
                }),
            ),
            trust(json!(["ops.apigateway.amazonaws.com", "ec2.cn-north-1.amazonaws.com.cn"])),
            trust(json!("states.eu-west-1.amazonaws.com")),
        ],
        expect![[r#"
            warning: statement 1 of document 0 names logs.me-south-9.amazonaws.com, and 'me-south-9' is no commercial region of AWS
              hint: IAM refuses a principal that there is not; if the region is newer than this version, all is well
            warning: statement 1 of document 1 names ec2.eu-wets-1.amazonaws.com, and 'eu-wets-1' is no commercial region of AWS
              hint: IAM refuses a principal that there is not; if the region is newer than this version, all is well
        "#]],
    );
}

#[test]
fn a_service_that_is_named_for_one_opt_in_region_is_named_for_all() {
    let both = &[AfSouth1, MeSouth1][..];
    let all = &[AfSouth1, EuWest1, MeSouth1, UsEast1][..];
    let me = "logs.me-south-1.amazonaws.com";
    let af = "logs.af-south-1.amazonaws.com";
    let plain = "logs.amazonaws.com";
    // One that leaves regions out.
    check(
        both,
        &[trust(json!(me))],
        expect![[r#"
            warning: document 0 names logs.me-south-1.amazonaws.com but not logs.af-south-1.amazonaws.com, and the stack has things in af-south-1
              hint: Principal::service_across names a service for all regions at once
        "#]],
    );
    check(
        all,
        &[trust(json!([me, plain]))],
        expect![[r#"
            warning: document 0 names logs.me-south-1.amazonaws.com but not logs.af-south-1.amazonaws.com, and the stack has things in af-south-1
              hint: Principal::service_across names a service for all regions at once
        "#]],
    );
    check(
        all,
        &[trust(json!([me, af]))],
        expect![[r#"
            warning: document 0 names logs.af-south-1.amazonaws.com, logs.me-south-1.amazonaws.com but not logs.amazonaws.com, and the stack has things in eu-west-1, us-east-1
              hint: Principal::service_across names a service for all regions at once
        "#]],
    );
    check(
        all,
        &[trust(json!([me]))],
        expect![[r#"
            warning: document 0 names logs.me-south-1.amazonaws.com but not logs.amazonaws.com, logs.af-south-1.amazonaws.com, and the stack has things in af-south-1, eu-west-1, us-east-1
              hint: Principal::service_across names a service for all regions at once
        "#]],
    );
    check(
        all,
        &[trust(json!([me, af, plain, "flow.me-south-1.amazonaws.com", "flow.amazonaws.com"]))],
        expect![[r#"
            warning: document 0 names flow.me-south-1.amazonaws.com but not flow.af-south-1.amazonaws.com, and the stack has things in af-south-1
              hint: Principal::service_across names a service for all regions at once
        "#]],
    );
    // It is needed elsewhere only, and the stack has nothing there.
    check(
        &[EuWest1],
        &[trust(json!(["logs.ap-east-1.amazonaws.com"]))],
        expect![[r#"
            warning: document 0 names logs.ap-east-1.amazonaws.com but not logs.amazonaws.com, and the stack has things in eu-west-1
              hint: Principal::service_across names a service for all regions at once
        "#]],
    );
    // One for all, in one statement or in several.
    check(all, &[trust(json!([me, af, plain]))], expect![[""]]);
    let statements = json!([allow(json!(me))[0], allow(json!(af))[0], allow(json!(plain))[0]]);
    check(all, &[of(None, statements)], expect![[""]]);
    // By their own names in regions that every account has.
    let own = ["logs.eu-west-1.amazonaws.com", "logs.us-east-1.amazonaws.com"];
    check(all, &[trust(json!([me, af, own[0], own[1]]))], expect![[""]]);
    // Nothing is known of a service that is named plainly, or by what is not known yet.
    check(all, &[trust(json!(plain))], expect![[""]]);
    check(all, &[trust(json!(own[0]))], expect![[""]]);
    check(both, &[trust(json!([me, { "$ref": { "id": "x", "attribute": "y" } }]))], expect![[""]]);
    // Whom one denies, one need not deny everywhere.
    let denied = json!([{ "Effect": "Deny", "Principal": { "Service": me }, "Action": "*" }]);
    check(both, &[of(None, denied)], expect![[""]]);
    // One role for each region.
    check(all, &[trust(json!(me)), trust(json!(af)), trust(json!(plain))], expect![[""]]);
    // But this is none of those: the second one has both.
    check(
        both,
        &[trust(json!(me)), trust(json!([me, af]))],
        expect![[r#"
            warning: document 0 names logs.me-south-1.amazonaws.com but not logs.af-south-1.amazonaws.com, and the stack has things in af-south-1
              hint: Principal::service_across names a service for all regions at once
        "#]],
    );
}

#[test]
fn what_belongs_to_a_region_names_services_of_that_region() {
    let all = &[AfSouth1, EuWest1, MeSouth1][..];
    let me = "logs.me-south-1.amazonaws.com";
    let bucket = |region, names| of(Some(region), allow(names));
    check(all, &[bucket(MeSouth1, json!(me))], expect![[""]]);
    check(all, &[bucket(MeSouth1, json!([me, "logs.amazonaws.com"]))], expect![[""]]);
    // In another one it is for several.
    check(
        all,
        &[bucket(EuWest1, json!([me, "logs.amazonaws.com"]))],
        expect![[r#"
            warning: document 0 names logs.me-south-1.amazonaws.com but not logs.af-south-1.amazonaws.com, and the stack has things in af-south-1
              hint: Principal::service_across names a service for all regions at once
        "#]],
    );
    // In its own region the plain name does.
    check(all, &[bucket(AfSouth1, json!([me, "logs.amazonaws.com"]))], expect![[""]]);
    // Copied from the other bucket.
    check(
        &[AfSouth1, MeSouth1],
        &[bucket(AfSouth1, json!(me))],
        expect![[r#"
            warning: document 0 names logs.me-south-1.amazonaws.com but not logs.af-south-1.amazonaws.com, and the stack has things in af-south-1
              hint: Principal::service_across names a service for all regions at once
        "#]],
    );
}

#[test]
fn no_region_of_the_stack_is_denied() {
    let two = &[EuWest1, UsEast1][..];
    let one = |statement: Value| of(None, json!([statement]));
    for (operator, regions, expect) in [
        (
            "StringNotEquals",
            json!(["us-east-1", "us-west-2"]),
            expect![[r#"
                warning: statement 1 of document 0 denies what is asked of eu-west-1, where the stack has things
                  hint: spare every active region in its condition on aws:RequestedRegion
            "#]],
        ),
        (
            "StringEquals",
            json!("eu-west-1"),
            expect![[r#"
                warning: statement 1 of document 0 denies what is asked of eu-west-1, where the stack has things
                  hint: spare every active region in its condition on aws:RequestedRegion
            "#]],
        ),
        (
            "StringLike",
            json!("eu-*"),
            expect![[r#"
                warning: statement 1 of document 0 denies what is asked of eu-west-1, where the stack has things
                  hint: spare every active region in its condition on aws:RequestedRegion
            "#]],
        ),
        (
            "StringNotLike",
            json!(["eu-*", "us-west-?"]),
            expect![[r#"
                warning: statement 1 of document 0 denies what is asked of us-east-1, where the stack has things
                  hint: spare every active region in its condition on aws:RequestedRegion
            "#]],
        ),
        // It spares all, or is about others.
        ("StringNotEquals", json!(["us-east-1", "eu-west-1", "ap-south-1"]), expect![[""]]),
        ("StringNotLike", json!(["eu-*", "us-*"]), expect![[""]]),
        ("StringEquals", json!("ap-south-1"), expect![[""]]),
        // It denies all: its purpose is another one than to serve.
        ("StringNotEquals", json!("ap-south-1"), expect![[""]]),
        ("StringLike", json!("*"), expect![[""]]),
        // Nobody knows.
        ("StringNotEquals", json!("${aws:PrincipalTag/home}"), expect![[""]]),
        ("Null", json!("true"), expect![[""]]),
    ] {
        check(two, &[one(asked("Deny", operator, regions))], expect);
    }
    // The region of global services matters where the stack has something else there.
    let europe = || one(asked("Deny", "StringNotEquals", json!(["eu-west-1", "ap-south-1"])));
    check(&[EuWest1, ApSouth1], &[europe()], expect![[""]]);
    check(
        &[EuWest1, ApSouth1, UsEast1],
        &[europe()],
        expect![[r#"
            warning: statement 1 of document 0 denies what is asked of us-east-1, where the stack has things
              hint: spare every active region in its condition on aws:RequestedRegion
        "#]],
    );
    let mut global = asked("Deny", "StringNotEquals", json!("us-east-1"));
    global["Action"] = json!(["IAM:*", "route53:ChangeResourceRecordSets"]);
    check(two, &[one(global)], expect![[""]]);
    // Two that each keep to their region are for one each; in one document they are for none.
    let only = |region: &str| asked("Deny", "StringNotEquals", json!(region));
    check(two, &[one(only("us-east-1")), one(only("eu-west-1"))], expect![[""]]);
    check(
        two,
        &[of(None, json!([only("us-east-1"), only("eu-west-1")]))],
        expect![[r#"
            warning: statement 1 of document 0 denies what is asked of eu-west-1, where the stack has things
              hint: spare every active region in its condition on aws:RequestedRegion
            warning: statement 2 of document 0 denies what is asked of us-east-1, where the stack has things
              hint: spare every active region in its condition on aws:RequestedRegion
        "#]],
    );
}

#[test]
fn what_is_allowed_by_region_is_allowed_in_all_of_them() {
    let two = &[EuWest1, UsEast1][..];
    let allow = |regions: Value| asked("Allow", "StringEquals", regions);
    let one = |statement: Value| of(None, json!([statement]));
    check(
        two,
        &[one(allow(json!("us-east-1")))],
        expect![[r#"
            warning: statement 1 of document 0 allows nothing in eu-west-1, where the stack has things
              hint: name every active region in its condition on aws:RequestedRegion
        "#]],
    );
    check(
        two,
        &[one(asked("Allow", "StringNotLike", json!("us-*")))],
        expect![[r#"
            warning: statement 1 of document 0 allows nothing in us-east-1, where the stack has things
              hint: name every active region in its condition on aws:RequestedRegion
        "#]],
    );
    check(two, &[one(allow(json!(["us-east-1", "eu-west-1"])))], expect![[""]]);
    check(two, &[one(asked("Allow", "StringLike", json!(["us-*", "eu-*"])))], expect![[""]]);
    // For none of them, it is about something else.
    check(two, &[one(allow(json!("ap-south-1")))], expect![[""]]);
    // Together they are for both.
    let (us, eu) = (allow(json!("us-east-1")), allow(json!("eu-west-1")));
    check(two, &[of(None, json!([us, eu]))], expect![[""]]);
    check(two, &[one(us.clone()), one(eu)], expect![[""]]);
    // The other one shows that both were meant.
    let both = allow(json!(["us-east-1", "eu-west-1"]));
    check(
        two,
        &[of(None, json!([us, both]))],
        expect![[r#"
            warning: statement 1 of document 0 allows nothing in eu-west-1, where the stack has things
              hint: name every active region in its condition on aws:RequestedRegion
        "#]],
    );
    // What it is about is there and nowhere else.
    let table = "arn:aws:dynamodb:us-east-1:111122223333:table/t";
    let output = json!({ "$ref": { "id": "us-east-1/queue", "attribute": "arn" } });
    let text = json!({ "$text": [output, "/*"] });
    for (resource, expect) in [
        (json!(table), expect![[""]]),
        (json!([table, output, text]), expect![[""]]),
        (
            json!([table, "arn:aws:s3:::b"]),
            expect![[r#"
                warning: statement 1 of document 0 allows nothing in eu-west-1, where the stack has things
                  hint: name every active region in its condition on aws:RequestedRegion
            "#]],
        ),
        (
            json!([table, { "$ref": { "id": "zone", "attribute": "arn" } }]),
            expect![[r#"
                warning: statement 1 of document 0 allows nothing in eu-west-1, where the stack has things
                  hint: name every active region in its condition on aws:RequestedRegion
            "#]],
        ),
        (
            json!([]),
            expect![[r#"
                warning: statement 1 of document 0 allows nothing in eu-west-1, where the stack has things
                  hint: name every active region in its condition on aws:RequestedRegion
            "#]],
        ),
    ] {
        let mut statement = us.clone();
        statement["Resource"] = resource;
        check(two, &[one(statement)], expect);
    }
}

#[test]
fn what_belongs_to_a_region_is_asked_there() {
    let two = &[EuWest1, UsEast1][..];
    let bucket = |region, effect, operator| {
        of(Some(region), json!([asked(effect, operator, json!("us-east-1"))]))
    };
    check(two, &[bucket(UsEast1, "Deny", "StringNotEquals")], expect![[""]]);
    check(two, &[bucket(UsEast1, "Allow", "StringEquals")], expect![[""]]);
    // Copied from the other bucket, which is not in this one's place.
    let copied =
        |effect, operator| [bucket(UsEast1, effect, operator), bucket(EuWest1, effect, operator)];
    check(
        two,
        &copied("Deny", "StringNotEquals"),
        expect![[r#"
            warning: statement 1 of document 1 denies what is asked of eu-west-1, where the stack has things
              hint: spare every active region in its condition on aws:RequestedRegion
        "#]],
    );
    check(
        two,
        &copied("Allow", "StringEquals"),
        expect![[r#"
            warning: statement 1 of document 1 allows nothing in eu-west-1, where the stack has things
              hint: name every active region in its condition on aws:RequestedRegion
        "#]],
    );
}

#[test]
fn what_is_no_document_says_nothing() {
    for document in [json!("{"), json!({}), json!({ "Statement": ["x"] }), json!(null)] {
        check(&[EuWest1, UsEast1], &[(None, document)], expect![[""]]);
    }
}

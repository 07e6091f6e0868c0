use bicoastal_model::{
    ActiveRegions, Diagnostics, Effect, PolicyDocument, Principal, Region, Stack, Statement,
};
use expect_test::{Expect, expect};

use crate::dynamodb::{Billing, Key, ReplicaPolicy, StreamView, Table};
use crate::iam::{Policy, Role};
use crate::s3::Bucket;

use Region::{AfSouth1, EuWest1, MeSouth1};

/// What is found in a stack that has buckets in these regions.
fn check(regions: &[Region], declare: impl FnOnce(&mut Stack), expected: Expect) {
    let mut stack = Stack::new("test");
    for region in regions {
        let bucket = Bucket::builder().name(region.named("data")).build();
        stack.region(*region).add("data", bucket);
    }
    declare(&mut stack);
    let found = match stack.seal() {
        Ok(desired) => Diagnostics(desired.warnings),
        Err(found) => found,
    };
    assert!(found.0.iter().all(|it| it.at.is_some()));
    let lines: Vec<String> = found
        .0
        .iter()
        .filter(|it| !it.message.contains("for anybody's resources"))
        .map(|it| {
            let id = it.id.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{:?}: {id}: {}\n", it.severity, it.message)
        })
        .collect();
    expected.assert_eq(&lines.concat());
}

fn role(trust: PolicyDocument) -> Role {
    Role::builder().name("flow").assume_role_policy(trust).build()
}

fn lets_in(principal: Principal, action: &str) -> PolicyDocument {
    let statement = Statement::builder().principal(principal).action([action]);
    PolicyDocument::new([match action.starts_with("sts:") {
        true => statement.build(),
        false => statement.resource(["*"]).build(),
    }])
}

fn logs_in(region: Region, action: &str) -> PolicyDocument {
    lets_in(Principal::service_in("logs", region), action)
}

/// Denies everything outside of one region.
fn only_in(region: Region) -> Statement {
    let condition = [("aws:RequestedRegion".to_owned(), vec![region.code().into()])];
    Statement::builder()
        .effect(Effect::Deny)
        .action(["*"])
        .resource(["*"])
        .condition([("StringNotEquals".to_owned(), condition.into())].into())
        .build()
}

#[test]
fn every_document_is_held_to_the_regions_of_the_stack() {
    let two = &[AfSouth1, MeSouth1][..];
    let assume = "sts:AssumeRole";
    check(
        two,
        |stack| {
            stack.global().add("role", role(logs_in(MeSouth1, assume)));
        },
        expect![[r#"
            Warning: role: assume_role_policy names logs.me-south-1.amazonaws.com but not logs.af-south-1.amazonaws.com, and the stack has things in af-south-1
        "#]],
    );
    check(
        two,
        |stack| {
            let trust = PolicyDocument::trust_service("lambda.amazonaws.com");
            let role = Role::builder()
                .inline_policy("home", PolicyDocument::new([only_in(MeSouth1)]))
                .assume_role_policy(trust)
                .name("app")
                .build();
            stack.global().add("role", role);
            let document = PolicyDocument::new([only_in(AfSouth1)]);
            stack.global().add("policy", Policy::builder().name("home").document(document).build());
        },
        expect![[r#"
            Warning: policy: statement 1 of document denies what is asked of me-south-1, where the stack has things
            Warning: role: statement 1 of inline_policies[home].document denies what is asked of af-south-1, where the stack has things
        "#]],
    );
    check(
        two,
        |stack| {
            let bucket =
                Bucket::builder().name("logs").policy(logs_in(AfSouth1, "s3:PutObject")).build();
            stack.region(MeSouth1).add("logs", bucket);
        },
        expect![[r#"
            Warning: me-south-1/logs: policy names logs.af-south-1.amazonaws.com but not logs.me-south-1.amazonaws.com, and the stack has things in me-south-1
        "#]],
    );
    check(
        two,
        |stack| {
            let table = Table::builder()
                .name("events")
                .partition_key(Key::string("id"))
                .billing(Billing::OnDemand)
                .stream(StreamView::NewAndOldImages)
                .resource_policies([
                    ReplicaPolicy::new(AfSouth1, logs_in(AfSouth1, "dynamodb:PutItem")),
                    ReplicaPolicy::new(MeSouth1, logs_in(AfSouth1, "dynamodb:PutItem")),
                ])
                .build();
            stack.across(&ActiveRegions::new(AfSouth1, MeSouth1)).add("table", table);
        },
        expect![[r#"
            Warning: table: resource_policies[me-south-1].document names logs.af-south-1.amazonaws.com but not logs.me-south-1.amazonaws.com, and the stack has things in me-south-1
        "#]],
    );
    // Nothing is missed.
    check(
        &[AfSouth1, EuWest1, MeSouth1],
        |stack| {
            let regions = ActiveRegions::new(AfSouth1, MeSouth1).and(EuWest1);
            let trust = lets_in(Principal::service_across("logs", &regions), assume);
            stack.global().add("role", role(trust));
        },
        expect![[""]],
    );
    // Elsewhere is only what somebody else made, and another account.
    check(
        &[MeSouth1],
        |stack| {
            stack.region(AfSouth1).lookup("theirs", Bucket::named("theirs"));
            let archive = Bucket::builder().name("archive").build();
            stack.account("audit").region(EuWest1).add("archive", archive);
            stack.global().add("role", role(logs_in(MeSouth1, assume)));
        },
        expect![[""]],
    );
}

#[test]
fn a_service_of_a_region_that_there_is_not_is_told() {
    check(
        &[MeSouth1],
        |stack| {
            let trust = PolicyDocument::trust_service("logs.me-south-7.amazonaws.com");
            stack.global().add("role", role(trust));
            let bucket = Bucket::builder()
                .name("logs")
                .policy(lets_in(
                    Principal::Service(vec![
                        "delivery.logs.amazonaws.com".into(),
                        "logs.af-suoth-1.amazonaws.com".into(),
                    ]),
                    "s3:PutObject",
                ))
                .build();
            stack.region(MeSouth1).add("logs", bucket);
        },
        expect![[r#"
            Warning: me-south-1/logs: statement 1 of policy names logs.af-suoth-1.amazonaws.com, and 'af-suoth-1' is no commercial region of AWS
            Warning: role: statement 1 of assume_role_policy names logs.me-south-7.amazonaws.com, and 'me-south-7' is no commercial region of AWS
        "#]],
    );
}

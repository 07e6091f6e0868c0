use expect_test::{Expect, expect};

use super::{handle, role_exists, role_id, role_usable};
use crate::call::{Call, Request, Service};
use crate::world::{DEFAULT_ACCOUNT, World};
use crate::xml::Element;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::a b+c/*"}]}"#;

fn iam(world: &mut World, operation: &str, fields: &[(&str, &str)]) -> String {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let call = Call {
        account: DEFAULT_ACCOUNT.into(),
        region: "us-east-1".into(),
        service: Service::Iam,
        operation: operation.into(),
        request: Request { body: body.into_bytes().into(), ..Request::default() },
    };
    match handle(world, &call) {
        Ok(reply) => {
            let root = Element::parse(&reply.body).unwrap();
            let mut out = String::new();
            outline(&root.children[0], 0, &mut out);
            out
        }
        Err(fault) => format!("{} {}: {}", fault.status, fault.code, fault.message),
    }
}

fn outline(element: &Element, depth: usize, out: &mut String) {
    for child in &element.children {
        out.push_str(&"  ".repeat(depth));
        out.push_str(&child.name);
        if !child.text.is_empty() {
            out.push_str(": ");
            out.push_str(&child.text);
        }
        out.push('\n');
        outline(child, depth + 1, out);
    }
}

fn check(world: &mut World, operation: &str, fields: &[(&str, &str)], expect: Expect) {
    expect.assert_eq(&iam(world, operation, fields));
}

fn with_role(world: &mut World, name: &str) {
    let answer =
        iam(world, "CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST)]);
    assert!(answer.starts_with("Role\n"), "{answer}");
}

#[test]
fn a_role_is_read_back_with_its_tags_and_an_encoded_document() {
    let mut world = World::default();
    check(
        &mut world,
        "CreateRole",
        &[
            ("RoleName", "Replication"),
            ("Path", "/app/"),
            ("AssumeRolePolicyDocument", TRUST),
            ("Description", "copies"),
            ("Tags.member.1.Key", "Project"),
            ("Tags.member.1.Value", "active-active"),
        ],
        expect![[r#"
            Role
              Path: /app/
              RoleName: Replication
              RoleId: AROALRJ2BOGBQOO80QZ4J
              Arn: arn:aws:iam::000000000000:role/app/Replication
              CreateDate: 2026-01-01T00:00:00.000Z
              AssumeRolePolicyDocument: %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22s3.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D
              Description: copies
              MaxSessionDuration: 3600
              Tags
                member
                  Key: Project
                  Value: active-active
              RoleLastUsed
        "#]],
    );
    check(
        &mut world,
        "GetRole",
        &[("RoleName", "replication")],
        expect![[r#"
        Role
          Path: /app/
          RoleName: Replication
          RoleId: AROALRJ2BOGBQOO80QZ4J
          Arn: arn:aws:iam::000000000000:role/app/Replication
          CreateDate: 2026-01-01T00:00:00.000Z
          AssumeRolePolicyDocument: %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22s3.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D
          Description: copies
          MaxSessionDuration: 3600
          Tags
            member
              Key: Project
              Value: active-active
          RoleLastUsed
    "#]],
    );
    check(
        &mut world,
        "ListRoles",
        &[],
        expect![[r#"
        Roles
          member
            Path: /app/
            RoleName: Replication
            RoleId: AROALRJ2BOGBQOO80QZ4J
            Arn: arn:aws:iam::000000000000:role/app/Replication
            CreateDate: 2026-01-01T00:00:00.000Z
            AssumeRolePolicyDocument: %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22s3.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D
            Description: copies
            MaxSessionDuration: 3600
        IsTruncated: false
    "#]],
    );
    check(
        &mut world,
        "CreateRole",
        &[("RoleName", "REPLICATION"), ("AssumeRolePolicyDocument", TRUST)],
        expect!["409 EntityAlreadyExists: Role with name REPLICATION already exists."],
    );
}

#[test]
fn an_update_sets_description_and_session_together() {
    let mut world = World::default();
    with_role(&mut world, "r");
    iam(&mut world, "UpdateRole", &[("RoleName", "r"), ("Description", "d")]);
    iam(&mut world, "UpdateRole", &[("RoleName", "r"), ("MaxSessionDuration", "7200")]);
    let role = iam(&mut world, "GetRole", &[("RoleName", "r")]);
    assert!(!role.contains("Description: d") && role.contains("MaxSessionDuration: 7200"));
}

#[test]
fn everything_about_a_role_comes_in_one_call() {
    let mut world = World::default();
    with_role(&mut world, "r");
    let arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    for (operation, fields) in [
        ("PutRolePolicy", [("PolicyName", "in"), ("PolicyDocument", ALLOW)].as_slice()),
        ("AttachRolePolicy", [("PolicyArn", arn)].as_slice()),
        ("PutRolePermissionsBoundary", [("PermissionsBoundary", arn)].as_slice()),
        ("TagRole", [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")].as_slice()),
    ] {
        let fields: Vec<_> = [("RoleName", "r")].iter().chain(fields).copied().collect();
        check(&mut world, operation, &fields, expect![[""]]);
    }
    check(
        &mut world,
        "GetAccountAuthorizationDetails",
        &[("Filter.member.1", "Role")],
        expect![[r#"
            UserDetailList
            GroupDetailList
            RoleDetailList
              member
                Path: /
                RoleName: r
                RoleId: AROALRJ2BOGBQOO80QZ4J
                Arn: arn:aws:iam::000000000000:role/r
                CreateDate: 2026-01-01T00:00:00.000Z
                AssumeRolePolicyDocument: %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22s3.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D
                InstanceProfileList
                RolePolicyList
                  member
                    PolicyName: in
                    PolicyDocument: %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGet%2A%22%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aa%20b%2Bc%2F%2A%22%7D%5D%7D
                AttachedManagedPolicies
                  member
                    PolicyName: AmazonS3ReadOnlyAccess
                    PolicyArn: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
                PermissionsBoundary
                  PermissionsBoundaryType: Policy
                  PermissionsBoundaryArn: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
                Tags
                  member
                    Key: k
                    Value: v
                RoleLastUsed
            Policies
            IsTruncated: false
        "#]],
    );
    check(
        &mut world,
        "GetRolePolicy",
        &[("RoleName", "r"), ("PolicyName", "in")],
        expect![[r#"
        RoleName: r
        PolicyName: in
        PolicyDocument: %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGet%2A%22%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aa%20b%2Bc%2F%2A%22%7D%5D%7D
    "#]],
    );
    check(
        &mut world,
        "ListAttachedRolePolicies",
        &[("RoleName", "r")],
        expect![[r#"
        AttachedPolicies
          member
            PolicyName: AmazonS3ReadOnlyAccess
            PolicyArn: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
        IsTruncated: false
    "#]],
    );
    check(
        &mut world,
        "ListEntitiesForPolicy",
        &[("PolicyArn", arn)],
        expect![[r#"
        PolicyGroups
        PolicyUsers
        PolicyRoles
          member
            RoleName: r
            RoleId: AROALRJ2BOGBQOO80QZ4J
        IsTruncated: false
    "#]],
    );
}

#[test]
fn details_come_in_pages() {
    let mut world = World::default();
    for number in 0..3 {
        with_role(&mut world, &format!("r{number}"));
    }
    let ask = |world: &mut World, marker: &str| {
        let answer = iam(
            world,
            "GetAccountAuthorizationDetails",
            &[("Filter.member.1", "Role"), ("MaxItems", "2"), ("Marker", marker)],
        );
        let kept: Vec<&str> = answer
            .lines()
            .map(str::trim)
            .filter(|line| {
                ["RoleName", "IsTruncated", "Marker"].iter().any(|name| line.starts_with(name))
            })
            .collect();
        kept.join("\n")
    };
    expect![[r#"
        RoleName: r0
        RoleName: r1
        IsTruncated: true
        Marker: role r1"#]]
    .assert_eq(&ask(&mut world, ""));
    expect![[r#"
        RoleName: r2
        IsTruncated: false"#]]
    .assert_eq(&ask(&mut world, "role r1"));
}

#[test]
fn a_role_goes_only_when_it_is_bare() {
    let mut world = World::default();
    world.set_duration_ms("iam.propagation.detach", 5_000);
    with_role(&mut world, "r");
    let role = [("RoleName", "r")];
    let arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    iam(&mut world, "AttachRolePolicy", &[role[0], ("PolicyArn", arn)]);
    iam(&mut world, "PutRolePolicy", &[role[0], ("PolicyName", "in"), ("PolicyDocument", ALLOW)]);
    check(
        &mut world,
        "DeleteRole",
        &role,
        expect!["409 DeleteConflict: Cannot delete entity, must detach all policies first."],
    );
    iam(&mut world, "DetachRolePolicy", &[role[0], ("PolicyArn", arn)]);
    check(
        &mut world,
        "DeleteRole",
        &role,
        expect!["409 DeleteConflict: Cannot delete entity, must detach all policies first."],
    );
    world.now_ms += 5_000;
    check(
        &mut world,
        "DeleteRole",
        &role,
        expect!["409 DeleteConflict: Cannot delete entity, must delete policies first."],
    );
    iam(&mut world, "DeleteRolePolicy", &[role[0], ("PolicyName", "in")]);
    assert!(world.iam.in_instance_profile("000000000000", "R", "fleet", true));
    check(
        &mut world,
        "DeleteRole",
        &role,
        expect![
            "409 DeleteConflict: Cannot delete entity, must remove roles from instance profile first."
        ],
    );
    assert!(world.iam.in_instance_profile("000000000000", "r", "fleet", false));
    check(&mut world, "DeleteRole", &role, expect![[""]]);
    check(
        &mut world,
        "DeleteRole",
        &role,
        expect!["404 NoSuchEntity: The role with name r cannot be found."],
    );
}

#[test]
fn a_fresh_role_spreads_in_its_time() {
    let mut world = World::default();
    world.set_duration_ms("iam.propagation", 10_000);
    world.set_duration_ms("iam.propagation.read", 2_000);
    with_role(&mut world, "r");
    let arn = "arn:aws:iam::000000000000:role/r";
    let trust = TRUST.replace(r#""Service":"s3.amazonaws.com""#, &format!(r#""AWS":"{arn}""#));
    let create = [("RoleName", "user-of-r"), ("AssumeRolePolicyDocument", trust.as_str())];
    let seen = |world: &World| {
        (role_exists(world, DEFAULT_ACCOUNT, arn), role_usable(world, DEFAULT_ACCOUNT, arn))
    };
    assert_eq!(seen(&world), (true, false));
    check(
        &mut world,
        "GetRole",
        &[("RoleName", "r")],
        expect!["404 NoSuchEntity: The role with name r cannot be found."],
    );
    check(
        &mut world,
        "CreateRole",
        &create,
        expect![[
            r#"400 MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:role/r""#
        ]],
    );
    world.now_ms += 10_000;
    assert_eq!(seen(&world), (true, true));
    assert!(!role_exists(&world, "111111111111", arn));
    assert!(iam(&mut world, "CreateRole", &create).starts_with("Role\n"));

    world.now_ms += 10_000;

    // The ARN of a role that is gone turns into its id; a role of the same name is another.
    let id = role_id(&world, arn).unwrap();
    iam(&mut world, "DeleteRole", &[("RoleName", "r")]);
    with_role(&mut world, "r");
    let role = iam(&mut world, "GetRole", &[("RoleName", "user-of-r")]);
    assert!(role.contains(&format!("%22AWS%22%3A%22{id}%22")), "{role}");
}

#[test]
fn a_managed_policy_has_at_most_five_versions() {
    let mut world = World::default();
    let create = [("PolicyName", "p"), ("PolicyDocument", ALLOW), ("Description", "d")];
    check(
        &mut world,
        "CreatePolicy",
        &create,
        expect![[r#"
        Policy
          PolicyName: p
          PolicyId: ANPALRJ2BOGBQOO80QZ4J
          Arn: arn:aws:iam::000000000000:policy/p
          Path: /
          DefaultVersionId: v1
          AttachmentCount: 0
          PermissionsBoundaryUsageCount: 0
          IsAttachable: true
          CreateDate: 2026-01-01T00:00:00.000Z
          UpdateDate: 2026-01-01T00:00:00.000Z
          Description: d
    "#]],
    );
    check(
        &mut world,
        "CreatePolicy",
        &create,
        expect![
            "409 EntityAlreadyExists: A policy called p already exists. Duplicate names are not allowed."
        ],
    );
    let arn = ("PolicyArn", "arn:aws:iam::000000000000:policy/p");
    let version = [arn, ("PolicyDocument", ALLOW), ("SetAsDefault", "true")];
    check(
        &mut world,
        "CreatePolicyVersion",
        &version,
        expect![[r#"
        PolicyVersion
          VersionId: v2
          IsDefaultVersion: true
          CreateDate: 2026-01-01T00:00:00.000Z
    "#]],
    );
    for _ in 0..3 {
        iam(&mut world, "CreatePolicyVersion", &version);
    }
    check(
        &mut world,
        "CreatePolicyVersion",
        &version,
        expect![
            "409 LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."
        ],
    );
    check(
        &mut world,
        "DeletePolicyVersion",
        &[arn, ("VersionId", "v5")],
        expect!["409 DeleteConflict: Cannot delete the default version of a policy."],
    );
    check(&mut world, "DeletePolicyVersion", &[arn, ("VersionId", "v1")], expect![[""]]);
    check(
        &mut world,
        "GetPolicyVersion",
        &[arn, ("VersionId", "v1")],
        expect![
            "404 NoSuchEntity: Policy arn:aws:iam::000000000000:policy/p version v1 does not exist or is not attachable."
        ],
    );
    check(
        &mut world,
        "ListPolicyVersions",
        &[arn],
        expect![[r#"
        Versions
          member
            VersionId: v5
            IsDefaultVersion: true
            CreateDate: 2026-01-01T00:00:00.000Z
          member
            VersionId: v4
            IsDefaultVersion: false
            CreateDate: 2026-01-01T00:00:00.000Z
          member
            VersionId: v3
            IsDefaultVersion: false
            CreateDate: 2026-01-01T00:00:00.000Z
          member
            VersionId: v2
            IsDefaultVersion: false
            CreateDate: 2026-01-01T00:00:00.000Z
        IsTruncated: false
    "#]],
    );
    with_role(&mut world, "r");
    iam(&mut world, "AttachRolePolicy", &[("RoleName", "r"), arn]);
    check(
        &mut world,
        "DeletePolicy",
        &[arn],
        expect!["409 DeleteConflict: Cannot delete a policy attached to entities."],
    );
    iam(&mut world, "DetachRolePolicy", &[("RoleName", "r"), arn]);
    check(
        &mut world,
        "DeletePolicy",
        &[arn],
        expect![
            "409 DeleteConflict: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy."
        ],
    );
    check(
        &mut world,
        "ListPolicies",
        &[("Scope", "Local")],
        expect![[r#"
        Policies
          member
            PolicyName: p
            PolicyId: ANPALRJ2BOGBQOO80QZ4J
            Arn: arn:aws:iam::000000000000:policy/p
            Path: /
            DefaultVersionId: v5
            AttachmentCount: 0
            PermissionsBoundaryUsageCount: 0
            IsAttachable: true
            CreateDate: 2026-01-01T00:00:00.000Z
            UpdateDate: 2026-01-01T00:00:00.000Z
        IsTruncated: false
    "#]],
    );
}

#[test]
fn documents_are_checked() {
    let mut world = World::default();
    with_role(&mut world, "r");
    for (from, to, expect) in [
        ("{", "", expect!["400 MalformedPolicyDocument: This policy contains invalid Json"]),
        (
            "2012-10-17",
            "2024-01-01",
            expect!["400 MalformedPolicyDocument: Syntax errors in policy."],
        ),
        ("Allow", "Perhaps", expect!["400 MalformedPolicyDocument: Invalid effect: Perhaps"]),
        (
            "s3:Get*",
            "Get",
            expect![
                "400 MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            ],
        ),
        (
            "arn:aws:s3:::a b+c/*",
            "bucket",
            expect![[
                r#"400 MalformedPolicyDocument: Resource bucket must be in ARN format or "*"."#
            ]],
        ),
        (
            "arn:aws:s3",
            "arn:aw:s3",
            expect![[
                r#"400 MalformedPolicyDocument: Partition "aw" is not valid for resource "arn:aw:s3:::a b+c/*"."#
            ]],
        ),
        (
            r#""Effect""#,
            r#""Principal":"*","Effect""#,
            expect!["400 MalformedPolicyDocument: Policy document should not specify a principal."],
        ),
        (
            r#""Effect""#,
            r#""Sid":"a b","Effect""#,
            expect![
                "400 MalformedPolicyDocument: Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
            ],
        ),
        (
            r#""Effect""#,
            r#""Colour":"red","Effect""#,
            expect!["400 MalformedPolicyDocument: Syntax errors in policy."],
        ),
        (
            "s3:Get*",
            "s3:Get\u{3b1}",
            expect![
                "400 ValidationError: The specified value for policyDocument is invalid. It must contain only printable ASCII characters and those of the Latin-1 supplement."
            ],
        ),
    ] {
        let document = ALLOW.replace(from, to);
        let fields =
            [("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
        check(&mut world, "PutRolePolicy", &fields, expect);
    }
    for (from, to, expect) in [
        (
            "sts:AssumeRole",
            "s3:GetObject",
            expect![
                "400 MalformedPolicyDocument: AssumeRole policy may only specify STS AssumeRole actions."
            ],
        ),
        (
            "s3.amazonaws.com",
            "s3.example.com",
            expect![[
                r#"400 MalformedPolicyDocument: Invalid principal in policy: "SERVICE":"s3.example.com""#
            ]],
        ),
        (
            "\"Service\":\"s3.amazonaws.com\"",
            "\"AWS\":\"arn:aws:iam::1:root\"",
            expect![[
                r#"400 MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::1:root""#
            ]],
        ),
        (
            "\"Action\"",
            "\"Resource\":\"*\",\"Action\"",
            expect!["400 MalformedPolicyDocument: Has prohibited field Resource"],
        ),
        ("Principal", "Who", expect!["400 MalformedPolicyDocument: Syntax errors in policy."]),
    ] {
        let document = TRUST.replace(from, to);
        let fields = [("RoleName", "r"), ("PolicyDocument", document.as_str())];
        check(&mut world, "UpdateAssumeRolePolicy", &fields, expect);
    }
    let long = ALLOW.replace("a b+c", &"x".repeat(10_240));
    let fields = [("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", long.as_str())];
    check(
        &mut world,
        "PutRolePolicy",
        &fields,
        expect!["409 LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r"],
    );
}

#[test]
fn refusals() {
    let mut world = World::default();
    with_role(&mut world, "r");
    let create = |extra: &'static [(&'static str, &'static str)]| {
        [&[("RoleName", "new"), ("AssumeRolePolicyDocument", TRUST)], extra].concat()
    };
    for (operation, fields, expect) in [
        (
            "Frobnicate",
            vec![],
            expect![
                "400 InvalidAction: Could not find operation Frobnicate for version 2010-05-08"
            ],
        ),
        (
            "GetRole",
            vec![],
            expect![
                "400 ValidationError: 1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null"
            ],
        ),
        (
            "GetRole",
            vec![("RoleName", "none")],
            expect!["404 NoSuchEntity: The role with name none cannot be found."],
        ),
        (
            "GetRolePolicy",
            vec![("RoleName", "r"), ("PolicyName", "none")],
            expect!["404 NoSuchEntity: The role policy with name none cannot be found."],
        ),
        (
            "CreateRole",
            create(&[("RoleName", "a b")]),
            expect![
                "400 ValidationError: The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
            ],
        ),
        (
            "CreateRole",
            create(&[("Path", "app")]),
            expect![
                "400 ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."
            ],
        ),
        (
            "CreateRole",
            create(&[("MaxSessionDuration", "60")]),
            expect![
                "400 ValidationError: 1 validation error detected: Value '60' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200"
            ],
        ),
        (
            "CreateRole",
            create(&[("PermissionsBoundary", "x")]),
            expect!["400 InvalidInput: ARN x is not valid."],
        ),
        (
            "CreateRole",
            create(&[("Tags.member.1.Key", "a"), ("Tags.member.2.Key", "A")]),
            expect![
                "400 InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."
            ],
        ),
        (
            "CreateRole",
            create(&[("Tags.member.1.Key", "aws:x")]),
            expect!["400 InvalidInput: Tag keys must not start with the reserved prefix aws:"],
        ),
        (
            "AttachRolePolicy",
            vec![("RoleName", "r"), ("PolicyArn", "arn:aws:iam::aws:policy/None")],
            expect![
                "404 NoSuchEntity: Policy arn:aws:iam::aws:policy/None does not exist or is not attachable."
            ],
        ),
        (
            "DetachRolePolicy",
            vec![("RoleName", "r"), ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")],
            expect![
                "404 NoSuchEntity: Policy arn:aws:iam::aws:policy/ReadOnlyAccess was not found."
            ],
        ),
        (
            "DeleteRolePermissionsBoundary",
            vec![("RoleName", "r")],
            expect!["404 NoSuchEntity: The role with name r does not have a permissions boundary."],
        ),
        (
            "ListRoles",
            vec![("MaxItems", "0")],
            expect![
                "400 ValidationError: 1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000"
            ],
        ),
    ] {
        check(&mut world, operation, &fields, expect);
    }
    assert_eq!(iam(&mut world, "GetRole", &[("RoleName", "new")]).split(' ').next(), Some("404"));
}

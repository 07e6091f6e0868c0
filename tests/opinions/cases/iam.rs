//! Roles and policies.

use bicoastal::prelude::*;
use serde_json::{Value, json};

use crate::contract::{Case, to};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const AUDIT: &str = "arn:aws:iam::aws:policy/SecurityAudit";

fn allow(action: &str) -> PolicyDocument {
    let statement = Statement::builder().action([action]).resource(["arn:aws:s3:::naveenteja/*"]);
    PolicyDocument::new([statement.build()])
}

pub static ROLE: Case = Case {
    name: "contract-role",
    subject: "role",
    declare: |stack, _| {
        let role = Role::builder()
            .inline_policy("read", allow("s3:GetObject"))
            .attach(READ_ONLY)
            .name("contract")
            .path("/app/")
            .description("copies")
            .max_session_duration(7200)
            .permissions_boundary(AUDIT)
            .force_detach(true)
            .assume_role_policy(PolicyDocument::trust_service("s3.amazonaws.com"))
            .tags([("Project", "x")])
            .build();
        stack.global().add("role", role);
    },
    changes: |_| {
        vec![
            to("description", "changed"),
            to("max_session_duration", 3600),
            to("permissions_boundary", READ_ONLY),
            to("assume_role_policy", PolicyDocument::trust_service("ec2.amazonaws.com")),
            to("inline_policies", json!([{ "name": "write", "document": allow("s3:PutObject") }])),
            to("attached_policies", [AUDIT]),
            to("tags", json!({ "Project": "y", "More": "" })),
            to("permissions_boundary", Value::Null),
            to(
                "permissions_boundary",
                AUDIT.replace("SecurityAudit", "job-function/ViewOnlyAccess"),
            ),
        ]
    },
};

pub static POLICY: Case = Case {
    name: "contract-policy",
    subject: "policy",
    declare: |stack, _| {
        let policy = Policy::builder()
            .name("contract")
            .path("/app/")
            .description("reads")
            .document(allow("s3:GetObject"))
            .tags([("Project", "x")])
            .build();
        stack.global().add("policy", policy);
    },
    changes: |_| {
        let mut changes: Vec<_> = ["s3:PutObject", "s3:DeleteObject", "s3:GetObjectTagging"]
            .map(|action| to("document", allow(action)))
            .into();
        // AWS keeps five versions: the oldest ones make room.
        changes.extend(["s3:GetObjectAcl", "s3:ListBucket"].map(|it| to("document", allow(it))));
        changes.push(to("tags", json!({ "Project": "y", "More": "" })));
        changes
    },
};

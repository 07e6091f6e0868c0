//! `docs/conformance.md`: every named case has a line, every test that a line names exists, and the
//! counts are those that are written down.
#![allow(clippy::unwrap_used, reason = "tests stop where they find something odd")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use expect_test::expect;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// What a line says of its case.
enum Said<'p> {
    Test(&'p str),
    NotApplicable,
    NotYet,
}

/// The cases of the page, each with its heading.
fn cases(page: &str) -> Vec<(String, &str, Result<Said<'_>, String>)> {
    let (mut section, mut heading) = ("", "");
    let mut found = Vec::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        } else if let Some(title) = line.strip_prefix("### ") {
            heading = title;
        }
        let Some((case, here)) = line
            .strip_prefix("| ")
            .and_then(|line| line.strip_suffix(" |"))
            .and_then(|line| line.split_once(" | "))
        else {
            continue;
        };
        if section.is_empty() || matches!(case, "case" | "bug" | "rule") {
            continue;
        }
        let reasoned = |reason: &str| reason.trim().len() > 10;
        let said =
            if let Some(test) = here.strip_prefix('`').and_then(|here| here.strip_suffix('`')) {
                Ok(Said::Test(test))
            } else if here.strip_prefix("not applicable: ").is_some_and(reasoned) {
                Ok(Said::NotApplicable)
            } else if here.strip_prefix("not yet: ").is_some_and(reasoned) {
                Ok(Said::NotYet)
            } else {
                Err(format!("{section}, {heading}: {case}: a line without a reason"))
            };
        found.push((format!("{section}, {heading}"), case, said));
    }
    found
}

/// Whether a file has a test of this name.
fn has_test(file: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    let mut attribute = false;
    for line in file.lines().map(str::trim) {
        if line.starts_with("#[") {
            attribute |= line.starts_with("#[test") || line.starts_with("#[tokio::test");
        } else if line.contains(&head) {
            return attribute || file.contains("proptest!");
        } else if !line.starts_with("//") && !line.is_empty() {
            attribute = false;
        }
    }
    false
}

#[test]
fn every_named_test_exists_and_the_counts_are_those_that_are_told() {
    let page = text("docs/conformance.md");
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut counts = [0_usize; 3];
    for (heading, case, said) in cases(&page) {
        match said {
            Err(words) => wrong.push(words),
            Ok(Said::NotApplicable) => counts[1] += 1,
            Ok(Said::NotYet) => counts[2] += 1,
            Ok(Said::Test(test)) => {
                counts[0] += 1;
                let Some((path, name)) = test.split_once("::") else {
                    wrong.push(format!("{heading}: {case}: '{test}' is no path::name"));
                    continue;
                };
                let file = files.entry(path).or_insert_with(|| {
                    std::fs::read_to_string(root().join(path)).unwrap_or_default()
                });
                if !has_test(file, name) {
                    wrong.push(format!("{heading}: {case}: there is no test {test}"));
                }
            }
        }
    }
    assert_eq!(wrong.join("\n"), "");
    let [held, not_applicable, not_yet] = counts;
    let row = format!("| {held} | {not_applicable} | {not_yet} |");
    assert!(page.contains(&row), "docs/conformance.md should say: {row}");
    let readme = format!("{held} held, {not_applicable} not applicable, {not_yet} not yet");
    let words: Vec<String> = text("README.md").split_whitespace().map(str::to_owned).collect();
    assert!(words.join(" ").contains(&readme), "README.md should say: {readme}");
}

/// The number of cases that each kind is held to: a line that goes missing is missed.
#[test]
fn every_case_has_its_line() {
    let page = text("docs/conformance.md");
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut twice = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (heading, case, _) in cases(&page) {
        *kinds.entry(heading.clone()).or_default() += 1;
        if !seen.insert((heading.clone(), case)) {
            twice.insert(format!("{heading}: {case}"));
        }
    }
    assert_eq!(twice, BTreeSet::new());
    let counts: String = kinds.iter().map(|(kind, count)| format!("{kind}: {count}\n")).collect();
    expect![[r#"
        DynamoDB, Beyond: 11
        DynamoDB, Known bugs of others that we do not have: 9
        DynamoDB, Offline rules: 13
        DynamoDB, Resource policy: 3
        DynamoDB, Table: 46
        DynamoDB, TableReplica: 8
        Elastic Load Balancing v2, Beyond: 5
        Elastic Load Balancing v2, Known bugs of others that we do not have: 9
        Elastic Load Balancing v2, Listener: 33
        Elastic Load Balancing v2, LoadBalancer: 48
        Elastic Load Balancing v2, LoadBalancer lookup: 3
        Elastic Load Balancing v2, Offline rules: 11
        Elastic Load Balancing v2, TargetGroup: 86
        IAM, Beyond: 7
        IAM, Known bugs of others that we do not have: 8
        IAM, Offline rules: 4
        IAM, Role: 24
        IAM, Role inline policy: 8
        IAM, Role policy attachment: 3
        KMS, Certificate Manager, Secrets Manager, ACM certificate: 29
        KMS, Certificate Manager, Secrets Manager, ACM validation: 9
        KMS, Certificate Manager, Secrets Manager, Beyond: 9
        KMS, Certificate Manager, Secrets Manager, KMS key: 17
        KMS, Certificate Manager, Secrets Manager, KMS replica key: 6
        KMS, Certificate Manager, Secrets Manager, Secret: 10
        RDS Aurora, Beyond: 10
        RDS Aurora, DBCluster: 77
        RDS Aurora, DBClusterParameterGroup: 12
        RDS Aurora, DBInstance (cluster member): 22
        RDS Aurora, DBSubnetGroup: 8
        RDS Aurora, GlobalCluster: 14
        RDS Aurora, Known bugs of others that we do not have: 11
        RDS Aurora, Offline rules: 18
        Route 53, Beyond: 12
        Route 53, CIDR collection: 2
        Route 53, CIDR location: 3
        Route 53, HealthCheck: 12
        Route 53, HostedZone: 12
        Route 53, Known bugs of others that we do not have: 10
        Route 53, Offline rules: 21
        Route 53, RecordSet: 47
        Route 53, Zone association: 7
        S3, Beyond: 10
        S3, Bucket: 59
        S3, CORS: 8
        S3, Encryption: 12
        S3, Known bugs of others that we do not have: 11
        S3, Lifecycle: 28
        S3, Logging: 11
        S3, Offline rules: 13
        S3, OwnershipControls: 5
        S3, Policy: 10
        S3, PublicAccessBlock: 8
        S3, ReplicationConfiguration: 24
        S3, Versioning: 16
    "#]]
    .assert_eq(&counts);
}

#[test]
fn a_test_is_told_from_what_only_looks_like_one() {
    let file = "#[test]\nfn one() {}\n\n#[tokio::test]\n#[ignore]\nasync fn two() {}\nfn helper() {}\n// fn three(\n";
    let found: Vec<bool> =
        ["one", "two", "helper", "three", "on"].iter().map(|it| has_test(file, it)).collect();
    assert_eq!(found, [true, true, false, false, false]);
}

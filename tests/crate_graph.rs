//! The direction of the crates: who may know whom.
#![allow(clippy::expect_used, reason = "what fails here is a failed test")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Normal dependencies of our crates, by crate: ours, and those that mean IO.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata =
        MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata");
    metadata
        .packages
        .iter()
        .map(|package| {
            let names = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind == DependencyKind::Normal)
                .map(|dependency| dependency.name.to_string())
                .collect();
            (package.name.to_string(), names)
        })
        .collect()
}

fn ours<'e>(edges: &'e BTreeMap<String, BTreeSet<String>>, of: &str) -> Vec<&'e str> {
    edges[of].iter().filter(|name| name.starts_with("bicoastal")).map(String::as_str).collect()
}

#[test]
fn crates_know_only_what_is_below_them() {
    let edges = edges();
    assert_eq!(ours(&edges, "bicoastal-model"), Vec::<&str>::new());
    assert_eq!(ours(&edges, "bicoastal-engine"), ["bicoastal-model"]);
    assert_eq!(ours(&edges, "bicoastal-aws"), ["bicoastal-model"]);
    assert_eq!(ours(&edges, "bicoastal-runtime"), ["bicoastal-engine", "bicoastal-model"]);
    // State in AWS needs the engine's records and a way to AWS: the only ones to see both.
    assert_eq!(
        ours(&edges, "bicoastal-stores"),
        ["bicoastal-aws", "bicoastal-engine", "bicoastal-model", "bicoastal-runtime"]
    );
    assert_eq!(ours(&edges, "bicoastal-local"), Vec::<&str>::new());
    assert_eq!(
        ours(&edges, "bicoastal-cli"),
        ["bicoastal-engine", "bicoastal-model", "bicoastal-runtime"]
    );
}

#[test]
fn pure_crates_see_no_io() {
    let edges = edges();
    for pure in ["bicoastal-model", "bicoastal-engine"] {
        for dependency in &edges[pure] {
            let io = dependency == "tokio"
                || dependency.starts_with("aws-")
                || dependency.starts_with("hyper")
                || dependency == "getrandom"
                || dependency == "time";
            assert!(!io, "{pure} must not depend on {dependency}");
        }
    }
}

#[test]
fn nobody_compiles_ec2() {
    for (package, dependencies) in edges() {
        assert!(!dependencies.contains("aws-sdk-ec2"), "{package} depends on aws-sdk-ec2");
    }
}

#[test]
fn every_service_is_a_feature() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata =
        MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata");
    let features = |name: &str| -> BTreeSet<String> {
        let package = metadata.packages.iter().find(|package| package.name == name).expect(name);
        package.features.keys().cloned().collect()
    };
    let (facade, aws) = (features("bicoastal"), features("bicoastal-aws"));
    for service in ["acm", "dynamodb", "elbv2", "iam", "kms", "rds", "route53", "s3"] {
        assert!(facade.contains(service) && aws.contains(service), "no feature {service}");
    }
}

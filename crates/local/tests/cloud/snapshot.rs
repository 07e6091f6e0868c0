use std::fs;
use std::path::Path;
use std::time::Duration;

use bicoastal_local::Cloud;
use bicoastal_local::snapshot::OpenError;
use expect_test::{Expect, expect};

use crate::{create_role, get_role, outcome, who_am_i};

#[test]
fn a_second_run_sees_the_cloud_of_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let first = Cloud::open(dir.path()).unwrap();
    outcome(&first, create_role("kept"));
    let on_disk = fs::read_to_string(dir.path().join("cloud.json")).unwrap();
    assert!(on_disk.contains(r#""roles":{"kept":"#), "it is on disk before it is answered");
    drop(first);

    let second = Cloud::open(dir.path()).unwrap();
    assert_eq!(outcome(&second, get_role("kept")), "200");
    assert_eq!(outcome(&second, create_role("kept")), "409 EntityAlreadyExists");
}

#[test]
fn what_was_in_memory_is_what_was_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let first = Cloud::open(dir.path()).unwrap();
    first.set_duration("dynamodb.table.create", Duration::from_secs(7));
    first.faults().region_gone("eu-west-1");
    outcome(&first, create_role("kept"));
    let world = |cloud: &Cloud| cloud.with_world(|world| serde_json::to_value(world).unwrap());
    let before = world(&first);
    drop(first);
    assert_eq!(world(&Cloud::open(dir.path()).unwrap()), before);
}

#[test]
fn the_time_of_a_read_is_kept_without_writing_the_world() {
    let dir = tempfile::tempdir().unwrap();
    let first = Cloud::open(dir.path()).unwrap();
    outcome(&first, create_role("kept"));
    let path = dir.path().join("cloud.json");
    let written = fs::read(&path).unwrap();
    first.advance(60_000);
    outcome(&first, who_am_i("us-east-1"));
    let now = first.now();
    drop(first);
    assert_eq!(fs::read(&path).unwrap(), written);
    assert_eq!(Cloud::open(dir.path()).unwrap().now(), now);
}

#[test]
fn a_directory_belongs_to_one() {
    let dir = tempfile::tempdir().unwrap();
    let first = Cloud::open(dir.path()).unwrap();
    let error = Cloud::open(dir.path()).unwrap_err();
    assert!(matches!(&error, OpenError::InUse { holder, .. }
        if *holder == format!("process {}", std::process::id())));
    drop(first);
    Cloud::open(dir.path()).unwrap();
}

fn check_damage(content: &str, expected: Expect) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cloud.json"), content).unwrap();
    let error = Cloud::open(dir.path()).unwrap_err().to_string();
    expected.assert_eq(&error.replace(&dir.path().display().to_string(), "DIR"));
    assert_eq!(
        fs::read_to_string(dir.path().join("cloud.json")).unwrap(),
        content,
        "a snapshot that cannot be read is left alone"
    );
}

#[test]
fn damaged_snapshots() {
    check_damage(
        "",
        expect![[r#"
        the local cloud in DIR/cloud.json is damaged: EOF while parsing a value at line 1 column 0
        hint: restore the file, or delete the directory to start with an empty cloud"#]],
    );
    check_damage(
        "{\"format\":1,\"world\":{\"now_ms\":1767225600000,\"id",
        expect![[r#"
        the local cloud in DIR/cloud.json is damaged: EOF while parsing a string at line 1 column 47
        hint: restore the file, or delete the directory to start with an empty cloud"#]],
    );
    check_damage(
        "{\"format\":1}",
        expect![[r#"
        the local cloud in DIR/cloud.json is damaged: missing field `world` at line 1 column 12
        hint: restore the file, or delete the directory to start with an empty cloud"#]],
    );
    check_damage(
        "{\"format\":0,\"world\":{}}",
        expect![[r#"
        the local cloud in DIR/cloud.json is damaged: there was never a format 0
        hint: restore the file, or delete the directory to start with an empty cloud"#]],
    );
    check_damage(
        "{\"format\":2,\"world\":{}}",
        expect![[r#"
        the local cloud in DIR/cloud.json has format 2; this version of bicoastal-local knows 1
        hint: use the version that wrote it, or delete the directory to start with an empty cloud"#]],
    );
}

#[test]
fn a_write_that_was_cut_short_is_not_seen() {
    let dir = tempfile::tempdir().unwrap();
    let first = Cloud::open(dir.path()).unwrap();
    outcome(&first, create_role("kept"));
    drop(first);
    fs::write(dir.path().join("cloud.json.new"), "{\"format\":1,\"wor").unwrap();
    fs::write(dir.path().join("clock"), "").unwrap();
    assert_eq!(outcome(&Cloud::open(dir.path()).unwrap(), get_role("kept")), "200");
}

#[test]
fn a_disk_that_refuses_leaves_the_answer_in_doubt() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Cloud::open(dir.path()).unwrap();
    obstruct(dir.path());
    assert_eq!(outcome(&cloud, create_role("lost")), "500 InternalFailure");
    fs::remove_dir(dir.path().join("cloud.json.new")).unwrap();
    assert_eq!(outcome(&cloud, get_role("lost")), "200", "in doubt is not undone");
    drop(cloud);
    assert_eq!(outcome(&Cloud::open(dir.path()).unwrap(), get_role("lost")), "200");
}

/// Puts a directory where the next snapshot wants to be written.
fn obstruct(dir: &Path) {
    fs::create_dir(dir.join("cloud.json.new")).unwrap();
}

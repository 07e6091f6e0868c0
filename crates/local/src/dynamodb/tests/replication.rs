use expect_test::expect;
use serde_json::json;

use super::*;

fn put(world: &mut World, region: &str, id: &str, value: &str) {
    let item = json!({ "id": { "S": id }, "v": { "S": value } });
    ok(world, region, "PutItem", json!({ "TableName": "sessions", "Item": item }));
}

fn delete(world: &mut World, region: &str, id: &str) {
    let key = json!({ "id": { "S": id } });
    ok(world, region, "DeleteItem", json!({ "TableName": "sessions", "Key": key }));
}

/// What each region reads, as `here/there`.
fn read(world: &mut World, id: &str) -> String {
    let mut one = |region: &str| {
        let key = json!({ "id": { "S": id } });
        let answer = ok(world, region, "GetItem", json!({ "TableName": "sessions", "Key": key }));
        answer["Item"]["v"]["S"].as_str().unwrap_or("-").to_owned()
    };
    format!("{}/{}", one(HERE), one(THERE))
}

fn lost(world: &World) -> Vec<String> {
    let lost = world.dynamodb.lost_writes(DEFAULT_ACCOUNT, "sessions");
    lost.iter().map(|lost| format!("{} of {} to {}", lost.key, lost.region, lost.won_by)).collect()
}

#[test]
fn a_write_arrives_after_the_lag() {
    let mut world = pair();
    put(&mut world, HERE, "a", "1");
    assert_eq!(read(&mut world, "a"), "1/-");
    world.now_ms += 400;
    let now = world.now_ms;
    assert_eq!(world.dynamodb.replicating(DEFAULT_ACCOUNT, "sessions"), 1);
    assert_eq!(world.dynamodb.replication_lag_ms(DEFAULT_ACCOUNT, "sessions", now), Some(400));
    pass(&mut world, 1);
    assert_eq!(read(&mut world, "a"), "1/1");
    assert_eq!(world.dynamodb.replication_lag_ms(DEFAULT_ACCOUNT, "sessions", now), None);
    delete(&mut world, THERE, "a");
    assert_eq!(read(&mut world, "a"), "1/-");
    pass(&mut world, 1);
    assert_eq!(read(&mut world, "a"), "-/-");
    assert_eq!(lost(&world), Vec::<String>::new());
}

#[test]
fn of_two_writes_that_did_not_see_each_other_the_later_one_stays() {
    let mut world = pair();
    put(&mut world, HERE, "a", "first");
    world.now_ms += 100;
    put(&mut world, THERE, "a", "second");
    assert_eq!(read(&mut world, "a"), "first/second");
    pass(&mut world, 2);
    assert_eq!(read(&mut world, "a"), "second/second");
    expect![[r#"["[{\"S\":\"a\"}] of us-east-1 to ap-south-1"]"#]]
        .assert_eq(&format!("{:?}", lost(&world)));
}

#[test]
fn a_later_deletion_wins_over_an_older_write() {
    let mut world = pair();
    put(&mut world, HERE, "a", "1");
    pass(&mut world, 2);
    put(&mut world, HERE, "a", "2");
    delete(&mut world, THERE, "a");
    pass(&mut world, 2);
    assert_eq!(read(&mut world, "a"), "-/-");
    assert_eq!(lost(&world).len(), 1);
}

#[test]
fn only_the_last_unseen_write_counts_as_lost() {
    let mut world = pair();
    put(&mut world, HERE, "a", "1");
    put(&mut world, HERE, "a", "2");
    put(&mut world, HERE, "a", "3");
    put(&mut world, THERE, "a", "4");
    pass(&mut world, 2);
    assert_eq!(read(&mut world, "a"), "4/4");
    assert_eq!(lost(&world).len(), 1);
}

#[test]
fn writes_in_different_items_do_not_conflict() {
    let mut world = pair();
    put(&mut world, HERE, "a", "1");
    put(&mut world, THERE, "b", "2");
    pass(&mut world, 2);
    assert_eq!((read(&mut world, "a"), read(&mut world, "b")), ("1/1".into(), "2/2".into()));
    assert_eq!(lost(&world), Vec::<String>::new());
}

#[test]
fn a_region_that_is_cut_off_catches_up() {
    let mut world = pair();
    world.dynamodb.isolate(HERE);
    put(&mut world, HERE, "a", "1");
    put(&mut world, THERE, "b", "2");
    pass(&mut world, 3600);
    assert_eq!((read(&mut world, "a"), read(&mut world, "b")), ("1/-".into(), "-/2".into()));
    assert_eq!(world.dynamodb.replicating(DEFAULT_ACCOUNT, "sessions"), 2);
    world.dynamodb.join(HERE);
    pass(&mut world, 0);
    assert_eq!((read(&mut world, "a"), read(&mut world, "b")), ("1/1".into(), "2/2".into()));
}

#[test]
fn a_region_that_is_gone_gets_nothing_until_it_is_back() {
    let mut world = pair();
    world.regions_gone.insert(THERE.into());
    put(&mut world, HERE, "a", "1");
    pass(&mut world, 60);
    assert_eq!(read(&mut world, "a"), "1/-");
    world.regions_gone.remove(THERE);
    pass(&mut world, 0);
    assert_eq!(read(&mut world, "a"), "1/1");
}

#[test]
fn a_new_replica_has_what_was_written_before_and_while_it_was_made() {
    let mut world = world();
    put(&mut world, HERE, "a", "1");
    ok(&mut world, HERE, "UpdateTable", create_replica(THERE));
    put(&mut world, HERE, "b", "2");
    let get = json!({ "TableName": "sessions", "Key": { "id": { "S": "a" } } });
    assert_eq!(code(&mut world, THERE, "GetItem", get), "ResourceNotFoundException");
    pass(&mut world, 600);
    assert_eq!((read(&mut world, "a"), read(&mut world, "b")), ("1/1".into(), "2/2".into()));
}

#[test]
fn the_state_is_plain_data() {
    let mut world = pair();
    put(&mut world, HERE, "a", "1");
    put(&mut world, THERE, "a", "2");
    let text = serde_json::to_string(&world).unwrap();
    let mut again: World = serde_json::from_str(&text).unwrap();
    pass(&mut again, 2);
    assert_eq!(read(&mut again, "a"), "2/2");
    assert_eq!(lost(&again).len(), 1);
    let text = serde_json::to_string(&again).unwrap();
    assert_eq!(lost(&serde_json::from_str(&text).unwrap()).len(), 1);
}

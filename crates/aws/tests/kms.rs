//! Keys are looked up on the local cloud.
#![cfg(feature = "kms")]
#![allow(clippy::unwrap_used, reason = "tests stop where they find something odd")]

mod common;

use bicoastal_aws::kms::{Key, KeyQuery};
use bicoastal_model::{Provider, Region, Seen, Stack};
use common::Harness;
use expect_test::expect;

async fn ask(harness: &Harness, region: Region, query: KeyQuery) -> String {
    let mut stack = Stack::new("test");
    stack.region(region).lookup("key", query);
    let declared = stack.seal().unwrap().resources.into_values().next().unwrap();
    let target = common::lookup(declared);
    match harness.provider.lookup(&target).await {
        Ok(Seen::Present(key)) => key.outputs["arn"].as_str().unwrap().to_owned(),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.facts().message.clone(),
    }
}

#[tokio::test]
async fn a_key_is_that_of_its_region() {
    let harness = Harness::new();
    let here = ask(&harness, Region::UsEast1, Key::alias("alias/aws/rds")).await;
    let there = ask(&harness, Region::ApSouth1, Key::alias("aws/rds")).await;
    assert!(here.starts_with("arn:aws:kms:us-east-1:000000000000:key/"), "{here}");
    assert!(there.starts_with("arn:aws:kms:ap-south-1:000000000000:key/"), "{there}");
    assert_eq!(ask(&harness, Region::UsEast1, Key::with_id(&here)).await, here);
    let id = here.rsplit('/').next().unwrap();
    assert_eq!(ask(&harness, Region::UsEast1, Key::with_id(id)).await, here);
}

#[tokio::test]
async fn what_cannot_be_used_is_not_found() {
    let harness = Harness::new();
    let kms = aws_sdk_kms::Client::new(&harness.sdk_in(Region::UsEast1));
    let made = kms.create_key().send().await.unwrap();
    let arn = made.key_metadata().unwrap().arn().unwrap().to_owned();
    kms.disable_key().key_id(&arn).send().await.unwrap();
    let answers = [
        ask(&harness, Region::UsEast1, Key::alias("none")).await,
        ask(&harness, Region::ApSouth1, Key::with_id("arn:aws:kms:us-east-1:1:key/1")).await,
        ask(&harness, Region::UsEast1, Key::with_id(&arn)).await.replace(&arn, "KEY"),
    ];
    expect![[r#"
        Absent
        the key arn:aws:kms:us-east-1:1:key/1 is in us-east-1, and is looked up in ap-south-1
        the key KEY in us-east-1 is Disabled"#]]
    .assert_eq(&answers.join("\n"));
}

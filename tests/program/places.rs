//! Where state is kept, as the command line says it: what it answers to what is right and wrong.

use aws_sdk_dynamodb::types as ddb;
use aws_sdk_s3::types as s3;
use bicoastal::local::Cloud;
use bicoastal::{Region, local_connection};
use expect_test::{Expect, expect};

use crate::shop::Shop;

const TWICE: &str = "s3://state-1?region=us-east-1&second=state-2@us-west-2";

/// Does something to the cloud between two runs.
fn with_cloud<T>(shop: &Shop, work: impl AsyncFnOnce(&Cloud) -> T) -> T {
    let cloud = Cloud::open(shop.cloud_dir()).expect("a cloud");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work(&cloud))
}

/// Buckets and a table for state, as a user makes them beforehand.
async fn make_places(cloud: &Cloud) {
    let connection = local_connection(cloud, "000000000000");
    let time = std::time::Duration::from_secs(5);
    for (name, region) in
        [("state", Region::UsEast1), ("state-1", Region::UsEast1), ("state-2", Region::UsWest2)]
    {
        let retry = aws_sdk_s3::config::retry::RetryConfig::disabled();
        let config = connection.regional(region, retry, time);
        let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let client = aws_sdk_s3::Client::from_conf(config);
        let mut create = client.create_bucket().bucket(name);
        if region != Region::UsEast1 {
            let place = s3::BucketLocationConstraint::from(region.code());
            let config = s3::CreateBucketConfiguration::builder().location_constraint(place);
            create = create.create_bucket_configuration(config.build());
        }
        create.send().await.expect("a bucket");
    }
    let retry = aws_sdk_dynamodb::config::retry::RetryConfig::disabled();
    let client = aws_sdk_dynamodb::Client::new(&connection.regional(Region::UsEast1, retry, time));
    let mut create =
        client.create_table().table_name("state").billing_mode(ddb::BillingMode::PayPerRequest);
    for (key, kind) in [("stack", ddb::KeyType::Hash), ("item", ddb::KeyType::Range)] {
        let schema = ddb::KeySchemaElement::builder().attribute_name(key).key_type(kind);
        let attribute = ddb::AttributeDefinition::builder()
            .attribute_name(key)
            .attribute_type(ddb::ScalarAttributeType::S);
        create = create
            .key_schema(schema.build().expect("a key"))
            .attribute_definitions(attribute.build().expect("an attribute"));
    }
    create.send().await.expect("a table");
    cloud.advance(600_000);
}

/// What runs say, line by line as it is typed.
fn check(shop: &Shop, lines: &[&str], expect: Expect) {
    let mut all = String::new();
    for line in lines {
        let args: Vec<&str> = line.split(' ').collect();
        let ran = shop.run(&args);
        all.push_str(&format!("$ shop {line}\n"));
        for (number, text) in [&ran.out, &ran.err].into_iter().enumerate() {
            let text = steady(text, shop);
            if number == 1 && !text.is_empty() {
                all.push_str("--- stderr\n");
            }
            all.push_str(&text);
        }
        all.push_str(&format!("--- exit {}\n", ran.code.unwrap_or(-1)));
    }
    expect.assert_eq(&all);
}

/// Without what another run or another machine says otherwise, and what is not about state.
fn steady(text: &str, shop: &Shop) -> String {
    let dir = shop.path("").display().to_string();
    let dir = dir.trim_end_matches('/');
    let mut lines = String::new();
    for line in text.lines() {
        let is_introduced = line.starts_with("active-active on the embedded local AWS in ");
        let line = match line.split_once(", state in ") {
            Some((_, place)) if is_introduced => format!("… state in {place}"),
            _ => line.to_owned(),
        };
        lines.push_str(&line.replace(dir, "$DIR"));
        lines.push('\n');
    }
    lines
}

#[test]
fn what_is_no_place_is_refused_with_how_it_is_written() {
    check(
        &Shop::new(),
        &[
            "plan --state here",
            "plan --state file:",
            "plan --state gs://state",
            "plan --state s3://?region=us-east-1",
            "plan --state s3://state",
            "plan --state s3://state?region=mars-1",
            "plan --state s3://state?region=us-east-1&second=other",
            "plan --state s3://state?region=us-east-1&second=other@us-east-1",
            "plan --state s3://state?region=us-east-1&without=us-east-1",
            "plan --state s3://state?region=us-east-1&second=other@us-west-2&without=eu-west-1",
            "plan --state s3://state?region=us-east-1&regoin=us-east-1",
            "plan --state s3://state?region=us-east-1&region=us-west-2",
            "plan --state s3://state?region",
            "plan --state dynamodb://?region=us-east-1",
            "plan --state dynamodb://state",
            "plan --state dynamodb://state/part?region=us-east-1",
            "plan --state dynamodb://state?region=us-east-1&without=us-east-1",
            "plan --state file:there --state-dir there",
            "state migrate",
            "state migrate --to nowhere",
        ],
        expect![""],
    );
}

#[test]
fn waiting_is_for_those_who_change_something_and_takes_a_time() {
    check(
        &Shop::new(),
        &[
            "apply --wait=soon",
            "apply --wait=10",
            "apply --wait 10m",
            "plan --wait",
            "drift --wait=1m",
        ],
        expect![""],
    );
}

#[test]
fn a_store_does_not_make_its_own_place() {
    let shop = Shop::new();
    check(
        &shop,
        &[
            "apply --state s3://nobody-s?region=us-east-1",
            "plan --state s3://nobody-s?region=us-east-1",
            "apply --state dynamodb://nobody-s?region=us-east-1",
            "state list --state dynamodb://nobody-s?region=us-east-1",
        ],
        expect![""],
    );
}

/// From the default directory to S3, to DynamoDB, to another directory: in use in one place at a
/// time.
#[test]
fn state_is_kept_where_it_is_said_and_moves() {
    let shop = Shop::open();
    with_cloud(&shop, make_places);
    let before = shop.run(&["state", "list"]).code(0).out;
    check(
        &shop,
        &[
            "state migrate --to s3://state/team?region=us-east-1",
            "plan --detailed-exitcode",
            "apply",
            "state migrate --to s3://state/team?region=us-east-1",
            "plan --detailed-exitcode --state s3://state/team?region=us-east-1",
            "state migrate --state s3://state/team?region=us-east-1 --to s3://state/team?region=us-east-1",
            "state migrate --state s3://state/team?region=us-east-1 --to dynamodb://state?region=us-east-1",
            "apply --detailed-exitcode --state dynamodb://state?region=us-east-1",
            "state rm zone --state s3://state/team?region=us-east-1",
            "state migrate --state dynamodb://state?region=us-east-1 --to file:there",
            "plan --detailed-exitcode --state file:there",
        ],
        expect![""],
    );
    assert_eq!(shop.run(&["state", "list", "--state", "file:there"]).code(0).out, before);
}

#[test]
fn a_place_with_a_state_of_its_own_is_not_overwritten() {
    let shop = Shop::open();
    with_cloud(&shop, make_places);
    let place = "s3://state?region=us-east-1";
    shop.run(&["state", "migrate", "--to", place]).code(0);
    // A second life, which knows nothing of the first one.
    let other = ["--stack", "active-active", "--state", "file:second"];
    let only = ["apply", "--yes", "--only", "zone", "--domain", "other.example"];
    shop.run(&[&only[..], &other[..]].concat()).code(0);
    check(
        &shop,
        &["state migrate --state file:second --to s3://state?region=us-east-1"],
        expect![""],
    );
}

/// A region is lost: it is read from the other one at once, and written to the other one alone when
/// somebody says so.
#[test]
fn going_on_without_a_region_takes_a_word() {
    let shop = Shop::open();
    with_cloud(&shop, make_places);
    shop.run(&["state", "migrate", "--to", TWICE]).code(0);
    let lose = |gone: bool| {
        with_cloud(&shop, async |cloud| {
            if gone {
                cloud.faults().region_gone("us-west-2");
            } else {
                cloud.faults().region_back("us-west-2");
            }
        });
    };
    let twice = |line: &str| format!("{line} --state {TWICE}");
    let without = |line: &str| format!("{line} --state {TWICE}&without=us-west-2");
    lose(true);
    let lines = [
        twice("plan --detailed-exitcode"),
        twice("state mv zone other"),
        without("state mv zone other"),
        without("state mv other zone"),
    ];
    check(&shop, &lines.each_ref().map(String::as_str), expect![""]);
    lose(false);
    let lines =
        [twice("state list --json"), twice("state mv zone other"), twice("state mv other zone")];
    for line in &lines {
        shop.run(&line.split(' ').collect::<Vec<_>>()).code(0);
    }
    for place in ["s3://state-1?region=us-east-1", "s3://state-2?region=us-west-2"] {
        shop.run(&["plan", "--detailed-exitcode", "--state", place]).code(0);
    }
}

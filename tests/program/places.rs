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

/// What is wrong with lines, in a line each. Everything is found out before anything is called.
fn refuses(shop: &Shop, lines: &[&str], expect: Expect) {
    let mut all = String::new();
    for line in lines {
        let ran = shop.run(&line.split(' ').collect::<Vec<_>>()).code(1);
        let error = ran.err.lines().next().unwrap_or_default();
        all.push_str(&format!("{line}\n  {error}\n"));
        let next_step =
            ran.err.contains("  hint: write file:DIR, s3://BUCKET/PREFIX?region=REGION")
                || ran.err.contains("try '--help'");
        assert!(next_step && ran.out.is_empty(), "{line}: {}", ran.err);
    }
    expect.assert_eq(&all);
    assert!(!shop.cloud_dir().exists(), "a cloud was opened");
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
    refuses(
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
        expect![[r#"
            plan --state here
              error: 'here' is not a place for state: it has no scheme
            plan --state file:
              error: 'file:' is not a place for state: it names no directory
            plan --state gs://state
              error: 'gs://state' is not a place for state: nothing is known of 'gs'
            plan --state s3://?region=us-east-1
              error: 's3://?region=us-east-1' is not a place for state: it names no bucket
            plan --state s3://state
              error: 's3://state' is not a place for state: it says no region=REGION
            plan --state s3://state?region=mars-1
              error: 's3://state?region=mars-1' is not a place for state: 'mars-1' is not an AWS region (expected a code such as us-east-1)
            plan --state s3://state?region=us-east-1&second=other
              error: 's3://state?region=us-east-1&second=other' is not a place for state: second is not BUCKET@REGION
            plan --state s3://state?region=us-east-1&second=other@us-east-1
              error: 's3://state?region=us-east-1&second=other@us-east-1' is not a place for state: the second bucket is in the region of the first
            plan --state s3://state?region=us-east-1&without=us-east-1
              error: 's3://state?region=us-east-1&without=us-east-1' is not a place for state: without names a region that is not one of two
            plan --state s3://state?region=us-east-1&second=other@us-west-2&without=eu-west-1
              error: 's3://state?region=us-east-1&second=other@us-west-2&without=eu-west-1' is not a place for state: without names a region that is not one of two
            plan --state s3://state?region=us-east-1&regoin=us-east-1
              error: 's3://state?region=us-east-1&regoin=us-east-1' is not a place for state: 'regoin' means nothing here
            plan --state s3://state?region=us-east-1&region=us-west-2
              error: 's3://state?region=us-east-1&region=us-west-2' is not a place for state: 'region' is said twice
            plan --state s3://state?region
              error: 's3://state?region' is not a place for state: 'region' has no value
            plan --state dynamodb://?region=us-east-1
              error: 'dynamodb://?region=us-east-1' is not a place for state: it names no table
            plan --state dynamodb://state
              error: 'dynamodb://state' is not a place for state: it says no region=REGION
            plan --state dynamodb://state/part?region=us-east-1
              error: 'dynamodb://state/part?region=us-east-1' is not a place for state: it names no table
            plan --state dynamodb://state?region=us-east-1&without=us-east-1
              error: 'dynamodb://state?region=us-east-1&without=us-east-1' is not a place for state: 'without' means nothing here
            plan --state file:there --state-dir there
              error: the argument '--state <PLACE>' cannot be used with '--state-dir <DIR>'
            state migrate
              error: the following required arguments were not provided:
            state migrate --to nowhere
              error: 'nowhere' is not a place for state: it has no scheme
        "#]],
    );
}

#[test]
fn waiting_is_for_those_who_change_something_and_takes_a_time() {
    refuses(
        &Shop::new(),
        &[
            "apply --wait=soon",
            "apply --wait=10",
            "apply --wait 10m",
            "plan --wait",
            "drift --wait=1m",
        ],
        expect![[r#"
            apply --wait=soon
              error: invalid value 'soon' for '--wait[=<DURATION>]': 'soon' is not a duration such as 90s, 10m or 1h
            apply --wait=10
              error: invalid value '10' for '--wait[=<DURATION>]': '10' is not a duration such as 90s, 10m or 1h
            apply --wait 10m
              error: unexpected argument '10m' found
            plan --wait
              error: --wait means nothing to 'plan'
            drift --wait=1m
              error: --wait means nothing to 'drift'
        "#]],
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
        expect![[r#"
            $ shop apply --state s3://nobody-s?region=us-east-1
            --- stderr
            … state in s3://nobody-s in us-east-1/active-active
            error: could not read the state in s3://nobody-s in us-east-1: s3 GetObject in us-east-1: NoSuchBucket: The specified bucket does not exist (request 00000000-0000-4000-8000-000000000001)
              hint: make the bucket first, with versioning on; a store does not make its own place
            --- exit 1
            $ shop plan --state s3://nobody-s?region=us-east-1
            --- stderr
            … state in s3://nobody-s in us-east-1/active-active
            error: could not read the state in s3://nobody-s in us-east-1: s3 GetObject in us-east-1: NoSuchBucket: The specified bucket does not exist (request 00000000-0000-4000-8000-000000000001)
              hint: make the bucket first, with versioning on; a store does not make its own place
            --- exit 1
            $ shop apply --state dynamodb://nobody-s?region=us-east-1
            --- stderr
            … state in dynamodb://nobody-s in us-east-1/active-active
            error: could not read the state in dynamodb://nobody-s in us-east-1: dynamodb GetItem in us-east-1: ResourceNotFoundException: Requested resource not found: Table: nobody-s not found (request 00000000-0000-4000-8000-000000000001)
              hint: make the table first, with the string keys `stack` and `item`; a store does not make its own place
            --- exit 1
            $ shop state list --state dynamodb://nobody-s?region=us-east-1
            --- stderr
            error: could not read the state in dynamodb://nobody-s in us-east-1: dynamodb GetItem in us-east-1: ResourceNotFoundException: Requested resource not found: Table: nobody-s not found (request 00000000-0000-4000-8000-000000000001)
              hint: make the table first, with the string keys `stack` and `item`; a store does not make its own place
            --- exit 1
        "#]],
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
        expect![[r#"
            $ shop state migrate --to s3://state/team?region=us-east-1
            The state of 'active-active' (28 resources) is in s3://state/team?region=us-east-1 now. Say --state 's3://state/team?region=us-east-1' from now on; file:$DIR/state keeps a copy that nobody can use.
            --- exit 0
            $ shop plan --detailed-exitcode
            --- stderr
            … state in $DIR/state/active-active
            error: the state of the stack 'active-active' is not in $DIR/state/active-active any more: it was moved to s3://state/team?region=us-east-1; nothing was done
              hint: say --state 's3://state/team?region=us-east-1'
            --- exit 1
            $ shop apply
            --- stderr
            … state in $DIR/state/active-active
            error: the state of the stack 'active-active' is not in $DIR/state/active-active any more: it was moved to s3://state/team?region=us-east-1; nothing was done
              hint: say --state 's3://state/team?region=us-east-1'
            --- exit 1
            $ shop state migrate --to s3://state/team?region=us-east-1
            --- stderr
            error: the state of the stack 'active-active' is not in file:$DIR/state any more: it was moved to s3://state/team?region=us-east-1; nothing was done
              hint: say --state 's3://state/team?region=us-east-1'
            --- exit 1
            $ shop plan --detailed-exitcode --state s3://state/team?region=us-east-1
            No changes.
            --- stderr
            … state in s3://state/team in us-east-1/active-active
            --- exit 0
            $ shop state migrate --state s3://state/team?region=us-east-1 --to s3://state/team?region=us-east-1
            --- stderr
            error: the state of 'active-active' is in s3://state/team?region=us-east-1 already
            --- exit 1
            $ shop state migrate --state s3://state/team?region=us-east-1 --to dynamodb://state?region=us-east-1
            The state of 'active-active' (28 resources) is in dynamodb://state?region=us-east-1 now. Say --state 'dynamodb://state?region=us-east-1' from now on; s3://state/team?region=us-east-1 keeps a copy that nobody can use.
            --- exit 0
            $ shop apply --detailed-exitcode --state dynamodb://state?region=us-east-1
            No changes.

            Outputs
              endpoint-us-east-1   api-320814116.us-east-1.elb.amazonaws.com
              endpoint-ap-south-1  api-3790215154.ap-south-1.elb.amazonaws.com
              users reach          https://api.naveenteja.cloud
              zone                 ZCN5X83FCCU52DMA9IQTC
              name servers         ns-49.awsdns-06.com
                                   ns-749.awsdns-29.net
                                   ns-1434.awsdns-51.org
                                   ns-1991.awsdns-56.co.uk
              sessions             arn:aws:dynamodb:ap-south-1:000000000000:table/user-sessions
              database             app.global-fchstjemvsw6.global.rds.amazonaws.com
              database-ap-south-1  app-ap-south-1.cluster-ro-3n0kr3t4gldk.ap-south-1.rds.amazonaws.com
              database-us-east-1   app-us-east-1.cluster-ro-yb19itx9lfae.us-east-1.rds.amazonaws.com
              assets-ap-south-1    naveenteja-assets-ap-south-1
              assets-us-east-1     naveenteja-assets-us-east-1
            --- stderr
            … state in dynamodb://state in us-east-1/active-active
            --- exit 0
            $ shop state rm zone --state s3://state/team?region=us-east-1
            --- stderr
            error: the state of the stack 'active-active' is not in s3://state/team in us-east-1/active-active any more: it was moved to dynamodb://state?region=us-east-1; nothing was done
              hint: say --state 'dynamodb://state?region=us-east-1'
            --- exit 1
            $ shop state migrate --state dynamodb://state?region=us-east-1 --to file:there
            The state of 'active-active' (28 resources) is in file:there now. Say --state 'file:there' from now on; dynamodb://state?region=us-east-1 keeps a copy that nobody can use.
            --- exit 0
            $ shop plan --detailed-exitcode --state file:there
            No changes.
            --- stderr
            … state in there/active-active
            --- exit 0
        "#]],
    );
    assert_eq!(shop.run(&["state", "list", "--state", "file:there"]).code(0).out, before);
}

#[test]
fn a_place_with_a_state_of_its_own_is_not_overwritten() {
    let shop = Shop::new();
    with_cloud(&shop, make_places);
    // Two lives of the same stack, in two clouds.
    let zone = ["apply", "--yes", "--only", "zone", "--state"];
    shop.run(&[&zone[..], &["s3://state?region=us-east-1"]].concat()).code(0);
    let other = shop.path("other-cloud");
    let other = ["file:second", "--local-dir", other.to_str().expect("text")];
    shop.run(&[&zone[..], &other[..]].concat()).code(0);
    check(
        &shop,
        &["state migrate --state file:second --to s3://state?region=us-east-1"],
        expect![[r#"
            $ shop state migrate --state file:second --to s3://state?region=us-east-1
            --- stderr
            error: s3://state?region=us-east-1 has a state of the stack 'active-active' already, and not this one; nothing was moved
              hint: choose another place, or another --stack
            --- exit 1
        "#]],
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
    check(
        &shop,
        &lines.each_ref().map(String::as_str),
        expect![[r#"
            $ shop plan --detailed-exitcode --state s3://state-1?region=us-east-1&second=state-2@us-west-2
            No changes.
            --- stderr
            … state in s3://state-1 in us-east-1/active-active and s3://state-2 in us-west-2/active-active
            --- exit 0
            $ shop state mv zone other --state s3://state-1?region=us-east-1&second=state-2@us-west-2
            --- stderr
            error: could not read s3://state-2 in us-west-2: s3 GetObject in us-west-2: io error: connection refused
              hint: s3 in us-west-2 can't be reached: check the network and the endpoint, or wait until the region is back
              hint: nothing counts as recorded unless it is in both regions; if this one is gone and no other run can reach it, go on without it: add without=REGION to --state
            --- exit 1
            $ shop state mv zone other --state s3://state-1?region=us-east-1&second=state-2@us-west-2&without=us-west-2
            zone is other from now on. AWS was not touched.
            --- exit 0
            $ shop state mv other zone --state s3://state-1?region=us-east-1&second=state-2@us-west-2&without=us-west-2
            other is zone from now on. AWS was not touched.
            --- exit 0
        "#]],
    );
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

//! What went wrong with others in the same place, and must not go wrong here: two deploys at
//! once, things that somebody else has made, and Route 53's five requests a second.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use bicoastal_local::route53::throttle::{Rate, Throttling};
use serde_json::{Value, json};

use crate::kept::Kept;
use crate::program::{Place, Start, runtime};
use crate::proxy::{At, How};
use crate::worlds::{self, Normal};

const PROGRAM: &str = "active_active";

/// Long enough for any run on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// A run beside others.
struct Run {
    child: Child,
    files: [PathBuf; 2],
}

struct Ended {
    status: ExitStatus,
    out: String,
    err: String,
}

impl Run {
    fn begin(place: &Place, name: &str, program: &str, args: &[&str]) -> Self {
        let files = ["out", "err"].map(|it| place.dir().join(format!("{it}-{name}")));
        let [out, err] = files.each_ref().map(|it| File::create(it).expect("a file"));
        let mut command = place.command(program, args);
        let child = command.stdout(out).stderr(err).spawn().expect("the program runs");
        Self { child, files }
    }

    /// Until it says something, while no other call stops.
    fn until_it_says(&self, place: &Place, words: &str) {
        while !fs::read_to_string(&self.files[1]).is_ok_and(|it| it.contains(words)) {
            let stop = place.proxy.stops().recv_timeout(Duration::from_millis(10));
            assert!(stop.is_err(), "{stop:?}");
        }
    }

    /// Lets calls go on that have stopped, until it is over.
    fn end(mut self, place: &Place) -> Ended {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            if let Ok(stop) = place.proxy.stops().recv_timeout(Duration::from_millis(3)) {
                stop.go_on();
            }
        };
        let [out, err] = self.files.map(|it| fs::read_to_string(it).expect("text"));
        Ended { status, out, err }
    }
}

impl Ended {
    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn complains(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in\n{}", self.err);
        }
        self
    }
}

/// What an undisturbed deploy leaves.
fn deployed(kept: Kept) -> Normal {
    let place = Place::new(&Start::empty(kept));
    Run::begin(&place, "alone", PROGRAM, &["apply", "--yes"]).end(&place).code(0);
    Normal::of(&place.settled(), place.state().as_ref())
}

#[track_caller]
fn assert_as(place: &Place, expected: &Normal) {
    let is = Normal::of(&place.settled(), place.state().as_ref());
    let mut differences = worlds::differences(&expected.world, &is.world);
    differences.extend(worlds::differences(&expected.recorded, &is.recorded));
    assert!(differences.is_empty(), "{differences:#?}");
    assert_eq!(place.lease_left(), None);
}

/// One works; who comes in the middle of it is told who that is, or waits and finds nothing to do.
fn two_deploys(kept: Kept) {
    let expected = deployed(kept);
    let place = Place::new(&Start::empty(kept));
    place.proxy.arm(Some((At::Nth(9), How::Wait)));
    let first = Run::begin(&place, "first", PROGRAM, &["apply", "--yes"]);
    let stop = place.proxy.stops().recv_timeout(PATIENCE).expect("it makes a ninth call");
    let process = format!("process {}", first.child.id());
    // The first one is in the middle of a call.
    Run::begin(&place, "second", PROGRAM, &["apply", "--yes"]).end(&place).code(1).complains(&[
        "the stack 'active-active' is being changed by another run: apply on ",
        &process,
        ", since ",
        "nothing was done",
        "hint: wait until it is done, or say --wait",
    ]);
    let waiting = Run::begin(&place, "waiting", PROGRAM, &["apply", "--yes", "--wait"]);
    waiting.until_it_says(&place, &process);
    stop.go_on();
    first.end(&place).code(0);
    let waited = waiting.end(&place).code(0);
    assert!(waited.out.contains("No changes."), "{}\n{}", waited.out, waited.err);
    assert_as(&place, &expected);
}

#[test]
fn of_two_deploys_at_once_one_works_and_the_other_says_who() {
    two_deploys(Kept::Directory);
}

/// Nothing is held up: both begin in the same moment.
#[test]
fn of_two_deploys_that_begin_together_one_works() {
    let kept = Kept::Directory;
    let expected = deployed(kept);
    let place = Place::new(&Start::empty(kept));
    place.proxy.arm(None);
    let both = ["one", "other"].map(|it| Run::begin(&place, it, PROGRAM, &["apply", "--yes"]));
    let ended = both.map(|it| it.end(&place));
    let codes = ended.each_ref().map(|it| it.status.code());
    assert!(
        codes == [Some(0), Some(1)] || codes == [Some(1), Some(0)],
        "{codes:?}\n{}\n{}",
        ended[0].err,
        ended[1].err
    );
    assert_as(&place, &expected);
}

/// Somebody else's: one of each kind that has a name of its own.
async fn by_hand(place: &Place) {
    let config = |region: &'static str| {
        bicoastal::Connection::base("000000000000")
            .http_client(place.cloud.http_client())
            .sleep_impl(place.cloud.sleep_impl())
            .time_source(place.cloud.time_source())
            .region(aws_sdk_s3::config::Region::new(region))
            .build()
    };
    let config = config("us-east-1");
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    s3.create_bucket().bucket("naveenteja-assets-us-east-1").send().await.expect("a bucket");
    aws_sdk_iam::Client::new(&config)
        .create_role()
        .role_name("naveenteja-assets-replication")
        .assume_role_policy_document(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"s3.amazonaws.com"}}}"#,
        )
        .send()
        .await
        .expect("a role");
    aws_sdk_route53::Client::new(&config)
        .create_hosted_zone()
        .name("naveenteja.cloud")
        .caller_reference("console")
        .send()
        .await
        .expect("a zone");
    use aws_sdk_dynamodb::types as ddb;
    let key = ddb::KeySchemaElement::builder()
        .attribute_name("session_id")
        .key_type(ddb::KeyType::Hash)
        .build();
    let attribute = ddb::AttributeDefinition::builder()
        .attribute_name("session_id")
        .attribute_type(ddb::ScalarAttributeType::S)
        .build();
    aws_sdk_dynamodb::Client::new(&config)
        .create_table()
        .table_name("user-sessions")
        .billing_mode(ddb::BillingMode::PayPerRequest)
        .key_schema(key.expect("a key"))
        .attribute_definitions(attribute.expect("an attribute"))
        .send()
        .await
        .expect("a table");
}

/// What exists; where nothing is, or nothing is any more, there is nothing.
fn what_exists(place: &Place) -> Value {
    fn prune(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let pruned = map.into_iter().map(|(key, value)| (key, prune(value)));
                Value::Object(
                    pruned.filter(|(_, it)| *it != json!({}) && *it != json!([])).collect(),
                )
            }
            other => other,
        }
    }
    prune(worlds::normal(&place.settled()))
}

#[test]
fn what_somebody_else_has_made_is_not_taken_over_and_not_destroyed() {
    let place = Place::new(&Start::empty(Kept::Directory));
    runtime().block_on(by_hand(&place));
    let before = what_exists(&place);
    let run = |args: &[&str]| place.run(PROGRAM, args, None);
    for args in [&["plan"][..], &["apply", "--yes"], &["--yes"]] {
        let ran = run(args);
        assert_eq!((ran.code, ran.calls.len()), (Some(1), 0), "{}\n{}", ran.out, ran.err);
        for (id, physical) in [
            ("us-east-1/naveenteja-assets", "naveenteja-assets-us-east-1"),
            ("naveenteja-assets-replication", "naveenteja-assets-replication"),
            ("user-sessions", "user-sessions"),
            ("zone", "Z"),
        ] {
            for words in [
                format!("error: {id}: {physical}"),
                "exists and is not of this stack".to_owned(),
                format!("hint: to take it over, say stack.adopt(&handle, \"{physical}"),
            ] {
                assert!(ran.err.contains(&words), "no {words:?} in\n{}", ran.err);
            }
        }
    }
    assert_eq!(worlds::differences(&before, &what_exists(&place)), [""; 0]);

    // The rest of the stack is made, and all of it is destroyed: everything else is as it was.
    let rest = ["us-east-1/front", "ap-south-1/front", "app", "ap-south-1/naveenteja-assets"];
    let only = rest.iter().flat_map(|id| ["--only", id]);
    let apply: Vec<&str> = ["apply", "--yes"].into_iter().chain(only).collect();
    let ran = run(&apply);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    assert!(!ran.calls.is_empty());
    let lifted = ["app", "user-sessions", "zone"].iter().flat_map(|id| ["--unprotect", id]);
    let destroy: Vec<&str> = ["destroy", "--yes"].into_iter().chain(lifted).collect();
    let ran = run(&destroy);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    assert!(!ran.calls.is_empty());
    assert_eq!(worlds::differences(&before, &what_exists(&place)), [""; 0]);
}

/// Three deploys at once in one account, of a hundred records each.
#[test]
fn three_deploys_share_five_requests_a_second() {
    let place = Place::new(&Start::empty(Kept::Directory));
    place.cloud.with_world(|world| {
        let five = Rate { burst: 5.0, per_second: 5.0 };
        world.route53.throttling =
            Throttling { enabled: true, requests: Some(five), ..Throttling::default() };
    });
    place.proxy.arm(None);
    let names = ["one", "two", "three"];
    let runs = names.map(|name| {
        let domain = format!("{name}.example");
        let args = ["--yes", "--stack", name, "--domain", &domain, "--records", "100"];
        Run::begin(&place, name, "dns_at_scale", &args)
    });
    for run in runs {
        run.end(&place).code(0);
    }
    let refused = place.cloud.calls().iter().filter(|it| it.status == Some(400)).count();
    assert!(refused > 0, "nobody was throttled");
    let world = worlds::normal(&place.settled());
    let things = worlds::things(&world);
    let count = |kind: &str, name: &str| {
        things.iter().filter(|it| it.contains(kind) && it.contains(name)).count()
    };
    for name in names {
        // With the zone's own two.
        assert_eq!(count("/records/", &format!("{name}.example")), 102, "{things:#?}");
    }
    assert_eq!(things.iter().filter(|it| it.contains("(again")).count(), 0, "{things:#?}");
}

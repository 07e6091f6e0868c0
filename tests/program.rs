//! The example as a user has it: a process of its own, with files, exit codes and a death.
#![allow(clippy::expect_used, clippy::panic, reason = "tests stop where they find something odd")]

#[path = "program/places.rs"]
mod places;
#[path = "common/programs.rs"]
mod programs;
#[path = "program/shop.rs"]
mod shop;

use std::collections::BTreeSet;

use serde_json::Value;
use shop::Shop;

const GUARDED: [&str; 5] = ["ap-south-1/app", "app", "us-east-1/app", "user-sessions", "zone"];

/// A change that creates and deletes, in the two regions and outside of them.
const OTHER_BUCKETS: [&str; 2] = ["--buckets", "other"];

#[test]
fn without_a_verb_it_tells_the_whole_story() {
    let shop = Shop::new();
    shop.run(&[]).code(0).says(&[
        "28 to create",
        "Done: 28 changes.",
        "Plan again",
        "No changes.",
        "name servers",
        "https://api.naveenteja.cloud",
        "arn:aws:dynamodb:",
        "table/user-sessions",
        ".global.rds.amazonaws.com",
        "naveenteja-assets-ap-south-1",
        "naveenteja-assets-us-east-1",
    ]);
    shop.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    shop.run(&[]).code(0).says(&["No changes."]);
}

#[test]
fn a_changed_flag_is_exactly_that_change() {
    let shop = Shop::open();
    let ran =
        shop.run(&["plan", "--detailed-exitcode", "--json", OTHER_BUCKETS[0], OTHER_BUCKETS[1]]);
    let plan = ran.code(2).json();
    let changes = plan["changes"].as_array().expect("changes");
    let kinds: BTreeSet<&str> = changes.iter().filter_map(|it| it["kind"].as_str()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["IAM:Role", "S3:Bucket", "S3:ReplicationConfiguration"]
    );
    for change in changes {
        for key in ["id", "kind", "region", "action", "risk", "fields"] {
            assert!(change.get(key).is_some(), "{key} of {change}");
        }
    }
    let made = changes.iter().find(|it| it["id"] == "ap-south-1/other").expect("a new bucket");
    assert_eq!((&made["action"], &made["region"]), (&"create".into(), &"ap-south-1".into()));
    let name = &made["fields"][0];
    assert_eq!(
        [&name["path"], &name["cause"], &name["before"], &name["after"]],
        [&"name".into(), &"edited".into(), &Value::Null, &"other-ap-south-1".into()]
    );
    assert!(plan["calls"]["s3"].as_u64().is_some_and(|calls| calls > 0), "{}", plan["calls"]);
}

#[test]
fn a_saved_plan_is_applied_once_and_refused_when_stale() {
    let shop = Shop::new();
    let (first, second) = (shop.path("first.plan"), shop.path("second.plan"));
    let (first, second) = (first.to_str().expect("text"), second.to_str().expect("text"));
    shop.run(&["plan", "--out", first]).code(0);
    shop.run(&["apply", "--plan", first]).code(0).says(&["Done: 28 changes."]);
    shop.run(&["apply", "--plan", first]).code(1).complains(&["error: ", "hint: "]);

    shop.run(&["plan", "--out", second, "--buckets", "other"]).code(0);
    shop.run(&["apply", "--yes", "--buckets", "third"]).code(0);
    shop.run(&["apply", "--yes", "--plan", second, "--buckets", "other"])
        .code(1)
        .complains(&["error: ", "hint: "]);
    shop.run(&["plan", "--detailed-exitcode", "--buckets", "third"]).code(0);

    std::fs::write(second, "{").expect("a file");
    shop.run(&["apply", "--plan", second]).code(1).complains(&["error: ", "second.plan"]);
}

#[test]
fn looking_changes_nothing() {
    let shop = Shop::open();
    let before = shop.world();
    shop.run(&["drift", "--detailed-exitcode"]).code(0).says(&["No drift"]);
    let outputs = shop.run(&["outputs", "--json"]).code(0).json();
    assert_eq!(outputs["assets-us-east-1"], "naveenteja-assets-us-east-1");
    assert_eq!(outputs["name servers"].as_array().map(Vec::len), Some(4));
    shop.run(&["outputs", "users reach"]).code(0).says(&["https://api.naveenteja.cloud\n"]);
    shop.run(&["graph", "--format", "mermaid"]).code(0).says(&[
        "flowchart",
        "user-sessions",
        " --> ",
    ]);
    shop.run(&["graph", "--format", "dot"]).code(0).says(&["digraph", "user-sessions", " -> "]);
    shop.run(&["plan", "--no-color"]).code(0);
    // Only its clock may have moved.
    for service in ["dynamodb", "elbv2", "iam", "rds", "s3"] {
        assert_eq!(shop.world()[service], before[service], "{service}");
    }
}

#[test]
fn state_is_looked_at_and_corrected() {
    let shop = Shop::open();
    let list = shop.run(&["state", "list", "--json"]).code(0).json();
    let ids = |list: &Value| -> Vec<String> {
        let ids = list.as_array().into_iter().flatten().filter_map(|it| it["id"].as_str());
        ids.map(str::to_owned).collect()
    };
    assert!(ids(&list).contains(&"user-sessions".to_owned()), "{list}");
    shop.run(&["state", "show", "us-east-1/app"]).code(0).says(&["app-us-east-1"]);
    assert!(!shop.run(&["state", "show", "us-east-1/app"]).out.contains("change-me-soon"));
    shop.run(&["state", "show", "nothing"]).code(1).complains(&["nothing", "hint: "]);

    shop.run(&["state", "mv", "us-east-1/front", "us-east-1/door"]).code(0);
    shop.run(&["state", "mv", "us-east-1/door", "us-east-1/front"]).code(0);
    shop.run(&["plan", "--detailed-exitcode"]).code(0);
    shop.run(&["state", "rm", "user-sessions"]).code(0);
    let list = shop.run(&["state", "list", "--json"]).code(0).json();
    assert!(!ids(&list).contains(&"user-sessions".to_owned()), "{list}");
    // It bears this stack's mark: it is known again, and nothing is made twice.
    shop.run(&["plan", "--detailed-exitcode"]).code(2).says(&["<= user-sessions", "1 to adopt"]);
}

#[test]
fn destroy_lists_every_guard_and_lifts_those_that_are_named() {
    let shop = Shop::open();
    let before = shop.world();
    let hints: Vec<String> = GUARDED.map(|id| format!("--unprotect {id}")).to_vec();
    let hints: Vec<&str> = hints.iter().map(String::as_str).collect();
    shop.run(&["destroy", "--yes"]).code(1).complains(&["5 guards"]).complains(&hints);

    let all_but_one = GUARDED[1..].iter().flat_map(|id| ["--unprotect", id]);
    let args: Vec<&str> = ["destroy", "--yes"].into_iter().chain(all_but_one).collect();
    let ran = shop.run(&args).code(1).complains(&["--unprotect ap-south-1/app"]);
    assert!(!ran.err.contains("--unprotect zone"), "{}", ran.err);

    let named: Vec<&str> = GUARDED.iter().flat_map(|id| ["--unprotect", id]).collect();
    let ask: Vec<&str> = ["destroy"].into_iter().chain(named.iter().copied()).collect();
    shop.run(&ask).code(1).complains(&["nobody to ask", "--yes"]);
    assert_eq!(shop.world()["rds"], before["rds"]);

    let args: Vec<&str> = ["destroy", "--yes"].into_iter().chain(named).collect();
    shop.run(&args).code(0).says(&["28 to delete", "Done: 28 changes."]);
    assert_eq!(left(&shop.world()), Vec::<String>::new());
    assert_eq!(shop.run(&["state", "list", "--json"]).code(0).json(), Value::Array(Vec::new()));
}

/// What a cloud still has of what programs make.
fn left(world: &Value) -> Vec<String> {
    const ACCOUNT: &str = "000000000000";
    let mut left = Vec::new();
    let mut all = |of: &str, things: &Value| {
        let things = things.as_object().unwrap_or_else(|| panic!("no {of}: {things}"));
        left.extend(things.keys().map(|name| format!("{of}/{name}")));
    };
    for (service, kinds) in
        [("iam", ["roles", "policies"]), ("route53", ["zones", "health_checks"])]
    {
        for kind in kinds {
            all(kind, &world[service]["accounts"][ACCOUNT][kind]);
        }
    }
    all("buckets", &world["s3"]["buckets"]);
    all("globals", &world["rds"]["accounts"][ACCOUNT]["globals"]);
    let (dynamodb, elbv2) =
        (&world["dynamodb"]["accounts"][ACCOUNT], &world["elbv2"]["accounts"][ACCOUNT]);
    for region in ["ap-south-1", "us-east-1"] {
        all("tables", &dynamodb["tables"][region]);
        for kind in ["load_balancers", "target_groups", "listeners"] {
            all(kind, &elbv2[region][kind]);
        }
        let rds = &world["rds"]["accounts"][ACCOUNT]["regions"][region];
        for kind in ["clusters", "instances", "subnet_groups", "parameter_groups", "snapshots"] {
            all(&format!("{region}/{kind}"), &rds[kind]);
        }
    }
    left
}

#[test]
fn what_destroys_is_refused_when_nobody_can_be_asked() {
    let shop = Shop::open();
    let before = shop.world();
    for args in [&["apply", "--buckets", "other"][..], &OTHER_BUCKETS[..]] {
        shop.run(args).code(1).complains(&["nobody to ask; nothing was done", "hint: "]);
    }
    assert_eq!(shop.world()["s3"], before["s3"]);
}

#[test]
fn what_is_wrong_is_said_with_the_next_step() {
    let shop = Shop::open();
    shop.run(&["plan", "--nonsense"]).code(1).complains(&["--nonsense", "--help"]);
    shop.run(&["outputs", "--only", "zone"])
        .code(1)
        .complains(&["--only means nothing to 'outputs'"]);
    shop.run(&["plan", "--subnets", "nowhere=subnet-1"]).code(1).complains(&["nowhere"]);
    shop.run(&["plan", "--database-password", "short"]).code(1).complains(&[
        "us-east-1/app: the master password has 8 to 41 characters",
        "ap-south-1/app: the master password has 8 to 41 characters",
        "declared at ",
        "active_active.rs:",
    ]);
    shop.run(&["plan", "--domain", "other.example"]).code(1).complains(&["--unprotect zone"]);
    let nowhere = ["--endpoint-url", "http://127.0.0.1:1"];
    for verb in ["plan", "apply", "drift"] {
        shop.run(&[verb, "--stack", "new", nowhere[0], nowhere[1]]).code(1).complains(&[
            "error: sts GetCallerIdentity in us-east-1: ",
            "hint: sts in us-east-1 can't be reached",
        ]);
    }
}

#[test]
fn damaged_files_are_refused_and_left_alone() {
    let shop = Shop::open();
    for (file, text) in [("journal.jsonl", "{\"x\":1}\n"), ("state.json", "garbage")] {
        let path = shop.state_file(file);
        let good = std::fs::read(&path).expect("a state file");
        std::fs::write(&path, text).expect("a damaged file");
        shop.run(&["plan"]).code(1).complains(&[file, "damaged", "hint: "]);
        shop.run(&["apply", "--yes"]).code(1).complains(&[file, "damaged", "hint: "]);
        assert_eq!(std::fs::read_to_string(&path).expect("it"), text);
        std::fs::write(&path, good).expect("the file as it was");
    }
    shop.run(&["plan", "--detailed-exitcode"]).code(0);
    let cloud = shop.cloud_dir().join("cloud.json");
    std::fs::write(&cloud, "{").expect("a damaged file");
    shop.run(&["plan"]).code(1).complains(&["cloud.json is damaged", "hint: "]);
    assert_eq!(std::fs::read_to_string(&cloud).expect("it"), "{");
}

#[test]
fn a_local_cloud_belongs_to_one_process_at_a_time() {
    let shop = Shop::open();
    let held = bicoastal::local::Cloud::open(shop.cloud_dir()).expect("a cloud");
    let owner = format!("process {}", std::process::id());
    shop.run(&["plan"]).code(1).complains(&["error: ", &owner]);
    drop(held);
    shop.run(&["plan", "--detailed-exitcode"]).code(0);
}

#[test]
fn killed_in_the_middle_it_finishes_when_it_is_run_again() {
    for word in [
        "CreateHostedZone",
        "CreateGlobalCluster",
        "create user-sessions: waiting",
        "PutBucketReplication",
    ] {
        let shop = Shop::new();
        shop.kill_at(&["apply"], word);
        shop.run(&[]).code(0).says(&["Done: ", "No changes."]);
        let list = shop.run(&["state", "list", "--json"]).code(0).json();
        assert_eq!(list.as_array().map(Vec::len), Some(28), "killed at {word}");
        shop.run(&["plan", "--detailed-exitcode"]).code(0);
        shop.run(&["drift", "--detailed-exitcode"]).code(0).says(&["No drift"]);
    }
}

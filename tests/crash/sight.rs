//! The judge is not blind: what a bad library would leave behind is seen, and counted as what it is.

use bicoastal::record::Record;
use bicoastal::runtime::{Ask, LeaseNote};
use bicoastal::state::{Entry, Key, Verb};
use bicoastal_local::world::World;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::kept::Kept;
use crate::program::{Place, STACK, Start, runtime};
use crate::situations::{self, Situation};
use crate::table::Table;
use crate::trial::{self, Verdict};

/// What a verdict counts, and where it saw the first difference.
fn seen(verdict: &Verdict) -> String {
    let Verdict { converged, orphans, duplicates, leases, repair, note } = verdict;
    let first = note.lines().next().unwrap_or_default().trim();
    format!(
        "converged {converged}, orphans {orphans}, duplicates {duplicates}, leases {leases}, repair {repair}; {first}"
    )
}

/// A place where the run has come to its good end.
fn ended(end: &Start) -> Place {
    Place::new(end)
}

fn edit(place: &Place, edit: impl FnOnce(&mut Value)) {
    place.cloud.with_world(|world| {
        let mut value = serde_json::to_value(&*world).expect("a world is plain data");
        edit(&mut value);
        *world = serde_json::from_value::<World>(value).expect("still a world");
    });
}

/// Everything of one kind in the default account.
fn all<'v>(world: &'v mut Value, path: &str) -> &'v mut serde_json::Map<String, Value> {
    let found = world.pointer_mut(&path.replace("ACCOUNT", "000000000000"));
    found.and_then(Value::as_object_mut).unwrap_or_else(|| panic!("no {path}"))
}

/// The id of the thing in which this is said.
fn which(things: &serde_json::Map<String, Value>, word: &str) -> String {
    let found = things.iter().find(|(_, thing)| thing.to_string().contains(word));
    found.expect("there is one").0.clone()
}

/// Puts a copy of the thing in which this is said beside it, under another id.
fn again(things: &mut serde_json::Map<String, Value>, word: &str, id: &str) {
    let thing = things[&which(things, word)].clone();
    things.insert(id.to_owned(), thing);
}

const ZONES: &str = "/route53/accounts/ACCOUNT/zones";
const CHECKS: &str = "/route53/accounts/ACCOUNT/health_checks";

#[test]
fn a_world_that_is_not_as_it_should_be_is_judged_so() {
    let (situation, end) = situations::first(Kept::Directory);
    let check = |damage: &dyn Fn(&Place), expected: Expect| {
        let place = ended(&end);
        damage(&place);
        expected.assert_eq(&seen(&trial::judge(&situation, &place, None)));
    };
    check(&|_| {}, expect!["converged true, orphans 0, duplicates 0, leases 0, repair false; "]);
    // A zone of the same name.
    check(
        &|it| edit(it, |it| again(all(it, ZONES), "naveenteja", "ZANOTHER")),
        expect![
            "converged false, orphans 0, duplicates 5, leases 0, repair false; too much: /route53/accounts/000000000000/zones/<zone naveenteja.cloud.> (again 2)"
        ],
    );
    // A health check that is a copy of another one, with and without its tags.
    check(
        &|it| {
            edit(it, |it| {
                let id = which(all(it, CHECKS), "ap-south-1");
                again(all(it, CHECKS), "ap-south-1", "another");
                let tags = all(it, "/route53/accounts/ACCOUNT/tags");
                let own = tags[&format!("healthcheck/{id}")].clone();
                tags.insert("healthcheck/another".to_owned(), own);
            });
        },
        expect![
            "converged false, orphans 0, duplicates 1, leases 0, repair false; too much: /route53/accounts/000000000000/health_checks/<check alive-ap-south-1> (again 2)"
        ],
    );
    check(
        &|it| edit(it, |it| again(all(it, CHECKS), "ap-south-1", "another")),
        expect![
            "converged false, orphans 1, duplicates 0, leases 0, repair false; too much: /route53/accounts/000000000000/health_checks/<check >"
        ],
    );
    // A role that nobody declared.
    check(
        &|it| edit(it, |it| again(all(it, "/iam/accounts/ACCOUNT/roles"), "naveenteja", "another")),
        expect![
            "converged false, orphans 1, duplicates 0, leases 0, repair false; too much: /iam/accounts/000000000000/roles/another"
        ],
    );
    // Something is missing.
    check(
        &|it| {
            edit(it, |it| {
                all(it, "/s3/buckets").remove("naveenteja-assets-us-east-1").expect("a bucket");
            });
        },
        expect![
            "converged false, orphans 0, duplicates 0, leases 0, repair false; missing: /s3/buckets/naveenteja-assets-us-east-1"
        ],
    );
    // One field is different.
    check(
        &|it| {
            edit(it, |it| {
                let id = which(all(it, CHECKS), "ap-south-1");
                let path =
                    all(it, CHECKS)[&id].pointer_mut("/config/resource_path").expect("a path");
                *path = json!("/other");
            });
        },
        expect![[
            r#"converged false, orphans 0, duplicates 0, leases 0, repair false; /route53/accounts/000000000000/health_checks/<check alive-ap-south-1>/config/resource_path: "/healthz" → "/other""#
        ]],
    );
    // A tag is missing.
    check(
        &|it| {
            edit(it, |it| {
                let tags = all(it, "/route53/accounts/ACCOUNT/tags");
                let id = which(tags, "alive-ap-south-1");
                tags[&id].as_object_mut().expect("tags").remove("Project").expect("a tag");
            });
        },
        expect![
            "converged false, orphans 0, duplicates 0, leases 0, repair false; missing: /route53/accounts/000000000000/tags/healthcheck/<check alive-ap-south-1>/Project"
        ],
    );
}

/// What is recorded besides, from what is in state.
type MakesRecord<'r> = &'r dyn Fn(&[(Key, Entry)]) -> Record;

#[test]
fn a_state_that_is_not_as_it_should_be_is_judged_so() {
    let (situation, end) = situations::first(Kept::Directory);
    let check = |record: MakesRecord<'_>, expected: Expect| {
        let place = ended(&end);
        append(&place, record);
        expected.assert_eq(&seen(&trial::judge(&situation, &place, None)));
    };
    // Something is forgotten, something is to be deleted once more.
    check(
        &|entries| Record::Forgotten { key: entries[0].0.clone(), reason: String::new() },
        expect![
            "converged false, orphans 0, duplicates 0, leases 0, repair false; recorded: missing: /alive-ap-south-1"
        ],
    );
    check(
        &|entries| Record::Superseded { key: entries[0].0.clone() },
        expect![
            "converged false, orphans 0, duplicates 0, leases 0, repair false; recorded: too much: /alive-ap-south-1/superseded"
        ],
    );
    // Something was begun, and nobody knows whether it was done.
    check(
        &|entries| {
            let (key, entry) = &entries[0];
            Record::Begin {
                op: 1_000,
                members: vec![bicoastal::record::Begun {
                    key: key.clone(),
                    kind: entry.kind.clone(),
                    place: entry.place.clone(),
                    born: entry.born.clone(),
                    token: entry.token.clone(),
                    physical: entry.physical.clone(),
                    verb: Verb::Update,
                    wanted: entry.applied.clone(),
                    edges: entry.edges.clone(),
                    protected: entry.protected,
                    retained: entry.retained,
                }],
            }
        },
        expect![
            "converged false, orphans 0, duplicates 0, leases 0, repair false; recorded: too much: /alive-ap-south-1/doubt"
        ],
    );
}

fn append(place: &Place, record: MakesRecord<'_>) {
    let store = place.kept.store(&place.cloud, &place.state_dir());
    runtime().block_on(async {
        let lease = store.lease(STACK, &Ask::new("a test")).await.expect("a lease");
        let state = lease.load().await.expect("a state").expect("one");
        let entries: Vec<_> = state.entries.clone().into_iter().collect();
        lease.append(&[(state.generation + 1, record(&entries))]).await.expect("recorded");
        lease.release().await;
    });
}

#[test]
fn a_lease_that_is_left_is_seen() {
    let (situation, end) = situations::first(Kept::Directory);
    let place = ended(&end);
    let store = place.kept.store(&place.cloud, &place.state_dir());
    let lease = runtime().block_on(store.lease(STACK, &Ask::new("a test"))).expect("a lease");
    let verdict = trial::judge(&situation, &place, None);
    assert_eq!((verdict.leases, verdict.is_good()), (1, false), "{}", verdict.note);
    runtime().block_on(lease.release());
    drop(lease);
    assert!(trial::judge(&situation, &place, None).is_good());
    // Where locks mean nothing, its document says it.
    let note = LeaseNote::take("apply", 1, 0, None).expect("a lease");
    let document = place.state_dir().join(STACK).join("lease.json");
    std::fs::write(document, note.encode()).expect("a file");
    assert_eq!(trial::judge(&situation, &place, None).leases, 1);
}

/// What the table says where a library forgets, between a kill and the next run, what it must not
/// forget: a run that makes a health check, which AWS gives its id, is killed at every call.
fn forgetful(forget: &dyn Fn(&Place)) -> String {
    let mut args = vec!["apply", "--yes", "--portable-vpc", "vpc", "--portable-subnets", "a,b"];
    args.extend(["--only", "one-alive"]);
    let start = Start::empty(Kept::Directory);
    let (situation, _) = Situation::new("a check", "edited", &start, &args);
    let mut table = Table::default();
    for photo in situation.photograph() {
        let place = Place::new(&photo.left);
        forget(&place);
        let last = place.run(situation.program, &situation.again(), None);
        table.add("a check", "killed", &trial::judge(&situation, &place, Some(&last)));
    }
    table.to_string().lines().last().unwrap_or_default().trim().to_owned()
}

#[test]
fn a_library_that_forgets_what_it_began_is_caught() {
    let check = |forget: &dyn Fn(&Place), expected: Expect| expected.assert_eq(&forgetful(forget));
    check(&|_| {}, expect!["| all | | 4 | 4 | 0 | 0 | 0 | 0 |"]);
    // All of its state.
    check(
        &|place| std::fs::remove_dir_all(place.state_dir()).expect("a directory"),
        expect!["| all | | 4 | 1 | 2 | 1 | 0 | 0 |"],
    );
    // What it was about to do, but not who it is: the tokens that follow from that are enough.
    check(
        &|place| {
            let path = place.state_dir().join(STACK).join("journal.jsonl");
            let journal = std::fs::read_to_string(&path).expect("a journal");
            let before = |line: &&str| !line.contains("\"begin\"");
            let lines = journal.split_inclusive('\n').take_while(before);
            std::fs::write(&path, lines.collect::<String>()).expect("a file");
        },
        expect!["| all | | 4 | 4 | 0 | 0 | 0 | 0 |"],
    );
}

//! Traffic goes before what it goes to: what is waited for, and how long.

use bicoastal_engine::planner::Options;
use bicoastal_model::Region::{ApSouth1, EuWest1, UsEast1};
use bicoastal_model::{Declared, Region};
use expect_test::{Expect, expect};
use serde_json::json;

use super::common::cloud::World;
use super::common::program::{desired, edit, global, output, regional, serving};
use super::common::show::operations;
use super::common::*;
use super::setting::applied;

const TWO: &[Region] = &[UsEast1, ApSouth1];
const THREE: &[Region] = &[UsEast1, ApSouth1, EuWest1];

fn check(world: &World, program: Vec<Declared>, expect: Expect) {
    let options = Options::default();
    let plan = world.plan_with(&desired(program), &options).unwrap();
    let pauses = plan.operations.iter().filter(|it| it.members.is_empty());
    let pauses: Vec<String> = pauses.map(|it| format!("{} ms\n", it.pause_ms)).collect();
    let floor = format!("{} ms at least\n", plan.floor_ms);
    expect.assert_eq(&(operations(&plan) + &pauses.concat() + &floor));
}

#[test]
fn as_long_as_resolvers_remember() {
    let with_ttl = |regions: &[Region], ttl: u64| {
        edit(serving(regions), "api-us-east-1", |it| it.props.set("ttl", json!(ttl)))
    };
    check(
        &applied(with_ttl(TWO, 7)),
        serving(&[ApSouth1]),
        expect![[r#"
        0 w1 delete api-us-east-1#1 after []
        1 w1 delete alive-us-east-1#1 after [0]
        2 w1 drain us-east-1: 2 × TTL 7 s after [0!]
        3 w1 delete us-east-1/front#1 after [0=! 1 2!]
        4 w1 delete us-east-1/assets#1 after [0! 2! 3=!]
        5 w1 update sessions#1 after [0! 2! 3!]
        14000 ms
        14000 ms at least
    "#]],
    );
    check(
        &applied(serving(THREE)),
        serving(&[EuWest1]),
        expect![[r#"
        0 w1 delete api-ap-south-1#1 & delete api-us-east-1#1 after []
        1 w1 delete alive-ap-south-1#1 after [0] 0:0.0
        2 w1 delete alive-us-east-1#1 after [0] 0:0.1
        3 w1 drain ap-south-1: 2 × TTL 60 s after [0!] 0:0.0!
        4 w1 drain us-east-1: 2 × TTL 60 s after [0!] 0:0.1!
        5 w1 delete ap-south-1/front#1 after [0=! 1 3!] 0:0.0
        6 w1 delete us-east-1/front#1 after [0=! 2 4!] 0:0.1
        7 w1 delete ap-south-1/assets#1 after [0! 3! 5=!] 0:0.0!
        8 w1 delete us-east-1/assets#1 after [0! 4! 6=!] 0:0.1!
        9 w1 update sessions#1 after [0! 3! 4! 5! 6!] 0:0.0! 0:0.1!
        120000 ms
        120000 ms
        120000 ms at least
    "#]],
    );
}

#[test]
fn nothing_waits_where_nobody_goes_on_serving() {
    check(
        &applied(serving(&[UsEast1])),
        serving(&[]),
        expect![[r#"
        0 w1 delete api-us-east-1#1 after []
        1 w1 delete alive-us-east-1#1 after [0]
        2 w1 delete us-east-1/front#1 after [0=! 1]
        3 w1 delete us-east-1/assets#1 after [0! 2=!]
        4 w1 update sessions#1 after [0! 2!]
        200 ms at least
    "#]],
    );
    // The other region's record goes to another name.
    let other = edit(serving(TWO), "api-ap-south-1", |it| {
        it.props.set("name", json!("other.example.com"));
    });
    let left: Vec<Declared> =
        other.iter().filter(|it| !it.id.as_str().contains("us-east-1")).cloned().collect();
    check(
        &applied(other),
        left,
        expect![[r#"
        0 w1 delete api-us-east-1#1 after []
        1 w1 delete alive-us-east-1#1 after [0]
        2 w1 delete us-east-1/front#1 after [0=! 1]
        3 w1 delete us-east-1/assets#1 after [0! 2=!]
        200 ms at least
    "#]],
    );
}

#[test]
fn what_stays_as_it_is_or_is_only_noted_goes_on_serving() {
    let left = edit(serving(&[ApSouth1]), "api-ap-south-1", |it| it.retained = true);
    check(
        &applied(serving(TWO)),
        left,
        expect![[r#"
        0 w1 delete api-us-east-1#1 after []
        1 w1 delete alive-us-east-1#1 after [0]
        2 w1 drain us-east-1: 2 × TTL 60 s after [0!]
        3 w1 delete us-east-1/front#1 after [0=! 1 2!]
        4 w1 delete us-east-1/assets#1 after [0! 2! 3=!]
        5 w1 update sessions#1 after [0! 2! 3!]
        120000 ms
        120000 ms at least
    "#]],
    );
    // The same name, written in another way.
    let upper = edit(serving(TWO), "api-us-east-1", |it| {
        it.props.set("name", json!("API.example.com."));
    });
    check(
        &applied(upper),
        serving(&[ApSouth1]),
        expect![[r#"
        0 w1 delete api-us-east-1#1 after []
        1 w1 delete alive-us-east-1#1 after [0]
        2 w1 drain us-east-1: 2 × TTL 60 s after [0!]
        3 w1 delete us-east-1/front#1 after [0=! 1 2!]
        4 w1 delete us-east-1/assets#1 after [0! 2! 3=!]
        5 w1 update sessions#1 after [0! 2! 3!]
        120000 ms
        120000 ms at least
    "#]],
    );
}

#[test]
fn a_record_is_of_the_region_that_it_names() {
    let named = |region: Region| {
        let props = json!({"zone": "z", "name": "x.example.com", "type": "A", "set": region.code(),
            "values": ["192.0.2.1"]});
        global(&region.named("x"), RECORD, props)
    };
    let bucket = |region: Region| {
        regional(region, "assets", BUCKET, json!({"name": format!("assets-{region}")}))
    };
    let program = |regions: &[Region]| {
        regions.iter().flat_map(|&region| [named(region), bucket(region)]).collect::<Vec<_>>()
    };
    check(
        &applied(program(TWO)),
        program(&[ApSouth1]),
        expect![[r#"
        0 w1 delete x-us-east-1#1 after []
        1 w1 drain us-east-1: 2 × TTL 60 s after [0!]
        2 w1 delete us-east-1/assets#1 after [0! 1!]
        120000 ms
        120000 ms at least
    "#]],
    );
}

#[test]
fn what_lets_go_of_a_falling_region_waits_for_the_drain() {
    let role = |policy| global("copy", ROLE, json!({"name": "x", "policy": policy}));
    let probe = |host| global("probe", CHECK, json!({"host": host}));
    let beside = |policy| global("beside", ROLE, json!({"name": "y", "policy": policy}));
    let program = |regions: &[Region], go: bool| {
        let front = if go { json!("none") } else { output("us-east-1/front", "dns") };
        let table = if go { json!("none") } else { output("sessions", "arn") };
        let there = if go { json!("none") } else { output("ap-south-1/front", "dns") };
        let mut all = serving(regions);
        all.extend([
            role(front.clone()),
            probe(front),
            beside(table),
            global("far", ROLE, json!({"name": "z", "policy": there})),
        ]);
        all
    };
    check(
        &applied(program(THREE, false)),
        program(&[ApSouth1, EuWest1], true),
        expect![[r#"
        0 w1 update beside#1 after []
        1 w1 delete api-us-east-1#1 after []
        2 w1 drain us-east-1: 2 × TTL 60 s after [1!]
        3 w2 update copy#1 after [0> 2!]
        4 w3 update far#1 after [3>]
        5 w4 update probe#1 after [4>]
        6 w1 delete alive-us-east-1#1 after [1]
        7 w4 delete us-east-1/front#1 after [1=! 2! 3 5 6]
        8 w4 delete us-east-1/assets#1 after [1! 2! 7=!]
        9 w5 update sessions#1 after [1! 2! 5> 7!]
        120000 ms
        120000 ms at least
    "#]],
    );
    // Two regions go, and each one's drain is its own.
    check(
        &applied(program(THREE, false)),
        program(&[EuWest1], true),
        expect![[r#"
        0 w1 update beside#1 after []
        1 w1 delete api-ap-south-1#1 & delete api-us-east-1#1 after []
        2 w1 drain us-east-1: 2 × TTL 60 s after [1!] 0:1.1!
        3 w2 update copy#1 after [0> 2!]
        4 w1 drain ap-south-1: 2 × TTL 60 s after [1!] 0:1.0!
        5 w3 update far#1 after [3> 4!]
        6 w4 update probe#1 after [5>]
        7 w1 delete alive-ap-south-1#1 after [1] 0:1.0
        8 w1 delete alive-us-east-1#1 after [1] 0:1.1
        9 w3 delete ap-south-1/front#1 after [1=! 4! 5 7] 0:1.0
        10 w4 delete us-east-1/front#1 after [1=! 2! 3 6 8] 0:1.1
        11 w3 delete ap-south-1/assets#1 after [1! 4! 9=!] 0:1.0!
        12 w4 delete us-east-1/assets#1 after [1! 2! 10=!] 0:1.1!
        13 w5 update sessions#1 after [1! 2! 4! 6> 9! 10!] 0:1.0! 0:1.1!
        120000 ms
        120000 ms
        120000 ms at least
    "#]],
    );
}

#[test]
fn a_pause_counts_and_so_do_many_changes() {
    let many = |count: usize, value: &str| {
        let mut all = vec![global("zone", ZONE, json!({"domain": "example.com"}))];
        for index in 0..count {
            let props = json!({"zone": output("zone", "id"), "name": format!("r{index}.example.com"),
                "type": "A", "ttl": 60, "values": [value]});
            let mut record = global(&format!("r{index}"), RECORD, props);
            record.schema = BIG_RECORD;
            all.push(record);
        }
        desired(all)
    };
    // 1,200 changes: 200 more than pass at once, a hundred a second.
    let plan = World::new().plan(&many(1200, "192.0.2.1")).unwrap();
    assert_eq!((plan.floor_ms, plan.calls["route53"]), (2000, 3));
}

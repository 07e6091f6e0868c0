use expect_test::{Expect, expect};

use super::*;

/// What a batch comes to on a zone that has been through `before`.
fn check(before: &[&str], batch: &[&str], expected: Expect) {
    let (mut world, id) = zone();
    for line in before {
        change(&mut world, &id, &[&line.replace("ZONE", &id)]).unwrap();
    }
    let batch: Vec<String> = batch.iter().map(|line| line.replace("ZONE", &id)).collect();
    let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
    let was = listed(&mut world, &format!("hostedzone/{id}/rrset"));
    let outcome = match change(&mut world, &id, &batch) {
        Ok(_) => "done".to_owned(),
        Err(message) => {
            assert_eq!(was, listed(&mut world, &format!("hostedzone/{id}/rrset")), "half a batch");
            message.replace(&id, "ZONE")
        }
    };
    expected.assert_eq(&outcome);
}

const W: &str = "<Weight>1</Weight>";

#[test]
fn a_batch_is_all_or_nothing_and_names_every_offender() {
    check(
        &["CREATE a.example.com A = 192.0.2.1"],
        &[
            "CREATE ok.example.com A = 192.0.2.1",
            "CREATE a.example.com A = 192.0.2.1",
            "DELETE b.example.com A id:x <Weight>0</Weight> = 192.0.2.1",
            "CREATE c.example.com A = 300.0.2.1",
        ],
        expect![
            "400 InvalidChangeBatch [Tried to create resource record set [name='a.example.com.', type='A'] but it already exists, Tried to delete resource record set [name='b.example.com.', type='A', set-identifier='x'] but it was not found, Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '300.0.2.1'']"
        ],
    );
}

#[test]
fn delete_needs_the_exact_content() {
    let before = &["CREATE a.example.com A ttl:5 = 192.0.2.1 | 192.0.2.2"];
    check(before, &["DELETE A.example.com. A ttl:5 = 192.0.2.2 | 192.0.2.1"], expect!["done"]);
    check(
        before,
        &["DELETE a.example.com A ttl:6 = 192.0.2.1 | 192.0.2.2"],
        expect![
            "400 InvalidChangeBatch [Tried to delete resource record set [name='a.example.com.', type='A'] but the values provided do not match the current values]"
        ],
    );
    check(
        before,
        &["DELETE a.example.com A = 192.0.2.1", "DELETE a.example.com A = 192.0.2.1"],
        expect![
            "400 InvalidChangeBatch [The request contains an invalid set of changes for a resource record set 'A a.example.com.']"
        ],
    );
}

#[test]
fn a_name_changes_its_policy_in_one_batch_with_deletes_first() {
    let before = &["CREATE a.example.com A = 192.0.2.1"];
    let weighted = format!("CREATE a.example.com A id:x {W} = 192.0.2.1");
    check(before, &["DELETE a.example.com A = 192.0.2.1", &weighted], expect!["done"]);
    check(
        before,
        &[&weighted, "DELETE a.example.com A = 192.0.2.1"],
        expect![
            "400 InvalidChangeBatch [RRSet with DNS name a.example.com., type A, SetIdentifier x cannot be created as a non-weighted set exists with the same name and type.]"
        ],
    );
    check(
        &[&weighted],
        &["UPSERT a.example.com A = 192.0.2.1"],
        expect![
            "400 InvalidChangeBatch [RRSet with DNS name a.example.com., type A cannot be created as other RRSets exist with the same name and type.]"
        ],
    );
}

#[test]
fn weighted_siblings_agree_on_the_ttl_at_the_end_of_the_batch() {
    let x = format!("CREATE a.example.com A id:x {W} = 192.0.2.1");
    let y = format!("CREATE a.example.com A id:y {W} = 192.0.2.2");
    let both = [x.as_str(), y.as_str()];
    let new_x = format!("UPSERT a.example.com A id:x {W} ttl:5 = 192.0.2.1");
    let new_y = format!("UPSERT a.example.com A id:y {W} ttl:5 = 192.0.2.2");
    check(&both, &[&new_x, &new_y], expect!["done"]);
    check(
        &both,
        &[&new_x],
        expect![
            "400 InvalidChangeBatch [RRSet with DNS name a.example.com., type A, SetIdentifier x must have the same TTL as the other weighted RRSets with the same name and type.]"
        ],
    );
}

#[test]
fn cname_is_alone_and_never_at_the_apex() {
    check(
        &["CREATE a.example.com A = 192.0.2.1"],
        &["CREATE a.example.com CNAME = b.example.com"],
        expect![
            "400 InvalidChangeBatch [RRSet of type CNAME with DNS name a.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.]"
        ],
    );
    check(
        &["CREATE a.example.com CNAME = b.example.com"],
        &["CREATE a.example.com TXT = \"x\""],
        expect![
            "400 InvalidChangeBatch [RRSet of type TXT with DNS name a.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.]"
        ],
    );
    check(
        &[],
        &["CREATE example.com CNAME = b.example.com"],
        expect![
            "400 InvalidChangeBatch [RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]"
        ],
    );
}

#[test]
fn aliases_point_at_what_is_there() {
    check(
        &[],
        &[
            "CREATE a.example.com A -> ZONE b.example.com false",
            "CREATE b.example.com A = 192.0.2.1",
        ],
        expect!["done"],
    );
    check(
        &["CREATE b.example.com AAAA = 2001:db8::1"],
        &["CREATE a.example.com A -> ZONE b.example.com false"],
        expect![
            "400 InvalidChangeBatch [Tried to create an alias that targets b.example.com., type A in zone ZONE, but that target was not found]"
        ],
    );
    check(
        &[],
        &[
            "CREATE a.example.com A -> ZONE b.example.com false",
            "CREATE b.example.com A -> ZONE a.example.com false",
        ],
        expect![
            "400 InvalidChangeBatch [Tried to create an alias that targets b.example.com., type A in zone ZONE, but the alias refers to itself, Tried to create an alias that targets a.example.com., type A in zone ZONE, but the alias refers to itself]"
        ],
    );
    check(
        &[],
        &["CREATE a.example.com A -> Z2FDTNDATAQYW2 d1.cloudfront.net true"],
        expect![
            "400 InvalidChangeBatch [Tried to create an alias that targets d1.cloudfront.net., type A in zone Z2FDTNDATAQYW2, but EvaluateTargetHealth must be false for CloudFront distributions]"
        ],
    );
}

#[test]
fn the_apex_keeps_its_ns_and_soa() {
    check(&[], &["UPSERT example.com NS ttl:60 = ns-1.example.net."], expect!["done"]);
    let (mut world, id) = zone();
    let soa =
        ask(&mut world, "GET", &format!("hostedzone/{id}/rrset?name=example.com&type=SOA"), "")
            .unwrap();
    let value = &soa.children[0].children[0].get("ResourceRecords").unwrap().children[0];
    let line = format!("DELETE example.com SOA ttl:900 = {}", value.text_of("Value").unwrap());
    expect!["400 InvalidChangeBatch [A HostedZone must contain exactly one SOA record.]"]
        .assert_eq(&change(&mut world, &id, &[&line]).unwrap_err());
}

#[test]
fn failover_halves_are_one_each_and_watched() {
    check(
        &[],
        &["CREATE a.example.com A id:p <Failover>PRIMARY</Failover> = 192.0.2.1"],
        expect![
            "400 InvalidInput Invalid request: Missing field 'HealthCheckId' in Change with [Action=CREATE, Name=a.example.com, Type=A, SetIdentifier=p]"
        ],
    );
    check(
        &["CREATE a.example.com A id:s <Failover>SECONDARY</Failover> = 192.0.2.1"],
        &["CREATE a.example.com A id:t <Failover>SECONDARY</Failover> = 192.0.2.1"],
        expect![
            "400 InvalidChangeBatch [RRSet with DNS name a.example.com., type A, SetIdentifier t, and failover SECONDARY cannot be created because a different RRSet with the same name, type and failover SECONDARY already exists.]"
        ],
    );
}

#[test]
fn an_unknown_health_check_refuses_the_whole_batch() {
    let line = format!("CREATE a.example.com A id:x {W} check:nope = 192.0.2.1");
    check(
        &[],
        &[&line],
        expect!["404 NoSuchHealthCheck A health check with id nope does not exist."],
    );
}

#[test]
fn a_protection_refuses_with_its_comment() {
    let (mut world, id) = zone();
    assert!(world.route53.protect_record(ACCOUNT, &id, "a.example.com", "A", "ask ops"));
    expect!["400 InvalidChangeBatch [The resource record set [name='a.example.com.', type='A'] is protected: ask ops]"]
        .assert_eq(&change(&mut world, &id, &["CREATE a.example.com A = 192.0.2.1"]).unwrap_err());
}

#[test]
fn both_caps_count_an_upsert_twice() {
    let (mut world, id) = zone();
    let lines = |verb: &str, count: usize| -> Vec<String> {
        (0..count).map(|n| format!("{verb} n{n}.example.com A = 192.0.2.1")).collect()
    };
    let send = |world: &mut World, lines: Vec<String>| {
        change(world, &id, &lines.iter().map(String::as_str).collect::<Vec<_>>())
            .map_or_else(|error| error, |_| "done".into())
    };
    assert_eq!(send(&mut world, lines("UPSERT", 500)), "done");
    expect!["400 InvalidChangeBatch [Number of records limit of 1000 exceeded.]"]
        .assert_eq(&send(&mut world, lines("UPSERT", 501)));
    let long = |verb: &str, count: usize| -> Vec<String> {
        let value = format!("\"{}\"", "x".repeat(248));
        (0..count).map(|n| format!("{verb} t{n}.example.com TXT = {value}")).collect()
    };
    assert_eq!(send(&mut world, long("CREATE", 128)), "done");
    expect!["400 InvalidChangeBatch [Number of characters limit of 32000 exceeded.]"]
        .assert_eq(&send(&mut world, long("UPSERT", 65)));
}

#[test]
fn listings_go_by_reversed_labels_type_and_identifier_in_pages() {
    let (mut world, id) = zone();
    change(
        &mut world,
        &id,
        &[
            "CREATE z.example.com A = 192.0.2.1",
            "CREATE a.b.example.com A = 192.0.2.1",
            "CREATE b.example.com TXT = \"x\"",
            "CREATE b.example.com A id:two <Weight>0</Weight> = 192.0.2.1",
            "CREATE b.example.com A id:one <Weight>0</Weight> = 192.0.2.1",
            "CREATE *.example.com A = 192.0.2.1",
        ],
    )
    .unwrap();
    let all = listed(&mut world, &format!("hostedzone/{id}/rrset"));
    expect![[r#"
        example.com. NS
        example.com. SOA
        \052.example.com. A
        b.example.com. A one
        b.example.com. A two
        b.example.com. TXT
        a.b.example.com. A
        z.example.com. A"#]]
    .assert_eq(&all);
    // Following the three start parameters by hand gives the same.
    let mut paged = Vec::new();
    let mut path = format!("hostedzone/{id}/rrset?maxitems=1");
    loop {
        paged.push(listed(&mut world, &path));
        let page = ask(&mut world, "GET", &path, "").unwrap();
        let Some(name) = page.text_of("NextRecordName") else { break };
        path = format!("hostedzone/{id}/rrset?maxitems=1&name={}", name.replace('\\', "%5C"));
        path += &format!("&type={}", page.text_of("NextRecordType").unwrap());
        if let Some(identifier) = page.text_of("NextRecordIdentifier") {
            path += &format!("&identifier={identifier}");
        }
    }
    assert_eq!(paged.join("\n"), all);
    assert!(
        refusal(&mut world, "GET", &format!("hostedzone/{id}/rrset?type=A"), "")
            .starts_with("400 InvalidInput")
    );
}

#[test]
fn a_zone_can_be_busy_on_request() {
    let (mut world, id) = zone();
    world.set_duration_ms("route53.zone.busy", 500);
    change(&mut world, &id, &["CREATE a.example.com A = 192.0.2.1"]).unwrap();
    assert!(
        change(&mut world, &id, &["CREATE b.example.com A = 192.0.2.1"])
            .unwrap_err()
            .starts_with("400 PriorRequestNotComplete")
    );
    world.now_ms += 500;
    change(&mut world, &id, &["CREATE b.example.com A = 192.0.2.1"]).unwrap();
}

use std::collections::BTreeMap;

use super::super::health::Health;
use super::super::resolve::{Answer, ClientLocation, Outcome, Probe, resolve};
use super::*;

fn at(region: &str) -> ClientLocation {
    ClientLocation::near(region).unwrap()
}

fn answer(world: &World, name: &str, client: &ClientLocation) -> Answer {
    resolve(world, ACCOUNT, name, "A", client, &|_| None)
}

/// The values, or the outcome in words.
fn values(world: &World, name: &str, client: &ClientLocation) -> String {
    match answer(world, name, client).outcome {
        Outcome::Values(values) => values.join(" "),
        Outcome::Resource(alias) => alias.dns_name,
        other => format!("{other:?}"),
    }
}

fn health_check(world: &mut World, reference: &str) -> String {
    let body = format!(
        "<CreateHealthCheckRequest><CallerReference>{reference}</CallerReference><HealthCheckConfig><Type>HTTP</Type><FullyQualifiedDomainName>{reference}.example.com</FullyQualifiedDomainName></HealthCheckConfig></CreateHealthCheckRequest>"
    );
    let answer = ask(world, "POST", "healthcheck", &body).unwrap();
    answer.get("HealthCheck").unwrap().text_of("Id").unwrap().to_owned()
}

/// A zone with these records, all in sync.
fn served(lines: &[&str]) -> (World, String) {
    let (mut world, id) = zone();
    let lines: Vec<String> = lines.iter().map(|line| line.replace("ZONE", &id)).collect();
    change(&mut world, &id, &lines.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    world.now_ms += 60_000;
    (world, id)
}

#[test]
fn each_user_gets_the_nearest_region_that_is_healthy() {
    let (mut world, id) = zone();
    let mut checks = BTreeMap::new();
    for (region, zone_id) in [("us-east-1", "Z35SXDOTRQ7X7K"), ("ap-south-1", "ZP97RAFLXTNZK")] {
        let check = health_check(&mut world, region);
        let line = format!(
            "CREATE api.example.com A id:{region} <Region>{region}</Region> check:{check} -> {zone_id} front.{region}.elb.amazonaws.com true"
        );
        change(&mut world, &id, &[&line]).unwrap();
        checks.insert(region, check);
    }
    world.now_ms += 60_000;
    let (east, south) =
        ("front.us-east-1.elb.amazonaws.com.", "front.ap-south-1.elb.amazonaws.com.");
    assert_eq!(values(&world, "api.example.com", &at("eu-west-1")), east);
    assert_eq!(values(&world, "api.example.com", &at("ap-southeast-1")), south);
    assert_eq!(answer(&world, "api.example.com", &at("eu-west-1")).ttl, 60);
    // The check fails.
    world.route53.set_health(ACCOUNT, &checks["us-east-1"], Health::Unhealthy);
    assert_eq!(values(&world, "api.example.com", &at("eu-west-1")), south);
    // The balancer behind the other alias fails too: all unhealthy is all healthy.
    let seen = |probe: Probe<'_>| match probe {
        Probe::Target(alias) => Some(!alias.dns_name.contains("ap-south-1")),
        Probe::Check(_) => None,
    };
    let last_resort = resolve(&world, ACCOUNT, "api.example.com", "A", &at("eu-west-1"), &seen);
    assert_eq!(last_resort.via[0].set_identifier.as_deref(), Some("us-east-1"));
}

#[test]
fn clients_see_a_change_when_it_is_in_sync() {
    let (mut world, id) = served(&["CREATE a.example.com A = 192.0.2.1"]);
    change(&mut world, &id, &["UPSERT a.example.com A = 192.0.2.2"]).unwrap();
    assert_eq!(values(&world, "a.example.com", &at("us-east-1")), "192.0.2.1");
    world.now_ms += 29_999;
    world.settle();
    assert_eq!(values(&world, "a.example.com", &at("us-east-1")), "192.0.2.1");
    world.now_ms += 1;
    assert_eq!(values(&world, "a.example.com", &at("us-east-1")), "192.0.2.2");
}

#[test]
fn weights_share_the_draws() {
    let (world, _) = served(&[
        "CREATE a.example.com A id:one <Weight>1</Weight> = 192.0.2.1",
        "CREATE a.example.com A id:three <Weight>3</Weight> = 192.0.2.3",
        "CREATE a.example.com A id:zero <Weight>0</Weight> = 192.0.2.0",
    ]);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for draw in 0..4_000 {
        let client = at("us-east-1").drawing(draw);
        let first = values(&world, "a.example.com", &client);
        assert_eq!(first, values(&world, "a.example.com", &client));
        *counts.entry(first).or_default() += 1;
    }
    assert_eq!(counts.len(), 2);
    assert!((900..1_100).contains(&counts["192.0.2.1"]), "{counts:?}");
}

#[test]
fn weight_zero_serves_when_nothing_else_can() {
    let (mut world, id) = zone();
    let check = health_check(&mut world, "h");
    let one = format!("CREATE a.example.com A id:one <Weight>1</Weight> check:{check} = 192.0.2.1");
    let zero = "CREATE a.example.com A id:zero <Weight>0</Weight> = 192.0.2.0";
    change(&mut world, &id, &[&one, zero]).unwrap();
    world.now_ms += 60_000;
    assert_eq!(values(&world, "a.example.com", &at("us-east-1")), "192.0.2.1");
    world.route53.set_health(ACCOUNT, &check, Health::Unhealthy);
    assert_eq!(values(&world, "a.example.com", &at("us-east-1")), "192.0.2.0");
}

#[test]
fn the_closest_geolocation_answers_and_strangers_need_a_default() {
    let geo = |id: &str, code: &str, value: &str| {
        format!("CREATE a.example.com A id:{id} <GeoLocation>{code}</GeoLocation> = {value}")
    };
    let us = "<CountryCode>US</CountryCode>";
    let lines = [
        geo("eu", "<ContinentCode>EU</ContinentCode>", "192.0.2.1"),
        geo("de", "<CountryCode>DE</CountryCode>", "192.0.2.2"),
        geo("us", us, "192.0.2.3"),
        geo("ca", &format!("{us}<SubdivisionCode>CA</SubdivisionCode>"), "192.0.2.4"),
    ];
    let (mut world, id) = served(&lines.each_ref().map(String::as_str));
    let ask = |world: &World, client: &ClientLocation| values(world, "a.example.com", client);
    assert_eq!(ask(&world, &at("eu-west-1")), "192.0.2.1");
    assert_eq!(ask(&world, &at("eu-central-1")), "192.0.2.2");
    assert_eq!(ask(&world, &at("us-east-1")), "192.0.2.3");
    let californian = ClientLocation { subdivision: Some("CA".into()), ..at("us-west-1") };
    assert_eq!(ask(&world, &californian), "192.0.2.4");
    assert_eq!(ask(&world, &at("ap-south-1")), "NoData");
    change(&mut world, &id, &[&geo("all", "<CountryCode>*</CountryCode>", "192.0.2.9")]).unwrap();
    world.now_ms += 60_000;
    assert_eq!(ask(&world, &at("ap-south-1")), "192.0.2.9");
}

#[test]
fn failover_goes_to_the_second_and_back_to_the_first() {
    let (mut world, id) = zone();
    let (first, second) = (health_check(&mut world, "p"), health_check(&mut world, "s"));
    let p = format!(
        "CREATE a.example.com A id:p <Failover>PRIMARY</Failover> check:{first} = 192.0.2.1"
    );
    let s = format!(
        "CREATE a.example.com A id:s <Failover>SECONDARY</Failover> check:{second} = 192.0.2.2"
    );
    change(&mut world, &id, &[&p, &s]).unwrap();
    world.now_ms += 60_000;
    let mut seen = vec![values(&world, "a.example.com", &at("us-east-1"))];
    for check in [&first, &second] {
        world.route53.set_health(ACCOUNT, check, Health::Unhealthy);
        seen.push(values(&world, "a.example.com", &at("us-east-1")));
    }
    assert_eq!(seen, ["192.0.2.1", "192.0.2.2", "192.0.2.1"]);
}

#[test]
fn a_branch_of_aliases_is_healthy_if_a_leaf_is() {
    let (mut world, id) = zone();
    let checks: Vec<String> = ["a", "b"].map(|name| health_check(&mut world, name)).into();
    let leaf = |n: usize| {
        format!(
            "CREATE east.example.com A id:{n} <Weight>1</Weight> check:{} = 192.0.2.{n}",
            checks[n]
        )
    };
    let lines = [
        leaf(0),
        leaf(1),
        format!(
            "CREATE api.example.com A id:e <Region>us-east-1</Region> -> {id} east.example.com true"
        ),
        "CREATE api.example.com A id:w <Region>us-west-2</Region> = 192.0.2.9".to_owned(),
    ];
    change(&mut world, &id, &lines.each_ref().map(String::as_str)).unwrap();
    world.now_ms += 60_000;
    world.route53.set_health(ACCOUNT, &checks[0], Health::Unhealthy);
    assert_eq!(values(&world, "api.example.com", &at("us-east-1")), "192.0.2.1");
    world.route53.set_health(ACCOUNT, &checks[1], Health::Unhealthy);
    assert_eq!(values(&world, "api.example.com", &at("us-east-1")), "192.0.2.9");
}

#[test]
fn bias_moves_the_border() {
    let place = |id: &str, region: &str, bias: i32, value: &str| {
        format!(
            "CREATE a.example.com A id:{id} <GeoProximityLocation><AWSRegion>{region}</AWSRegion><Bias>{bias}</Bias></GeoProximityLocation> = {value}"
        )
    };
    for (bias, expected) in [(0, "192.0.2.1"), (90, "192.0.2.2")] {
        let lines =
            [place("w", "us-west-2", 0, "192.0.2.1"), place("e", "us-east-1", bias, "192.0.2.2")];
        let (world, _) = served(&lines.each_ref().map(String::as_str));
        assert_eq!(values(&world, "a.example.com", &at("us-west-1")), expected, "bias {bias}");
    }
}

#[test]
fn multivalue_leaves_out_the_unhealthy_and_stops_at_eight() {
    let (mut world, id) = zone();
    let check = health_check(&mut world, "h");
    let lines: Vec<String> = (0..10)
        .map(|n| {
            let check = if n == 0 { format!("check:{check}") } else { String::new() };
            format!("CREATE a.example.com A id:{n} <MultiValueAnswer>true</MultiValueAnswer> {check} = 192.0.2.{n}")
        })
        .collect();
    change(&mut world, &id, &lines.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    world.now_ms += 60_000;
    world.route53.set_health(ACCOUNT, &check, Health::Unhealthy);
    for draw in 0..20 {
        let given = values(&world, "a.example.com", &at("us-east-1").drawing(draw));
        assert_eq!(given.split(' ').count(), 8);
        assert!(!given.split(' ').any(|value| value == "192.0.2.0"));
    }
}

#[test]
fn wildcards_cnames_and_delegations_answer_as_dns_does() {
    let (world, _) = served(&[
        "CREATE *.example.com A = 192.0.2.1",
        "CREATE deep.down.example.com A = 192.0.2.2",
        "CREATE www.example.com CNAME = deep.down.example.com",
        "CREATE out.example.com CNAME = www.elsewhere.net",
        "CREATE sub.example.com NS = ns-1.elsewhere.net.",
    ]);
    let client = at("us-east-1");
    for (name, expected) in [
        ("any.example.com", "192.0.2.1"),
        ("any.thing.example.com", "192.0.2.1"),
        ("down.example.com", "NoData"),
        ("x.down.example.com", "NoSuchName"),
        ("www.example.com", "192.0.2.2"),
        ("out.example.com", "Elsewhere(\"www.elsewhere.net.\")"),
        ("a.sub.example.com", "Delegated([\"ns-1.elsewhere.net.\"])"),
        ("example.org", "NoZone"),
    ] {
        assert_eq!(values(&world, name, &client), expected, "{name}");
    }
}

#[test]
fn addresses_route_by_the_narrowest_block() {
    let (mut world, id) = zone();
    let body = "<CreateCidrCollectionRequest><Name>c</Name><CallerReference>c</CallerReference></CreateCidrCollectionRequest>";
    let answer = ask(&mut world, "POST", "cidrcollection", body).unwrap();
    let collection = answer.get("Collection").unwrap().text_of("Id").unwrap().to_owned();
    let put = |location: &str, block: &str| {
        format!(
            "<member><LocationName>{location}</LocationName><Action>PUT</Action><CidrList><Cidr>{block}</Cidr></CidrList></member>"
        )
    };
    let body = format!(
        "<ChangeCidrCollectionRequest><Changes>{}{}</Changes></ChangeCidrCollectionRequest>",
        put("wide", "203.0.0.0/16"),
        put("narrow", "203.0.113.0/24")
    );
    ask(&mut world, "POST", &format!("cidrcollection/{collection}"), &body).unwrap();
    let lines = ["wide", "narrow", "*"].map(|location| {
        let value = match location {
            "wide" => 1,
            "narrow" => 2,
            _ => 3,
        };
        format!("CREATE a.example.com A id:{value} <CidrRoutingConfig><CollectionId>{collection}</CollectionId><LocationName>{location}</LocationName></CidrRoutingConfig> = 192.0.2.{value}")
    });
    change(&mut world, &id, &lines.each_ref().map(String::as_str)).unwrap();
    world.now_ms += 60_000;
    for (address, expected) in
        [("203.0.113.7", "192.0.2.2"), ("203.0.1.7", "192.0.2.1"), ("8.8.8.8", "192.0.2.3")]
    {
        let client = ClientLocation { address: address.parse().ok(), ..at("us-east-1") };
        assert_eq!(values(&world, "a.example.com", &client), expected, "{address}");
    }
}

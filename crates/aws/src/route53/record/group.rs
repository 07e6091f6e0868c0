//! How records fit together: one policy per name, CNAMEs alone, aliases without loops.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Diagnostic, dns};

use super::data::{CLOUDFRONT_ZONE, RecordType};
use super::member::{Member, Question};
use super::routing::{FailoverRole, GeoLocation, Routing, RoutingProps};

/// Where the records of a stack don't fit together.
pub(super) fn check(members: &[Member<'_>]) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = members.iter().flat_map(place).collect();
    let mut names: BTreeMap<(&str, &str), Vec<&Member<'_>>> = BTreeMap::new();
    for member in members {
        if let Some(name) = &member.name {
            names.entry((&member.zone, name)).or_default().push(member);
        }
    }
    for group in names.values() {
        found.extend(alone(group));
        let mut types: BTreeMap<RecordType, Vec<&Member<'_>>> = BTreeMap::new();
        for member in group {
            types.entry(member.record.record_type).or_default().push(member);
        }
        for group in types.values() {
            found.extend(policies(group));
        }
    }
    found.extend(aliases(members));
    found
}

/// What only works where everybody can ask.
fn in_private(member: &Member<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !member.private {
        return found;
    }
    if matches!(member.record.routing, Some(Routing::Cidr { .. })) {
        found.push(member.error("records of a private zone can't be chosen by address block"));
    }
    let zone = member.record.alias.as_ref().map(|alias| alias.target.zone_id.as_str());
    if zone == Some(CLOUDFRONT_ZONE) {
        found.push(member.error("an alias in a private zone can't point at CloudFront"));
    }
    found
}

/// Inside the zone, and CNAMEs and keys not at its own name.
fn place(member: &Member<'_>) -> Vec<Diagnostic> {
    let mut found = in_private(member);
    let (Some(name), Some(zone)) = (&member.name, &member.zone_name) else { return found };
    if !dns::is_within(name, zone) {
        let message = format!("the name {name} is not inside the zone {zone}");
        found.push(member.error(message).hint("leave the dot at its end out: names are relative"));
    }
    if name.ends_with(&format!(".{zone}{zone}")) || *name == format!("{zone}{zone}") {
        found.push(
            member
                .error(format!("the name {name} repeats the zone"))
                .hint("names are relative to the zone: write `api`, or end a full name with a dot"),
        );
    }
    let record_type = member.record.record_type;
    if name == zone && matches!(record_type, RecordType::Cname | RecordType::Ds) {
        found.push(
            member
                .error(format!("a {record_type} can't be at the zone's own name {zone}"))
                .hint("an alias can: RecordData::alias(…)"),
        );
    }
    found
}

/// A CNAME excludes every other type of its name.
fn alone(group: &[&Member<'_>]) -> Vec<Diagnostic> {
    let is_cname = |member: &&&Member<'_>| member.record.record_type == RecordType::Cname;
    match group.iter().find(|member| !is_cname(member)) {
        None => Vec::new(),
        Some(other) => group
            .iter()
            .filter(is_cname)
            .map(|member| {
                member.error(format!(
                    "{} is a CNAME, and {} gives the same name a record of type {}",
                    member.shown(),
                    other.declared.id,
                    other.record.record_type
                ))
            })
            .collect(),
    }
}

fn policy(member: &Member<'_>) -> String {
    member.record.routing.clone().map_or("simple".to_owned(), |it| RoutingProps::from(it).policy)
}

/// The records of one name and type: one kind of routing, every place once.
fn policies(group: &[&Member<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some((first, rest)) = group.split_first() else { return found };
    for other in rest {
        if policy(other) != policy(first) {
            found.push(other.error(format!(
                "{} {} is routed by {} here and by {} in {}: all records of a name and type are routed alike",
                other.record.record_type,
                other.shown(),
                policy(other),
                policy(first),
                first.declared.id
            )));
        } else if other.record.routing.is_none() {
            found.push(other.error(format!(
                "{} {} is already {}: give both a routing, or one of them another name",
                other.record.record_type,
                other.shown(),
                first.declared.id
            )));
        }
    }
    let mut identifiers: BTreeMap<&str, &Member<'_>> = BTreeMap::new();
    let mut places: BTreeMap<String, &Member<'_>> = BTreeMap::new();
    for member in group {
        let id = member.record.set_identifier.as_deref().unwrap_or_default();
        if member.record.routing.is_some()
            && let Some(first) = identifiers.insert(id, member)
        {
            found.push(member.error(format!(
                "the set identifier '{id}' is already that of {}",
                first.declared.id
            )));
        }
        let place = match &member.record.routing {
            Some(Routing::Latency(region)) => format!("the region {region}"),
            Some(Routing::Failover(FailoverRole::Primary)) => "the primary".to_owned(),
            Some(Routing::Failover(FailoverRole::Secondary)) => "the secondary".to_owned(),
            Some(Routing::Geolocation(location)) => format!("the location {location:?}"),
            Some(Routing::Cidr { location, .. }) => format!("the CIDR location {location}"),
            _ => continue,
        };
        if let Some(first) = places.get(&place) {
            found.push(member.error(format!(
                "{} {} already has {place}, in {}",
                member.record.record_type,
                member.shown(),
                first.declared.id
            )));
        }
        places.insert(place, member);
    }
    found.extend(whole_group(group));
    found
}

/// What a group as a whole lacks.
fn whole_group(group: &[&Member<'_>]) -> Vec<Diagnostic> {
    let Some(first) = group.first() else { return Vec::new() };
    let has = |wanted: &Routing| group.iter().any(|it| it.record.routing.as_ref() == Some(wanted));
    let what = format!("{} {}", first.record.record_type, first.shown());
    match &first.record.routing {
        Some(Routing::Failover(_)) => {
            let mut found = Vec::new();
            if !has(&Routing::Failover(FailoverRole::Primary)) {
                found.push(first.error(format!("{what} has a secondary and no primary")));
            }
            let cloudfront = group
                .iter()
                .filter(|it| {
                    it.record
                        .alias
                        .as_ref()
                        .is_some_and(|alias| alias.target.zone_id.as_str() == CLOUDFRONT_ZONE)
                })
                .count();
            if cloudfront > 1 {
                found.push(first.error(format!(
                    "{what}: CloudFront distributions can't be both halves of a failover pair"
                )));
            }
            found
        }
        Some(Routing::Geolocation(_)) if !has(&Routing::Geolocation(GeoLocation::Default)) => {
            vec![
                first
                    .warning(format!(
                        "{what} has no default location: clients that AWS can't place get no answer"
                    ))
                    .hint("add a record with Routing::Geolocation(GeoLocation::Default)"),
            ]
        }
        Some(Routing::Weighted(_)) => {
            let ttls: BTreeSet<u32> = group.iter().filter_map(|it| it.record.ttl).collect();
            if ttls.len() < 2 {
                return Vec::new();
            }
            vec![first.error(format!(
                "{what}: weighted records must have the same time to live, and have {ttls:?}"
            ))]
        }
        _ => Vec::new(),
    }
}

/// Aliases to records of the same zone: declared, and without loops.
fn aliases(members: &[Member<'_>]) -> Vec<Diagnostic> {
    let mut edges: BTreeMap<Question<'_>, BTreeSet<String>> = BTreeMap::new();
    let mut nodes: BTreeSet<Question<'_>> = BTreeSet::new();
    let mut targets: Vec<(&Member<'_>, String)> = Vec::new();
    for member in members {
        let Some(node) = member.question() else { continue };
        nodes.insert(node);
        if let Some(target) = member.same_zone_target() {
            edges.entry(node).or_default().insert(target.clone());
            targets.push((member, target));
        }
    }
    let mut found = Vec::new();
    for (member, target) in targets {
        let record_type = member.record.record_type;
        if !nodes.contains(&member.question_for(&target)) {
            found.push(member.warning(format!(
                "the alias points at {record_type} {target}, which this stack does not declare"
            )));
            continue;
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![target.clone()];
        while let Some(name) = open.pop() {
            if Some(&name) == member.name.as_ref() {
                found.push(member.error(format!("the alias to {target} comes back to itself")));
                break;
            }
            if seen.insert(name.clone()) {
                let next = edges.get(&member.question_for(&name));
                open.extend(next.into_iter().flatten().cloned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use bicoastal_model::{Region, Stack};
    use expect_test::{Expect, expect};

    use super::super::{RecordData, RecordSet, ZoneRef};
    use super::*;
    use crate::alias::AliasTarget;
    use crate::route53::{HostedZone, ZoneVpc};

    /// Declares a zone and records, each `(name, data, routing, identifier)`.
    fn found(records: &[(&str, RecordData, Routing, Option<&str>)]) -> String {
        let mut stack = Stack::new("test");
        let zone = stack.global().add("zone", HostedZone::builder().name("example.com").build());
        for (index, (name, data, routing, id)) in records.iter().enumerate() {
            let record = RecordSet::builder()
                .zone(&zone)
                .name(*name)
                .data(data.clone())
                .routing(routing.clone())
                .maybe_set_identifier(*id)
                .build();
            stack.global().add(format!("r{index}"), record);
        }
        let diagnostics = match stack.seal() {
            Ok(desired) => desired.warnings,
            Err(found) => found.0,
        };
        diagnostics
            .into_iter()
            .map(|it| {
                format!("{}: {}", it.id.map(|id| id.to_string()).unwrap_or_default(), it.message)
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn a(ttl: u32) -> RecordData {
        RecordData::values(RecordType::A, ttl, ["192.0.2.1"])
    }

    fn check(records: &[(&str, RecordData, Routing, Option<&str>)], expected: Expect) {
        expected.assert_eq(&found(records));
    }

    #[test]
    fn good_groups_pass() {
        let latency = |region| Routing::Latency(region);
        check(
            &[
                ("api", a(60), latency(Region::UsEast1), None),
                ("api", a(60), latency(Region::ApSouth1), None),
                ("", a(60), Routing::Simple, None),
                ("w", a(60), Routing::Weighted(0), Some("one")),
                ("w", a(60), Routing::Weighted(1), Some("two")),
            ],
            expect![""],
        );
    }

    #[test]
    fn all_records_of_a_name_and_type_are_routed_alike() {
        check(
            &[
                ("api", a(60), Routing::Latency(Region::UsEast1), None),
                ("api", a(60), Routing::Weighted(1), Some("w")),
                ("api", a(60), Routing::Latency(Region::UsEast1), Some("again")),
                ("www", a(60), Routing::Simple, None),
                ("www", a(60), Routing::Simple, None),
            ],
            expect![[r#"
                r1: A api.example.com. is routed by weighted here and by latency in r0: all records of a name and type are routed alike
                r2: A api.example.com. already has the region us-east-1, in r0
                r4: A www.example.com. is already r3: give both a routing, or one of them another name"#]],
        );
    }

    #[test]
    fn cnames_are_alone_and_names_inside_the_zone() {
        let cname = RecordData::values(RecordType::Cname, 60, ["other.example.net"]);
        check(
            &[
                ("c", cname.clone(), Routing::Simple, None),
                ("c", a(60), Routing::Simple, None),
                ("", cname, Routing::Simple, None),
                ("www.notexample.com.", a(60), Routing::Simple, None),
                ("www.example.com", a(60), Routing::Simple, None),
            ],
            expect![[r#"
                r2: a CNAME can't be at the zone's own name example.com.
                r3: the name www.notexample.com. is not inside the zone example.com.
                r4: the name www.example.com.example.com. repeats the zone
                r0: c.example.com. is a CNAME, and r1 gives the same name a record of type A"#]],
        );
    }

    #[test]
    fn groups_are_whole() {
        let geo = |code: &str| Routing::Geolocation(GeoLocation::Country(code.into()));
        check(
            &[
                ("f", a(60), Routing::Failover(FailoverRole::Secondary), None),
                ("g", a(60), geo("IN"), None),
                ("w", a(60), Routing::Weighted(1), Some("one")),
                ("w", a(30), Routing::Weighted(1), Some("one")),
            ],
            expect![[r#"
                r0: A f.example.com. has a secondary and no primary
                r1: A g.example.com. has no default location: clients that AWS can't place get no answer
                r3: the set identifier 'one' is already that of r2
                r2: A w.example.com.: weighted records must have the same time to live, and have {30, 60}"#]],
        );
    }

    #[test]
    fn cloudfront_is_not_both_halves_of_a_pair() {
        let half = |role| {
            let data = RecordData::Alias {
                record_type: RecordType::A,
                target: AliasTarget::new("d1.cloudfront.net", CLOUDFRONT_ZONE),
                evaluate_target_health: false,
            };
            ("f", data, Routing::Failover(role), None)
        };
        let said = found(&[half(FailoverRole::Primary), half(FailoverRole::Secondary)]);
        let pair = "CloudFront distributions can't be both halves of a failover pair";
        assert!(said.contains(pair), "{said}");
        let front = AliasTarget::new("front.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K");
        let other =
            ("f", RecordData::alias(front), Routing::Failover(FailoverRole::Secondary), None);
        assert!(!found(&[half(FailoverRole::Primary), other]).contains(pair));
    }

    #[test]
    fn private_zones_take_no_address_blocks_and_no_cloudfront() {
        let said = |private: bool| {
            let mut stack = Stack::new("test");
            let zone = HostedZone::builder().name("example.com");
            let zone = match private {
                true => zone.vpcs(vec![ZoneVpc::new(Region::UsEast1, "vpc-1")]).build(),
                false => zone.build(),
            };
            let zone = stack.global().add("zone", zone);
            let block = Routing::Cidr { collection: "c".into(), location: "*".into() };
            let cloudfront = AliasTarget::new("d1.cloudfront.net", CLOUDFRONT_ZONE);
            let alias = RecordData::Alias {
                record_type: RecordType::A,
                target: cloudfront,
                evaluate_target_health: false,
            };
            for (name, data, routing) in [("a", a(60), block), ("b", alias, Routing::Simple)] {
                let record = RecordSet::builder().zone(&zone).name(name).data(data);
                stack.global().add(name, record.routing(routing).build());
            }
            match stack.seal() {
                Ok(_) => String::new(),
                Err(found) => {
                    found.0.into_iter().map(|it| it.message).collect::<Vec<_>>().join("\n")
                }
            }
        };
        expect![[""]].assert_eq(&said(false));
        expect![[r#"
            records of a private zone can't be chosen by address block
            an alias in a private zone can't point at CloudFront"#]]
        .assert_eq(&said(true));
    }

    #[test]
    fn aliases_come_to_an_end() {
        let zone = ZoneRef::new("Z1", "example.com");
        let to = |name: &str| RecordData::alias(zone.record(name));
        let mut stack = Stack::new("test");
        for (from, target) in [("a", "b"), ("b", "a"), ("c", "d")] {
            let record = RecordSet::builder().zone(&zone).name(from).data(to(target)).build();
            stack.global().add(from, record);
        }
        let elsewhere = AliasTarget::new("front.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K");
        let record = RecordSet::builder().zone(&zone).name("e").alias(elsewhere).build();
        stack.global().add("e", record);
        let found = stack.seal().unwrap_err();
        let messages: Vec<String> = found.0.into_iter().map(|it| it.message).collect();
        expect![[r#"
            the alias to b.example.com. comes back to itself
            the alias to a.example.com. comes back to itself
            the alias points at A d.example.com., which this stack does not declare"#]]
        .assert_eq(&messages.join("\n"));
    }
}

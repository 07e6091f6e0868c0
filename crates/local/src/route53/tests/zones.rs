use expect_test::expect;

use super::*;

#[test]
fn a_zone_is_pending_and_then_in_sync() {
    let mut world = World::default();
    let answer = ask(
        &mut world,
        "POST",
        "hostedzone",
        "<CreateHostedZoneRequest><Name>Example.COM</Name><CallerReference>r</CallerReference></CreateHostedZoneRequest>",
    )
    .unwrap();
    let change = answer.get("ChangeInfo").unwrap().text_of("Id").unwrap().to_owned();
    let status = |world: &mut World| {
        let answer = ask(world, "GET", change.trim_start_matches('/'), "").unwrap();
        answer.get("ChangeInfo").unwrap().text_of("Status").unwrap().to_owned()
    };
    assert_eq!(answer.get("HostedZone").unwrap().text_of("Name"), Some("example.com."));
    assert_eq!(status(&mut world), "PENDING");
    world.now_ms += 29_999;
    assert_eq!(status(&mut world), "PENDING");
    world.now_ms += 1;
    assert_eq!(status(&mut world), "INSYNC");
    world.now_ms += 2 * 86_400_000;
    expect!["404 NoSuchChange Could not find resource with ID: CG6NLVXBQZLJSW8YVHDGR"]
        .assert_eq(&refusal(&mut world, "GET", change.trim_start_matches('/'), ""));
}

#[test]
fn two_public_zones_may_bear_a_name_and_a_reference_serves_once() {
    let (mut world, first) = zone();
    let second = new_zone(&mut world, "example.com", "ref-2", "");
    assert_ne!(first, second);
    let body = "<CreateHostedZoneRequest><Name>x.org</Name><CallerReference>ref-1</CallerReference></CreateHostedZoneRequest>";
    expect!["409 HostedZoneAlreadyExists A hosted zone has already been created with the specified caller reference."]
        .assert_eq(&refusal(&mut world, "POST", "hostedzone", body));
    let page =
        ask(&mut world, "GET", "hostedzonesbyname?dnsname=example.com&maxitems=1", "").unwrap();
    assert_eq!(page.text_of("IsTruncated"), Some("true"));
    let next = format!(
        "hostedzonesbyname?dnsname={}&hostedzoneid={}",
        page.text_of("NextDNSName").unwrap(),
        page.text_of("NextHostedZoneId").unwrap()
    );
    let rest = ask(&mut world, "GET", &next, "").unwrap();
    assert_eq!(rest.get("HostedZones").unwrap().children.len(), 1);
}

#[test]
fn only_an_empty_zone_is_deleted() {
    let (mut world, id) = zone();
    change(&mut world, &id, &["CREATE a.example.com A = 192.0.2.1"]).unwrap();
    let path = format!("hostedzone/{id}");
    expect!["400 HostedZoneNotEmpty The specified hosted zone contains non-required resource record sets and so cannot be deleted."]
        .assert_eq(&refusal(&mut world, "DELETE", &path, ""));
    change(&mut world, &id, &["DELETE a.example.com A = 192.0.2.1"]).unwrap();
    assert!(world.route53.protect_record(ACCOUNT, &id, "b.example.com", "A", "hands off"));
    assert!(refusal(&mut world, "DELETE", &path, "").contains("HostedZoneNotEmpty"));
    world.route53.account_mut(ACCOUNT).zones.get_mut(&id).unwrap().protections.clear();
    ask(&mut world, "DELETE", &path, "").unwrap();
    assert!(refusal(&mut world, "DELETE", &path, "").starts_with("404 NoSuchHostedZone"));
}

#[test]
fn a_private_zone_keeps_its_last_vpc() {
    let mut world = World::default();
    let vpc = |id: &str| format!("<VPC><VPCRegion>us-east-1</VPCRegion><VPCId>{id}</VPCId></VPC>");
    let id = new_zone(&mut world, "corp", "p", &vpc("vpc-1"));
    let path = |verb: &str| format!("hostedzone/{id}/{verb}");
    let leave = |id: &str| {
        format!(
            "<DisassociateVPCFromHostedZoneRequest>{}</DisassociateVPCFromHostedZoneRequest>",
            vpc(id)
        )
    };
    let join = |id: &str| {
        format!(
            "<AssociateVPCWithHostedZoneRequest>{}</AssociateVPCWithHostedZoneRequest>",
            vpc(id)
        )
    };
    assert!(
        refusal(&mut world, "POST", &path("disassociatevpc"), &leave("vpc-1"))
            .starts_with("400 LastVPCAssociation")
    );
    ask(&mut world, "POST", &path("associatevpc"), &join("vpc-2")).unwrap();
    ask(&mut world, "POST", &path("disassociatevpc"), &leave("vpc-1")).unwrap();
    assert!(
        refusal(&mut world, "POST", &path("disassociatevpc"), &leave("vpc-1"))
            .starts_with("404 VPCAssociationNotFound")
    );
    // Somebody else's VPC needs the owner's consent.
    let foreign = call_as("111111111111", "POST", &path("associatevpc"), &join("vpc-9"));
    let fault = super::super::handle(&mut world, &foreign).unwrap_err();
    assert_eq!((fault.status, fault.code.as_str()), (401, "NotAuthorizedException"));
    let consent = format!(
        "<CreateVPCAssociationAuthorizationRequest>{}</CreateVPCAssociationAuthorizationRequest>",
        vpc("vpc-9")
    );
    ask(&mut world, "POST", &path("authorizevpcassociation"), &consent).unwrap();
    super::super::handle(&mut world, &foreign).unwrap();
}

#[test]
fn accelerated_recovery_locks_the_zone_for_a_while() {
    let (mut world, id) = zone();
    let path = format!("hostedzone/{id}/features");
    let body = "<UpdateHostedZoneFeaturesRequest><EnableAcceleratedRecovery>true</EnableAcceleratedRecovery></UpdateHostedZoneFeaturesRequest>";
    ask(&mut world, "POST", &path, body).unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let zone = ask(&mut world, "GET", &format!("hostedzone/{id}"), "").unwrap();
        let features = zone.get("HostedZone").unwrap().get("Features").unwrap();
        let edit = change(&mut world, &id, &["UPSERT a.example.com A = 192.0.2.1"]);
        seen.push(format!(
            "{} {}",
            features.text_of("AcceleratedRecoveryStatus").unwrap(),
            edit.map_or_else(|error| error, |_| "edited".into())
        ));
        world.now_ms += 60_000;
    }
    expect![[r#"
        ENABLING edited
        ENABLING_HOSTED_ZONE_LOCKED 400 PriorRequestNotComplete The request was rejected because Route 53 was still processing a prior request.
        ENABLED edited"#]]
    .assert_eq(&seen.join("\n"));
}

#[test]
fn requests_are_throttled_per_action_and_account_on_request() {
    let (mut world, _) = zone();
    world.route53.throttling.enabled = true;
    let status = |world: &mut World| ask(world, "GET", "hostedzonecount", "");
    let passed = (0..60).filter(|_| status(&mut world).is_ok()).count();
    assert_eq!(passed, 50);
    assert_eq!(status(&mut world).unwrap_err(), "400 Throttling Rate exceeded");
    world.now_ms += 1_000;
    let passed = (0..60).filter(|_| status(&mut world).is_ok()).count();
    assert_eq!(passed, 10);
    let other = call_as("111111111111", "GET", "hostedzonecount", "");
    assert!(super::super::handle(&mut world, &other).is_ok());
}

#[test]
fn tags_come_in_tens() {
    let (mut world, id) = zone();
    let path = format!("tags/hostedzone/{id}");
    let tags = |count: usize| {
        let tags: String =
            (0..count).map(|n| format!("<Tag><Key>k{n}</Key><Value>v</Value></Tag>")).collect();
        format!(
            "<ChangeTagsForResourceRequest><AddTags>{tags}</AddTags></ChangeTagsForResourceRequest>"
        )
    };
    ask(&mut world, "POST", &path, &tags(10)).unwrap();
    assert!(refusal(&mut world, "POST", &path, &tags(11)).starts_with("400 InvalidInput"));
    let set = ask(&mut world, "GET", &path, "").unwrap();
    assert_eq!(set.get("ResourceTagSet").unwrap().get("Tags").unwrap().children.len(), 10);
    assert!(refusal(&mut world, "GET", "tags/zone/x", "").starts_with("400 InvalidInput"));
}

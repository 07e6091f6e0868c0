use expect_test::expect;

use super::super::health::Health;
use super::*;

fn create(world: &mut World, reference: &str, config: &str) -> Result<String, String> {
    let body = format!(
        "<CreateHealthCheckRequest><CallerReference>{reference}</CallerReference><HealthCheckConfig>{config}</HealthCheckConfig></CreateHealthCheckRequest>"
    );
    let answer = ask(world, "POST", "healthcheck", &body)?;
    Ok(answer.get("HealthCheck").unwrap().text_of("Id").unwrap().to_owned())
}

const HTTP: &str =
    "<Type>HTTP</Type><FullyQualifiedDomainName>a.example.com</FullyQualifiedDomainName>";

#[test]
fn a_reference_and_its_settings_are_one_check_for_ever() {
    let mut world = World::default();
    let first = create(&mut world, "r", HTTP).unwrap();
    assert_eq!(create(&mut world, "r", HTTP).unwrap(), first);
    let other = HTTP.replace("a.example", "b.example");
    assert!(
        create(&mut world, "r", &other).unwrap_err().starts_with("409 HealthCheckAlreadyExists")
    );
    ask(&mut world, "DELETE", &format!("healthcheck/{first}"), "").unwrap();
    assert!(create(&mut world, "r", HTTP).unwrap_err().starts_with("409 HealthCheckAlreadyExists"));
    world.now_ms += 8 * 86_400_000;
    assert_ne!(create(&mut world, "r", HTTP).unwrap(), first);
}

#[test]
fn updates_hold_on_to_the_version_and_unset_only_by_name() {
    let mut world = World::default();
    let id = create(&mut world, "r", &format!("{HTTP}<ResourcePath>/a</ResourcePath>")).unwrap();
    let path = format!("healthcheck/{id}");
    let update = |world: &mut World, fields: &str| {
        ask(
            world,
            "POST",
            &path,
            &format!("<UpdateHealthCheckRequest>{fields}</UpdateHealthCheckRequest>"),
        )
    };
    let reset = "<HealthCheckVersion>1</HealthCheckVersion><ResetElements><ResettableElementName>ResourcePath</ResettableElementName></ResetElements>";
    let answer = update(&mut world, reset).unwrap();
    let check = answer.get("HealthCheck").unwrap();
    assert_eq!(check.text_of("HealthCheckVersion"), Some("2"));
    assert_eq!(check.get("HealthCheckConfig").unwrap().text_of("ResourcePath"), None);
    assert!(update(&mut world, reset).unwrap_err().starts_with("409 HealthCheckVersionMismatch"));
    expect!["400 InvalidInput Invalid parameter : IPAddress cannot be added to or removed from an existing health check"]
        .assert_eq(&update(&mut world, "<IPAddress>8.8.8.8</IPAddress>").unwrap_err());
}

#[test]
fn each_type_has_its_fields() {
    let mut world = World::default();
    let mut refused = Vec::new();
    for config in [
        "<Type>HTTP</Type>",
        "<Type>TCP</Type><IPAddress>8.8.8.8</IPAddress>",
        "<Type>HTTP</Type><IPAddress>192.168.0.1</IPAddress>",
        "<Type>HTTPS_STR_MATCH</Type><IPAddress>8.8.8.8</IPAddress>",
        "<Type>HTTP</Type><IPAddress>8.8.8.8</IPAddress><RequestInterval>20</RequestInterval>",
        "<Type>HTTP</Type><IPAddress>8.8.8.8</IPAddress><Regions><Region>us-east-1</Region></Regions>",
        "<Type>CALCULATED</Type>",
        "<Type>CLOUDWATCH_METRIC</Type>",
        "<Type>RECOVERY_CONTROL</Type>",
        "<Type>PING</Type>",
    ] {
        refused.push(create(&mut world, "r", config).unwrap_err());
    }
    expect![[r#"
        400 InvalidInput Invalid parameter : Either IPAddress or FullyQualifiedDomainName must be specified
        400 InvalidInput Invalid parameter : Port is required for health checks of type TCP
        400 InvalidInput Invalid parameter : IPAddress 192.168.0.1 is not one that the checkers can reach
        400 InvalidInput Invalid parameter : SearchString is required for health checks of type HTTPS_STR_MATCH
        400 InvalidInput Invalid parameter : RequestInterval must be 10 or 30
        400 InvalidInput Invalid parameter : Regions must have at least three members
        400 InvalidInput Invalid parameter : HealthThreshold is required for health checks of type CALCULATED
        400 InvalidInput Invalid parameter : AlarmIdentifier is required for health checks of type CLOUDWATCH_METRIC
        400 InvalidInput Invalid parameter : RoutingControlArn is required for health checks of type RECOVERY_CONTROL
        400 InvalidInput 1 validation error detected: Value 'PING' at 'healthCheckConfig.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, HTTPS, HTTP_STR_MATCH, HTTPS_STR_MATCH, TCP, CALCULATED, CLOUDWATCH_METRIC, RECOVERY_CONTROL]"#]]
    .assert_eq(&refused.join("\n"));
}

#[test]
fn health_is_seen_then_inverted_and_disabled_means_healthy() {
    let mut world = World::default();
    let plain = create(&mut world, "1", HTTP).unwrap();
    let inverted = create(&mut world, "2", &format!("{HTTP}<Inverted>true</Inverted>")).unwrap();
    let disabled = create(&mut world, "3", &format!("{HTTP}<Disabled>true</Disabled>")).unwrap();
    let both = format!(
        "<Type>CALCULATED</Type><HealthThreshold>2</HealthThreshold><ChildHealthChecks><ChildHealthCheck>{plain}</ChildHealthCheck><ChildHealthCheck>{disabled}</ChildHealthCheck></ChildHealthChecks>"
    );
    let both = create(&mut world, "4", &both).unwrap();
    let alarm = create(&mut world, "5", "<Type>CLOUDWATCH_METRIC</Type><AlarmIdentifier><Region>us-east-1</Region><Name>a</Name></AlarmIdentifier><InsufficientDataHealthStatus>Unhealthy</InsufficientDataHealthStatus>").unwrap();
    let states = |world: &World| {
        let account = world.route53.account(ACCOUNT).unwrap();
        [&plain, &inverted, &disabled, &both, &alarm].map(|id| account.is_healthy(id, &|_| None))
    };
    assert_eq!(states(&world), [true, false, true, true, true]);
    for id in [&plain, &inverted, &disabled] {
        world.route53.set_health(ACCOUNT, id, Health::Unhealthy);
    }
    world.route53.set_health(ACCOUNT, &alarm, Health::InsufficientData { last_healthy: true });
    assert_eq!(states(&world), [false, true, true, false, false]);
}

//! The reference architecture: two regions that serve at the same time.
//!
//! `cargo run --example active_active` plans it, applies it to the embedded local AWS, plans again
//! and prints what was made. `-- plan`, `-- drift`, `-- destroy` … do one thing each;
//! `-- --cloud aws plan` is the real thing.

use bicoastal::cli::ByRegion;
use bicoastal::local::seed;
use bicoastal::prelude::*;

fn main() -> ExitCode {
    bicoastal::cli::run_with("active-active", declare)
}

/// What differs from account to account. The defaults are what the local AWS knows.
#[derive(clap::Args)]
pub(crate) struct Flags {
    /// The zone that users reach
    #[arg(long, default_value = "naveenteja.cloud")]
    domain: String,
    /// What bucket names begin with
    #[arg(long, default_value = "naveenteja-assets")]
    buckets: String,
    /// Two or more subnets of a region, in different zones: us-east-1=subnet-1,subnet-2
    #[arg(long, value_name = "REGION=IDS")]
    subnets: Vec<ByRegion>,
    /// The VPC of a region
    #[arg(long, value_name = "REGION=ID")]
    vpc: Vec<ByRegion>,
    /// The certificate of a region's load balancer
    #[arg(long, value_name = "REGION=ARN")]
    certificate: Vec<ByRegion>,
    /// Use this load balancer, which exists in every region, instead of creating one
    #[arg(long, value_name = "NAME")]
    load_balancer: Option<String>,
    /// The database's first master password
    #[arg(long, default_value = "change-me-soon")]
    database_password: String,
}

/// Everything that serves naveenteja.cloud, in every region at once.
pub(crate) fn declare(stack: &mut Stack, flags: &Flags) {
    serve_from(stack, flags, &ActiveRegions::new(Region::UsEast1, Region::ApSouth1));
}

pub(crate) fn serve_from(stack: &mut Stack, flags: &Flags, regions: &ActiveRegions) {
    stack.rollout(Rollout::OneRegionAtATime).tag("Project", "active-active");
    // A check sees a lost region in 30 s, and resolvers keep a load balancer's answer for 60 s more.
    stack.rto(Duration::from_secs(90));
    let subnets = regions.map(|region| {
        ByRegion::pick(&flags.subnets, region, || seed::subnet_ids(region.code()).to_vec())
    });

    // Session state: one table, written in every region, last writer wins.
    let sessions = stack.across(regions).add(
        "user-sessions",
        Table::builder()
            .name("user-sessions")
            .partition_key(Key::string("session_id"))
            .billing(Billing::OnDemand)
            .stream(StreamView::NewAndOldImages)
            .point_in_time_recovery(true)
            .writes(WriteMode::AnyRegion)
            .build(),
    );
    stack.protect(&sessions);

    // Orders: written in one region at a time, replicated to the others in under a second.
    let keys = regions.map(|region| {
        stack.region(region).lookup("rds-key", kms::Key::alias("alias/aws/rds")).arn()
    });
    let database = aurora::global_database(
        stack,
        "app",
        regions,
        aurora::GlobalDatabase::builder()
            .engine(Engine::AuroraPostgresql)
            .engine_version("16.8")
            .database_name("app")
            .master_username("app_admin")
            .master_password(flags.database_password.as_str())
            .instances_per_region(2)
            .instance_class("db.r6g.large")
            .subnets(subnets.map(|_, ids| ids.iter().map(|id| id.as_str().into()).collect()))
            .kms_keys(keys.map(|_, key| key.into()))
            .write_forwarding(true)
            .final_snapshots(false) // a rehearsal leaves nothing behind
            .build(),
    );

    // Static assets: a bucket per region, each copied to the others.
    let assets = replicated_buckets(stack, &flags.buckets, regions);

    // Each user goes to the nearest region that is healthy.
    let zone = stack.global().add("zone", HostedZone::builder().name(&flags.domain).build());
    let fronts = regions.map(|region| {
        let front = front(stack, flags, region, &subnets);
        let alive = HealthCheck::https(front.dns_name()).path("/healthz").interval(Interval::Fast);
        let alive = stack.global().add(region.named("alive"), alive.build());
        stack.export(region.named("endpoint"), front.dns_name());
        RegionalFront::new(front.alias_target()).health_check(alive.id())
    });
    latency_name(stack, &zone, "api", &fronts);

    stack.export("users reach", text!("https://api.{}", flags.domain.as_str()));
    stack.export("zone", zone.id()).export("name servers", zone.name_servers());
    stack.export("sessions", sessions.arn()).export("database", database.global.endpoint());
    for (region, cluster) in database.clusters.iter() {
        stack.export(region.named("database"), cluster.reader_endpoint());
    }
    for (region, bucket) in assets.buckets.iter() {
        stack.export(region.named("assets"), bucket.name());
    }
}

/// What serves in one region: a load balancer whose targets are registered by whoever deploys them.
fn front(
    stack: &mut Stack,
    flags: &Flags,
    region: Region,
    subnets: &PerRegion<Vec<String>>,
) -> LoadBalancerHandle {
    if let Some(name) = &flags.load_balancer {
        return stack.region(region).lookup("front", LoadBalancer::named(name));
    }
    let vpc = ByRegion::one(&flags.vpc, region, || seed::vpc_id(region.code()));
    let certificate = ByRegion::one(&flags.certificate, region, || {
        seed::certificate_arn("000000000000", region.code())
    });
    let mut here = stack.region(region);
    let balancer = here.add(
        "front",
        LoadBalancer::builder()
            .name("api")
            .subnets(subnets.get(region).into_iter().flatten().map(String::as_str))
            .build(),
    );
    let targets = here.add(
        "targets",
        TargetGroup::builder()
            .name(Name::generated("api"))
            .target_type(TargetType::Ip)
            .protocol(TargetProtocol::Http)
            .port(8080)
            .vpc(vpc)
            .build(),
    );
    here.add(
        "https",
        Listener::builder()
            .load_balancer(balancer.arn())
            .port(443)
            .protocol(ListenerProtocol::Https)
            .certificate(certificate)
            .ssl_policy("ELBSecurityPolicy-TLS13-1-2-2021-06")
            .default_actions([ListenerAction::forward(targets.arn())])
            .build(),
    );
    balancer
}

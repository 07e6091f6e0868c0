//! The reference architecture with a little more, as it was and as it is after an edit: what the
//! crash tests update and replace. Its ids and names are the same before and after.

#[path = "../../examples/active_active.rs"]
#[allow(dead_code, reason = "the example's own `main`")]
mod active_active;
#[path = "portable.rs"]
mod portable;

use bicoastal::aws::s3::{Expiration, LifecycleRule};
use bicoastal::prelude::*;

fn main() -> ExitCode {
    bicoastal::cli::run_with("active-active", declare)
}

#[derive(clap::Args)]
pub(crate) struct Program {
    #[command(flatten)]
    own: active_active::Flags,
    /// What changed in the program
    #[arg(long, value_enum, default_value_t = Edit::None)]
    pub(crate) edit: Edit,
    /// What moto can carry, instead: in a VPC
    #[arg(long, requires = "portable_subnets")]
    portable_vpc: Option<String>,
    /// … with these subnets
    #[arg(long, value_delimiter = ',')]
    portable_subnets: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Edit {
    /// Nothing yet
    None,
    /// Many things at once, all of them in place
    Update,
    /// A third region
    Region,
    /// What AWS can't change in place
    Replace,
}

pub(crate) fn declare(stack: &mut Stack, flags: &Program) {
    if let Some(vpc) = &flags.portable_vpc {
        return portable::declare(stack, vpc, &flags.portable_subnets);
    }
    let two = ActiveRegions::new(Region::UsEast1, Region::ApSouth1);
    let regions = if flags.edit == Edit::Region { two.clone().and(Region::EuWest1) } else { two };
    active_active::serve_from(stack, &flags.own, &regions);
    more(stack, flags.edit, &regions);
}

/// Something of each kind that the architecture itself would only change with all of it.
fn more(stack: &mut Stack, edit: Edit, regions: &ActiveRegions) {
    let updated = edit == Edit::Update;
    let replaced = edit == Edit::Replace;
    if updated {
        stack.tag("Team", "platform");
    }

    let notes = Table::builder()
        .name("notes")
        .partition_key(Key::string(if replaced { "note" } else { "id" }))
        .billing(Billing::OnDemand)
        .stream(StreamView::NewAndOldImages)
        .point_in_time_recovery(updated)
        .maybe_time_to_live(updated.then_some("expires"))
        .writes(WriteMode::AnyRegion);
    stack.across(regions).add("notes", notes.build());

    let zone = stack.global().add("more", HostedZone::builder().name("more.example").build());
    let texts = if updated { vec!["one", "two"] } else { vec!["one"] };
    let text =
        RecordSet::builder().zone(&zone).name("text").txt(if updated { 60 } else { 300 }, texts);
    stack.global().add("text", text.build());
    let check = if replaced {
        HealthCheck::tcp("status.more.example", 443).interval(Interval::Fast).build()
    } else {
        HealthCheck::https("status.more.example").interval(Interval::Fast).build()
    };
    let status = stack.global().add("status", check);
    let www = RecordSet::builder()
        .zone(&zone)
        .name("www")
        .routing(Routing::Weighted(1))
        .set_identifier("all")
        .cname(60, if updated { "new.more.example" } else { "old.more.example" })
        .health_check(status.id());
    stack.global().add("www", www.build());

    let days = if updated { 30 } else { 90 };
    let logs = Bucket::builder()
        .name(if replaced { "more-logs-renamed" } else { "more-logs" })
        .lifecycle([LifecycleRule::builder("old").expiration(Expiration::Days(days)).build()]);
    let logs = stack.region(Region::UsEast1).add("logs", logs.build());
    let mut actions = vec!["s3:PutObject"];
    if updated {
        actions.push("s3:GetObject");
    }
    let write = Statement::builder().action(actions).resource([logs.objects()]).build();
    let role = Role::builder()
        .name("more-writer")
        .assume_role_policy(PolicyDocument::trust_service("ec2.amazonaws.com"))
        .inline_policy("write", PolicyDocument::new([write]));
    stack.global().add("writer", role.build());

    let mut here = stack.region(Region::UsEast1);
    let targets = TargetGroup::builder()
        .name(Name::generated("more"))
        .target_type(TargetType::Ip)
        .protocol(TargetProtocol::Http)
        .port(if replaced { 8081 } else { 8080 })
        .vpc(bicoastal::local::seed::vpc_id("us-east-1"));
    let targets = here.add("more-targets", targets.build());
    let front = LoadBalancer::builder()
        .name("more")
        .subnets(bicoastal::local::seed::subnet_ids("us-east-1"))
        .maybe_scheme(replaced.then_some(Scheme::Internal));
    let front = here.add("more-front", front.build());
    let http = Listener::builder()
        .load_balancer(front.arn())
        .port(80)
        .protocol(ListenerProtocol::Http)
        .default_actions([ListenerAction::forward(targets.arn())]);
    here.add("more-http", http.build());
    if updated {
        let third = DbInstance::builder()
            .identifier("app-us-east-1-3")
            .cluster("app-us-east-1")
            .engine(Engine::AuroraPostgresql)
            .class("db.r6g.large");
        here.add("app-3", third.build());
    }
}

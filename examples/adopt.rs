//! Takes over what others made: by word (`import`), from a Terraform state, and in the program.
//!
//! `cargo run --example adopt` runs it on the embedded local AWS, in memory: somebody has made a
//! zone, a record and a bucket by hand; the program declares them as they are, and takes them over
//! without touching them. What is left to do then is to mark them as ours.
#![allow(clippy::print_stdout, reason = "it is a command-line tool; only the library never prints")]

use std::collections::BTreeMap;
use std::error::Error;

use aws_sdk_route53::types as dns;
use bicoastal::local::Cloud;
use bicoastal::prelude::*;
use bicoastal::recover::terraform;
use bicoastal::runtime::Quiet;
use bicoastal::{
    Cancel, Connection, Desired, FileStore, ImportOptions, PlanOptions, ResourceId, local_engine,
    render,
};

/// What is there already, declared as it is.
pub(crate) fn declare(stack: &mut Stack) {
    let zone = stack.global().add("zone", HostedZone::builder().name("example.com").build());
    let www = RecordSet::builder().zone(&zone).name("www").a(300, ["192.0.2.1"]).build();
    stack.global().add("www", www);
    let files = Bucket::builder().name("example-files").build();
    let files = stack.region(Region::EuWest1).add("files", files);
    // In the program, where everybody sees it; it may stay there.
    stack.adopt(&files, "example-files");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let state = std::env::temp_dir().join(format!("bicoastal-adopt-{}", std::process::id()));
    let told = story(FileStore::new(&state), &mut |text| println!("{text}")).await;
    let _ = std::fs::remove_dir_all(&state);
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

pub(crate) async fn story(
    store: FileStore,
    say: &mut dyn FnMut(String),
) -> Result<(), Box<dyn Error>> {
    let cloud = Cloud::new();
    let zone = by_hand(&cloud).await?;
    let engine = local_engine(&cloud, store);
    let options = PlanOptions::default();
    let desired = sealed()?;

    if let Err(clash) = engine.plan(&desired, &options).await {
        say(format!("It is there, and it is not ours:\n{clash}"));
    }
    // `adopt import zone Z…` on a program's command line does the same.
    let named = BTreeMap::from([(ResourceId::from("zone"), zone.clone())]);
    let found = engine.import(&desired, ImportOptions { named, ..Default::default() }).await?;
    engine.keep(found).await?;

    // And from a Terraform state what is left: the record, by zone, name and type.
    let terraform = terraform::read(&format!(
        r#"{{"version": 4, "resources": [{{
            "mode": "managed", "type": "aws_route53_record", "name": "www", "instances": [{{
                "attributes": {{"zone_id": "{zone}", "fqdn": "www.example.com", "type": "A"}}
            }}]
        }}]}}"#
    ))?;
    let found = engine.import(&desired, ImportOptions { terraform, ..Default::default() }).await?;
    for it in &found.rebuilt.claimed {
        say(format!("Taken over: {} as {}", it.physical.replace(&zone, "ZONE"), it.key.id));
    }
    engine.keep(found).await?;

    let plan = engine.plan(&desired, &options).await?;
    say(format!("What is left to do:\n{}", render::plain(&render::plan(&plan))));
    engine.apply(plan, &desired, &options, &Quiet, &Cancel::new()).await?;
    let again = engine.plan(&desired, &options).await?;
    say(render::plain(&render::plan(&again)));
    Ok(())
}

fn sealed() -> Result<Desired, Box<dyn Error>> {
    let mut stack = Stack::new("adopt");
    declare(&mut stack);
    Ok(stack.seal()?)
}

/// Somebody at the console; the id of the zone.
async fn by_hand(cloud: &Cloud) -> Result<String, Box<dyn Error>> {
    let config = Connection::base("000000000000")
        .http_client(cloud.http_client())
        .sleep_impl(cloud.sleep_impl())
        .time_source(cloud.time_source())
        .build();
    let route53 = aws_sdk_route53::Client::new(&config);
    let made = route53.create_hosted_zone().name("example.com").caller_reference("console");
    let made = made.send().await?;
    let id = made.hosted_zone().map(|zone| zone.id()).unwrap_or_default();
    let record = dns::ResourceRecordSet::builder()
        .name("www.example.com")
        .r#type(dns::RrType::A)
        .ttl(300)
        .resource_records(dns::ResourceRecord::builder().value("192.0.2.1").build()?)
        .build()?;
    let change = dns::Change::builder()
        .action(dns::ChangeAction::Create)
        .resource_record_set(record)
        .build()?;
    let batch = dns::ChangeBatch::builder().changes(change).build()?;
    route53.change_resource_record_sets().hosted_zone_id(id).change_batch(batch).send().await?;

    let region = aws_sdk_s3::config::Region::new("eu-west-1");
    let s3 = aws_sdk_s3::config::Builder::from(&config).region(region).force_path_style(true);
    let s3 = aws_sdk_s3::Client::from_conf(s3.build());
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuWest1)
        .build();
    s3.create_bucket().bucket("example-files").create_bucket_configuration(place).send().await?;
    Ok(id.trim_start_matches("/hostedzone/").to_owned())
}

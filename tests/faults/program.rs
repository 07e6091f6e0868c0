//! A program with something of every kind, and a look-up of each that can be looked up.

use bicoastal::Desired;
use bicoastal::prelude::*;
use clap::Parser as _;

use crate::common::seal;
use crate::edited::{self, Edit};

#[derive(clap::Parser)]
struct Given {
    #[command(flatten)]
    program: edited::Program,
}

/// The reference architecture with a little more, as an edit leaves it.
pub fn declared(edit: Edit) -> Desired {
    seal(|stack| declare(stack, edit))
}

fn declare(stack: &mut Stack, edit: Edit) {
    let mut flags = Given::parse_from(["faults"]).program;
    flags.edit = edit;
    edited::declare(stack, &flags);
    let read = Statement::builder().action(["s3:GetObject"]).resource(["*"]).build();
    let reader = Policy::builder().name("more-reader").document(PolicyDocument::new([read]));
    stack.global().add("reader", reader.build());
}

/// The same, which also looks up what is there since it was applied.
pub fn looked_up() -> Desired {
    seal(|stack| {
        declare(stack, Edit::None);
        let regions = ActiveRegions::new(Region::UsEast1, Region::ApSouth1);
        let zone = stack.global().lookup("found-zone", HostedZone::named("more.example"));
        let table = stack.across(&regions).lookup("found-table", Table::named("notes"));
        let mut here = stack.region(Region::UsEast1);
        let cluster = here.lookup("found-cluster", DbCluster::named("app-us-east-1"));
        let bucket = here.lookup("found-bucket", Bucket::named("more-logs"));
        let front = here.lookup("found-front", LoadBalancer::named("more"));
        stack.export("zone found", zone.id()).export("table found", table.arn());
        stack.export("cluster found", cluster.arn()).export("bucket found", bucket.arn());
        stack.export("front found", front.arn());
    })
}

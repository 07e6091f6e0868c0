//! Relational Database Service: Aurora clusters, their instances, and global databases over them.
//!
//! What clients can observe is modelled: who writes, what is being done, what is refused and in
//! which words. No SQL is spoken and no row is stored.

mod backups;
mod catalog;
mod cluster;
mod context;
mod engines;
mod events;
mod fault;
mod global;
mod instance;
mod names;
mod page;
mod parameter_group;
mod parameters;
mod roles;
mod snapshot;
mod state;
mod subnet_group;
mod tags;
mod windows;

use crate::call::Call;
use crate::query;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

use context::Context;
use state::Account;
pub use state::State;

/// The elements inside an operation's result.
type Answer = Result<Vec<Element>, Fault>;

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let request_id = world.request_id();
    // The state steps out of the world, so that both can be borrowed; it is put back whatever happens.
    let mut state = std::mem::take(&mut world.rds);
    let account = state.account_mut(&call.account);
    let mut context = Context::new(world, call);
    let answer = perform(&mut context, account);
    roles::reconcile(account, context.world, context.world.now_ms);
    world.rds = state;
    Ok(query::answer(call, &request_id, answer?))
}

fn perform(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    match cx.operation {
        "AddRoleToDBCluster" => cluster::association::add(cx, account),
        "AddTagsToResource" => tags::add(cx, account),
        "CreateDBCluster" => cluster::create::create(cx, account),
        "CreateDBClusterParameterGroup" => parameter_group::create(cx, account),
        "CreateDBClusterSnapshot" => snapshot::create(cx, account),
        "CreateDBInstance" => instance::create::create(cx, account),
        "CreateDBSubnetGroup" => subnet_group::create(cx, account),
        "CreateGlobalCluster" => global::create(cx, account),
        "DeleteDBCluster" => cluster::delete::delete(cx, account),
        "DeleteDBClusterParameterGroup" => parameter_group::delete(cx, account),
        "DeleteDBClusterSnapshot" => snapshot::delete(cx, account),
        "DeleteDBInstance" => instance::change::delete(cx, account),
        "DeleteDBSubnetGroup" => subnet_group::delete(cx, account),
        "DeleteGlobalCluster" => global::delete(cx, account),
        "DescribeDBClusterAutomatedBackups" => backups::describe(cx, account),
        "DescribeDBClusterParameterGroups" => parameter_group::describe(cx, account),
        "DescribeDBClusterParameters" => parameter_group::describe_parameters(cx, account),
        "DescribeDBClusterSnapshots" => snapshot::describe(cx, account),
        "DescribeDBClusters" => cluster::view::describe(cx, account),
        "DescribeDBEngineVersions" => catalog::engine_versions(cx),
        "DescribeDBInstances" => instance::view::describe(cx, account),
        "DescribeDBSubnetGroups" => subnet_group::describe(cx, account),
        "DescribeGlobalClusters" => global::view::describe(cx, account),
        "DescribeOrderableDBInstanceOptions" => catalog::orderable_options(cx),
        "DisableHttpEndpoint" => cluster::association::http_endpoint(cx, account, false),
        "EnableHttpEndpoint" => cluster::association::http_endpoint(cx, account, true),
        "FailoverDBCluster" => cluster::power::failover(cx, account),
        "FailoverGlobalCluster" => global::switch::failover(cx, account),
        "ListTagsForResource" => tags::list(cx, account),
        "ModifyDBCluster" => cluster::modify::modify(cx, account),
        "ModifyDBClusterParameterGroup" => parameter_group::modify(cx, account),
        "ModifyDBInstance" => instance::change::modify(cx, account),
        "ModifyDBSubnetGroup" => subnet_group::modify(cx, account),
        "ModifyGlobalCluster" => global::modify(cx, account),
        "RebootDBInstance" => instance::change::reboot(cx, account),
        "RemoveFromGlobalCluster" => global::switch::remove(cx, account),
        "RemoveRoleFromDBCluster" => cluster::association::remove(cx, account),
        "RestoreDBClusterFromSnapshot" => cluster::restore::from_snapshot(cx, account),
        "RestoreDBClusterToPointInTime" => cluster::restore::to_point_in_time(cx, account),
        "RemoveTagsFromResource" => tags::remove(cx, account),
        "ResetDBClusterParameterGroup" => parameter_group::reset(cx, account),
        "StartDBCluster" => cluster::power::start(cx, account),
        "StopDBCluster" => cluster::power::stop(cx, account),
        "SwitchoverGlobalCluster" => global::switch::switchover(cx, account),
        other => Err(Fault::new(
            400,
            "InvalidAction",
            format!("Could not find operation {other} for version 2014-10-31"),
        )),
    }
}

/// Lets happen what was due by now.
pub fn settle(world: &mut World) {
    let mut state = std::mem::take(&mut world.rds);
    for account in state.accounts_mut() {
        events::settle(account, world);
    }
    world.rds = state;
}

#[cfg(test)]
mod tests;

//! DescribeGlobalClusters, and a global cluster as XML.

use super::super::context::{Context, arn, letters_of};
use super::super::page::{filters, page, texts};
use super::super::state::{Account, GlobalCluster, Member};
use super::super::{Answer, fault, tags};
use crate::query;
use crate::xml::Element;

pub(in super::super) fn describe(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let filters = filters(&cx.params, &["db-cluster-id", "region"])?;
    let named = cx.text("GlobalClusterIdentifier").map(|id| id.to_lowercase());
    let fits = |global: &GlobalCluster| {
        filters.iter().all(|(name, values)| {
            global.members.iter().any(|member| match name.as_str() {
                "region" => values.contains(&member.place.region),
                _ => values.contains(&member_arn(cx, member)),
            })
        })
    };
    let items: Vec<_> = account
        .globals
        .values()
        .filter(|global| global.visible_from(cx.region))
        .filter(|global| named.as_ref().is_none_or(|id| *id == global.id) && fits(global))
        .map(|global| (global.id.clone(), view(cx, account, global)))
        .collect();
    match named {
        Some(id) if items.is_empty() => Err(fault::no_global(&id)),
        _ => page(cx, "GlobalClusters", "GlobalClusterMember", items),
    }
}

/// The answer of the operations that return the global cluster they were about.
pub(super) fn answer(cx: &Context<'_>, account: &Account, id: &str) -> Answer {
    match account.globals.get(id) {
        Some(global) => Ok(vec![view(cx, account, global)]),
        None => Err(fault::no_global(id)),
    }
}

fn member_arn(cx: &Context<'_>, member: &Member) -> String {
    arn(cx.account, &member.place.region, "cluster", &member.place.cluster)
}

fn view(cx: &Context<'_>, account: &Account, global: &GlobalCluster) -> Element {
    let readers: Vec<String> = global
        .members
        .iter()
        .filter(|member| !member.writer)
        .map(|member| member_arn(cx, member))
        .collect();
    let gone = |member: &Member| cx.world.is_gone(&member.place.region);
    let members = global.members.iter().map(|member| {
        let cluster = account.cluster(&member.place);
        let forwarding = cluster
            .map(|cluster| cluster.forwarding.phase.status.as_str())
            .filter(|status| !status.is_empty());
        let apart = member.resync_due_ms.is_some()
            || (!member.writer && (gone(member) || global.writer().is_some_and(gone)))
            || (!member.writer && cluster.is_some_and(|cluster| cluster.phase.is("creating")));
        let forwarding = match member.writer {
            true => None,
            false => Some(forwarding.unwrap_or("disabled")),
        };
        Element::new("")
            .text_child("DBClusterArn", member_arn(cx, member))
            .child(texts("Readers", "member", if member.writer { &readers[..] } else { &[] }))
            .text_child("IsWriter", member.writer)
            .text_child_opt("GlobalWriteForwardingStatus", forwarding)
            .text_child("SynchronizationStatus", if apart { "pending-resync" } else { "connected" })
    });
    let failover = global.failover.as_ref().map(|failover| {
        let of = |place: &super::super::state::Place| {
            arn(cx.account, &place.region, "cluster", &place.cluster)
        };
        Element::new("FailoverState")
            .text_child("Status", &failover.phase.status)
            .text_child("FromDbClusterArn", of(&failover.from))
            .text_child("ToDbClusterArn", of(&failover.to))
            .text_child("IsDataLossAllowed", failover.data_loss)
    });
    let letters = letters_of(&format!("global endpoint {}", cx.account), 12);
    Element::new("GlobalCluster")
        .text_child("GlobalClusterIdentifier", &global.id)
        .text_child("GlobalClusterResourceId", &global.resource_id)
        .text_child("GlobalClusterArn", arn(cx.account, "", "global-cluster", &global.id))
        .text_child(
            "Status",
            if global.failover.is_some() { "modifying" } else { &global.phase.status },
        )
        .text_child("Engine", &global.engine)
        .text_child("EngineVersion", &global.version)
        .text_child_opt("EngineLifecycleSupport", global.lifecycle_support.as_ref())
        .text_child_opt("DatabaseName", global.database.as_ref())
        .text_child("StorageEncrypted", global.encrypted)
        .text_child("DeletionProtection", global.deletion_protection)
        .child(query::list("GlobalClusterMembers", "GlobalClusterMember", members))
        .text_child("Endpoint", format!("{}.global-{letters}.global.rds.amazonaws.com", global.id))
        .children(failover)
        .child(tags::view(&global.tags))
}

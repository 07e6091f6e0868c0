//! A hosted zone and what it holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dnssec::Dnssec;
use super::faults;
use super::record::RecordSet;
use crate::reply::Fault;
use crate::world::World;
use crate::xml::Element;

/// A VPC in a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Vpc {
    /// The VPC's region.
    pub region: String,
    /// The VPC's id.
    pub id: String,
}

impl Vpc {
    pub(super) fn element(&self) -> Element {
        Element::new("VPC").text_child("VPCRegion", &self.region).text_child("VPCId", &self.id)
    }
}

/// Accelerated recovery, as it was last asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Whether it was turned on or off.
    pub enable: bool,
    /// From when on the zone refuses edits (ms).
    pub locked_at_ms: i64,
    /// When it is done (ms).
    pub done_at_ms: i64,
}

impl Recovery {
    /// The status in AWS's word.
    pub fn status(&self, now_ms: i64) -> &'static str {
        match (self.enable, now_ms < self.locked_at_ms, now_ms < self.done_at_ms) {
            (true, true, _) => "ENABLING",
            (true, false, true) => "ENABLING_HOSTED_ZONE_LOCKED",
            (true, false, false) => "ENABLED",
            (false, true, _) => "DISABLING",
            (false, false, true) => "DISABLING_HOSTED_ZONE_LOCKED",
            (false, false, false) => "DISABLED",
        }
    }
}

/// A hosted zone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Zone {
    /// Bare id.
    pub id: String,
    /// Canonical name.
    pub name: String,
    /// The token of the call that made it.
    pub caller_reference: String,
    /// Comment, empty where there is none.
    pub comment: String,
    /// Whether only VPCs see it.
    pub private: bool,
    /// The reusable delegation set it was made with.
    pub delegation_set: Option<String>,
    /// The name servers of a public zone, without dots at the end.
    pub name_servers: Vec<String>,
    /// The VPCs of a private zone.
    pub vpcs: Vec<Vpc>,
    /// VPCs of other accounts that may be associated.
    pub authorized: Vec<Vpc>,
    /// Accelerated recovery, where it was ever asked for.
    pub recovery: Option<Recovery>,
    /// The records, by [`RecordSet::key`], which is the order of listings.
    pub records: BTreeMap<String, RecordSet>,
    /// What the name servers serve while a change is on its way.
    pub served: Option<BTreeMap<String, RecordSet>>,
    /// When the last change is in sync (ms).
    pub in_sync_at_ms: i64,
    /// Until when a change is being processed and another is refused (ms).
    pub busy_until_ms: i64,
    /// From when on changes find the zone (ms).
    pub visible_at_ms: i64,
    /// Comments of record-set protections, by `name type`.
    pub protections: BTreeMap<String, String>,
    /// How it is signed.
    #[serde(default)]
    pub dnssec: Dnssec,
    /// The service that made the zone and owns it, where one did.
    pub linked_service: Option<String>,
}

impl Zone {
    /// What the name servers serve now.
    pub fn served(&self, now_ms: i64) -> &BTreeMap<String, RecordSet> {
        match &self.served {
            Some(served) if now_ms < self.in_sync_at_ms => served,
            _ => &self.records,
        }
    }

    /// Replaces the records; until `in_sync_at_ms` the old ones are served.
    pub(super) fn replace_records(
        &mut self,
        records: BTreeMap<String, RecordSet>,
        now_ms: i64,
        in_sync_at_ms: i64,
    ) {
        self.settle(now_ms);
        let old = std::mem::replace(&mut self.records, records);
        if in_sync_at_ms > now_ms && self.served.is_none() {
            self.served = Some(old);
        }
        self.in_sync_at_ms = self.in_sync_at_ms.max(in_sync_at_ms);
    }

    pub(super) fn settle(&mut self, now_ms: i64) {
        if now_ms >= self.in_sync_at_ms {
            self.served = None;
        }
    }

    /// Refuses where the zone cannot be edited at the moment.
    pub(super) fn editable(&self, now_ms: i64) -> Result<(), Fault> {
        let locked = self.recovery.is_some_and(|recovery| {
            recovery.locked_at_ms <= now_ms && now_ms < recovery.done_at_ms
        });
        if locked || now_ms < self.busy_until_ms { Err(faults::prior_request()) } else { Ok(()) }
    }

    /// Records besides the zone's own NS and SOA.
    pub(super) fn extra_records(&self) -> usize {
        self.records.values().filter(|record| !record.is_apex_default(&self.name)).count()
    }

    pub(super) fn element(&self, now_ms: i64) -> Element {
        let mut config = Element::new("Config");
        if !self.comment.is_empty() {
            config = config.text_child("Comment", &self.comment);
        }
        let mut element = Element::new("HostedZone")
            .text_child("Id", format!("/hostedzone/{}", self.id))
            .text_child("Name", &self.name)
            .text_child("CallerReference", &self.caller_reference)
            .child(config.text_child("PrivateZone", self.private))
            .text_child("ResourceRecordSetCount", self.records.len());
        if let Some(service) = &self.linked_service {
            element = element
                .child(Element::new("LinkedService").text_child("ServicePrincipal", service));
        }
        if let Some(recovery) = &self.recovery {
            element = element.child(
                Element::new("Features")
                    .text_child("AcceleratedRecoveryStatus", recovery.status(now_ms)),
            );
        }
        element
    }

    pub(super) fn delegation_element(&self, caller_reference: Option<&str>) -> Element {
        let mut element = Element::new("DelegationSet");
        if let Some(id) = &self.delegation_set {
            element = element
                .text_child("Id", format!("/delegationset/{id}"))
                .text_child_opt("CallerReference", caller_reference);
        }
        let mut servers = Element::new("NameServers");
        for server in &self.name_servers {
            servers = servers.text_child("NameServer", server);
        }
        element.child(servers)
    }

    pub(super) fn vpcs_element(&self) -> Element {
        Element::new("VPCs").children(self.vpcs.iter().map(Vpc::element))
    }
}

/// A zone of this account.
pub(super) fn find<'a>(world: &'a World, account: &str, id: &str) -> Result<&'a Zone, Fault> {
    world
        .route53
        .account(account)
        .and_then(|account| account.zones.get(id))
        .ok_or_else(|| faults::no_such_zone(id))
}

/// A zone of this account, to be changed.
pub(super) fn find_mut<'a>(
    world: &'a mut World,
    account: &str,
    id: &str,
) -> Result<&'a mut Zone, Fault> {
    world.route53.account_mut(account).zones.get_mut(id).ok_or_else(|| faults::no_such_zone(id))
}

//! What the service holds, and the way a handler reaches it.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::fault::{in_use, not_found, validation};
use super::global::Group;
use super::items::replication::{LostWrite, Shipment};
use super::items::transact::Token;
use super::table::{Status, Table};
use crate::call::Call;
use crate::reply::Fault;
use crate::world::World;

/// Every account's tables, in every region.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    pub(super) accounts: BTreeMap<String, Account>,
    /// Regions that replication neither leaves nor reaches, until they are joined again.
    pub(super) isolated: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Account {
    /// By region, then by name.
    pub(super) tables: BTreeMap<String, BTreeMap<String, Table>>,
    /// Global tables, by an id of ours.
    pub(super) groups: BTreeMap<String, Group>,
    /// Writes on their way from one replica to another.
    pub(super) shipments: Vec<Shipment>,
    /// How many writes there were: the order in which the last one wins.
    pub(super) writes: u64,
    /// Writes that another replica's later write replaced unseen, by their number.
    pub(super) lost: BTreeMap<u64, LostWrite>,
    /// Transactions that may be sent again.
    pub(super) tokens: BTreeMap<String, Token>,
    /// Tables whose write capacity is scaled automatically, as `region/name`.
    pub(super) autoscaled: BTreeSet<String>,
    /// Regions in which CloudWatch takes no more rules of Contributor Insights.
    #[serde(default)]
    pub(super) no_more_insights: BTreeSet<String>,
    /// ARNs of Kinesis data streams that are not there.
    #[serde(default)]
    pub(super) lost_streams: BTreeSet<String>,
}

impl Account {
    pub(super) fn table(&self, region: &str, name: &str) -> Option<&Table> {
        self.tables.get(region)?.get(name)
    }

    pub(super) fn table_mut(&mut self, region: &str, name: &str) -> Option<&mut Table> {
        self.tables.get_mut(region)?.get_mut(name)
    }

    /// The global table that a table is a replica of.
    pub(super) fn group_of(&self, region: &str, name: &str) -> Option<&Group> {
        self.groups.get(self.table(region, name)?.group.as_ref()?)
    }

    /// The regions in which a table and its replicas are, this one first.
    pub(super) fn members(&self, region: &str, name: &str) -> Vec<String> {
        let mut regions = vec![region.to_owned()];
        if let Some(group) = self.group_of(region, name) {
            regions.extend(group.members.keys().filter(|member| *member != region).cloned());
        }
        regions
    }

    /// Changes a table and all its replicas.
    pub(super) fn everywhere(
        &mut self,
        region: &str,
        name: &str,
        mut change: impl FnMut(&str, &mut Table),
    ) {
        for member in self.members(region, name) {
            if let Some(table) = self.table_mut(&member, name) {
                change(&member, table);
            }
        }
    }
}

/// One call being answered.
pub(super) struct Ctx<'a> {
    pub(super) world: &'a mut World,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    body: &'a [u8],
}

impl<'a> Ctx<'a> {
    pub(super) fn new(world: &'a mut World, call: &'a Call) -> Self {
        Self { world, account: &call.account, region: &call.region, body: &call.request.body }
    }

    pub(super) fn now(&self) -> i64 {
        self.world.now_ms
    }

    /// When something that begins now and takes that long is done.
    pub(super) fn due(&self, name: &str, default_ms: i64) -> i64 {
        self.world.now_ms + self.world.duration_ms(name, default_ms)
    }

    /// The request's members.
    pub(super) fn input<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { self.body };
        serde_json::from_slice(body).map_err(|error| {
            let message = error.to_string();
            if message.starts_with("missing field") {
                validation(format!("1 validation error detected: {message}"))
            } else {
                Fault::new(400, "SerializationException", message)
            }
        })
    }

    pub(super) fn db(&mut self) -> &mut Account {
        self.world.dynamodb.accounts.entry(self.account.to_owned()).or_default()
    }

    pub(super) fn db_ref(&self) -> Option<&Account> {
        self.world.dynamodb.accounts.get(self.account)
    }

    /// The name that a `TableName` parameter means: it may be an ARN.
    pub(super) fn name(&self, given: &str) -> Result<String, Fault> {
        let Some(rest) = given.strip_prefix("arn:") else {
            return Ok(given.to_owned());
        };
        let parts: Vec<&str> = rest.splitn(5, ':').collect();
        let [_, "dynamodb", region, account, resource] = parts[..] else {
            return Err(validation(format!("Invalid TableArn: {given}")));
        };
        if region != self.region {
            return Err(validation(format!(
                "Invalid TableArn: {given} is not in the region of the endpoint, {}",
                self.region
            )));
        }
        if account != self.account {
            return Err(Fault::new(
                400,
                "AccessDeniedException",
                format!("{given} belongs to another account"),
            ));
        }
        match resource.strip_prefix("table/") {
            Some(name) => Ok(name.split('/').next().unwrap_or(name).to_owned()),
            None => Err(validation(format!("Invalid TableArn: {given}"))),
        }
    }

    /// The table of this name in the called region.
    pub(super) fn table(&self, name: &str) -> Result<&Table, Fault> {
        self.db_ref()
            .and_then(|db| db.table(self.region, name))
            .filter(|table| table.visible_at_ms <= self.world.now_ms)
            .ok_or_else(|| {
                not_found(format!("Requested resource not found: Table: {name} not found"))
            })
    }

    /// The table of this name in the called region.
    pub(super) fn table_mut(&mut self, name: &str) -> Result<&mut Table, Fault> {
        self.table(name)?;
        let region = self.region;
        self.db().table_mut(region, name).ok_or_else(|| {
            not_found(format!("Requested resource not found: Table: {name} not found"))
        })
    }

    /// Refuses where the table is not `ACTIVE`.
    pub(super) fn must_be_idle(&self, name: &str) -> Result<(), Fault> {
        match self.table(name)?.status {
            Status::Active => Ok(()),
            Status::Creating => Err(in_use(format!(
                "Attempt to change a resource which is still in use: Table is being created: {name}"
            ))),
            Status::Updating => Err(in_use(format!(
                "Attempt to change a resource which is still in use: Table is being updated: {name}"
            ))),
            Status::Deleting => Err(in_use(format!(
                "Attempt to change a resource which is still in use: Table is being deleted: {name}"
            ))),
        }
    }

    /// Refuses where the table or one of its replicas is not `ACTIVE`.
    pub(super) fn all_must_be_idle(&self, name: &str) -> Result<(), Fault> {
        self.must_be_idle(name)?;
        let Some(db) = self.db_ref() else { return Ok(()) };
        let Some(group) = db.group_of(self.region, name) else { return Ok(()) };
        for (region, member) in &group.members {
            let idle = db.table(region, name).is_some_and(|table| table.status == Status::Active);
            if !idle || member.status != Status::Active {
                return Err(in_use(format!(
                    "Attempt to change a resource which is still in use: \
                     Replica of table {name} in {region} is being changed"
                )));
            }
        }
        Ok(())
    }
}

//! What the service holds, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What the service holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    accounts: BTreeMap<String, Account>,
}

impl State {
    pub(super) fn account_mut(&mut self, number: &str) -> &mut Account {
        self.accounts.entry(number.to_owned()).or_default()
    }

    /// Says that there is a DB parameter group, one of instances, of this name; these are not
    /// modelled but for the default ones, which always are.
    pub fn parameter_group_of_instances(&mut self, account: &str, region: &str, name: &str) {
        let here = self.account_mut(account).regions.entry(region.to_owned()).or_default();
        here.instance_parameter_groups.insert(name.to_owned());
    }

    pub(super) fn accounts_mut(&mut self) -> impl Iterator<Item = &mut Account> {
        self.accounts.values_mut()
    }
}

/// One account: global clusters belong to it, everything else to one of its regions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) globals: BTreeMap<String, GlobalCluster>,
    pub(super) regions: BTreeMap<String, Regional>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Regional {
    pub(super) clusters: BTreeMap<String, DbCluster>,
    pub(super) instances: BTreeMap<String, DbInstance>,
    pub(super) subnet_groups: BTreeMap<String, SubnetGroup>,
    pub(super) parameter_groups: BTreeMap<String, ParameterGroup>,
    #[serde(default)]
    pub(super) instance_parameter_groups: BTreeSet<String>,
    pub(super) snapshots: BTreeMap<String, Snapshot>,
    /// What was kept of clusters that are gone, by resource id.
    #[serde(default)]
    pub(super) automated_backups: BTreeMap<String, AutomatedBackup>,
}

/// A status, and when it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Phase {
    pub(super) status: String,
    /// When something happens by itself.
    pub(super) due_ms: Option<i64>,
}

impl Phase {
    pub(super) fn until(status: &str, due_ms: i64) -> Self {
        Self { status: status.to_owned(), due_ms: Some(due_ms) }
    }

    pub(super) fn available() -> Self {
        Self { status: "available".to_owned(), due_ms: None }
    }

    pub(super) fn is(&self, status: &str) -> bool {
        self.status == status
    }
}

/// A DB cluster's place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) region: String,
    pub(super) cluster: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct GlobalCluster {
    pub(super) id: String,
    pub(super) resource_id: String,
    /// Where it can be seen while it has no member.
    pub(super) home: String,
    pub(super) engine: String,
    pub(super) version: String,
    pub(super) lifecycle_support: Option<String>,
    pub(super) database: Option<String>,
    pub(super) encrypted: bool,
    pub(super) deletion_protection: bool,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) phase: Phase,
    pub(super) members: Vec<Member>,
    pub(super) failover: Option<Failover>,
    /// The version that a major upgrade under way leads to.
    pub(super) upgrade_to: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) place: Place,
    pub(super) writer: bool,
    /// It is being removed.
    pub(super) leaving: bool,
    /// It follows another volume than the writer's until then.
    pub(super) resync_due_ms: Option<i64>,
    /// It wrote when the role was taken from it with loss of data: its volume has diverged.
    pub(super) diverged: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failover {
    /// `pending`, then `switching-over` or `failing-over`.
    pub(super) phase: Phase,
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) data_loss: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DbCluster {
    pub(super) id: String,
    pub(super) resource_id: String,
    pub(super) created_ms: i64,
    pub(super) engine: String,
    pub(super) version: String,
    pub(super) database: Option<String>,
    pub(super) master_username: Option<String>,
    /// Secrets Manager holds the password: ARN of the secret and of its key.
    pub(super) managed_secret: Option<(String, String)>,
    pub(super) port: i64,
    pub(super) subnet_group: String,
    pub(super) parameter_group: String,
    pub(super) zones: BTreeSet<String>,
    pub(super) security_groups: BTreeSet<String>,
    pub(super) kms_key: Option<String>,
    /// `aurora` or `aurora-iopt1`.
    pub(super) storage_type: String,
    pub(super) backup_retention: i64,
    pub(super) backup_window: String,
    pub(super) maintenance_window: String,
    pub(super) deletion_protection: bool,
    pub(super) copy_tags: bool,
    pub(super) iam_auth: bool,
    pub(super) http_endpoint: bool,
    pub(super) auto_minor: bool,
    pub(super) logs: BTreeSet<String>,
    pub(super) backtrack_window: i64,
    pub(super) scaling: Option<Scaling>,
    pub(super) network_type: String,
    pub(super) monitoring_interval: i64,
    pub(super) monitoring_role: Option<String>,
    pub(super) insights: Option<Insights>,
    pub(super) insights_mode: String,
    pub(super) lifecycle_support: Option<String>,
    /// A directory, and the role that speaks to it.
    #[serde(default)]
    pub(super) domain: Option<(String, String)>,
    pub(super) local_forwarding: bool,
    pub(super) forwarding: Forwarding,
    /// By role ARN and feature.
    pub(super) roles: BTreeMap<String, Association>,
    pub(super) tags: BTreeMap<String, String>,
    /// The instance that writes; none in a secondary, and none without instances.
    pub(super) writer: Option<String>,
    /// Who writes when the failover under way ends.
    pub(super) promote_to: Option<String>,
    pub(super) global: Option<String>,
    pub(super) phase: Phase,
    pub(super) upgrade: Option<Upgrade>,
    pub(super) pending: ClusterPending,
    /// The next maintenance window, while something waits for it.
    pub(super) pending_due_ms: Option<i64>,
}

/// Global write forwarding: asked for at any member, in effect only at a secondary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Forwarding {
    pub(super) requested: bool,
    pub(super) phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaling {
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) seconds_until_pause: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Insights {
    pub(super) kms_key: String,
    pub(super) retention_days: i64,
}

/// An IAM role that the cluster may take on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Association {
    pub(super) role: String,
    pub(super) feature: Option<String>,
    pub(super) phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Upgrade {
    pub(super) version: String,
    pub(super) parameter_group: String,
}

/// What waits for the maintenance window of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClusterPending {
    pub(super) id: Option<String>,
    pub(super) password: bool,
    pub(super) iam_auth: Option<bool>,
    pub(super) upgrade: Option<Upgrade>,
    pub(super) backup_retention: Option<i64>,
    pub(super) storage_type: Option<String>,
}

impl ClusterPending {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DbInstance {
    pub(super) id: String,
    pub(super) resource_id: String,
    pub(super) created_ms: i64,
    pub(super) cluster: String,
    pub(super) class: String,
    pub(super) zone: String,
    pub(super) promotion_tier: i64,
    pub(super) maintenance_window: String,
    pub(super) parameter_group: String,
    pub(super) auto_minor: bool,
    pub(super) public: bool,
    pub(super) copy_tags: bool,
    pub(super) ca: String,
    pub(super) monitoring_interval: i64,
    pub(super) monitoring_role: Option<String>,
    pub(super) insights: Option<Insights>,
    pub(super) tags: BTreeMap<String, String>,
    /// Its server runs with older values of the cluster's parameters.
    pub(super) pending_reboot: bool,
    pub(super) phase: Phase,
    pub(super) pending: InstancePending,
    pub(super) pending_due_ms: Option<i64>,
}

/// What waits for the maintenance window of an instance, or is being done to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InstancePending {
    pub(super) id: Option<String>,
    pub(super) class: Option<String>,
    pub(super) ca: Option<String>,
}

impl InstancePending {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SubnetGroup {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) vpc: String,
    /// Subnet to zone.
    pub(super) subnets: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ParameterGroup {
    pub(super) name: String,
    pub(super) family: String,
    pub(super) description: String,
    pub(super) values: BTreeMap<String, SetParameter>,
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SetParameter {
    pub(super) value: String,
    /// `immediate` or `pending-reboot`.
    pub(super) method: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub(super) id: String,
    pub(super) automatic: bool,
    pub(super) created_ms: i64,
    /// The cluster as it was.
    pub(super) of: Box<DbCluster>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) phase: Phase,
}

/// The automated backups of a cluster that is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AutomatedBackup {
    /// The cluster as it was at the end.
    pub(super) of: Box<DbCluster>,
    pub(super) deleted_ms: i64,
    pub(super) until_ms: i64,
}

impl Account {
    pub(super) fn region(&self, region: &str) -> Option<&Regional> {
        self.regions.get(region)
    }

    pub(super) fn region_mut(&mut self, region: &str) -> &mut Regional {
        self.regions.entry(region.to_owned()).or_default()
    }

    pub(super) fn cluster(&self, place: &Place) -> Option<&DbCluster> {
        self.region(&place.region)?.clusters.get(&place.cluster)
    }

    pub(super) fn cluster_mut(&mut self, place: &Place) -> Option<&mut DbCluster> {
        self.regions.get_mut(&place.region)?.clusters.get_mut(&place.cluster)
    }

    /// The instances of a cluster, by name.
    pub(super) fn instances_of(&self, place: &Place) -> impl Iterator<Item = &DbInstance> {
        self.region(&place.region)
            .into_iter()
            .flat_map(|region| region.instances.values())
            .filter(|instance| instance.cluster == place.cluster)
    }

    pub(super) fn instances_of_mut<'a>(
        &'a mut self,
        place: &'a Place,
    ) -> impl Iterator<Item = &'a mut DbInstance> {
        self.regions
            .get_mut(&place.region)
            .into_iter()
            .flat_map(|region| region.instances.values_mut())
            .filter(|instance| instance.cluster == place.cluster)
    }

    pub(super) fn global_of(&self, cluster: &DbCluster) -> Option<&GlobalCluster> {
        self.globals.get(cluster.global.as_ref()?)
    }
}

impl GlobalCluster {
    pub(super) fn writer(&self) -> Option<&Member> {
        self.members.iter().find(|member| member.writer)
    }

    pub(super) fn member(&self, place: &Place) -> Option<&Member> {
        self.members.iter().find(|member| member.place == *place)
    }

    /// Whether a caller in this region sees it.
    pub(super) fn visible_from(&self, region: &str) -> bool {
        if self.members.is_empty() {
            self.home == region
        } else {
            self.members.iter().any(|member| member.place.region == region)
        }
    }
}

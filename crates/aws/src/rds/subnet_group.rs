//! DB subnet groups: the subnets that a cluster's instances may stand in.

use std::collections::BTreeMap;

use aws_sdk_rds::types;
use bicoastal_model::schema::{Absent, Cost, Field, OutputSpec, Risk, Schema, Shape, Tier};
use bicoastal_model::{
    Check, Deletes, Id, Input, Name, OpError, Region, Regional, Resource, ScopeKind, Snapshot,
    Status, Target, handle,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::errors::{NO_SUBNET_GROUP, deleted, failed};
use super::tags::{self, TagCall};
use super::{SERVICE, listing};
use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn, TurnGoal};
use crate::markers::Subnet;
use crate::ownership::ownership;

/// A DB subnet group.
#[derive(Debug, Clone, Serialize, Deserialize, bon::Builder)]
pub struct DbSubnetGroup {
    /// Its name, unique in the region: letters, digits, `.`, `_`, `-` and spaces, at most 255.
    /// RDS stores it in lower case.
    #[builder(into)]
    pub name: Name,
    /// What it is for. "Managed by bicoastal" where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(into)]
    pub description: Option<String>,
    /// Its subnets, of two or more Availability Zones and all of one VPC; at most 20. A subnet
    /// that an instance stands in can't be taken out.
    #[builder(with = |ids: impl IntoIterator<Item = impl Into<Input<Id<Subnet>>>>| ids.into_iter().map(Into::into).collect())]
    pub subnet_ids: Vec<Input<Id<Subnet>>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    pub tags: BTreeMap<String, String>,
}

handle! {
    /// A declared DB subnet group.
    pub struct DbSubnetGroupHandle {
        /// Its ARN.
        arn: bicoastal_model::Arn<DbSubnetGroup>,
        /// Its name.
        name: String,
    }
}

static SCHEMA: Schema = Schema {
    kind: "RDS:DBSubnetGroup",
    service: SERVICE,
    feature: "rds",
    scope: ScopeKind::Regional,
    tier: Tier::Foundation,
    fields: &[
        Field::new("name").shape(Shape::CaseInsensitive).replaces(),
        Field::new("description").absent(Absent::Anything),
        Field::new("subnet_ids").shape(Shape::Set(&Shape::Plain)),
        Field::tags(),
    ],
    outputs: &[OutputSpec::assigned("arn"), OutputSpec::property("name")],
    identity: &["name"],
    delete_risk: Risk::Safe,
    cost: Cost { create: 1, update: 1, delete: 1 },
    ..Schema::BASE
};

const DESCRIPTION: &str = "Managed by bicoastal";

impl Resource for DbSubnetGroup {
    type Scope = Regional;
    type Handle = DbSubnetGroupHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        tags::check(&self.tags, check);
        if let Name::Fixed(Input::Known(name)) = &self.name {
            let fits = (1..=255).contains(&name.len())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "._- ".contains(c));
            check.ensure(
                fits,
                format!("'{name}' is no name for a DB subnet group: it has letters, digits, '.', '_', '-' and spaces, at most 255"),
            );
            check.ensure(
                !name.eq_ignore_ascii_case("default"),
                "'default' is the name of AWS's own DB subnet group",
            );
        }
        let subnets = self.subnet_ids.len();
        check.ensure(
            subnets >= 2,
            "a DB subnet group has subnets of two or more Availability Zones",
        );
        check.ensure(
            subnets <= 20,
            format!("a DB subnet group has at most 20 subnets, not {subnets}"),
        );
    }
}

/// A call on a subnet group.
#[derive(Clone, Debug)]
pub enum Call {
    Create(Box<DbSubnetGroup>),
    /// The subnets always travel along: AWS requires them.
    Modify {
        description: Option<String>,
        subnets: Vec<String>,
    },
    Delete,
    Tags(String, TagCall),
}

impl Kind for DbSubnetGroup {
    type Call = Call;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        crate::rds::listed::subnet_groups(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        let region = region(target);
        let name = target.physical.as_deref().unwrap_or(target.text("name"));
        let Some(group) = listing::subnet_group(cx, region, name).await? else { return Ok(None) };
        let arn = group.db_subnet_group_arn().unwrap_or_default();
        let tags = listing::tags(cx, region, arn).await?;
        Ok(Some(snapshot(target, &group, &tags)))
    }

    fn refuses_twins(_: &Target) -> bool {
        true
    }

    fn step(turn: &Turn<'_, Self>) -> Next<Call> {
        let TurnGoal::Present { wanted, props, .. } = &turn.goal else {
            return if turn.seen.is_some() { Next::Call(Call::Delete) } else { Next::Done };
        };
        if turn.seen.is_none() {
            return Next::Call(Call::Create(wanted.clone()));
        }
        if let Some(word) = turn.busy() {
            return Next::wait(format!("subnet group {word}"), 5, 600);
        }
        if turn.changed("subnet_ids") || turn.changed("description") {
            let subnets = props["subnet_ids"].as_array().into_iter().flatten();
            return Next::Call(Call::Modify {
                description: wanted.description.clone(),
                subnets: subnets.filter_map(Value::as_str).map(str::to_owned).collect(),
            });
        }
        match tags::next(turn) {
            Some((arn, change)) => Next::Call(Call::Tags(arn, change)),
            None => Next::Done,
        }
    }

    async fn call(cx: &Cx, target: &Target, call: &Call) -> Result<Option<String>, OpError> {
        let region = region(target);
        let client = cx.rds_write(region);
        let name = target.physical.as_deref().unwrap_or(target.text("name"));
        match call {
            Call::Create(wanted) => {
                let subnets = wanted.subnet_ids.iter().map(|id| id.as_str().to_owned()).collect();
                let description = wanted.description.as_deref().unwrap_or(DESCRIPTION);
                let made = client
                    .create_db_subnet_group()
                    .db_subnet_group_name(wanted.name.as_str())
                    .db_subnet_group_description(description)
                    .set_subnet_ids(Some(subnets))
                    .set_tags(Some(tags::list(&wanted.tags)))
                    .send()
                    .await;
                let made = made.map_err(|error| failed("CreateDBSubnetGroup", region, error))?;
                if let Some(group) = &made.db_subnet_group {
                    cx.tell(snapshot(target, group, &wanted.tags));
                }
                Ok(made.db_subnet_group.and_then(|group| group.db_subnet_group_name))
            }
            Call::Modify { description, subnets } => {
                let sent = client
                    .modify_db_subnet_group()
                    .db_subnet_group_name(name)
                    .set_db_subnet_group_description(description.clone())
                    .set_subnet_ids(Some(subnets.clone()))
                    .send()
                    .await;
                sent.map_err(|error| failed("ModifyDBSubnetGroup", region, error))?;
                Ok(None)
            }
            Call::Delete => {
                let sent = client.delete_db_subnet_group().db_subnet_group_name(name).send().await;
                deleted("DeleteDBSubnetGroup", region, NO_SUBNET_GROUP, sent)
            }
            Call::Tags(arn, change) => change.send(cx, region, arn).await,
        }
    }

    fn deletes(call: &Call) -> Deletes {
        Deletes::whole(matches!(call, Call::Delete))
    }

    fn name(call: &Call) -> &'static str {
        match call {
            Call::Create(_) => "CreateDBSubnetGroup",
            Call::Modify { .. } => "ModifyDBSubnetGroup",
            Call::Delete => "DeleteDBSubnetGroup",
            Call::Tags(_, change) => change.name(),
        }
    }
}

fn snapshot(
    target: &Target,
    group: &types::DbSubnetGroup,
    tags: &BTreeMap<String, String>,
) -> Snapshot {
    let arn = group.db_subnet_group_arn().unwrap_or_default();
    let mut subnets: Vec<&str> =
        group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier()).collect();
    subnets.sort_unstable();
    let name = group.db_subnet_group_name().unwrap_or_default();
    let mut props = Map::new();
    props.insert("name".into(), json!(name));
    tags::put(&mut props, "description", group.db_subnet_group_description());
    props.insert("subnet_ids".into(), json!(subnets));
    props.insert("tags".into(), json!(tags));
    Snapshot {
        physical: name.to_owned(),
        props: Value::Object(props),
        outputs: BTreeMap::from([("arn".to_owned(), json!(arn)), ("name".to_owned(), json!(name))]),
        status: match group.subnet_group_status() {
            Some("Complete") | None => Status::Ready,
            Some(word) => Status::Busy(word.to_owned()),
        },
        ownership: ownership(target, tags),
        children: Vec::new(),
        facts: BTreeMap::new(),
    }
}

/// Regional kinds have a region; the default is never reached.
pub(super) fn region(target: &Target) -> Region {
    target.region().unwrap_or(crate::cx::GLOBAL)
}

//! What a zone needs next, and how it is done.

use std::collections::BTreeSet;

use aws_sdk_route53::types::{
    ChangeBatch, HostedZoneConfig, TagResourceType, Vpc as WireVpc, VpcRegion,
};
use bicoastal_model::{Deletes, Goal, OpError, Region, Snapshot, Target, dns};
use serde_json::Value;

use super::query_log::{self, LogEdit};
use super::signing::{self, KeySigningKey, SigningEdit};
use super::{HostedZone, ZoneVpc, read, signing_io};
use crate::cx::{Cx, GLOBAL};
use crate::kind::{Kind, Listed, Next, Turn, TurnGoal};
use crate::provider::unknown_account;
use crate::route53::record::{deletions, is_gone, records_of};
use crate::route53::tags::{self, TagChange};
use crate::route53::{failed, listed, pending, unbuilt};

/// A call on a zone.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    Create {
        name: String,
        comment: Option<String>,
        delegation_set: Option<String>,
        vpc: Option<ZoneVpc>,
    },
    /// A change of the zone with this id.
    Edit(String, Edit),
}

/// A change of a zone that is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    Tag(TagChange),
    Comment(String),
    /// Lets another account associate its VPC.
    Authorize(ZoneVpc),
    /// By the account of this name where the VPC is not in the zone's own.
    Associate(ZoneVpc, Option<String>),
    /// Nobody needs the consent any more.
    Deauthorize(ZoneVpc),
    Disassociate(ZoneVpc),
    Recovery(bool),
    Signing(SigningEdit),
    QueryLog(LogEdit),
    /// Deletes records that others left in it, as many as go in one batch.
    Empty {
        apex: String,
    },
    Delete,
}

/// Seconds that accelerated recovery may take to be switched.
const RECOVERY_PATIENCE: u64 = 3_600;

/// Seconds that the count of a zone's records may lag behind what was deleted.
const RECORDS_PATIENCE: u64 = 180;

impl Kind for HostedZone {
    type Call = Call;

    async fn listed(cx: &Cx, _region: Region) -> Result<Vec<Listed>, OpError> {
        listed::zones(cx).await
    }

    async fn read<'a>(cx: &'a Cx, target: &'a Target) -> Result<Option<Snapshot>, OpError> {
        read::read(cx, target).await
    }

    /// By its token.
    fn refuses_twins(target: &Target) -> bool {
        !target.token.is_empty()
    }

    fn after(turn: &Turn<'_, Self>, call: &Call) -> Option<Snapshot> {
        match call {
            Call::Edit(_, Edit::Tag(change)) => tags::after(turn, change),
            _ => None,
        }
    }

    fn repeats(call: &Call) -> bool {
        matches!(call, Call::Edit(_, Edit::Empty { .. }))
    }

    async fn poll<'a>(
        cx: &'a Cx,
        target: &'a Target,
        known: &'a Snapshot,
        goal: &'a Goal,
    ) -> Result<Option<Snapshot>, OpError> {
        match goal {
            Goal::Present { .. } => read::poll(cx, target, known).await,
            Goal::Absent { .. } => read::read(cx, target).await,
        }
    }

    fn step(turn: &Turn<'_, Self>) -> Next<Call> {
        match &turn.goal {
            TurnGoal::Present { wanted, props, .. } => present(turn, wanted, props),
            TurnGoal::Absent { applied, .. } => absent(turn, applied),
        }
    }

    async fn call<'a>(
        cx: &'a Cx,
        target: &'a Target,
        call: &'a Call,
    ) -> Result<Option<String>, OpError> {
        carry_out(cx, target, call).await
    }

    fn deletes(call: &Call) -> Deletes {
        Deletes::whole(matches!(call, Call::Edit(_, Edit::Delete)))
    }

    fn name(call: &Call) -> &'static str {
        match call {
            Call::Create { .. } => "CreateHostedZone",
            Call::Edit(_, edit) => edit.name(),
        }
    }
}

impl Edit {
    fn name(&self) -> &'static str {
        match self {
            Self::Tag(_) => "ChangeTagsForResource",
            Self::Comment(_) => "UpdateHostedZoneComment",
            Self::Authorize(_) => "CreateVPCAssociationAuthorization",
            Self::Deauthorize(_) => "DeleteVPCAssociationAuthorization",
            Self::Associate(..) => "AssociateVPCWithHostedZone",
            Self::Disassociate(_) => "DisassociateVPCFromHostedZone",
            Self::Recovery(_) => "UpdateHostedZoneFeatures",
            Self::Signing(edit) => edit.name(),
            Self::QueryLog(edit) => edit.name(),
            Self::Empty { .. } => "ChangeResourceRecordSets",
            Self::Delete => "DeleteHostedZone",
        }
    }
}

fn edit(seen: &Snapshot, edit: Edit) -> Next<Call> {
    Next::Call(Call::Edit(seen.physical.clone(), edit))
}

fn wait(word: &str) -> Next<Call> {
    match word {
        "PENDING" => Next::wait("change PENDING", pending::POLL, pending::PATIENCE),
        word if word.starts_with("signing") => {
            Next::wait(format!("DNSSEC {word}"), pending::POLL, pending::PATIENCE)
        }
        other => Next::wait(format!("accelerated recovery {other}"), 15, RECOVERY_PATIENCE),
    }
}

fn present(turn: &Turn<'_, HostedZone>, wanted: &HostedZone, props: &Value) -> Next<Call> {
    let Some(seen) = turn.seen else {
        return Next::Call(Call::Create {
            name: wanted.name.clone(),
            comment: wanted.comment.clone(),
            delegation_set: wanted.delegation_set.clone(),
            vpc: wanted.vpcs.as_ref().and_then(|vpcs| {
                vpcs.iter().find(|vpc| wanted.is_of_its_own_account(vpc)).cloned()
            }),
        });
    };
    // First of all the marks that say whose it is: they are not part of the create call.
    if let Some(change) = tags::change(turn) {
        return edit(seen, Edit::Tag(change));
    }
    if let Some(word) = turn.busy() {
        return wait(word);
    }
    if turn.changed("comment") {
        return edit(seen, Edit::Comment(wanted.comment.clone().unwrap_or_default()));
    }
    if turn.changed("vpcs") {
        let set = |value: Option<&Value>| -> BTreeSet<ZoneVpc> {
            value.and_then(|it| serde_json::from_value(it.clone()).ok()).unwrap_or_default()
        };
        let (target, there) = (set(props.get("vpcs")), set(seen.props.get("vpcs")));
        // Adding before removing, as the last one can't be removed.
        if let Some(vpc) = target.difference(&there).next() {
            let account = wanted.vpc_accounts.get(&vpc.id).cloned();
            let authorized = seen.facts.get(read::AUTHORIZED).and_then(Value::as_array);
            let is_authorized = authorized.is_some_and(|ids| ids.iter().any(|id| *id == vpc.id));
            let next = match account {
                Some(_) if set(seen.facts.get(read::STILL_AUTHORIZED)).contains(vpc) => {
                    Edit::Deauthorize(vpc.clone())
                }
                Some(_) if !is_authorized => Edit::Authorize(vpc.clone()),
                account => Edit::Associate(vpc.clone(), account),
            };
            return edit(seen, next);
        }
        if let Some(vpc) = there.difference(&target).next() {
            return edit(seen, Edit::Disassociate(vpc.clone()));
        }
    }
    if turn.changed("accelerated_recovery") {
        if let Some(words) = seen.facts.get("recovery_failed").and_then(Value::as_str) {
            return Next::refuse(
                format!("accelerated recovery can't be switched: {words}"),
                "see the zone's failure reason in Route 53",
            );
        }
        return edit(seen, Edit::Recovery(wanted.accelerated_recovery.unwrap_or(false)));
    }
    let signing = turn.changed("dnssec_signing").then(|| wanted.dnssec_signing.unwrap_or(false));
    let keys = turn.changed("key_signing_keys").then_some(wanted.key_signing_keys.as_slice());
    if (signing.is_some() || keys.is_some())
        && let Some(next) = signing::next(signing, keys, (has_failed(seen), &keys_of(seen)))
    {
        return edit(seen, Edit::Signing(next));
    }
    if turn.changed("query_log_group") {
        let wanted = wanted.query_log_group.as_deref();
        if let Some(next) = query_log::next(wanted, query_log_of(seen)) {
            return edit(seen, Edit::QueryLog(next));
        }
    }
    Next::Done
}

/// The key-signing keys that a zone has.
fn keys_of(seen: &Snapshot) -> Vec<KeySigningKey> {
    let keys = seen.props.get("key_signing_keys");
    keys.and_then(|it| serde_json::from_value(it.clone()).ok()).unwrap_or_default()
}

/// Whether the last switch of a zone's signing failed inside AWS.
fn has_failed(seen: &Snapshot) -> bool {
    seen.props.get("dnssec_signing").and_then(Value::as_str) == Some(signing::FAILED)
}

/// The id of the query logging configuration that a zone has.
fn query_log_of(seen: &Snapshot) -> Option<&str> {
    seen.facts.get(read::QUERY_LOG).and_then(Value::as_str)
}

fn absent(turn: &Turn<'_, HostedZone>, applied: &Value) -> Next<Call> {
    let Some(seen) = turn.seen else { return Next::Done };
    if let Some(word) = turn.busy() {
        return wait(word);
    }
    // Two are the zone's own.
    let left = seen.facts.get("records").and_then(Value::as_u64).unwrap_or(0).saturating_sub(2);
    let force = applied.get("force_destroy") == Some(&Value::Bool(true));
    let is = |field: &str| {
        seen.props.get(field).is_some_and(|it| *it != Value::Null && *it != Value::Bool(false))
    };
    let keys = keys_of(seen);
    let switched = [is("accelerated_recovery"), is("dnssec_signing"), !keys.is_empty()];
    if left > 0 && !force && switched.contains(&true) {
        // Nothing is switched off for a deletion that AWS would refuse.
        return Next::wait(format!("{left} records to be gone"), 5, RECORDS_PATIENCE);
    }
    // Before the records: where the parent still vouches for a key AWS refuses it, and then the
    // domain goes on. All keys go, whoever's, as they are worth nothing without their zone.
    let signing = is("dnssec_signing").then_some(false);
    if let Some(next) = signing::next(signing, Some(&[]), (has_failed(seen), &keys)) {
        return edit(seen, Edit::Signing(next));
    }
    if left > 0 && force {
        let name = seen.props.get("name").and_then(Value::as_str).unwrap_or_default();
        return edit(seen, Edit::Empty { apex: dns::canonical(name) });
    }
    if is("accelerated_recovery") {
        return edit(seen, Edit::Recovery(false));
    }
    // A configuration outlives its zone, and then can't be found by it any more.
    if let Some(next) = query_log::next(None, query_log_of(seen)) {
        return edit(seen, Edit::QueryLog(next));
    }
    // The count may lag behind what was deleted: whether others' records are left is for AWS to say.
    edit(seen, Edit::Delete)
}

fn vpc(vpc: &ZoneVpc) -> WireVpc {
    WireVpc::builder().vpc_region(VpcRegion::from(vpc.region.code())).vpc_id(&vpc.id).build()
}

async fn carry_out(cx: &Cx, target: &Target, call: &Call) -> Result<Option<String>, OpError> {
    let client = cx.route53_write(GLOBAL);
    if let Call::Create { name, comment, delegation_set, vpc: first } = call {
        let config = comment.as_ref().map(|comment| {
            HostedZoneConfig::builder().comment(comment).private_zone(first.is_some()).build()
        });
        let made = client
            .create_hosted_zone()
            .name(name)
            .caller_reference(&target.token)
            .set_hosted_zone_config(config)
            .set_delegation_set_id(delegation_set.clone())
            .set_vpc(first.as_ref().map(vpc))
            .send()
            .await
            .map_err(|error| failed("CreateHostedZone", error))?;
        let id = made.hosted_zone().map(|zone| super::super::bare(zone.id()).to_owned());
        if let Some(id) = &id {
            pending::submitted(cx, id, made.change_info());
        }
        if let Some(seen) = read::told(target, &made) {
            cx.tell(seen);
        }
        return Ok(id);
    }
    let Call::Edit(id, edit) = call else { return Ok(None) };
    match edit {
        Edit::Tag(change) => tags::write(cx, TagResourceType::Hostedzone, id, change).await?,
        Edit::Comment(comment) => {
            client
                .update_hosted_zone_comment()
                .id(id)
                .comment(comment)
                .send()
                .await
                .map_err(|error| failed("UpdateHostedZoneComment", error))?;
        }
        Edit::Authorize(which) => {
            client
                .create_vpc_association_authorization()
                .hosted_zone_id(id)
                .vpc(vpc(which))
                .send()
                .await
                .map_err(|error| failed("CreateVPCAssociationAuthorization", error))?;
        }
        Edit::Deauthorize(which) => {
            let sent = client
                .delete_vpc_association_authorization()
                .hosted_zone_id(id)
                .vpc(vpc(which))
                .send()
                .await;
            if let Err(error) = sent
                && !error
                    .as_service_error()
                    .is_some_and(|it| it.is_vpc_association_authorization_not_found())
            {
                return Err(failed("DeleteVPCAssociationAuthorization", error));
            }
        }
        Edit::Associate(which, account) => {
            let theirs = match account {
                Some(account) => {
                    let theirs = cx.in_account(account);
                    Some(theirs.ok_or_else(|| unknown_account(account))?)
                }
                None => None,
            };
            let answer = theirs
                .as_ref()
                .unwrap_or(cx)
                .route53_write(GLOBAL)
                .associate_vpc_with_hosted_zone()
                .hosted_zone_id(id)
                .vpc(vpc(which))
                .send()
                .await
                .map_err(|error| failed("AssociateVPCWithHostedZone", error))?;
            // The change of another account is asked after by that account only.
            if theirs.is_none() {
                pending::submitted(cx, id, answer.change_info());
            }
        }
        Edit::Disassociate(which) => {
            let answer = client
                .disassociate_vpc_from_hosted_zone()
                .hosted_zone_id(id)
                .vpc(vpc(which))
                .send()
                .await;
            match answer {
                Ok(answer) => pending::submitted(cx, id, answer.change_info()),
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(|it| it.is_vpc_association_not_found()) => {}
                Err(error) => return Err(failed("DisassociateVPCFromHostedZone", error)),
            }
        }
        Edit::Recovery(enable) => {
            client
                .update_hosted_zone_features()
                .hosted_zone_id(id)
                .enable_accelerated_recovery(*enable)
                .send()
                .await
                .map_err(|error| failed("UpdateHostedZoneFeatures", error))?;
        }
        Edit::Signing(edit) => signing_io::carry_out(cx, (&target.token, id), edit).await?,
        Edit::QueryLog(edit) => query_log::carry_out(cx, id, edit).await?,
        Edit::Empty { apex } => empty(cx, id, apex).await?,
        Edit::Delete => {
            let deleted = client.delete_hosted_zone().id(id).send().await;
            if let Err(error) = deleted
                && !error.as_service_error().is_some_and(|it| it.is_no_such_hosted_zone())
            {
                return Err(failed("DeleteHostedZone", error));
            }
        }
    }
    Ok(None)
}

/// Deletes as many records as fit in one batch.
async fn empty(cx: &Cx, id: &str, apex: &str) -> Result<(), OpError> {
    const CALL: &str = "ChangeResourceRecordSets";
    let records = records_of(cx, id).await?;
    let left: Vec<_> =
        records.iter().filter(|record| !record.is_apex_default(apex)).cloned().collect();
    if let Some(managed) = left.iter().find(|record| record.traffic_policy_instance.is_some()) {
        return Err(unbuilt(
            CALL,
            format!(
                "{} belongs to a traffic policy instance, which must be deleted first",
                managed.label()
            ),
        ));
    }
    let changes = deletions(&left).map_err(|error| unbuilt(CALL, error))?;
    if changes.is_empty() {
        return Ok(());
    }
    cx.clients().pace().record_changes(changes.len()).await;
    let batch = ChangeBatch::builder()
        .set_changes(Some(changes))
        .build()
        .map_err(|error| unbuilt(CALL, error))?;
    let sent = cx
        .route53_write(GLOBAL)
        .change_resource_record_sets()
        .hosted_zone_id(id)
        .change_batch(batch)
        .send()
        .await;
    match sent {
        Ok(answer) => pending::submitted(cx, id, answer.change_info()),
        Err(error) if is_gone(&error) => {}
        Err(error) => return Err(failed(CALL, error)),
    }
    Ok(())
}

//! What each replica has of its own, and what is said at the end.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Packed, Region};

use super::super::call::{TableCall, TableModification as Modify};
use super::super::effective::{policy_in, protection_in, recovery_in, tags_in};
use super::super::facts::MemberFacts;
use super::super::settings::{PointInTimeRecovery, RECOVERY_DAYS};
use super::{Present, Step, update, wait};
use crate::kind::Next;

impl Present<'_, '_> {
    /// What each replica has of its own: protection, recovery, tags, policy, and
    /// what has an API of its own.
    pub(super) fn each_replica(&self) -> Option<Step> {
        let members = self.facts.members.iter();
        members
            .filter(|(region, _)| self.regions.contains(*region))
            .find_map(|(region, member)| self.one_replica(*region, member))
    }

    fn one_replica(&self, region: Region, member: &MemberFacts) -> Option<Step> {
        let declared = protection_in(self.wanted, region);
        if let Some(wanted) = self.meant("deletion_protection", region, declared, false)
            && wanted != member.deletion_protection
        {
            return update(region, Modify::Protection(wanted));
        }
        if let Some(recovery) = self.recovery(region, member) {
            return Some(Next::Call(TableCall::Backups { region, recovery }));
        }
        let wanted = tags_in(self.wanted, region);
        let singled_out = self.wanted.overridden(region).map(|it| &it.tags);
        let former = self.former_own_tags(region);
        // Others' tags are among what is wanted, so that they stay; only ours are ever sent.
        let keys: BTreeSet<String> = self
            .turn
            .changes("tags")
            .filter_map(|change| change.path.strip_prefix("tags.").map(str::to_owned))
            .chain(singled_out.into_iter().flat_map(|tags| tags.keys().cloned()))
            .chain(former)
            .collect();
        let tags: BTreeMap<String, String> = keys
            .iter()
            .filter_map(|key| Some((key.clone(), wanted.get(key)?.clone())))
            .filter(|(key, value)| member.tags.get(key) != Some(value))
            .collect();
        if !tags.is_empty() {
            return Some(Next::Call(TableCall::Tag { region, arn: member.arn.clone(), tags }));
        }
        let keys: Vec<String> = keys
            .into_iter()
            .filter(|key| member.tags.contains_key(key) && !wanted.contains_key(key))
            .collect();
        if !keys.is_empty() {
            return Some(Next::Call(TableCall::Untag { region, arn: member.arn.clone(), keys }));
        }
        self.policy(region, member)
            .or_else(|| self.insights(region, member))
            .or_else(|| self.kinesis(region, member))
    }

    /// Tags that a replica was singled out for and is not any more.
    fn former_own_tags(&self, region: Region) -> Vec<String> {
        let whole = format!("replica_overrides[{region}]");
        let mut keys = Vec::new();
        for change in self.turn.changes("replica_overrides") {
            if !change.after.is_null() {
                continue;
            }
            if change.path == whole {
                let tags = change.before.get("tags").and_then(Packed::as_object);
                keys.extend(tags.into_iter().flat_map(|tags| tags.keys().map(str::to_owned)));
            } else if let Some(key) =
                change.path.strip_prefix(&whole).and_then(|rest| rest.strip_prefix(".tags."))
            {
                keys.push(key.to_owned());
            }
        }
        keys
    }

    fn recovery(&self, region: Region, member: &MemberFacts) -> Option<PointInTimeRecovery> {
        let declared = recovery_in(self.wanted, region);
        let mut wanted = self.meant("point_in_time_recovery", region, declared, false.into())?;
        if wanted.enabled && wanted.recovery_period_days.is_none() && self.days_are_dropped(region)
        {
            wanted.recovery_period_days = Some(RECOVERY_DAYS);
        }
        let present = member.recovery.unwrap_or(false.into());
        let days_off = wanted.recovery_period_days.is_some()
            && wanted.recovery_period_days != present.recovery_period_days;
        let off = wanted.enabled != present.enabled || (wanted.enabled && days_off);
        off.then_some(wanted)
    }

    /// Whether the days back were declared for a replica, or for all, and are no longer.
    fn days_are_dropped(&self, region: Region) -> bool {
        let own = format!("replica_overrides[{region}].point_in_time_recovery");
        let places = ["point_in_time_recovery", own.as_str()];
        let changes = self
            .turn
            .changes("point_in_time_recovery")
            .chain(self.turn.changes("replica_overrides"));
        changes
            .filter(|it| it.after.is_null() || it.after.as_i64() == Some(RECOVERY_DAYS.into()))
            .any(|it| {
                let part = it.path.strip_suffix(".recovery_period_days");
                part.is_some_and(|part| places.contains(&part))
            })
    }

    fn policy(&self, region: Region, member: &MemberFacts) -> Option<Step> {
        let path = format!("resource_policies[{region}]");
        let change =
            self.turn.changes("resource_policies").find(|it| it.path.starts_with(&path))?;
        let arn = member.arn.clone();
        Some(Next::Call(match policy_in(self.wanted, region) {
            Some(document) if !(change.path == path && change.after.is_null()) => {
                TableCall::PutPolicy { region, arn, document }
            }
            _ => TableCall::DeletePolicy { region, arn },
        }))
    }

    /// Another attribute means off, then on again, an hour apart.
    pub(super) fn time_to_live(&self, via: Region) -> Option<Step> {
        let declared = self.props.get("time_to_live")?;
        let wanted = if declared.is_null() { None } else { self.wanted.time_to_live.as_ref() };
        let (status, present) = self.facts.time_to_live.clone()?;
        let off = |attribute: String| {
            Some(Next::Call(TableCall::TimeToLive { via, attribute, enabled: false }))
        };
        match (status.as_str(), wanted) {
            ("ENABLED" | "ENABLING", Some(wanted)) if present.as_ref() == Some(wanted) => None,
            ("ENABLED", _) => off(present.unwrap_or_default()),
            ("DISABLED", None) => None,
            ("DISABLED", Some(attribute)) => Some(Next::Call(TableCall::TimeToLive {
                via,
                attribute: attribute.clone(),
                enabled: true,
            })),
            (word, _) => Some(wait(&format!("time to live {word}"))),
        }
    }

    /// Everything else is done: what can't be done now is said.
    pub(super) fn at_fault(&self) -> Option<Step> {
        if let Some(region) =
            self.coming().into_iter().find(|region| self.facts.unseen.contains(region))
        {
            return Some(Next::refuse(
                format!("{region} does not answer, so the table gets no replica there"),
                format!("run again when {region} is back"),
            ));
        }
        let (region, words) =
            self.facts.faults.iter().find(|(region, _)| self.regions.contains(*region))?;
        Some(Next::refuse(
            format!("the replica in {region} is {words}"),
            "DynamoDB drops a replica that it can't reach for 20 hours and keeps its table: mend \
             the region or its key before that, or take the region out of the program",
        ))
    }
}

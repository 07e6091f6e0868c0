//! What has an API of its own in each region: Contributor Insights, and streams of Kinesis.

use bicoastal_model::{Packed, Region};

use super::super::call::TableCall;
use super::super::facts::MemberFacts;
use super::super::insights::InsightsMode;
use super::super::kinesis::{DestinationFacts, KinesisDestination};
use super::super::own_apis::mentioned;
use super::{Present, Step, wait};
use crate::kind::Next;

impl Present<'_, '_> {
    /// Contributor Insights of one replica, of its table and of its indexes.
    pub(super) fn insights(&self, region: Region, member: &MemberFacts) -> Option<Step> {
        let indexes: Vec<String> = self.seen_indexes().into_iter().map(|it| it.name).collect();
        let indexes = indexes.iter().map(|name| Some(name.as_str()));
        std::iter::once(None)
            .chain(indexes)
            .find_map(|index| self.insights_of(region, member, index))
    }

    fn insights_of(
        &self,
        region: Region,
        member: &MemberFacts,
        index: Option<&str>,
    ) -> Option<Step> {
        let declared = self.wanted.contributor_insights.as_ref();
        let declared = declared.and_then(|it| it.in_region(region, index));
        let formerly = || self.once_had_insights(region, index).then_some(InsightsMode::Off);
        let wanted = declared.or_else(formerly)?;
        let seen = member.insights_of(index);
        let mode = seen.map_or(InsightsMode::Off, |it| it.mode);
        // What failed to be switched on is off, and says that it failed until it is switched off.
        let has_failed = seen.is_some_and(|it| it.failure.is_some());
        if mode == wanted && !has_failed {
            return None;
        }
        if let Some(status @ ("ENABLING" | "DISABLING")) = seen.map(|it| it.status.as_str()) {
            return Some(wait(&format!("insights {status} in {region}")));
        }
        let index = index.map(str::to_owned);
        Some(Next::Call(TableCall::Insights { region, index, mode: wanted }))
    }

    /// Whether what was last applied says anything of it.
    fn once_had_insights(&self, region: Region, index: Option<&str>) -> bool {
        let Some(applied) = self.turn.target.props.get("contributor_insights") else {
            return false;
        };
        let is_of = |entry: &Packed| match entry.get("region") {
            Some(own) => own == region.code(),
            None => true,
        };
        let says = |entry: &Packed| match index {
            None => entry.get("table").is_some(),
            Some(name) => entry.get("indexes").is_some_and(|it| it.get(name).is_some()),
        };
        mentioned(applied).any(|entry| is_of(entry) && says(entry))
    }

    /// The stream of Kinesis that gets one replica's changes: a former one is let go first.
    pub(super) fn kinesis(&self, region: Region, member: &MemberFacts) -> Option<Step> {
        let path = format!("kinesis_destinations[{region}]");
        if !self.turn.changed(&path) {
            return None;
        }
        let mut declared = self.wanted.kinesis_destinations.iter();
        let wanted = declared.find(|it| it.region == region);
        let is_wanted = |it: &&DestinationFacts| {
            wanted.is_some_and(|wanted| wanted.stream.as_str() == it.stream)
        };
        if let Some(other) = member.kinesis.iter().find(|it| it.is_on() && !is_wanted(it)) {
            return Some(match other.status.as_str() {
                "ACTIVE" => {
                    let stream = other.stream.clone();
                    Next::Call(TableCall::DisableKinesis { region, stream })
                }
                status => wait(&format!("kinesis {status} in {region}")),
            });
        }
        if let Some(other) = member.kinesis.iter().find(|it| it.status == "DISABLING") {
            return Some(wait(&format!("kinesis {} in {region}", other.status)));
        }
        let wanted = wanted?;
        match member.kinesis.iter().filter(|it| it.is_on()).find(is_wanted) {
            Some(seen) => precision(region, wanted, seen),
            None => Some(Next::Call(TableCall::EnableKinesis {
                region,
                stream: wanted.stream.as_str().to_owned(),
                precision: wanted.precision,
            })),
        }
    }
}

/// Times of another precision, without a record lost.
fn precision(region: Region, wanted: &KinesisDestination, seen: &DestinationFacts) -> Option<Step> {
    let precision = wanted.precision.filter(|wanted| seen.precision != Some(*wanted))?;
    if seen.status != "ACTIVE" {
        return Some(wait(&format!("kinesis {} in {region}", seen.status)));
    }
    let stream = seen.stream.clone();
    Some(Next::Call(TableCall::UpdateKinesis { region, stream, precision }))
}

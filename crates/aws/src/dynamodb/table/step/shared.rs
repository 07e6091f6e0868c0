//! What all replicas share, and which replicas there are.

use bicoastal_model::Region;
use serde_json::Value;

use super::super::call::TableModification as Modify;
use super::super::effective::{class_in, index_units, key_in, protection_in, reads_in};
use super::super::facts::MemberFacts;
use super::super::index::{GlobalIndex, Key};
use super::super::settings::{Consistency, Encryption, TableClass, WarmThroughput};
use super::{Present, Step, update};
use crate::kind::Next;

impl Present<'_, '_> {
    /// Replicas out, before anything else changes.
    pub(super) fn narrow(&self, home: Region) -> Option<Step> {
        let leaving = self.leaving();
        let first = *leaving.first()?;
        for region in &leaving {
            let protected =
                self.facts.members.get(region).is_some_and(|member| member.deletion_protection);
            if !protected {
                continue;
            }
            let unprotected = protection_in(self.wanted, *region) == Some(false)
                || self.props.get("deletion_protection").is_some_and(Value::is_null);
            if unprotected {
                return update(*region, Modify::Protection(false));
            }
            return Some(Next::refuse(
                format!("the replica in {region} is protected against deletion"),
                "switch deletion_protection off in the program, apply, then take the region out",
            ));
        }
        if self.facts.strong {
            let others: Vec<Region> =
                self.facts.group.iter().copied().filter(|region| *region != home).collect();
            if others != leaving {
                return Some(Next::refuse(
                    "a table with strong consistency can't lose a single replica",
                    "take all its replicas but one out of the program, or none",
                ));
            }
            return update(
                home,
                Modify::DeleteStrong { replicas: others, witness: self.facts.witness },
            );
        }
        if home == first {
            return Some(Next::refuse(
                format!("the replica in {first} can't be removed: no other replica answers"),
                "wait until another region of the table is back",
            ));
        }
        update(home, Modify::DeleteReplica(first))
    }

    pub(super) fn warm(&self, home: Region) -> Option<Step> {
        let wanted = self.wanted.warm_throughput?;
        let present = self.facts.capacity;
        let read = wanted.read.filter(|units| *units > present.warm_read);
        let write = wanted.write.filter(|units| *units > present.warm_write);
        if read.is_none() && write.is_none() {
            return None;
        }
        update(home, Modify::Warm(WarmThroughput { read, write }))
    }

    /// Another view means off, then on again. Replicas that agree at once have streams of their own.
    pub(super) fn stream(&self, home: Region) -> Option<Step> {
        let declared = self.props.get("stream")?;
        let wanted = if declared.is_null() { None } else { self.wanted.stream };
        let streams: Vec<_> = match self.facts.strong {
            false => vec![(home, self.facts.stream)],
            true => self.facts.members.iter().map(|(at, it)| (*at, it.stream)).collect(),
        };
        let (via, seen) = streams.into_iter().find(|(_, seen)| *seen != wanted)?;
        if seen.is_some() {
            if self.facts.group.len() > 1 && !self.facts.strong {
                return Some(Next::refuse(
                    "the stream of a table with replicas can't be turned off: replication needs it",
                    "declare the stream with new and old images",
                ));
            }
            return update(via, Modify::Stream(None));
        }
        update(via, Modify::Stream(wanted))
    }

    pub(super) fn encryption(&self, home: Region) -> Option<Step> {
        let declared = self.props.get("encryption")?;
        let wanted = match &self.wanted.encryption {
            Some(wanted) if !declared.is_null() => wanted.clone(),
            _ => Encryption::AwsOwned,
        };
        let as_wanted = |region: Region, member: &MemberFacts| match &wanted {
            Encryption::AwsOwned => member.key == "aws_owned",
            Encryption::AwsManaged => member.key == "aws_managed",
            Encryption::Customer { keys } => {
                keys.get(&region).is_none_or(|key| key.as_str() == member.key)
            }
        };
        let off = self.facts.members.iter().any(|(region, member)| !as_wanted(*region, member));
        if !off {
            return None;
        }
        let peers = self.facts.group.iter().copied().filter(|region| *region != home).collect();
        update(home, Modify::Encryption { encryption: wanted, peers })
    }

    pub(super) fn classes(&self, home: Region) -> Option<Step> {
        let off = |region: Region| {
            let declared = class_in(self.wanted, region);
            let wanted = self.meant("table_class", region, declared, TableClass::Standard)?;
            let member = self.facts.members.get(&region)?;
            (member.class.unwrap_or(TableClass::Standard) != wanted).then_some(wanted)
        };
        // What is changed in one replica reaches those that have no class of their own: so the
        // shared class is changed through one of these, and a replica's own through another.
        let singled_out = |region: Region| {
            self.wanted.overridden(region).is_some_and(|it| it.table_class.is_some())
        };
        let members: Vec<Region> = self.facts.members.keys().copied().collect();
        if let Some(via) = members.iter().copied().find(|region| !singled_out(*region))
            && let Some(class) = off(via)
        {
            return update(via, Modify::Class(class));
        }
        let (region, class) = members.iter().find_map(|region| Some((*region, off(*region)?)))?;
        let other = members.into_iter().find(|other| *other != region);
        match other {
            Some(_) if home != region => update(home, Modify::ReplicaClass { region, class }),
            Some(via) => update(via, Modify::ReplicaClass { region, class }),
            None => update(region, Modify::Class(class)),
        }
    }

    /// Deletes first: an index whose keys change is made again under its name.
    pub(super) fn indexes(&self, home: Region) -> Option<Step> {
        let seen = self.seen_indexes();
        for change in self.turn.changes("indexes") {
            let Some((name, part)) = change.path.strip_prefix("indexes[")?.split_once(']') else {
                continue;
            };
            let rebuilt = [".partition_key", ".sort_key", ".projection"]
                .iter()
                .any(|it| part.starts_with(it));
            let goes = part.is_empty() && change.after.is_null();
            if (goes || rebuilt) && seen.iter().any(|index| index.name == name) {
                return update(home, Modify::DeleteIndex(name.to_owned()));
            }
        }
        let missing = self
            .wanted
            .indexes
            .iter()
            .find(|index| !seen.iter().any(|other| other.name == index.name))?;
        let own = std::iter::once(&self.wanted.partition_key).chain(&self.wanted.sort_key);
        let mut definitions: Vec<Key> = Vec::new();
        for key in own
            .chain(self.wanted.local_indexes.iter().map(|index| &index.sort_key))
            .chain(seen.iter().flat_map(GlobalIndex::keys))
            .chain(missing.keys())
        {
            if !definitions.contains(key) {
                definitions.push(key.clone());
            }
        }
        update(
            home,
            Modify::CreateIndex {
                index: Box::new(missing.clone()),
                definitions,
                units: index_units(self.wanted.billing, missing),
            },
        )
    }

    pub(super) fn seen_indexes(&self) -> Vec<GlobalIndex> {
        let seen = self.turn.seen.and_then(|seen| seen.props.get("indexes"));
        let entries = seen.and_then(Value::as_array).into_iter().flatten();
        // What it takes may be another thing in each region, and does not make it another index.
        let without_capacity = |entry: &Value| {
            let mut entry = entry.clone();
            if let Some(parts) = entry.as_object_mut() {
                parts.retain(|part, _| {
                    !["read", "write", "on_demand_throughput"].contains(&part.as_str())
                });
            }
            entry
        };
        entries.filter_map(|entry| serde_json::from_value(without_capacity(entry)).ok()).collect()
    }

    /// Replicas in, one by one, or all at once where they agree at once.
    pub(super) fn widen(&self, home: Region) -> Option<Step> {
        let mut coming = self.coming();
        let strong = match self.wanted.consistency {
            Some(Consistency::Strong { witness }) => Some(witness),
            _ => None,
        };
        if coming.is_empty() && (strong.flatten() == self.facts.witness || self.facts.strong) {
            return None;
        }
        if let Some(witness) = strong {
            if self.facts.group.len() > 1 {
                return Some(Next::refuse(
                    "a table with strong consistency takes no further replicas",
                    "take all its replicas but one out of the program, apply, and add the new set",
                ));
            }
            coming.retain(|region| Some(*region) != witness);
            let replicas =
                coming.into_iter().map(|region| (region, key_in(self.wanted, region))).collect();
            return update(home, Modify::CreateStrong { replicas, witness });
        }
        // A silent region may hold a table of its own: the next one is tried first.
        let region = coming.into_iter().find(|region| !self.facts.unseen.contains(region))?;
        let class = self.wanted.overridden(region).and_then(|it| it.table_class);
        let key = key_in(self.wanted, region);
        let reads = reads_in(self.wanted, region);
        update(home, Modify::CreateReplica { region, key, class, reads })
    }
}

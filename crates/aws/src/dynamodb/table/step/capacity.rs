//! Capacity: what replicas share of it, and what single ones have of their own.
//!
//! A change of reads through one replica reaches the others that have nothing of their own, and nobody
//! but itself where that one has. So what is shared is changed through a replica that the program does
//! not single out, where none of those has it as it should be. What one alone has otherwise is set for it through a peer, also where it is to be
//! as everywhere: AWS has no way to take such an override back.

use bicoastal_model::{Packed, Region};
use serde_json::Value;

use super::super::call::{ReplicaReads, TableModification as Modify};
use super::super::facts::Throughput;
use super::super::settings::{Billing, OnDemandThroughput, Units};
use super::{Present, Step, update};

/// The table, or the index of this name.
type Of<'n> = Option<&'n str>;

impl Present<'_, '_> {
    /// Our replicas that answer.
    fn ours(&self) -> impl Iterator<Item = Region> {
        let members = self.facts.members.keys().copied();
        members.filter(|region| self.regions.contains(region))
    }

    fn seen(&self, region: Region, of: Of<'_>) -> Throughput {
        self.facts.members.get(&region).map(|it| it.throughput_of(of)).unwrap_or_default()
    }

    /// The table, and each of its indexes.
    fn all(names: &[String]) -> impl Iterator<Item = Of<'_>> {
        std::iter::once(None).chain(names.iter().map(|name| Some(name.as_str())))
    }

    fn index_names(&self) -> Vec<String> {
        self.seen_indexes().into_iter().map(|index| index.name).collect()
    }

    /// Reads and writes of a provisioned table or of its index, in every region.
    fn ranges(&self, of: Of<'_>) -> Option<(Units, Units)> {
        let Billing::Provisioned { read, write } = self.wanted.billing else { return None };
        let index = of.and_then(|name| self.wanted.indexes.iter().find(|it| it.name == name));
        Some(match index {
            Some(index) => (index.read.unwrap_or(read), index.write.unwrap_or(write)),
            None => (read, write),
        })
    }

    fn own_read(&self, region: Region, of: Of<'_>) -> Option<Units> {
        self.wanted.overridden(region)?.read_of(of)
    }

    fn own_max_read(&self, region: Region, of: Of<'_>) -> Option<i64> {
        self.wanted.overridden(region)?.max_read_of(of)
    }

    /// Whether what the program says of something in every region is not as it is.
    fn is_off(&self, of: Of<'_>, part: &str) -> bool {
        match (of, part) {
            (None, "max_read" | "max_write") => {
                self.turn.changed(&format!("on_demand_throughput.{part}"))
                    || self
                        .turn
                        .changes("on_demand_throughput")
                        .any(|it| it.path == "on_demand_throughput")
            }
            (None, _) => self.turn.changed("billing"),
            (Some(name), "max_read" | "max_write") => {
                self.turn.changed(&format!("indexes[{name}].on_demand_throughput"))
            }
            (Some(name), _) => self.turn.changed(&format!("indexes[{name}].{part}")),
        }
    }

    /// Whether this replica is the one through which reads are changed that all share: the first that
    /// is not singled out, and has nothing of its own if there is such a one, where none of those that
    /// are not singled out has what it should.
    fn leads(
        &self,
        region: Region,
        of: Of<'_>,
        is_own: impl Fn(Region) -> bool,
        is_right: impl Fn(Region) -> bool,
    ) -> bool {
        let plain = || self.ours().filter(|region| !is_own(*region));
        let shares = plain().find(|region| !self.seen(*region, of).own_reads);
        shares.or_else(|| plain().next()) == Some(region) && !plain().any(is_right)
    }

    pub(super) fn throughput(&self, home: Region) -> Option<Step> {
        match self.wanted.billing {
            Billing::OnDemand if self.facts.capacity.on_demand => None,
            Billing::OnDemand => update(
                home,
                Modify::Throughput { on_demand: Some(true), units: None, indexes: Vec::new() },
            ),
            Billing::Provisioned { .. } if self.facts.capacity.on_demand => self.reserve(home),
            Billing::Provisioned { .. } => {
                let names = self.index_names();
                self.ours().find_map(|region| self.units_through(region, &names))
            }
        }
    }

    /// From on-demand to provisioned: the table and every index get the least.
    fn reserve(&self, home: Region) -> Option<Step> {
        let least = |of: Of<'_>| self.ranges(of).map(|(read, write)| (read.min, write.min));
        let names = self.index_names();
        let indexes = names.into_iter().filter_map(|name| {
            let (read, write) = least(Some(&name))?;
            Some((name, read, write))
        });
        update(
            home,
            Modify::Throughput {
                on_demand: Some(false),
                units: least(None),
                indexes: indexes.collect(),
            },
        )
    }

    fn units_through(&self, region: Region, names: &[String]) -> Option<Step> {
        let fit = |of: Of<'_>| {
            let (shared, write) = self.ranges(of)?;
            let read = self.own_read(region, of).unwrap_or(shared);
            let seen = self.seen(region, of);
            let is_own = |region| self.own_read(region, of).is_some();
            let is_right = |region| shared.accepts(self.seen(region, of).read);
            let reads_off = self.is_off(of, "read") && self.leads(region, of, is_own, is_right);
            let writes_off = self.is_off(of, "write") && !write.accepts(seen.write);
            (reads_off || writes_off).then(|| {
                (seen.read.clamp(read.min, read.max), seen.write.clamp(write.min, write.max))
            })
        };
        let units = fit(None);
        let indexes = names.iter().filter_map(|name| {
            let (read, write) = fit(Some(name))?;
            Some((name.clone(), read, write))
        });
        let indexes: Vec<_> = indexes.collect();
        if units.is_none() && indexes.is_empty() {
            return None;
        }
        update(region, Modify::Throughput { on_demand: None, units, indexes })
    }

    /// A ceiling of an on-demand table or of its index in every region; `None` where nothing is to be
    /// said of it. A part that was never mentioned stays; one that was and is not any more is lifted.
    fn ceiling(&self, of: Of<'_>, part: &str) -> Option<i64> {
        let declared = match of {
            None => self.props.get("on_demand_throughput")?,
            Some(name) => {
                let mut indexes = self.props.get("indexes")?.as_array()?.iter();
                indexes.find(|it| it["name"] == name)?.get("on_demand_throughput")?
            }
        };
        match declared {
            Value::Null => Some(-1),
            other => Some(other.get(part)?.as_i64().unwrap_or(-1)),
        }
    }

    pub(super) fn ceilings(&self) -> Option<Step> {
        if !self.facts.capacity.on_demand {
            return None;
        }
        let names = self.index_names();
        self.ours().find_map(|region| self.ceilings_through(region, &names))
    }

    fn ceilings_through(&self, region: Region, names: &[String]) -> Option<Step> {
        let fit = |of: Of<'_>| {
            let max_read = self.ceiling(of, "max_read").filter(|wanted| {
                let is_own = |region| self.own_max_read(region, of).is_some();
                let is_right = |region| self.seen(region, of).max_read.unwrap_or(-1) == *wanted;
                self.is_off(of, "max_read") && self.leads(region, of, is_own, is_right)
            });
            let max_write = self.ceiling(of, "max_write").filter(|wanted| {
                self.is_off(of, "max_write")
                    && self.seen(region, of).max_write.unwrap_or(-1) != *wanted
            });
            let any = max_read.is_some() || max_write.is_some();
            any.then_some(OnDemandThroughput { max_read, max_write })
        };
        let table = fit(None);
        let indexes = names.iter().filter_map(|name| Some((name.clone(), fit(Some(name))?)));
        let indexes: Vec<_> = indexes.collect();
        if table.is_none() && indexes.is_empty() {
            return None;
        }
        update(region, Modify::Ceilings { table, indexes })
    }

    /// What single replicas are to have of reads, whether they are singled out for it or not any
    /// more, or somebody else has done that.
    pub(super) fn own_reads(&self, home: Region) -> Option<Step> {
        let names = self.index_names();
        let (region, reads) = self.ours().find_map(|region| {
            let reads = self.reads_off(region, &names);
            (!reads.is_empty()).then_some((region, reads))
        })?;
        let peer = self.ours().find(|other| *other != region);
        match peer {
            Some(_) if home != region => update(home, Modify::ReplicaReads { region, reads }),
            Some(peer) => update(peer, Modify::ReplicaReads { region, reads }),
            None => self.alone(region, reads),
        }
    }

    /// The only replica has nobody to differ from.
    fn alone(&self, region: Region, reads: ReplicaReads) -> Option<Step> {
        let write = |of: Of<'_>| self.seen(region, of).write;
        let ceiling = |max_read| OnDemandThroughput { max_read: Some(max_read), max_write: None };
        let change = if self.facts.capacity.on_demand {
            let indexes = reads.indexes.into_iter();
            Modify::Ceilings {
                table: reads.max_read.map(ceiling),
                indexes: indexes
                    .filter_map(|(name, _, max_read)| Some((name, ceiling(max_read?))))
                    .collect(),
            }
        } else {
            let indexes = reads.indexes.into_iter();
            Modify::Throughput {
                on_demand: None,
                units: reads.read.map(|read| (read, write(None))),
                indexes: indexes
                    .filter_map(|(name, read, _)| {
                        let write = write(Some(&name));
                        Some((name, read?, write))
                    })
                    .collect(),
            }
        };
        update(region, change)
    }

    /// Reads of one replica that are not what is meant for it.
    fn reads_off(&self, region: Region, names: &[String]) -> ReplicaReads {
        let mut off = ReplicaReads::default();
        for of in Self::all(names) {
            let (read, max_read) = match self.facts.capacity.on_demand {
                true => (None, self.max_read_off(region, of)),
                false => (self.read_off(region, of), None),
            };
            match of {
                None => (off.read, off.max_read) = (read, max_read),
                Some(_) if read.is_none() && max_read.is_none() => {}
                Some(name) => off.indexes.push((name.to_owned(), read, max_read)),
            }
        }
        off
    }

    fn read_off(&self, region: Region, of: Of<'_>) -> Option<i64> {
        let (shared, _) = self.ranges(of)?;
        let own = self.own_read(region, of);
        if own.is_none() && !self.was_singled_out(region, of, "read") && !self.is_off(of, "read") {
            return None;
        }
        let range = own.unwrap_or(shared);
        let seen = self.seen(region, of).read;
        (!range.accepts(seen)).then(|| seen.clamp(range.min, range.max))
    }

    fn max_read_off(&self, region: Region, of: Of<'_>) -> Option<i64> {
        let seen = self.seen(region, of).max_read.unwrap_or(-1);
        let wanted = match self.own_max_read(region, of) {
            Some(own) => own,
            None if self.was_singled_out(region, of, "max_read") => {
                // Where nothing is declared for all of them, it is what the others have.
                let mut plain = self.ours().filter(|other| {
                    *other != region
                        && self.own_max_read(*other, of).is_none()
                        && !self.was_singled_out(*other, of, "max_read")
                });
                let others = || plain.next().and_then(|it| self.seen(it, of).max_read);
                self.ceiling(of, "max_read").or_else(others).unwrap_or(-1)
            }
            None if self.is_off(of, "max_read") => self.ceiling(of, "max_read")?,
            None => return None,
        };
        (wanted != seen).then_some(wanted)
    }

    /// Whether what was last applied singles a replica out for a part of its reads.
    fn was_singled_out(&self, region: Region, of: Of<'_>, part: &str) -> bool {
        let find = || -> Option<&Packed> {
            let overrides = self.turn.target.props.get("replica_overrides")?.as_array()?;
            let entry = overrides.iter().find(|it| it["region"] == region.code())?;
            match of {
                None => entry.get(part),
                Some(name) => {
                    let mut indexes = entry.get("indexes")?.as_array()?.iter();
                    indexes.find(|it| it["name"] == name)?.get(part)
                }
            }
        };
        find().is_some()
    }
}

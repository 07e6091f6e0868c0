//! State in one place, or in two regions at once.
//!
//! With two places every write goes to both, the first one first, before it counts as done; so
//! what counted is in both, and the second never has anything that the first one lacks. Either is
//! enough to read from. To write without one of them it takes an explicit word, because nobody can
//! tell a place that is gone from one that only this run can't see: the other one is marked then as
//! having gone on alone, and is the truth until both are there again.

use std::sync::Arc;

use bicoastal_engine::record::Record;
use bicoastal_engine::state::State;
use bicoastal_model::provider::{BoxFuture, Gate};
use bicoastal_runtime::lease::{Ask, RENEWAL};
use bicoastal_runtime::snapshot::Snapshot;
use bicoastal_runtime::{Clock, Lease, LeaseNote, StateStore, StoreError};
use std::time::Duration;

use crate::layout::{self, Head};
use crate::lease::{self, Tenure};
use crate::objects::{Objects, Put, put};
use crate::side::{Content, Side, Trouble};

/// Slots after which the journal is folded, whatever the size of the state.
const MANY_SLOTS: u64 = 64;

/// State as named bytes in one place or two.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    sides: Vec<Side>,
    /// The places that are left out.
    without: Vec<Side>,
    clock: Arc<dyn Clock>,
}

impl ObjectStore {
    /// In a place. Leases are measured with the clock.
    pub fn new(place: impl Objects + 'static, clock: Arc<dyn Clock>) -> Self {
        Self { sides: vec![Side(Arc::new(place))], without: Vec::new(), clock }
    }

    /// And in one more, in another region.
    #[must_use]
    pub fn and(mut self, place: impl Objects + 'static) -> Self {
        self.sides.push(Side(Arc::new(place)));
        self
    }

    /// Without one of the places (0 is the first): the word of somebody who knows that it is gone
    /// and that no run works with it.
    #[must_use]
    pub fn without(mut self, place: usize) -> Self {
        if self.sides.len() > 1 && place < self.sides.len() {
            self.without.push(self.sides.remove(place));
        }
        self
    }

    /// What is in the place that is to be believed, and which that is.
    async fn read(&self, stack: &str) -> Result<Content, StoreError> {
        let mut first_trouble = None;
        let mut answering = Vec::new();
        for side in &self.sides {
            match side.head(stack).await {
                Ok((head, _)) => answering.push((side, head)),
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Cloud(error)) => {
                    let error = side.failed("read the state in", &error);
                    first_trouble.get_or_insert(error);
                }
            }
        }
        let heads: Vec<&Head> = answering.iter().map(|(_, head)| head).collect();
        let truth = truth(&heads, stack)?;
        // The one to be believed, then the others: they have everything that counted, unless they
        // were left out.
        let lone = answering.get(truth).is_some_and(|(_, head)| !head.alone.is_empty());
        let count = answering.len();
        answering.rotate_left(truth.min(count));
        for (side, _) in answering {
            match side.read(stack).await {
                Ok(content) => return Ok(content),
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Cloud(error)) => {
                    let error = side.failed("read the state in", &error);
                    if lone {
                        return Err(error);
                    }
                    first_trouble.get_or_insert(error);
                }
            }
        }
        Err(first_trouble.unwrap_or_else(|| StoreError::Io("no place has the state".to_owned())))
    }
}

/// Which of these heads is to be believed: the one that went on alone, else the first.
fn truth(heads: &[&Head], stack: &str) -> Result<usize, StoreError> {
    let alone: Vec<usize> = (0..)
        .zip(heads)
        .filter(|(_, head)| !head.alone.is_empty())
        .map(|(index, _)| index)
        .collect();
    match alone.as_slice() {
        [] => Ok(0),
        [one] => Ok(*one),
        _ => Err(StoreError::Damaged(format!(
            "the state of '{stack}' was written in two regions, each without the other: neither can be believed alone\n  hint: look at both (give --state each place by itself and say `state list`), clear the wrong one, and go on; `state recover` finds what only that one knew"
        ))),
    }
}

impl StateStore for ObjectStore {
    fn place(&self, stack: &str) -> String {
        let names: Vec<String> =
            self.sides.iter().map(|side| format!("{}/{stack}", side.place())).collect();
        names.join(" and ")
    }

    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<State>, StoreError>> {
        Box::pin(async move {
            let content = self.read(stack).await?;
            here(&content.head, stack, &self.place(stack))?;
            Ok(content.state)
        })
    }

    fn lease<'a>(
        &'a self,
        stack: &'a str,
        ask: &'a Ask,
    ) -> BoxFuture<'a, Result<Box<dyn Lease>, StoreError>> {
        Box::pin(async move {
            for side in &self.sides {
                side.0.check().await.map_err(|error| self.unreachable(side, &error))?;
            }
            let tenure = lease::take(&self.sides, stack, ask, &self.clock).await?;
            Ok(Box::new(ObjectLease {
                store: self.clone(),
                stack: stack.to_owned(),
                moved: ask.moved,
                tenure,
                cursor: tokio::sync::Mutex::default(),
            }) as Box<dyn Lease>)
        })
    }

    fn stacks<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        Box::pin(async move {
            let mut trouble = None;
            for side in &self.sides {
                match side.0.stacks().await {
                    Ok(stacks) => return Ok(stacks),
                    Err(error) => {
                        trouble.get_or_insert(side.failed("list the stacks in", &error));
                    }
                }
            }
            Err(trouble.unwrap_or_else(|| StoreError::Io("there is no place".to_owned())))
        })
    }
}

impl ObjectStore {
    /// A place that has to be written and does not answer.
    fn unreachable(&self, side: &Side, error: &bicoastal_model::OpError) -> StoreError {
        let failed = side.failed("use", error);
        if self.sides.len() < 2 || !error.is_unreachable() {
            return failed;
        }
        StoreError::Io(format!(
            "{failed}\n  hint: nothing counts as recorded unless it is in both regions; if this one is gone and no other run can reach it, go on without it: add without=REGION to --state"
        ))
    }
}

/// Refuses a state that has moved.
fn here(head: &Head, stack: &str, place: &str) -> Result<(), StoreError> {
    match &head.moved_to {
        Some(to) => Err(StoreError::moved(stack, place, to)),
        None => Ok(()),
    }
}

/// Where the next record goes.
#[derive(Debug, Default)]
struct Cursor {
    /// What the places have; `None` until it was loaded.
    at: Option<At>,
    /// An append that may have been written in part: nothing may come after it.
    broken: Option<StoreError>,
}

#[derive(Clone, Debug)]
struct At {
    head: Head,
    /// The head's version in each place.
    versions: Vec<Option<String>>,
    slots: u64,
    /// How many records were ever written.
    generation: u64,
    journal_bytes: usize,
    snapshot_bytes: usize,
    /// How many eras this lease has begun.
    eras: u32,
}

#[derive(Debug)]
struct ObjectLease {
    store: ObjectStore,
    stack: String,
    moved: bool,
    tenure: Tenure,
    cursor: tokio::sync::Mutex<Cursor>,
}

impl ObjectLease {
    fn sides(&self) -> &[Side] {
        &self.store.sides
    }

    /// Before anything is written: the lease must last until it is.
    async fn check(&self) -> Result<(), StoreError> {
        if let Some(lost) = self.tenure.terms.lost() {
            return Err(lost);
        }
        // Where nobody says what time it is, a renewal tells.
        let lasts =
            self.store.clock.look().await.is_ok() && self.tenure.terms.lasts(Duration::ZERO);
        if lasts { Ok(()) } else { self.tenure.renew().await }
    }

    async fn load_now(&self) -> Result<Option<State>, StoreError> {
        self.check().await?;
        let mut cursor = self.cursor.lock().await;
        let mut heads = Vec::new();
        for side in self.sides() {
            heads.push(side.head(&self.stack).await.map_err(|it| side.told("read", it))?);
        }
        let only: Vec<&Head> = heads.iter().map(|(head, _)| head).collect();
        let truth = truth(&only, &self.stack)?;
        let believed = &self.sides()[truth];
        let mut content = believed
            .read(&self.stack)
            .await
            .map_err(|it| believed.told("read the state in", it))?;
        if !self.moved {
            here(&content.head, &self.stack, &self.store.place(&self.stack))?;
        }
        let mut versions: Vec<_> = heads.iter().map(|(_, version)| version.clone()).collect();
        let rejoins = !content.head.alone.is_empty() && self.store.without.is_empty();
        // What tells that the state is here, and that it went on alone.
        let mut head = content.head.clone();
        if !self.store.without.is_empty() && head.alone.is_empty() {
            head.alone = self.store.without.iter().map(Side::place).collect();
        }
        for (index, side) in self.sides().iter().enumerate() {
            let current = heads.get(index).map(|(head, _)| head);
            let is_there = versions.get(index).is_some_and(Option::is_some);
            let write = match index == truth {
                true => !is_there || head != content.head,
                false => !rejoins && (!is_there || current != Some(&head)),
            };
            if !write {
                continue;
            }
            if index != truth && head.snapshot {
                self.copy_snapshot(believed, side, &head.era).await?;
            }
            let version = versions.get(index).cloned().flatten();
            let version = self.write_head(side, &head, version.as_deref()).await?;
            if let Some(slot) = versions.get_mut(index) {
                *slot = Some(version);
            }
        }
        content.head = head;
        let mut at = At {
            head: content.head,
            versions,
            slots: content.slots,
            generation: content.state.as_ref().map_or(0, |state| state.generation),
            journal_bytes: content.journal_bytes,
            snapshot_bytes: content.snapshot_bytes,
            eras: 0,
        };
        let mut state = content.state;
        if rejoins {
            let snapshot = Snapshot { state: state.clone(), moved_to: None };
            let alone = Vec::new();
            // The others first: until they have it, the one that was alone is to be believed.
            let mut order: Vec<usize> =
                (0..self.sides().len()).filter(|index| *index != truth).collect();
            order.push(truth);
            at = self.new_era(at, &snapshot, alone, &order).await?;
        } else {
            for (index, side) in self.sides().iter().enumerate() {
                if index != truth {
                    self.copy_slots(believed, side, &at).await?;
                }
            }
        }
        if self.tenure.taken_over {
            state = self.shut_out_the_former(&mut at, state).await?;
        }
        cursor.at = Some(at);
        Ok(state)
    }

    async fn copy_snapshot(&self, from: &Side, to: &Side, era: &str) -> Result<(), StoreError> {
        let key = layout::snapshot_key(&self.stack, era);
        let found = from.0.get(&key).await.map_err(|error| from.failed("read", &error))?;
        let found = found.ok_or_else(|| layout::damaged(&from.name(&key), "it is missing"))?;
        match put(&*to.0, &key, &found.bytes, None).await {
            Ok(Put::Done(_)) => Ok(()),
            Ok(Put::Taken(_)) => {
                Err(layout::damaged(&to.name(&key), "it differs from the first place's"))
            }
            Err(error) => Err(to.failed("copy the state to", &error)),
        }
    }

    /// Brings a place up to date that lacks the last slots: those that were written first and
    /// never came to count.
    async fn copy_slots(&self, from: &Side, to: &Side, at: &At) -> Result<(), StoreError> {
        let prefix = layout::journal_prefix(&self.stack, &at.head.era);
        let there = to.0.list(&prefix).await.map_err(|error| to.failed("read", &error))?;
        let keys: Vec<String> =
            (0..at.slots).map(|slot| layout::slot_key(&self.stack, &at.head.era, slot)).collect();
        let differs = |key: &str| {
            layout::damaged(&to.name(key), &format!("it is not what {} has", from.place()))
        };
        if let Some(odd) = there
            .iter()
            .zip(keys.iter().map(Some).chain(std::iter::repeat(None)))
            .find(|(there, expected)| Some(*there) != *expected)
        {
            return Err(differs(odd.0));
        }
        // The last one that both have, and everything after it.
        let missing = keys.get(there.len().saturating_sub(1)..).unwrap_or_default();
        let slots = from.slots(missing).await.map_err(|it| from.told("read", it))?;
        for (key, bytes) in slots {
            match put(&*to.0, &key, &bytes, None).await {
                Ok(Put::Done(_)) => {}
                Ok(Put::Taken(_)) => return Err(differs(&key)),
                Err(error) => return Err(to.failed("copy the state to", &error)),
            }
        }
        Ok(())
    }

    /// Takes the slot that a holder who does not know yet would write next. What it wrote in the
    /// last moment is read first.
    async fn shut_out_the_former(
        &self,
        at: &mut At,
        mut state: Option<State>,
    ) -> Result<Option<State>, StoreError> {
        loop {
            let key = layout::slot_key(&self.stack, &at.head.era, at.slots);
            let fence =
                layout::encode_slot(&self.stack, &at.head.era, at.slots, self.tenure.note(), &[]);
            let mut bytes = fence;
            for side in self.sides() {
                match put(&*side.0, &key, &bytes, None).await {
                    Ok(Put::Done(_)) => {}
                    Ok(Put::Taken(Some(found))) => {
                        let place = side.name(&key);
                        let records = layout::decode_slot(
                            &found.bytes,
                            &self.stack,
                            &at.head.era,
                            at.slots,
                            &place,
                        )?;
                        let so_far = state
                            .get_or_insert_with(|| State::empty(self.stack.clone(), String::new()));
                        bicoastal_runtime::snapshot::replay(so_far, &records, &place)?;
                        // The other place gets what this one has.
                        bytes = found.bytes;
                    }
                    Ok(Put::Taken(None)) => return Err(self.tenure.shut_out(side).await),
                    Err(error) => return Err(side.failed("write the state to", &error)),
                }
            }
            at.slots += 1;
            at.generation = state.as_ref().map_or(0, |state| state.generation);
            at.journal_bytes += bytes.len();
            let is_ours = layout::encode_slot(
                &self.stack,
                &at.head.era,
                at.slots - 1,
                self.tenure.note(),
                &[],
            ) == bytes;
            if is_ours {
                return Ok(state.filter(|state| state.generation > 0));
            }
        }
    }

    async fn write_head(
        &self,
        side: &Side,
        head: &Head,
        version: Option<&str>,
    ) -> Result<String, StoreError> {
        match put(&*side.0, &layout::head_key(&self.stack), &head.encode(), version).await {
            Ok(Put::Done(version)) => Ok(version),
            Ok(Put::Taken(_)) => Err(self.tenure.shut_out(side).await),
            Err(error) => Err(side.failed("write the state to", &error)),
        }
    }

    async fn append_now(&self, records: &[(u64, Record)]) -> Result<(), StoreError> {
        let mut cursor = self.cursor.lock().await;
        if let Some(broken) = &cursor.broken {
            return Err(broken.clone());
        }
        self.check().await?;
        let Some(at) = &mut cursor.at else {
            return Err(StoreError::Io("the state is to be read before it is written".to_owned()));
        };
        let key = layout::slot_key(&self.stack, &at.head.era, at.slots);
        let bytes =
            layout::encode_slot(&self.stack, &at.head.era, at.slots, self.tenure.note(), records);
        let mut failed = None;
        for side in self.sides() {
            match put(&*side.0, &key, &bytes, None).await {
                Ok(Put::Done(_)) => {}
                Ok(Put::Taken(_)) => failed = Some(self.tenure.shut_out(side).await),
                Err(error) => failed = Some(self.store.unreachable(side, &error)),
            }
            if failed.is_some() {
                break;
            }
        }
        match failed {
            None => {
                at.slots += 1;
                at.generation = records.last().map_or(at.generation, |(number, _)| *number);
                at.journal_bytes += bytes.len();
                Ok(())
            }
            Some(error) => {
                cursor.broken = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn compact_now(&self, state: &State) -> Result<(), StoreError> {
        let mut cursor = self.cursor.lock().await;
        if let Some(broken) = &cursor.broken {
            return Err(broken.clone());
        }
        self.check().await?;
        let at = cursor.at.clone();
        let at = at.ok_or_else(|| StoreError::Io("the state is to be read first".to_owned()))?;
        let worth_it = !at.head.snapshot
            || at.generation != state.generation
            || at.slots >= MANY_SLOTS
            || at.journal_bytes.saturating_mul(4) >= at.snapshot_bytes;
        if !worth_it {
            return Ok(());
        }
        let snapshot = Snapshot { state: Some(state.clone()), moved_to: None };
        let order: Vec<usize> = (0..self.sides().len()).collect();
        let alone = at.head.alone.clone();
        cursor.at = Some(self.new_era(at, &snapshot, alone, &order).await?);
        Ok(())
    }

    /// Begins a new era with a snapshot: that is written everywhere first, then the heads are
    /// turned to it in this order, then what nobody reads any more is deleted. A crash between
    /// leaves the old era, or the new one, whole.
    async fn new_era(
        &self,
        at: At,
        snapshot: &Snapshot,
        alone: Vec<String>,
        order: &[usize],
    ) -> Result<At, StoreError> {
        let generation = snapshot.state.as_ref().map_or(0, |state| state.generation);
        let era = format!("{generation:020}-{}-{}", self.tenure.note().owner, at.eras);
        let bytes = snapshot.encode()?;
        let key = layout::snapshot_key(&self.stack, &era);
        for side in self.sides() {
            match put(&*side.0, &key, &bytes, None).await {
                Ok(Put::Done(_)) => {}
                Ok(Put::Taken(_)) => return Err(self.tenure.shut_out(side).await),
                Err(error) => return Err(side.failed("write the state to", &error)),
            }
        }
        let head = Head {
            era,
            snapshot: true,
            before: Some(at.head.era.clone()),
            alone,
            ..at.head.clone()
        };
        let mut versions = at.versions.clone();
        for index in order {
            let Some(side) = self.sides().get(*index) else { continue };
            let version = versions.get(*index).cloned().flatten();
            let version = self.write_head(side, &head, version.as_deref()).await?;
            if let Some(slot) = versions.get_mut(*index) {
                *slot = Some(version);
            }
        }
        for side in self.sides() {
            // Only room is lost where this fails; the next one tries again.
            let _ = self.tidy(side, &head).await;
        }
        Ok(At {
            head,
            versions,
            slots: 0,
            generation,
            journal_bytes: 0,
            snapshot_bytes: bytes.len(),
            eras: at.eras + 1,
        })
    }

    /// Deletes the eras before the one before.
    async fn tidy(&self, side: &Side, head: &Head) -> Result<(), bicoastal_model::OpError> {
        let mut kept: Vec<&str> = head.aside.iter().map(String::as_str).collect();
        kept.extend([Some(head.era.as_str()), head.before.as_deref()].into_iter().flatten());
        for what in ["journal", "snapshot"] {
            let prefix = format!("{}/{what}/", self.stack);
            let mut eras: Vec<String> = side
                .0
                .list(&prefix)
                .await?
                .iter()
                .filter_map(|key| key.strip_prefix(&prefix)?.split('/').next().map(str::to_owned))
                .filter(|era| !kept.contains(&era.as_str()))
                .collect();
            eras.dedup();
            for era in eras {
                let end = if what == "journal" { "/" } else { "" };
                side.0.clear(&format!("{prefix}{era}{end}")).await?;
            }
        }
        Ok(())
    }

    /// Turns the head to an era that is empty. What was there is remembered, so that it is never
    /// deleted.
    async fn set_aside_now(&self) -> Result<String, StoreError> {
        self.check().await?;
        let mut cursor = self.cursor.lock().await;
        let mut heads = Vec::new();
        let mut aside = std::collections::BTreeSet::new();
        for side in self.sides() {
            let failed = |error| side.failed("read", &error);
            heads.push(side.0.get(&layout::head_key(&self.stack)).await.map_err(failed)?);
            for what in ["journal", "snapshot"] {
                let prefix = format!("{}/{what}/", self.stack);
                let keys = side.0.list(&prefix).await.map_err(failed)?;
                aside.extend(
                    keys.iter()
                        .filter_map(|key| key.strip_prefix(&prefix)?.split('/').next())
                        .map(str::to_owned),
                );
            }
        }
        let owner = &self.tenure.note().owner;
        let head = Head {
            era: format!("{}-{owner}-aside", layout::FIRST_ERA),
            alone: self.store.without.iter().map(Side::place).collect(),
            aside: aside.into_iter().collect(),
            ..Head::first(&self.stack)
        };
        let kept = layout::aside_key(&self.stack, owner);
        let mut versions = Vec::new();
        for (side, found) in self.sides().iter().zip(&heads) {
            if let Some(found) = found {
                put(&*side.0, &kept, &found.bytes, None)
                    .await
                    .map_err(|error| side.failed("write the state to", &error))?;
            }
            let version = found.as_ref().map(|found| found.version.as_str());
            versions.push(Some(self.write_head(side, &head, version).await?));
        }
        cursor.at = Some(At {
            head,
            versions,
            slots: 0,
            generation: 0,
            journal_bytes: 0,
            snapshot_bytes: 0,
            eras: 0,
        });
        Ok(format!("{kept} and what it refers to, in {}", self.store.place(&self.stack)))
    }

    async fn moved_to_now(&self, place: Option<&str>) -> Result<(), StoreError> {
        let mut cursor = self.cursor.lock().await;
        self.check().await?;
        let Some(at) = &mut cursor.at else {
            return Err(StoreError::Io("the state is to be read first".to_owned()));
        };
        let head = Head { moved_to: place.map(str::to_owned), ..at.head.clone() };
        for (side, version) in self.sides().iter().zip(at.versions.iter_mut()) {
            *version = Some(self.write_head(side, &head, version.as_deref()).await?);
        }
        at.head = head;
        Ok(())
    }
}

impl Lease for ObjectLease {
    fn note(&self) -> LeaseNote {
        self.tenure.note().clone()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<State>, StoreError>> {
        Box::pin(self.load_now())
    }

    fn append<'a>(&'a self, records: &'a [(u64, Record)]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.append_now(records))
    }

    fn compact<'a>(&'a self, state: &'a State) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.compact_now(state))
    }

    fn moved(&self) -> BoxFuture<'_, Option<String>> {
        Box::pin(async {
            self.cursor.lock().await.at.as_ref().and_then(|at| at.head.moved_to.clone())
        })
    }

    fn moved_to<'a>(&'a self, place: Option<&'a str>) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.moved_to_now(place))
    }

    fn set_aside(&self) -> BoxFuture<'_, Result<String, StoreError>> {
        Box::pin(self.set_aside_now())
    }

    fn keep(&self) -> BoxFuture<'_, StoreError> {
        Box::pin(async {
            loop {
                self.store.clock.sleep(RENEWAL).await;
                // What failed is tried again: until the lease is over, and after, as long as
                // nobody else has taken it.
                if let Err(error) = self.tenure.renew().await
                    && self.tenure.terms.lost().is_some()
                {
                    return error;
                }
            }
        })
    }

    fn gate(&self) -> Arc<dyn Gate> {
        self.tenure.terms.clone()
    }

    fn release(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.tenure.release())
    }
}

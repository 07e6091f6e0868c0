//! The beginning of a tenure: what is there is read, every place is brought to the same, and a holder
//! who may not know yet is shut out.

use bicoastal_engine::state::State;
use bicoastal_runtime::snapshot::Snapshot;
use bicoastal_runtime::{StateStore, StoreError};

use super::{At, ObjectLease};
use crate::layout::{self, Head};
use crate::objects::{Put, put};
use crate::side::Side;
use crate::store::{here, truth};

impl ObjectLease {
    pub(super) async fn load_now(&self) -> Result<Option<State>, StoreError> {
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
}

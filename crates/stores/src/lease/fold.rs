//! The journal is folded into a snapshot: a new era begins, and those before the last are cleared
//! away.

use bicoastal_engine::state::State;
use bicoastal_runtime::StoreError;
use bicoastal_runtime::snapshot::Snapshot;

use super::{At, ObjectLease};
use crate::layout::{self, Head};
use crate::objects::{Put, put};
use crate::side::Side;

/// Slots after which the journal is folded, whatever the size of the state.
const MANY_SLOTS: u64 = 64;

impl ObjectLease {
    pub(super) async fn compact_now(&self, state: &State) -> Result<(), StoreError> {
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
    pub(super) async fn new_era(
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
}

//! The lease of a stack: the right to write its journal, and the only way to do it.

mod fold;
mod load;
mod tenure;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bicoastal_engine::record::Record;
use bicoastal_engine::state::State;
use bicoastal_model::provider::{BoxFuture, Gate};
use bicoastal_runtime::lease::RENEWAL;
use bicoastal_runtime::{Ask, Lease, LeaseNote, StateStore, StoreError};

use crate::layout::{self, Head};
use crate::objects::{Put, put};
use crate::side::Side;
use crate::store::ObjectStore;
use tenure::Tenure;

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

/// A stack that this run may write.
#[derive(Debug)]
pub(crate) struct ObjectLease {
    store: ObjectStore,
    stack: String,
    moved: bool,
    tenure: Tenure,
    cursor: tokio::sync::Mutex<Cursor>,
}

impl ObjectLease {
    /// Takes it, or says who has it.
    pub(crate) async fn take(
        store: &ObjectStore,
        stack: &str,
        ask: &Ask,
    ) -> Result<Self, StoreError> {
        let tenure = tenure::take(store, stack, ask).await?;
        Ok(Self {
            store: store.clone(),
            stack: stack.to_owned(),
            moved: ask.moved,
            tenure,
            cursor: tokio::sync::Mutex::default(),
        })
    }

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
                Err(error) => failed = Some(self.store.failed(side, "write the state to", &error)),
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

    /// Turns the head to an era that is empty. What was there is remembered, so that it is never
    /// deleted.
    async fn set_aside_now(&self) -> Result<String, StoreError> {
        self.check().await?;
        let mut cursor = self.cursor.lock().await;
        let mut heads = Vec::new();
        let mut aside = BTreeSet::new();
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

//! One place of a stack's state: reading it whole.

use std::sync::Arc;

use bicoastal_engine::state::State;
use bicoastal_model::OpError;
use bicoastal_model::provider::BoxFuture;
use bicoastal_runtime::StoreError;
use bicoastal_runtime::snapshot::{self, Snapshot};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::layout::{self, Head};
use crate::objects::Objects;

/// Slots that are read at once.
const READS_AT_ONCE: usize = 16;

/// How often a read begins anew because the journal was folded meanwhile.
const ATTEMPTS: usize = 5;

/// One place.
#[derive(Clone, Debug)]
pub(crate) struct Side(pub(crate) Arc<dyn Objects>);

/// Why a place could not be read.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It said so, or said nothing.
    Cloud(OpError),
    /// What it has makes no sense.
    Store(StoreError),
}

impl From<OpError> for Trouble {
    fn from(error: OpError) -> Self {
        Self::Cloud(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A name, and the bytes that have it.
type Slot = (String, Vec<u8>);

/// What is in a place.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) head: Head,
    /// The state; `None` where nothing was ever recorded.
    pub(crate) state: Option<State>,
    /// How many slots the journal has.
    pub(crate) slots: u64,
    /// Their bytes together, and those of the snapshot.
    pub(crate) journal_bytes: usize,
    pub(crate) snapshot_bytes: usize,
}

impl Side {
    pub(crate) fn place(&self) -> String {
        self.0.place()
    }

    /// In words, with what is to be done about it.
    pub(crate) fn failed(&self, what: &str, error: &OpError) -> StoreError {
        let hint = match (&error.facts().hint, error.code()) {
            (Some(hint), _) => hint.clone(),
            (None, Some("NoSuchBucket")) => {
                "make the bucket first, with versioning on; a store does not make its own place".to_owned()
            }
            (None, Some("ResourceNotFoundException")) => {
                "make the table first, with the string keys `stack` and `item`; a store does not make its own place".to_owned()
            }
            (None, _) => "try again; what was recorded before is not lost".to_owned(),
        };
        StoreError::Io(format!("could not {what} {}: {error}\n  hint: {hint}", self.place()))
    }

    pub(crate) fn told(&self, what: &str, trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Cloud(error) => self.failed(what, &error),
            Trouble::Store(error) => error,
        }
    }

    /// The head, and its version.
    pub(crate) async fn head(&self, stack: &str) -> Result<(Head, Option<String>), Trouble> {
        let key = layout::head_key(stack);
        match self.0.get(&key).await? {
            None => Ok((Head::first(stack), None)),
            Some(found) => {
                let place = self.name(&key);
                Ok((Head::decode(&found.bytes, stack, &place)?, Some(found.version)))
            }
        }
    }

    /// The whole content.
    pub(crate) async fn read(&self, stack: &str) -> Result<Content, Trouble> {
        let mut attempts = 0;
        let (mut head, mut version) = self.head(stack).await?;
        loop {
            attempts += 1;
            let read = self.read_era(stack, &head).await;
            if read.is_ok() || attempts == ATTEMPTS {
                return read;
            }
            // What is missing may have been folded into a snapshot meanwhile.
            let now = self.head(stack).await?;
            if now.1 == version {
                return read;
            }
            (head, version) = now;
        }
    }

    async fn read_era(&self, stack: &str, head: &Head) -> Result<Content, Trouble> {
        let (mut state, mut snapshot_bytes) = (State::empty(stack, String::new()), 0);
        if head.snapshot {
            let key = layout::snapshot_key(stack, &head.era);
            let place = self.name(&key);
            let found = self.0.get(&key).await?;
            let found = found.ok_or_else(|| layout::damaged(&place, "it is missing"))?;
            let snapshot = Snapshot::decode(&found.bytes, stack, &place)?;
            snapshot_bytes = found.bytes.len();
            if let Some(found) = snapshot.state {
                state = found;
            }
        }
        let prefix = layout::journal_prefix(stack, &head.era);
        let keys = self.0.list(&prefix).await?;
        let slots = self.slots(&keys).await?;
        let mut journal_bytes = 0;
        for (slot, (key, bytes)) in (0..).zip(&slots) {
            let place = self.name(key);
            if *key != layout::slot_key(stack, &head.era, slot) {
                return Err(
                    layout::damaged(&place, &format!("slot {slot} before it is missing")).into()
                );
            }
            let records = layout::decode_slot(bytes, stack, &head.era, slot, &place)?;
            snapshot::replay(&mut state, &records, &place)?;
            journal_bytes += bytes.len();
        }
        Ok(Content {
            head: head.clone(),
            state: (state.generation > 0).then_some(state),
            slots: slots.len() as u64,
            journal_bytes,
            snapshot_bytes,
        })
    }

    /// The bytes of these names, in order.
    pub(crate) async fn slots(&self, keys: &[String]) -> Result<Vec<Slot>, Trouble> {
        let mut reads: Vec<BoxFuture<'_, Result<Slot, Trouble>>> = Vec::new();
        for key in keys {
            reads.push(Box::pin(self.slot(key)));
        }
        stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await
    }

    async fn slot(&self, key: &str) -> Result<Slot, Trouble> {
        let found = self.0.get(key).await?;
        let found = found.ok_or_else(|| layout::damaged(&self.name(key), "it is missing"))?;
        Ok((key.to_owned(), found.bytes))
    }

    /// Something in it, for people.
    pub(crate) fn name(&self, key: &str) -> String {
        format!("{key} in {}", self.place())
    }
}

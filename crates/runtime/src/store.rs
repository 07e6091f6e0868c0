//! Where state is kept.

use std::fmt::Debug;
use std::sync::Arc;

use bicoastal_engine::record::Record;
use bicoastal_engine::state::State;
use bicoastal_model::provider::{BoxFuture, Gate};

use crate::lease::{Ask, LeaseNote};

/// Why state could not be read or written. Nothing is believed or lost by half.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else works on the stack.
    #[error("{0}")]
    Held(String),
    /// Somebody else took over from this run: it may not go on.
    #[error("{0}")]
    Lost(String),
    /// The state is kept in another place now.
    #[error("{0}")]
    Moved(String),
    /// What is stored is damaged or of a newer version.
    #[error("{0}")]
    Damaged(String),
    /// The place could not be read or written.
    #[error("{0}")]
    Io(String),
}

impl StoreError {
    /// Something of a format that only a newer version knows.
    pub fn newer(place: &str, format: u32, known: u32) -> Self {
        Self::Damaged(format!(
            "{place} was written by a newer version (format {format}, this one reads {known})\n  hint: update bicoastal"
        ))
    }

    /// The state has moved to another place.
    pub fn moved(stack: &str, from: &str, to: &str) -> Self {
        Self::Moved(format!(
            "the state of the stack '{stack}' is not in {from} any more: it was moved to {to}; nothing was done\n  hint: say --state '{to}'"
        ))
    }
}

/// The right to change a stack's state, and the only way to do it. One run has it at a time.
///
/// Guarantees: once somebody else has it, nothing of this one is written any more. Given up with
/// [`release`](Lease::release); where that does not happen, it ends by itself.
pub trait Lease: Send + Sync + Debug {
    /// Who holds it, since when and what for.
    fn note(&self) -> LeaseNote;

    /// The stack's state, as nobody else can change it any more; `None` where nothing was ever
    /// recorded. To be called before the first append.
    ///
    /// # Errors
    ///
    /// Where it can't be read, is damaged, or somebody else took over.
    fn load(&self) -> BoxFuture<'_, Result<Option<State>, StoreError>>;

    /// Makes records durable. They are numbered from the state's generation on, without a gap.
    ///
    /// # Errors
    ///
    /// Where they may not be durable, or somebody else took over.
    fn append<'a>(&'a self, records: &'a [(u64, Record)]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Folds the journal into a snapshot. Only makes reading faster: may be skipped or fail
    /// without loss. In a place without state it puts it there.
    ///
    /// # Errors
    ///
    /// Where the snapshot could not be written. What was recorded before still is.
    fn compact<'a>(&'a self, state: &'a State) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Where the state is kept now, if not here, as [`load`](Lease::load) saw it. Only a lease
    /// that was asked for with [`Ask::moved`] gets to know.
    fn moved(&self) -> BoxFuture<'_, Option<String>>;

    /// Leaves word that the state is kept elsewhere: whoever comes here is refused and told
    /// where. `None` takes that word back.
    ///
    /// # Errors
    ///
    /// Where that could not be written.
    fn moved_to<'a>(&'a self, place: Option<&'a str>) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Moves what is stored out of the way, where nothing reads it and nothing deletes it. Answers
    /// where it is now.
    ///
    /// # Errors
    ///
    /// Where it can't be moved; then it is where it was.
    fn set_aside(&self) -> BoxFuture<'_, Result<String, StoreError>> {
        Box::pin(async {
            Err(StoreError::Io(
                "what is stored can't be set aside in this kind of store\n  hint: move it by hand, or say --state with an empty place"
                    .to_owned(),
            ))
        })
    }

    /// Renews the lease again and again. Ends only where it is lost, with the words for it.
    fn keep(&self) -> BoxFuture<'_, StoreError>;

    /// Lets calls to AWS through as long as the lease surely lasts.
    fn gate(&self) -> Arc<dyn Gate>;

    /// Gives it up. What can't be given up ends by itself.
    fn release(&self) -> BoxFuture<'_, ()>;
}

/// Keeps the state of stacks: a journal that is appended to, folded into snapshots.
pub trait StateStore: Send + Sync + Debug {
    /// How the place is named to people.
    fn place(&self, stack: &str) -> String;

    /// The stack's state; `None` where nothing was ever recorded. Needs no lease.
    ///
    /// # Errors
    ///
    /// Where it can't be read, is damaged, or was moved.
    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<State>, StoreError>>;

    /// Takes the right to change a stack's state.
    ///
    /// # Errors
    ///
    /// Where another run holds it, or the place can't be read or written.
    fn lease<'a>(
        &'a self,
        stack: &'a str,
        ask: &'a Ask,
    ) -> BoxFuture<'a, Result<Box<dyn Lease>, StoreError>>;

    /// The stacks that have state here.
    ///
    /// # Errors
    ///
    /// Where the place can't be read.
    fn stacks<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>>;
}

impl StateStore for Arc<dyn StateStore> {
    fn place(&self, stack: &str) -> String {
        (**self).place(stack)
    }

    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<State>, StoreError>> {
        (**self).load(stack)
    }

    fn lease<'a>(
        &'a self,
        stack: &'a str,
        ask: &'a Ask,
    ) -> BoxFuture<'a, Result<Box<dyn Lease>, StoreError>> {
        (**self).lease(stack, ask)
    }

    fn stacks<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        (**self).stacks()
    }
}

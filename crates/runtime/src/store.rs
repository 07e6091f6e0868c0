//! Where state is kept.

use std::fmt::Debug;

use bicoastal_engine::record::Record;
use bicoastal_engine::state::State;
use bicoastal_model::provider::BoxFuture;

/// Why state could not be read or written. Nothing is believed or lost by half.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else works on the stack.
    #[error("{0}")]
    Held(String),
    /// What is stored is damaged or of a newer version.
    #[error("{0}")]
    Damaged(String),
    /// The place could not be read or written.
    #[error("{0}")]
    Io(String),
}

/// The right to change a stack's state; given up when dropped.
pub trait Lease: Send + Debug {}

/// Keeps the state of stacks: a journal that is appended to, folded into snapshots.
pub trait StateStore: Send + Sync + Debug {
    /// How the place is named to people.
    fn place(&self, stack: &str) -> String;

    /// The stack's state; `None` where nothing was ever recorded.
    fn load<'a>(&'a self, stack: &'a str) -> BoxFuture<'a, Result<Option<State>, StoreError>>;

    /// Takes the right to change a stack's state.
    fn lease<'a>(
        &'a self,
        stack: &'a str,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn Lease>, StoreError>>;

    /// Makes records durable. They are numbered from the state's generation on, without a gap.
    fn append<'a>(
        &'a self,
        stack: &'a str,
        records: &'a [(u64, Record)],
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Folds the journal into a snapshot. Only makes reading faster: may be skipped or fail
    /// without loss.
    fn compact<'a>(
        &'a self,
        stack: &'a str,
        state: &'a State,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The stacks that have state here.
    fn stacks<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>>;
}

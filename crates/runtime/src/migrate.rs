//! Moves the state of a stack from one place to another.

use bicoastal_engine::state::State;

use crate::lease::Ask;
use crate::store::{Lease, StateStore, StoreError};

/// A place of state, and how it is written where it is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Named<'p> {
    /// The store.
    pub store: &'p dyn StateStore,
    /// Its name: `s3://state?region=us-east-1`.
    pub name: &'p str,
}

/// Moves the state of a stack, under the leases of both places. The old one keeps a copy, and word
/// of the new one: whoever goes on using it is refused. At every moment at most one of them is in
/// use; where the move is interrupted, moving again finishes it.
///
/// # Errors
///
/// Where a place can't be read or written, is held by another run, or the new one has a state of
/// its own. The old one is in use then, or neither: moving again tells.
pub async fn migrate(
    stack: &str,
    from: Named<'_>,
    to: Named<'_>,
    ask: &Ask,
) -> Result<State, StoreError> {
    if from.name == to.name {
        return Err(StoreError::Io(format!("the state of '{stack}' is in {} already", to.name)));
    }
    let ask = Ask { moved: true, ..ask.clone() };
    let source = from.store.lease(stack, &ask).await?;
    let moved = async {
        let target = to.store.lease(stack, &ask).await?;
        let moved = under(stack, from.name, &*source, to.name, &*target).await;
        target.release().await;
        moved
    };
    let moved = moved.await;
    source.release().await;
    moved
}

async fn under(
    stack: &str,
    from: &str,
    source: &dyn Lease,
    to: &str,
    target: &dyn Lease,
) -> Result<State, StoreError> {
    let state = source.load().await?;
    let state = state.ok_or_else(|| {
        StoreError::Io(format!("nothing is recorded of the stack '{stack}' in {from}"))
    })?;
    let there = target.load().await?;
    match source.moved().await {
        Some(place) if place == to => {
            // It was copied, and only the last word is missing; or nothing is.
            if target.moved().await.is_none() {
                return Err(StoreError::moved(stack, from, to));
            }
        }
        Some(place) => return Err(StoreError::moved(stack, from, &place)),
        None => {
            let was_here = target.moved().await.as_deref() == Some(from);
            let free = match &there {
                None => true,
                Some(there) => {
                    *there == state
                        || (was_here
                            && there.lineage == state.lineage
                            && there.generation <= state.generation)
                }
            };
            if !free {
                return Err(StoreError::Io(format!(
                    "{to} has a state of the stack '{stack}' already, and not this one; nothing was moved\n  hint: choose another place, or another --stack"
                )));
            }
            // Until everything is there it is not in use.
            target.moved_to(Some(from)).await?;
            target.compact(&state).await?;
        }
    }
    if target.load().await?.as_ref() != Some(&state) {
        return Err(StoreError::Io(format!(
            "what was written to {to} is not what was read from there; nothing was moved\n  hint: move again; the state is in {from}"
        )));
    }
    source.moved_to(Some(to)).await?;
    target.moved_to(None).await?;
    Ok(state)
}

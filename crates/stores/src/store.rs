//! State in one place, or in two regions at once.
//!
//! With two places every write goes to both, the first one first, before it counts as done; so
//! what counted is in both, and the second never has anything that the first one lacks. Either is
//! enough to read from. To write without one of them it takes an explicit word, because nobody can
//! tell a place that is gone from one that only this run can't see: the other one is marked then as
//! having gone on alone, and is the truth until both are there again.

use std::sync::Arc;

use bicoastal_engine::state::State;
use bicoastal_model::OpError;
use bicoastal_model::provider::BoxFuture;
use bicoastal_runtime::{Ask, Clock, Lease, StateStore, StoreError};

use crate::layout::Head;
use crate::lease::ObjectLease;
use crate::objects::Objects;
use crate::side::{Content, Side, Trouble};

/// State as named bytes in one place or two.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    pub(crate) sides: Vec<Side>,
    /// The places that are left out.
    pub(crate) without: Vec<Side>,
    pub(crate) clock: Arc<dyn Clock>,
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
pub(crate) fn truth(heads: &[&Head], stack: &str) -> Result<usize, StoreError> {
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
                side.0.check().await.map_err(|error| self.failed(side, "use", &error))?;
            }
            let lease = ObjectLease::take(self, stack, ask).await?;
            Ok(Box::new(lease) as Box<dyn Lease>)
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
    /// A place that whoever writes needs, and that failed.
    pub(crate) fn failed(&self, side: &Side, what: &str, error: &OpError) -> StoreError {
        let failed = side.failed(what, error);
        if self.sides.len() < 2 || !error.is_unreachable() {
            return failed;
        }
        StoreError::Io(format!(
            "{failed}\n  hint: nothing counts as recorded unless it is in both regions; if this one is gone and no other run can reach it, go on without it: add without=REGION to --state"
        ))
    }
}

/// Refuses a state that has moved.
pub(crate) fn here(head: &Head, stack: &str, place: &str) -> Result<(), StoreError> {
    match &head.moved_to {
        Some(to) => Err(StoreError::moved(stack, place, to)),
        None => Ok(()),
    }
}

//! A program that is killed after every call that changes something.

use std::sync::{Arc, PoisonError};

use bicoastal::aws::AwsProvider;
use bicoastal::model::provider::{BoxFuture, Gate, Tell};
use bicoastal::model::{Catalog, OpError, Operation, Progress, Provider, Seen, Target};
use tokio::sync::{Mutex, Notify};

/// A provider whose program dies when the first call that changes something was answered: the
/// answer never arrives.
#[derive(Clone)]
pub struct Mortal {
    inner: Arc<AwsProvider>,
    life: Arc<Life>,
}

#[derive(Default)]
struct Life {
    last: std::sync::Mutex<Option<String>>,
    /// The call that it survives once.
    spared: std::sync::Mutex<Option<String>>,
    died: Notify,
    /// One turn at a time: no other call may be under way when it dies, since what becomes of that
    /// one would be chance.
    turn: Mutex<()>,
}

impl Life {
    /// Whether this call is its last one.
    fn ends_with(&self, call: &str) -> bool {
        let mut spared = self.spared.lock().unwrap_or_else(PoisonError::into_inner);
        if spared.take().as_deref() == Some(call) {
            return false;
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(call.to_owned());
        true
    }
}

impl Mortal {
    /// It survives `spared` once.
    pub fn new(inner: AwsProvider, spared: Option<String>) -> Self {
        let life = Life { spared: spared.into(), ..Life::default() };
        Self { inner: Arc::new(inner), life: Arc::new(life) }
    }

    /// Ends when it has died, with the call that was its last one.
    pub async fn died(&self) -> String {
        loop {
            let last = self.life.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
            match last {
                Some(last) => return last,
                None => self.life.died.notified().await,
            }
        }
    }
}

impl Provider for Mortal {
    fn catalog(&self) -> Catalog {
        self.inner.catalog()
    }

    fn account<'a>(&'a self, account: Option<&'a str>) -> BoxFuture<'a, Result<String, OpError>> {
        Provider::account(&*self.inner, account)
    }

    fn read_each<'a>(&'a self, targets: &'a [Target], tell: Tell<'a>) -> BoxFuture<'a, ()> {
        self.inner.read_each(targets, tell)
    }

    fn lookup<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Seen, OpError>> {
        self.inner.lookup(target)
    }

    fn advance<'a>(
        &'a self,
        operation: &'a Operation,
        gate: &'a Arc<dyn Gate>,
    ) -> BoxFuture<'a, Result<Progress, OpError>> {
        Box::pin(async move {
            let _turn = self.life.turn.lock().await;
            let progress = self.inner.advance(operation, gate).await;
            if let Ok(Progress::Called { call, .. }) = &progress
                && self.life.ends_with(call)
            {
                self.life.died.notify_one();
                std::future::pending::<()>().await;
            }
            progress
        })
    }
}

//! Which cloud a run talks to, as the facade supplies it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bicoastal_model::error::{ErrorFacts, OpError};
use bicoastal_model::provider::{BoxFuture, Gate, Tell};
use bicoastal_model::{Catalog, Operation, Progress, Provider, Seen, Sweep, Swept, Target};
use bicoastal_model::{TerraformInstance, Translated};
use bicoastal_runtime::{Clock, FileStore, StateStore};

/// The cloud that the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudChoice {
    /// The embedded local AWS, with its snapshot in a directory.
    Local {
        /// The directory; it is made when there is something to keep.
        dir: PathBuf,
    },
    /// AWS itself, with the default credential chain.
    Aws {
        /// A profile of the shared configuration, instead of the default one.
        profile: Option<String>,
    },
    /// Whatever speaks AWS's protocols at a URL: an emulator.
    Endpoint {
        /// `http://HOST:PORT`.
        url: String,
    },
}

impl CloudChoice {
    /// Whether nothing outside of this machine can be harmed.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::Local { .. })
    }
}

/// A cloud that is ready to be asked.
pub struct Connected {
    /// Who reads and changes it.
    pub provider: Box<dyn Provider>,
    /// Its clock, where its time may not be the machine's.
    pub clock: Option<Box<dyn Clock>>,
    /// What it is, for people: `the embedded local AWS in .bicoastal/local`.
    pub what: String,
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected").field("what", &self.what).finish_non_exhaustive()
    }
}

/// The clouds that a program was compiled with.
pub trait Clouds {
    /// Connects to one.
    ///
    /// # Errors
    ///
    /// In words, with a `hint:` line: it is not compiled in, or what identifies it makes no sense.
    fn connect<'a>(&'a self, choice: &'a CloudChoice) -> BoxFuture<'a, Result<Connected, String>>;

    /// Opens a place for state, as `--state` names it, in that cloud: `s3://bucket?region=…`.
    ///
    /// # Errors
    ///
    /// In words, with a `hint:` line: it is not a place, or not compiled in.
    fn store<'a>(
        &'a self,
        choice: &'a CloudChoice,
        place: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn StateStore>, String>> {
        let _ = choice;
        Box::pin(async move {
            match place.strip_prefix("file:") {
                Some(dir) if !dir.is_empty() => {
                    Ok(Arc::new(FileStore::new(dir)) as Arc<dyn StateStore>)
                }
                _ => {
                    Err(format!("'{place}' is not a place for state here\n  hint: write file:DIR"))
                }
            }
        })
    }
}

/// A boxed provider as a provider, for the engine that owns one.
pub(crate) struct Boxed(pub(crate) Box<dyn Provider>);

impl Provider for Boxed {
    fn catalog(&self) -> Catalog {
        self.0.catalog()
    }

    fn account<'a>(&'a self, account: Option<&'a str>) -> BoxFuture<'a, Result<String, OpError>> {
        self.0.account(account)
    }

    fn read_each<'a>(&'a self, targets: &'a [Target], tell: Tell<'a>) -> BoxFuture<'a, ()> {
        self.0.read_each(targets, tell)
    }

    fn lookup<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Seen, OpError>> {
        self.0.lookup(target)
    }

    fn advance<'a>(
        &'a self,
        operation: &'a Operation,
        gate: &'a Arc<dyn Gate>,
    ) -> BoxFuture<'a, Result<Progress, OpError>> {
        self.0.advance(operation, gate)
    }

    fn translate(&self, instance: &TerraformInstance) -> Translated {
        self.0.translate(instance)
    }

    fn sweep<'a>(&'a self, sweep: &'a Sweep) -> BoxFuture<'a, Swept> {
        self.0.sweep(sweep)
    }
}

/// No cloud at all: for verbs that only touch state, which must work without credentials.
pub(crate) struct Nowhere;

impl Nowhere {
    fn error() -> OpError {
        OpError::NotSent(ErrorFacts {
            message: "this verb talks to no cloud".into(),
            ..ErrorFacts::default()
        })
    }
}

impl Provider for Nowhere {
    fn catalog(&self) -> Catalog {
        Catalog::default()
    }

    fn account<'a>(&'a self, _account: Option<&'a str>) -> BoxFuture<'a, Result<String, OpError>> {
        Box::pin(async { Err(Self::error()) })
    }

    fn read_each<'a>(&'a self, targets: &'a [Target], tell: Tell<'a>) -> BoxFuture<'a, ()> {
        targets.iter().for_each(|_| tell(Seen::Unknown(Self::error())));
        Box::pin(async {})
    }

    fn lookup<'a>(&'a self, _target: &'a Target) -> BoxFuture<'a, Result<Seen, OpError>> {
        Box::pin(async { Err(Self::error()) })
    }

    fn advance<'a>(
        &'a self,
        _operation: &'a Operation,
        _gate: &'a Arc<dyn Gate>,
    ) -> BoxFuture<'a, Result<Progress, OpError>> {
        Box::pin(async { Err(Self::error()) })
    }
}

/// One clock for the engine that waits on it and for the display that reads it.
#[derive(Clone, Debug)]
pub(crate) struct SharedClock(pub(crate) Arc<dyn Clock>);

impl Clock for SharedClock {
    fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }

    fn look(&self) -> BoxFuture<'_, Result<(), String>> {
        self.0.look()
    }

    fn unix_ms(&self) -> u64 {
        self.0.unix_ms()
    }

    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        self.0.sleep(time)
    }

    fn is_virtual(&self) -> bool {
        self.0.is_virtual()
    }
}

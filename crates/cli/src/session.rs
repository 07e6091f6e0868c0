//! What every verb needs: the program's declaration, its state, its cloud.

use std::sync::{Arc, OnceLock};

use bicoastal_engine::plan::Plan;
use bicoastal_engine::render::Style;
use bicoastal_engine::state::State;
use bicoastal_model::{Desired, ResourceId, Stack};
use bicoastal_runtime::{Clock, Engine, FileStore, PlanOptions, StateStore, SystemClock};

use crate::args::Flags;
use crate::clouds::{Boxed, CloudChoice, Clouds, Nowhere, SharedClock};
use crate::console::{Console, span};
use crate::failure::Failure;
use crate::waiting::Waiting;

/// One run.
pub(crate) struct Session<'s, 'io> {
    pub(crate) console: &'s Console<'io>,
    pub(crate) flags: &'s Flags,
    /// The stack's name.
    pub(crate) stack: String,
    clouds: &'s dyn Clouds,
    declare: &'s dyn Fn(&mut Stack),
    store: OnceLock<Arc<dyn StateStore>>,
    pub(crate) waiting: Waiting,
}

/// A cloud, with an engine that works on it.
pub(crate) struct Cloud {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
    /// What it is, for people.
    pub(crate) what: String,
}

impl<'s, 'io> Session<'s, 'io> {
    /// # Errors
    ///
    /// Where the stack's name can't be the name of a directory.
    pub(crate) fn new(
        console: &'s Console<'io>,
        flags: &'s Flags,
        program: &str,
        clouds: &'s dyn Clouds,
        declare: &'s dyn Fn(&mut Stack),
    ) -> Result<Self, Failure> {
        let stack = flags.stack.clone().unwrap_or_else(|| program.to_owned());
        check_name(&stack, flags)?;
        let waiting = Waiting::new(&stack, flags.wait.unwrap_or_default());
        Ok(Self { console, flags, stack, clouds, declare, store: OnceLock::new(), waiting })
    }

    /// What the program wants.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub(crate) fn desired(&self) -> Result<Desired, Failure> {
        let mut stack = Stack::new(self.stack.clone());
        (self.declare)(&mut stack);
        Ok(stack.seal()?)
    }

    /// Opens the place of the state, before anything else is done.
    ///
    /// # Errors
    ///
    /// Where it is not a place, or not compiled in.
    pub(crate) async fn open(&self) -> Result<(), Failure> {
        if self.flags.state.is_some() {
            let store = self.open_place(&self.flags.state_place()).await?;
            let _ = self.store.set(store);
        }
        Ok(())
    }

    /// Opens another place for state, in the same cloud.
    ///
    /// # Errors
    ///
    /// As [`open`](Session::open).
    pub(crate) async fn open_place(&self, place: &str) -> Result<Arc<dyn StateStore>, Failure> {
        self.clouds.store(&self.flags.cloud(), place).await.map_err(Failure::new)
    }

    pub(crate) fn store(&self) -> Arc<dyn StateStore> {
        let files = || Arc::new(FileStore::new(self.flags.state_dir())) as Arc<dyn StateStore>;
        Arc::clone(self.store.get_or_init(files))
    }

    /// Does something, and says who or what is waited for.
    pub(crate) async fn hearing<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                words = self.waiting.next() => self.console.diagnostic(&words),
            }
        }
    }

    /// What is recorded; `None` where nothing ever was.
    ///
    /// # Errors
    ///
    /// Where it can't be read.
    pub(crate) async fn state(&self) -> Result<Option<State>, Failure> {
        Ok(self.store().load(&self.stack).await?)
    }

    /// Where state is kept, for people.
    pub(crate) fn state_place(&self) -> String {
        self.store().place(&self.stack)
    }

    /// An engine that can only edit state, and needs no credentials.
    pub(crate) fn editor(&self) -> Engine {
        self.waits(Engine::new(Nowhere, self.store()))
    }

    fn waits(&self, engine: Engine) -> Engine {
        let engine = engine.with_wait(self.waiting.time, Some(self.waiting.told()));
        engine.with_early(self.waiting.early())
    }

    /// The cloud that the command line asks for.
    ///
    /// # Errors
    ///
    /// Where it is not compiled in, or can't be opened.
    pub(crate) async fn connect(&self) -> Result<Cloud, Failure> {
        let choice = self.flags.cloud();
        let connected = self.clouds.connect(&choice).await.map_err(Failure::new)?;
        let clock: Arc<dyn Clock> = match connected.clock {
            Some(clock) => Arc::from(clock),
            None => Arc::new(SystemClock::new()),
        };
        let engine = Engine::new(Boxed(connected.provider), self.store())
            .with_clock(SharedClock(Arc::clone(&clock)));
        let engine = self.waits(engine);
        Ok(Cloud { engine, clock, what: connected.what })
    }

    /// Whether nothing outside of this machine can be harmed.
    pub(crate) fn is_local(&self) -> bool {
        self.flags.cloud().is_local()
    }

    /// Whether somebody can be asked: JSON is read by programs.
    pub(crate) fn can_ask(&self) -> bool {
        self.console.is_interactive() && !self.flags.json
    }

    /// What the flags ask of a plan.
    pub(crate) fn options(&self) -> PlanOptions {
        let ids = |ids: &[String]| ids.iter().map(|id| ResourceId::new(id.as_str())).collect();
        PlanOptions {
            only: ids(&self.flags.only),
            replace: ids(&self.flags.replace),
            unprotect: ids(&self.flags.unprotect),
            destroy: false,
            without_unseen: self.flags.without_unseen,
        }
    }

    /// Says which stack this is about and where it is.
    pub(crate) fn introduce(&self, cloud: &Cloud) {
        if !self.flags.json {
            self.console.note(&[span(
                Style::Dim,
                format!("{} on {}, state in {}", self.stack, cloud.what, self.state_place()),
            )]);
        }
    }

    /// The exit code of a run that went well.
    pub(crate) fn code(&self, changes: bool) -> u8 {
        if changes && self.flags.detailed_exitcode { 2 } else { 0 }
    }

    /// The exit code of a run that only looked. Of what it could not see nobody may conclude
    /// that it is as it should be.
    ///
    /// # Errors
    ///
    /// Where there is nothing to say of what was seen, something was not seen, and a script asks.
    pub(crate) fn verdict(&self, plan: &Plan, changes: bool) -> Result<u8, Failure> {
        let blind = !plan.unseen.is_empty() && !self.flags.without_unseen;
        if self.flags.detailed_exitcode && blind && !changes {
            return Err(unseen(plan));
        }
        Ok(self.code(changes))
    }
}

/// What could not be seen, as an error.
pub(crate) fn unseen(plan: &Plan) -> Failure {
    let unseen: Vec<String> =
        plan.unseen.iter().map(|it| format!("\n  {}: {}", it.id, it.error)).collect();
    Failure::with_hint(
        format!("not everything could be seen; nothing was done{}", unseen.concat()),
        "try again later, or go on without it with --without-unseen",
    )
}

/// A stack's name is a directory's.
fn check_name(stack: &str, flags: &Flags) -> Result<(), Failure> {
    let usable = !stack.is_empty()
        && !stack.starts_with('.')
        && stack.chars().all(|it| it.is_alphanumeric() || "-_.".contains(it));
    if !usable {
        return Err(Failure::with_hint(
            format!("'{stack}' can't be the name of a stack"),
            "use letters, digits, '-', '_' and '.', such as --stack staging",
        ));
    }
    let taken = flags.state_dir.is_none()
        && flags.state.is_none()
        && !matches!(flags.cloud(), CloudChoice::Aws { .. })
        && ["local", "aws"].contains(&stack);
    if taken {
        return Err(Failure::with_hint(
            format!("'{stack}' can't be the name of a stack here: its directory is in use"),
            "give it another name, or another place with --state-dir",
        ));
    }
    Ok(())
}

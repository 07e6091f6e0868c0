//! State made from what is there: `recover`, `import`, and the search for orphans. The engine's
//! pure half decides; here is what it asks to be read, and what it answers is written.

use std::collections::BTreeMap;

use bicoastal_engine::plan::Plan;
use bicoastal_engine::planner::{self, Options};
use bicoastal_engine::recover::{self, Orphan, Rebuild, Rebuilt, World};
use bicoastal_engine::state::State;
use bicoastal_model::{
    Desired, Diagnostics, Found, OpError, Region, ResourceId, Sweep, Swept, TerraformInstance,
    Translated,
};

use crate::engine::{Engine, random_bytes, random_hex};
use crate::error::Error;
use crate::store::{Lease, StoreError};

/// How a lost state is looked for.
#[derive(Clone, Debug, Default)]
pub struct RecoverOptions {
    /// The lineage to go by, where more than one was found.
    pub lineage: Option<String>,
    /// Regions to search besides those that the program names.
    pub regions: Vec<Region>,
    /// Go on although not everything answered.
    pub without_unseen: bool,
    /// Go on although there is a state and it is good: it is set aside.
    pub set_aside: bool,
}

/// Things that others made, to be taken over.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// What AWS knows them by, by the resource that they are to be.
    pub named: BTreeMap<ResourceId, String>,
    /// Things of a Terraform state, to be matched with what the program declares.
    pub terraform: Vec<TerraformInstance>,
}

/// What a rebuild brought; nothing of it is recorded yet.
#[derive(Clone, Debug)]
pub struct Rebuilding {
    /// The records, and everything to be said about them.
    pub rebuilt: Rebuilt,
    /// What did not answer: there may be more.
    pub unanswered: Vec<OpError>,
    /// Whether a state that is good may be set aside for it.
    set_aside: bool,
}

impl Engine {
    /// Finds the things of a stack whose state is lost, by the marks that they bear.
    ///
    /// Reads only: [`keep`](Engine::keep) records what came of it.
    ///
    /// # Errors
    ///
    /// Where nothing of the stack is found, or things of several lineages; where an account or a
    /// region does not answer and that was not accepted.
    pub async fn recover(
        &self,
        desired: &Desired,
        options: &RecoverOptions,
    ) -> Result<Rebuilding, Error> {
        let good = self.good_state(&desired.stack).await?;
        if let Some(state) = &good
            && !options.set_aside
        {
            return Err(self.is_good(state));
        }
        let Swept { found, unanswered } =
            self.sweep(&recover::places(desired, None, &options.regions)).await;
        if !unanswered.is_empty() && !options.without_unseen {
            let each: Vec<String> = unanswered.iter().map(|it| format!("\n  {it}")).collect();
            return Err(Error::other(format!(
                "not everything answered, so what is there can't be told; nothing was recorded{}\n  hint: try again later, or go on without it with --without-unseen",
                each.concat()
            )));
        }
        let lineage = options.lineage.clone().or_else(|| good.map(|state| state.lineage));
        let lineage = recover::choose(desired, &found, lineage.as_deref())
            .map_err(|why| Error::from(Diagnostics(vec![why])))?;
        let empty = State::empty(desired.stack.clone(), lineage.clone());
        let world = self.world(desired, &empty).await?;
        let catalog = self.catalog();
        let salt = random_bytes()?;
        let rebuild = Rebuild::recover(desired, &catalog, &world, &lineage, &found, salt)?;
        let rebuilt = self.rebuild(rebuild).await?;
        Ok(Rebuilding { rebuilt, unanswered, set_aside: options.set_aside })
    }

    /// Takes things that others made over into state. AWS is only read: what differs from the
    /// program, the ownership tags among it, is in the next plan.
    ///
    /// # Errors
    ///
    /// Where a resource is named that the program does not declare; else as
    /// [`plan`](Engine::plan).
    pub async fn import(
        &self,
        desired: &Desired,
        options: ImportOptions,
    ) -> Result<Rebuilding, Error> {
        let mut wrong = Vec::new();
        let state = match self.state(&desired.stack).await? {
            Some(state) => state,
            None => State::empty(desired.stack.clone(), random_hex()?),
        };
        for id in options.named.keys() {
            let known = desired.resources.get(id).is_some_and(|it| !it.lookup);
            if !known {
                let message = format!("the program declares no resource {id}");
                let hint = "declare it as it is in AWS, then import it";
                wrong.push(bicoastal_model::Diagnostic::error(message).hint(hint));
            } else if let Some((_, entry)) = state.current(id) {
                let physical = entry.physical.as_deref().unwrap_or("in doubt");
                let message = format!("{id} is in state already: it is {physical}");
                let hint = format!("if that is wrong, forget it first: state rm {id}");
                wrong.push(bicoastal_model::Diagnostic::error(message).hint(hint));
            }
        }
        if !wrong.is_empty() {
            return Err(Diagnostics(wrong).into());
        }
        let world = self.world(desired, &state).await?;
        let catalog = self.catalog();
        let (open, skipped) = self.translated(&options.terraform);
        let salt = random_bytes()?;
        let rebuild = Rebuild::import(desired, &catalog, &world, state, options.named, open, salt)?;
        let mut rebuilt = self.rebuild(rebuild).await?;
        rebuilt.left.extend(skipped);
        rebuilt.left.sort();
        Ok(Rebuilding { rebuilt, unanswered: Vec::new(), set_aside: false })
    }

    /// What a Terraform state has of our kinds, and what of it is none.
    fn translated(
        &self,
        instances: &[TerraformInstance],
    ) -> (Vec<(String, Found)>, Vec<recover::Left>) {
        let (mut open, mut skipped) = (Vec::new(), Vec::new());
        for instance in instances {
            let why = match self.provider().translate(instance) {
                Translated::Thing(found) => {
                    open.push((instance.address.clone(), *found));
                    continue;
                }
                Translated::Part(kind) => format!("it is a property of its {kind} here"),
                Translated::Unknown => "there is no such kind here".to_owned(),
            };
            let id = instance.attributes.get("id").and_then(|it| it.as_str());
            skipped.push(recover::Left {
                what: instance.address.clone(),
                physical: id.unwrap_or_default().to_owned(),
                why,
                hint: String::new(),
            });
        }
        (open, skipped)
    }

    /// Everything that bears the stack's mark and that state does not know, and what did not
    /// answer. Costs listings of every kind in every region that the program or state names.
    ///
    /// # Errors
    ///
    /// Where state can't be read.
    pub async fn orphans(&self, desired: &Desired) -> Result<(Vec<Orphan>, Vec<OpError>), Error> {
        let Some(state) = self.state(&desired.stack).await? else {
            return Ok((Vec::new(), Vec::new()));
        };
        let swept = self.sweep(&recover::places(desired, Some(&state), &[])).await;
        Ok((recover::orphans(&state, &swept.found), swept.unanswered))
    }

    /// The plan that follows from a rebuilt state, before it is recorded.
    ///
    /// # Errors
    ///
    /// As [`plan`](Engine::plan).
    pub async fn plan_after(
        &self,
        desired: &Desired,
        rebuilding: &Rebuilding,
        options: &Options,
    ) -> Result<Plan, Error> {
        let state = &rebuilding.rebuilt.state;
        let observed = self.observe(desired, state).await?;
        Ok(planner::plan(desired, state, &observed, &self.catalog(), options)?)
    }

    /// Records what a rebuild brought. What was there and damaged, or was to be replaced, is set
    /// aside and never deleted: the answer is where it is.
    ///
    /// # Errors
    ///
    /// Where state can't be written, another run holds the stack, or state has moved since.
    pub async fn keep(&self, rebuilding: Rebuilding) -> Result<Option<String>, Error> {
        let stack = rebuilding.rebuilt.state.stack.clone();
        let lease = self.lease(&stack, "state rebuild").await?;
        let kept = self.keep_under(&*lease, rebuilding).await;
        lease.release().await;
        kept
    }

    async fn keep_under(
        &self,
        lease: &dyn Lease,
        rebuilding: Rebuilding,
    ) -> Result<Option<String>, Error> {
        let Rebuilding { rebuilt, set_aside, .. } = rebuilding;
        let Rebuilt { from, records, state, .. } = rebuilt;
        let stored = lease.load().await;
        if from == 0 {
            let is_there = match stored {
                Ok(None) => false,
                Ok(Some(good)) if !set_aside => return Err(self.is_good(&good)),
                Ok(Some(_)) | Err(StoreError::Damaged(_)) => true,
                Err(error) => return Err(error.into()),
            };
            let aside = if is_there { Some(lease.set_aside().await?) } else { None };
            // At once or not at all: half a state would be believed.
            lease.compact(&state).await?;
            return Ok(aside);
        }
        if stored?.is_none_or(|good| good.lineage != state.lineage || good.generation != from) {
            return Err(Error::other(
                "the state has moved meanwhile; nothing was recorded\n  hint: run it again",
            ));
        }
        let numbered: Vec<_> = (from + 1..).zip(records).collect();
        if !numbered.is_empty() {
            lease.append(&numbered).await?;
        }
        Ok(None)
    }

    /// The state where there is one that can be read; none where it is damaged.
    async fn good_state(&self, stack: &str) -> Result<Option<State>, Error> {
        match self.state(stack).await {
            Ok(state) => Ok(state),
            Err(error) if error.is_damaged() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is_good(&self, state: &State) -> Error {
        Error::other(format!(
            "the state of the stack '{}' in {} is there and can be read ({} resources); nothing was done\n  hint: look at `plan`; to rebuild it all the same and set this one aside, say --set-aside",
            state.stack,
            self.state_place(&state.stack),
            state.entries.len()
        ))
    }

    async fn sweep(&self, places: &[Sweep]) -> Swept {
        let mut all = Swept::default();
        for place in places {
            let swept = self.provider().sweep(place).await;
            all.found.extend(swept.found);
            all.unanswered.extend(swept.unanswered);
        }
        all
    }

    async fn world(&self, desired: &Desired, state: &State) -> Result<World, Error> {
        Ok(World {
            accounts: self.accounts(desired, state).await?,
            lookups: self.looked_up(desired, state).await,
            stacks: self.other_stacks(desired).await?,
        })
    }

    async fn rebuild(&self, mut rebuild: Rebuild<'_>) -> Result<Rebuilt, Error> {
        loop {
            let targets = rebuild.wanted();
            if targets.is_empty() {
                break;
            }
            let seen = self.provider().refresh(&targets).await;
            rebuild.seen(seen);
        }
        rebuild.finish().map_err(|illegal| Error::other(illegal.to_string()))
    }
}

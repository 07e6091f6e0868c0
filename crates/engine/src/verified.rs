//! Which of the secrets that are wanted were applied: slow to tell on purpose, so it is told beside
//! the reads.

use std::collections::BTreeMap;

use bicoastal_model::secrets::{self, WantedSecret};
use bicoastal_model::stack::Clear;
use bicoastal_model::value::SECRET;
use bicoastal_model::{Desired, ResourceId, Word};

use crate::digest;
use crate::planner::resolve::has_secrets;
use crate::planner::view::moved;
use crate::state::State;

/// A resource, and the dotted path of the property that is a secret.
type Slot = (ResourceId, String);

/// A secret that the program wants, and the digest of what was applied in its place.
#[derive(Clone, Debug)]
pub struct Pair {
    slot: Slot,
    clear: Clear,
    digest: Word,
}

/// Every secret that the program wants where one was applied.
pub fn pairs(desired: &Desired, state: &State) -> Vec<Pair> {
    if desired.secrets.is_empty() {
        return Vec::new();
    }
    let view = moved(desired, state);
    let mut found = Vec::new();
    for declared in desired.resources.values().filter(|it| has_secrets(desired, &it.id)) {
        let Some(base) = view.state.current(&declared.id).and_then(|it| it.1.base()) else {
            continue;
        };
        let pair = |it: WantedSecret<'_>| {
            let slot = (declared.id.clone(), it.wanted.marker(SECRET)?.as_str()?.to_owned());
            let clear = desired.secrets.get(&slot)?.clone();
            let digest = it.applied?.marker(SECRET)?.as_str()?.into();
            Some(Pair { slot, clear, digest })
        };
        let wanted = secrets::wanted(declared.schema, &declared.props, Some(&base));
        found.extend(wanted.into_iter().filter_map(pair));
    }
    found
}

/// Which secrets are the ones that were applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verified(BTreeMap<Slot, (Word, bool)>);

impl Verified {
    /// Of these. Takes tens of milliseconds of the processor for each.
    pub fn of(pairs: Vec<Pair>) -> Self {
        let verified = pairs.into_iter().map(|Pair { slot, clear, digest }| {
            let same = digest::verify(clear.expose(), &digest);
            (slot, (digest, same))
        });
        Self(verified.collect())
    }

    /// Whether this secret is the one that was applied, as far as it is not told already found out.
    pub(crate) fn is_applied(&self, slot: &Slot, clear: &Clear, applied: &str) -> bool {
        match self.0.get(slot) {
            Some((digest, same)) if digest == applied => *same,
            _ => digest::verify(clear.expose(), applied),
        }
    }
}

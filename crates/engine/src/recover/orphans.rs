//! What bears our marks, and state does not know.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Desired, Found, Region, Sweep};
use serde::{Deserialize, Serialize};

use super::lineage::Mark;
use crate::state::State;

/// Something that bears the stack's mark and is in no state: nobody plans for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Orphan {
    /// Its kind.
    pub kind: String,
    /// What AWS knows it by.
    pub physical: String,
    /// Where it is.
    pub place: String,
    /// The logical id that its marks give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<String>,
    /// The lineage that it bears, where it is not the state's: an earlier life of the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<String>,
}

/// Everything of the stack that state does not know: of its lineage, or of its name under another.
pub fn orphans(state: &State, found: &[Found]) -> Vec<Orphan> {
    let known: BTreeSet<(&str, &str, Option<Region>)> = state
        .entries
        .values()
        .filter_map(|entry| {
            Some((entry.kind.as_str(), entry.physical.as_deref()?, entry.place.region()))
        })
        .collect();
    // Of what is under way AWS's id may not be recorded yet.
    let tokens: BTreeSet<&str> = state.entries.values().map(|it| it.token.as_str()).collect();
    let mut all = BTreeSet::new();
    for thing in found {
        let Some(mark) = Mark::read(thing) else { continue };
        let ours = mark.lineage == state.lineage;
        let of_stack = mark.stack.as_deref() == Some(state.stack.as_str());
        let is_known = known.contains(&(&thing.kind, &thing.physical, thing.place.region()))
            || thing.token.as_deref().is_some_and(|token| tokens.contains(token));
        if (!ours && !of_stack) || is_known {
            continue;
        }
        all.insert(Orphan {
            kind: thing.kind.clone(),
            physical: thing.physical.clone(),
            place: thing.place.label(),
            born: mark.born.map(|born| born.to_string()),
            lineage: (!ours).then_some(mark.lineage),
        });
    }
    all.into_iter().collect()
}

/// Where to look: every account and region that the program or state names, and these besides.
pub fn places(desired: &Desired, state: Option<&State>, more: &[Region]) -> Vec<Sweep> {
    let declared = desired.resources.values().map(|declared| &declared.place);
    let recorded = state.into_iter().flat_map(|state| state.entries.values()).map(|it| &it.place);
    let mut regions: BTreeSet<Region> = more.iter().copied().collect();
    let mut accounts: BTreeMap<Option<String>, ()> = BTreeMap::new();
    for place in declared.chain(recorded) {
        regions.extend(&place.regions);
        accounts.insert(place.account.clone(), ());
    }
    if accounts.is_empty() {
        accounts.insert(None, ());
    }
    let regions: Vec<Region> = regions.into_iter().collect();
    accounts.into_keys().map(|account| Sweep { account, regions: regions.clone() }).collect()
}

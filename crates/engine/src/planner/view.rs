//! The state under the names that the program uses now.

use std::borrow::Cow;

use bicoastal_model::{Desired, ResourceId};

use crate::record::Record;
use crate::state::{Key, State};

/// The state with its renames carried out, and the records that carry them out.
pub(crate) struct View<'s> {
    pub(crate) state: Cow<'s, State>,
    pub(crate) moves: Vec<Record>,
}

impl View<'_> {
    /// The renames, as new and former id.
    pub(crate) fn renames(&self) -> impl Iterator<Item = (ResourceId, ResourceId)> {
        self.moves.iter().filter_map(|record| match record {
            Record::Moved { from, to } => Some((to.clone(), from.clone())),
            _ => None,
        })
    }
}

/// Carries out what `renamed` asks for: only where the former id is in state and not declared any
/// more, and the new one is not in state yet.
pub(crate) fn moved<'s>(desired: &Desired, state: &'s State) -> View<'s> {
    let mut view = View { state: Cow::Borrowed(state), moves: Vec::new() };
    for declared in desired.resources.values() {
        let Some(from) = &declared.renamed_from else { continue };
        let to = &declared.id;
        let free = view.state.incarnations(to).next().is_none();
        let there = view.state.incarnations(from).next().is_some();
        if free && there && !desired.resources.contains_key(from) {
            rename(view.state.to_mut(), from, to);
            view.moves.push(Record::Moved { from: from.clone(), to: to.clone() });
        }
    }
    view
}

fn rename(state: &mut State, from: &ResourceId, to: &ResourceId) {
    let keys: Vec<Key> = state.incarnations(from).map(|(key, _)| key.clone()).collect();
    for key in keys {
        if let Some(entry) = state.entries.remove(&key) {
            state.entries.insert(Key::new(to.clone(), key.incarnation), entry);
        }
    }
    for entry in state.entries.values_mut() {
        entry.edges.replace(from, to);
    }
    if let Some(retired) = state.retired.remove(from) {
        let own = state.retired.entry(to.clone()).or_default();
        *own = retired.max(*own);
    }
}

//! What others put into our things: reported, and removed only where the program claims the whole.

use bicoastal_model::{Place, ResourceId, Risk, ScopeKind};

use super::decide::{Decision, Planner};
use crate::observe::Child;
use crate::plan::{Action, Added, PlannedMember};
use crate::state::{Entry, Key, Verb, token};

impl Planner<'_> {
    /// Everything inside our things that neither state nor the program knows.
    pub(crate) fn find_additions(&mut self) {
        let known = &self.gathered.identities;
        let mut added = Vec::new();
        let mut claimed = Vec::new();
        for (key, entry, snapshot) in &self.survey.parents {
            let exclusive = self.claims_all(&key.id, entry);
            for child in &snapshot.children {
                if known.contains(&child.kind, &child.identity, self.catalog) {
                    continue;
                }
                if exclusive {
                    claimed.push(self.removal(&key.id, entry, child));
                } else {
                    added.push(Added {
                        id: key.id.clone(),
                        what: child.label.clone(),
                        value: child.identity.to_value(),
                    });
                }
            }
        }
        self.added.extend(added);
        self.decisions.extend(claimed.into_iter().flatten());
    }

    fn claims_all(&self, id: &ResourceId, entry: &Entry) -> bool {
        let declared = self.declared.get(id).map(|declared| &declared.props);
        let props = declared.or(entry.applied.as_ref());
        props.is_some_and(|props| props["exclusive_records"].as_bool() == Some(true))
    }

    /// The delete of something that is in no state.
    fn removal(&self, parent: &ResourceId, entry: &Entry, child: &Child) -> Option<Decision> {
        let schema = self.catalog.get(&child.kind)?;
        let id = ResourceId::new(format!("{parent}/{}", child.label));
        let key = Key::new(id.clone(), self.state.next_incarnation(&id));
        let place = Place {
            account: entry.place.account.clone(),
            scope: schema.scope,
            regions: match schema.scope {
                ScopeKind::Global => Vec::new(),
                _ => entry.place.regions.clone(),
            },
        };
        let member = PlannedMember {
            change: 0,
            kind: child.kind.clone(),
            place: place.clone(),
            born: key.id.clone(),
            token: token(&self.state.lineage, &key.id, key.incarnation).into(),
            key: key.clone(),
            physical: None,
            verb: Verb::Delete,
            wanted: None,
            applied: Some(child.identity.clone()),
            seen: None,
            // Nobody recorded it, and it bears no mark of ours.
            adopt: true,
            lift_guards: false,
            edges: [parent.clone()].into(),
            protected: false,
            retained: false,
            superseded: false,
            patience_ms: None,
        };
        let mut decision = Decision::on(&key.id, child.kind.clone(), &place, schema.tier);
        decision.action = Some(Action::Delete);
        decision.risk = schema.delete_risk.max(Risk::Disruptive);
        decision.reasons =
            vec![format!("somebody added it, and the program claims the whole of {parent}")];
        decision.at = self.declared.get(parent).map(|declared| declared.at.clone());
        decision.delete(member);
        Some(decision)
    }
}

//! A stack: what a program declares.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::diagnostic::{Diagnostic, SourceLine};
use crate::id::{Place, ResourceId, ScopeKind};
use crate::input::{AnyOutput, Output};
use crate::region::{ActiveRegions, Region};
use crate::resource::{Check, Global, Handle, Lookup, Node, Regional, Resource, Scope, Spanning};
use crate::schema::Schema;
use crate::secret;
use crate::value::{self, Map, SECRET, Value, json};

mod desired;
mod policies;
mod seal;

pub use desired::{Clear, Declared, Desired, Rollout, Sealed};
pub use seal::missing_kinds;

/// The output that stands for another stack's exports: `stack:<name>`.
pub const STACK_OUTPUTS: &str = "stack:";

/// A named declaration of infrastructure.
#[derive(Debug)]
pub struct Stack {
    name: String,
    declared: Vec<Declared>,
    /// Where in the list of the declared each id is first.
    places: BTreeMap<ResourceId, usize>,
    rollout: Rollout,
    rto: Option<Duration>,
    tags: Vec<(String, String)>,
    exports: Vec<(String, Value)>,
    secrets: BTreeMap<(ResourceId, String), Clear>,
    found: Vec<Diagnostic>,
}

impl Stack {
    /// An empty stack.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            declared: Vec::new(),
            places: BTreeMap::new(),
            rollout: Rollout::default(),
            rto: None,
            tags: Vec::new(),
            exports: Vec::new(),
            secrets: BTreeMap::new(),
            found: Vec::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// In which order changes reach what already serves.
    pub fn rollout(&mut self, rollout: Rollout) -> &mut Self {
        self.rollout = rollout;
        self
    }

    /// The recovery time objective: the longest that clients may go on being sent to a region that
    /// is lost.
    ///
    /// Sealing holds DNS's share of it to that time: for each record that its health takes out of
    /// the answers, how long until the loss is seen (a health check's interval, as often as its
    /// threshold says) and how long resolvers keep the answer that they have (its time to live).
    /// Together they are the least that a recovery takes; what the program does not say of it is not
    /// counted. What else has to happen, as making another region's database the one that is
    /// written to, comes on top and is not held to it.
    ///
    /// Without it, a record with a health check is only warned about where resolvers keep its answer
    /// for longer than AWS advises.
    pub fn rto(&mut self, objective: Duration) -> &mut Self {
        self.rto = Some(objective);
        self
    }

    /// A tag on everything that takes tags; a resource's own tag of that key wins. Of two values
    /// for one key, the one that is said later is meant.
    pub fn tag(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        let key = key.into();
        self.tags.retain(|(other, _)| *other != key);
        self.tags.push((key, value.into()));
        self
    }

    /// Adds things of which there is one in the account.
    pub fn global(&mut self) -> In<'_, Global> {
        self.scope(Vec::new(), None)
    }

    /// Adds things to a region.
    pub fn region(&mut self, region: Region) -> In<'_, Regional> {
        self.scope(vec![region], None)
    }

    /// Adds things that span regions.
    #[track_caller]
    pub fn across(&mut self, regions: &ActiveRegions) -> In<'_, Spanning> {
        let mut members: Vec<Region> = regions.iter().collect();
        members.sort();
        members.dedup();
        if members.len() < 2 {
            self.found.push(
                Diagnostic::error(format!("active regions name {} twice", regions.first()))
                    .at(&SourceLine::here())
                    .hint("name two different regions"),
            );
        }
        self.scope(members, None)
    }

    /// Adds things to another account of the same run.
    pub fn account<'s>(&'s mut self, account: &str) -> InAccount<'s> {
        InAccount { stack: self, account: account.to_owned() }
    }

    fn scope<S: Scope>(&mut self, regions: Vec<Region>, account: Option<String>) -> In<'_, S> {
        In {
            stack: self,
            place: Place { account, scope: S::KIND, regions },
            scope: std::marker::PhantomData,
        }
    }

    /// Deleting it must be asked for by name, from now on, even when its declaration is gone.
    pub fn protect(&mut self, handle: &impl Handle) -> &mut Self {
        self.edit(handle, |declared| declared.protected = true)
    }

    /// It may be deleted like anything else (for kinds that are protected by default).
    pub fn unprotect(&mut self, handle: &impl Handle) -> &mut Self {
        self.edit(handle, |declared| declared.protected = false)
    }

    /// When its declaration goes, it is forgotten and left alone in AWS.
    pub fn retain(&mut self, handle: &impl Handle) -> &mut Self {
        self.edit(handle, |declared| declared.retained = true)
    }

    /// Takes over an existing thing, by AWS's id for it.
    pub fn adopt(&mut self, handle: &impl Handle, physical: impl Into<String>) -> &mut Self {
        let physical = physical.into();
        self.edit(handle, |declared| declared.adopt = Some(physical))
    }

    /// Leaves differences of these fields alone.
    pub fn ignore_changes(&mut self, handle: &impl Handle, fields: &[&str]) -> &mut Self {
        self.edit(handle, |declared| {
            declared.ignored.extend(fields.iter().map(|field| (*field).to_owned()));
        })
    }

    /// It was called otherwise: what state has under the former id is this resource.
    pub fn renamed(&mut self, handle: &impl Handle, from: &str) -> &mut Self {
        self.edit(handle, |declared| declared.renamed_from = Some(ResourceId::new(from)))
    }

    /// How long one wait for it may take before it counts as stuck (a table's creation, a cluster's
    /// upgrade), instead of what its kind says. A wait that is given up is recorded, and the next
    /// apply goes on with it.
    pub fn patience(&mut self, handle: &impl Handle, time: Duration) -> &mut Self {
        self.edit(handle, |declared| declared.patience = Some(time))
    }

    /// Orders what no reference orders: `later` comes after `earlier`, and goes before it.
    pub fn after(&mut self, later: &impl Handle, earlier: &impl Handle) -> &mut Self {
        let earlier = earlier.resource_id().clone();
        self.edit(later, |declared| {
            declared.after.insert(earlier);
        })
    }

    /// Shows a value when the stack is done, and to other stacks.
    pub fn export(&mut self, name: impl Into<String>, value: impl Into<AnyOutput>) -> &mut Self {
        self.exports.push((name.into(), value.into().0));
        self
    }

    /// Another stack's export, by name.
    pub fn outputs_of(&self, stack: &str) -> StackOutputs {
        StackOutputs(ResourceId::new(format!("{STACK_OUTPUTS}{stack}")))
    }

    /// Reports a mistake of the program's own, with the caller's line.
    #[track_caller]
    pub fn error(&mut self, message: impl Into<String>) {
        self.found.push(Diagnostic::error(message).at(&SourceLine::here()));
    }

    fn edit(&mut self, handle: &impl Handle, edit: impl FnOnce(&mut Declared)) -> &mut Self {
        let place = self.places.get(handle.resource_id());
        if let Some(declared) = place.and_then(|place| self.declared.get_mut(*place)) {
            edit(declared);
        }
        self
    }

    fn declare(
        &mut self,
        place: Place,
        name: String,
        schema: &'static Schema,
        props: Value,
        lookup: bool,
        at: SourceLine,
    ) -> Node {
        let id = match place.region() {
            Some(region) => format!("{region}/{name}"),
            None => name,
        };
        let id = ResourceId::new(match &place.account {
            Some(account) => format!("{account}:{id}"),
            None => id,
        });
        if id.as_str().is_empty() || id.as_str().contains(char::is_whitespace) {
            self.found.push(
                Diagnostic::error(format!(
                    "'{id}' is not a usable name: it is empty or has spaces"
                ))
                .at(&at),
            );
        }
        let mut props = props;
        if place.scope == ScopeKind::Spanning
            && let Some(fields) = props.as_object_mut()
        {
            fields.insert("regions".into(), json!(place.regions));
        }
        take_secrets(&id, &mut props, &mut self.secrets);
        self.places.entry(id.clone()).or_insert(self.declared.len());
        self.declared.push(Declared {
            id: id.clone(),
            schema,
            place: place.clone(),
            props: props.into(),
            lookup,
            after: BTreeSet::new(),
            protected: schema.protected && !lookup,
            retained: false,
            adopt: None,
            ignored: BTreeSet::new(),
            renamed_from: None,
            patience: None,
            at,
            sealed: Sealed::default(),
        });
        Node::new(id, place)
    }
}

/// Moves secrets out of the properties: what stays is a marker with the property's path.
fn take_secrets(
    id: &ResourceId,
    props: &mut Value,
    secrets: &mut BTreeMap<(ResourceId, String), Clear>,
) {
    fn walk(
        id: &ResourceId,
        path: String,
        value: &mut Value,
        out: &mut BTreeMap<(ResourceId, String), Clear>,
    ) {
        if let Some(clear) = value::marker(value, SECRET).and_then(Value::as_str) {
            out.insert((id.clone(), path.clone()), Clear(clear.to_owned()));
            *value = json!({ SECRET: path });
            return;
        }
        match value {
            Value::Object(fields) => {
                for (name, field) in fields.iter_mut() {
                    let inner =
                        if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    walk(id, inner, field, out);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    walk(id, format!("{path}.{index}"), item, out);
                }
            }
            _ => {}
        }
    }
    walk(id, String::new(), props, secrets);
}

/// Another account of the same run.
#[derive(Debug)]
pub struct InAccount<'s> {
    stack: &'s mut Stack,
    account: String,
}

impl InAccount<'_> {
    /// Adds things of which there is one in that account.
    pub fn global(&mut self) -> In<'_, Global> {
        self.stack.scope(Vec::new(), Some(self.account.clone()))
    }

    /// Adds things to a region of that account.
    pub fn region(&mut self, region: Region) -> In<'_, Regional> {
        self.stack.scope(vec![region], Some(self.account.clone()))
    }

    /// Adds things that span regions of that account.
    pub fn across(&mut self, regions: &ActiveRegions) -> In<'_, Spanning> {
        let mut members: Vec<Region> = regions.iter().collect();
        members.sort();
        members.dedup();
        self.stack.scope(members, Some(self.account.clone()))
    }
}

/// Adds resources to one place of a stack.
#[derive(Debug)]
pub struct In<'s, S> {
    stack: &'s mut Stack,
    place: Place,
    scope: std::marker::PhantomData<S>,
}

impl<S: Scope> In<'_, S> {
    /// Declares a resource. Its name is unique among the stack's resources of this place.
    #[track_caller]
    pub fn add<R: Resource<Scope = S>>(
        &mut self,
        name: impl Into<String>,
        resource: R,
    ) -> R::Handle {
        let at = SourceLine::here();
        let name = name.into();
        let mut check = Check::new(self.place.clone());
        resource.check(&mut check);
        let props = match secret::to_value_exposed(&resource) {
            Ok(props) => props,
            Err(error) => {
                check.error(format!("its properties can't be written: {error}"));
                Value::Object(Map::new())
            }
        };
        let node =
            self.stack.declare(self.place.clone(), name, R::SCHEMA, props, false, at.clone());
        let found = check.into_diagnostics().into_iter().map(|it| it.of(node.id()).at(&at));
        self.stack.found.extend(found);
        R::Handle::from(node)
    }

    /// Looks an existing thing up instead of declaring it. It is never changed and never deleted.
    #[track_caller]
    pub fn lookup<L: Lookup>(
        &mut self,
        name: impl Into<String>,
        query: L,
    ) -> <L::Of as Resource>::Handle
    where
        L::Of: Resource<Scope = S>,
    {
        let at = SourceLine::here();
        let props = serde_json::to_value(&query).unwrap_or(Value::Null);
        let node =
            self.stack.declare(self.place.clone(), name.into(), L::Of::SCHEMA, props, true, at);
        <L::Of as Resource>::Handle::from(node)
    }
}

/// Another stack's exports.
#[derive(Clone, Debug)]
pub struct StackOutputs(ResourceId);

impl StackOutputs {
    /// One export, by name.
    pub fn get<T>(&self, name: &str) -> Output<T> {
        Output::new(self.0.clone(), name)
    }
}

#[cfg(test)]
mod tests;

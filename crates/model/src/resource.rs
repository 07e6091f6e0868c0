//! What a kind of resource is to a program: properties, a scope, a typed handle.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::diagnostic::{Diagnostic, Severity};
use crate::id::{Place, ResourceId, ScopeKind};
use crate::input::Output;
use crate::region::Region;
use crate::schema::Schema;

mod sealed {
    pub trait Sealed {}
}

/// How far a kind reaches, as a type: declaring a kind in another scope does not compile.
pub trait Scope: sealed::Sealed + 'static {
    /// The same as a value.
    const KIND: ScopeKind;
}

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}
            impl sealed::Sealed for $name {}
            impl Scope for $name {
                const KIND: ScopeKind = ScopeKind::$name;
            }
        )*
    };
}

scopes! {
    /// One in the account: declare it with `stack.global()`.
    Global,
    /// One in a region: declare it with `stack.region(region)`.
    Regional,
    /// Members in several regions: declare it with `stack.across(&regions)`.
    Spanning,
}

/// A kind of resource: its properties are the fields of the type.
pub trait Resource: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// How far it reaches.
    type Scope: Scope;
    /// What declaring one returns.
    type Handle: Handle;
    /// What the planner knows of it.
    const SCHEMA: &'static Schema;

    /// What types can't say: everything wrong with these properties that can be told offline.
    fn check(&self, check: &mut Check) {
        let _ = check;
    }
}

/// The ways to look a kind up instead of declaring it: by name, by ARN, by tags.
pub trait Lookup: Serialize + 'static {
    /// The kind it finds.
    type Of: Resource;
}

/// Collects what is wrong with one resource.
#[derive(Debug)]
pub struct Check {
    place: Place,
    found: Vec<Diagnostic>,
}

impl Check {
    /// For a resource in this place.
    pub fn new(place: Place) -> Self {
        Self { place, found: Vec::new() }
    }

    /// Where the resource is declared.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The region of a regional resource.
    pub fn region(&self) -> Option<Region> {
        self.place.region()
    }

    /// Reports an error.
    pub fn error(&mut self, message: impl Into<String>) {
        self.found.push(Diagnostic::error(message));
    }

    /// Reports an error with the next step.
    pub fn error_with_hint(&mut self, message: impl Into<String>, hint: impl Into<String>) {
        self.found.push(Diagnostic::error(message).hint(hint));
    }

    /// Reports something worth knowing.
    pub fn warning(&mut self, message: impl Into<String>) {
        self.found.push(Diagnostic::warning(message));
    }

    /// Reports an error unless it holds.
    pub fn ensure(&mut self, holds: bool, message: impl Into<String>) {
        if !holds {
            self.error(message);
        }
    }

    /// What was found.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.found
    }

    /// The errors' messages: for tests of a kind's `check`.
    pub fn errors(&self) -> Vec<&str> {
        self.found
            .iter()
            .filter(|it| it.severity == Severity::Error)
            .map(|it| it.message.as_str())
            .collect()
    }
}

/// A declared resource: what every typed handle wraps.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    id: ResourceId,
    place: Place,
}

impl Node {
    pub(crate) fn new(id: ResourceId, place: Place) -> Self {
        Self { id, place }
    }

    /// Its logical id.
    pub fn id(&self) -> &ResourceId {
        &self.id
    }

    /// Where it is declared.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// An output of it.
    pub fn output<T>(&self, attribute: &str) -> Output<T> {
        Output::new(self.id.clone(), attribute)
    }
}

/// What declaring a resource returns: typed outputs over a [`Node`].
pub trait Handle: From<Node> {
    /// The node below.
    fn node(&self) -> &Node;

    /// Its logical id.
    fn resource_id(&self) -> &ResourceId {
        self.node().id()
    }
}

/// Defines a handle with typed outputs:
///
/// ```
/// # use bicoastal_model::{handle, Arn};
/// # pub struct Table;
/// handle! {
///     /// A declared table.
///     pub struct TableHandle {
///         /// The table's ARN in the region it was first made in.
///         arn: Arn<Table>,
///         /// Its name.
///         name: String,
///     }
/// }
/// ```
#[macro_export]
macro_rules! handle {
    (
        $(#[$doc:meta])*
        pub struct $name:ident {
            $($(#[$output_doc:meta])* $output:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name($crate::Node);

        impl From<$crate::Node> for $name {
            fn from(node: $crate::Node) -> Self {
                Self(node)
            }
        }

        impl $crate::Handle for $name {
            fn node(&self) -> &$crate::Node {
                &self.0
            }
        }

        impl $name {
            $(
                $(#[$output_doc])*
                pub fn $output(&self) -> $crate::Output<$type> {
                    self.0.output(stringify!($output))
                }
            )*
        }
    };
}

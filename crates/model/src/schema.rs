//! What a kind's properties mean: how they compare, what changing them takes.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::diff::FieldChange;
use crate::id::ScopeKind;
use crate::packed::Packed;
use crate::stack::Desired;
use crate::value::{Value, json};

/// Order of a region's members: brought up in this order, taken down in the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Permissions, groups: what everything stands on.
    Foundation,
    /// Tables, databases, buckets.
    Data,
    /// Load balancers, target groups, listeners.
    Compute,
    /// Zones, records, health checks: what sends users here.
    Traffic,
}

/// What a change can do to those who use the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Nobody notices.
    Safe,
    /// Users may notice: an outage, a restart, another address.
    Disruptive,
    /// Data is gone afterwards.
    DestroysData,
}

/// What changing a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// AWS can change it.
    InPlace,
    /// AWS can change it, with an interruption.
    Disruptive,
    /// Only a new resource can have another value.
    Replace,
    /// Only meant when the resource is made; never compared afterwards.
    CreateOnly,
    /// Only meant when the resource is deleted; recorded in state, never compared with AWS.
    DeleteOption,
    /// Means something to the library only; AWS has no such property, so nothing is called.
    Local,
}

/// How values of a field compare.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Exactly equal (text, numbers, booleans).
    Plain,
    /// Text whose case does not matter.
    CaseInsensitive,
    /// A DNS name: case, the trailing dot and `\ooo` escapes do not matter.
    DnsName,
    /// A DNS name of a load balancer: besides, a leading `dualstack.` does not matter.
    AliasName,
    /// A version of which the program may give a prefix: `16` accepts `16.6`, `8.0` accepts `8.0.mysql…`.
    VersionPrefix,
    /// An IAM policy document, compared by meaning.
    Policy,
    /// A secret: compared by digest with what was last applied, never with AWS. It may be a part of
    /// an object at any depth, also in lists ([`secrets`](crate::secrets)).
    Secret,
    /// A list whose order matters.
    List(&'static Shape),
    /// A list whose order does not matter; the program owns the whole.
    Set(&'static Shape),
    /// A list whose order does not matter, of which the program owns only what it mentions:
    /// others' elements stay and are reported as added.
    OwnedSet(&'static Shape),
    /// A list of which AWS may have more than the program says, without that being a difference.
    AtLeast(&'static Shape),
    /// A list of objects with a key field; the program owns the entries that it mentions, others
    /// stay and are reported as added.
    Keyed {
        /// The field that tells entries apart.
        key: &'static str,
        /// The fields of an entry.
        fields: &'static [Field],
    },
    /// A map of texts of which the program owns the keys that it mentions (tags).
    OwnedMap,
    /// An object with fields of their own semantics.
    Object(&'static [Field]),
    /// DNS record values of the record's own type: TXT by content, addresses parsed, names as names.
    RecordValues,
}

impl Shape {
    /// Whether it is like this, or a part of it is.
    pub(crate) fn any(&self, is: fn(&Self) -> bool) -> bool {
        is(self)
            || match self {
                Self::List(item) | Self::Set(item) | Self::OwnedSet(item) | Self::AtLeast(item) => {
                    item.any(is)
                }
                Self::Object(fields) | Self::Keyed { fields, .. } => {
                    fields.iter().any(|field| field.shape.any(is))
                }
                _ => false,
            }
    }
}

/// What AWS says where a field was never set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Absent {
    /// Nothing is returned.
    Nothing,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A text.
    Text(&'static str),
    /// An empty list.
    EmptyList,
    /// An object, as JSON text.
    Json(&'static str),
    /// AWS picks a value: whatever is seen counts as unset.
    Anything,
}

impl Absent {
    /// As a value; `None` for [`Absent::Nothing`] and [`Absent::Anything`].
    pub fn value(self) -> Option<Value> {
        match self {
            Self::Nothing | Self::Anything => None,
            Self::Bool(flag) => Some(json!(flag)),
            Self::Int(number) => Some(json!(number)),
            Self::Text(text) => Some(json!(text)),
            Self::EmptyList => Some(json!([])),
            Self::Json(text) => serde_json::from_str(text).ok(),
        }
    }
}

/// One property of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the serialised properties.
    pub name: &'static str,
    /// How its values compare.
    pub shape: Shape,
    /// What changing it takes.
    pub change: Change,
    /// What AWS says where it was never set; what "unset" goes back to.
    pub absent: Absent,
    /// What changing it can do.
    pub risk: Risk,
    /// A boolean property that claims the whole of this list or map: where it is true, others'
    /// elements are removed instead of reported.
    pub exclusive_if: Option<&'static str>,
    /// Reported as added where AWS has it and neither the program nor state ever mentioned it.
    pub watched: bool,
}

impl Field {
    /// A field that compares exactly and is changed in place.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            shape: Shape::Plain,
            change: Change::InPlace,
            absent: Absent::Nothing,
            risk: Risk::Safe,
            exclusive_if: None,
            watched: false,
        }
    }

    /// The boolean property that claims the whole of this list or map.
    #[must_use]
    pub const fn exclusive_if(mut self, property: &'static str) -> Self {
        self.exclusive_if = Some(property);
        self
    }

    /// Always read, and reported as added where somebody else set it.
    #[must_use]
    pub const fn watched(mut self) -> Self {
        self.watched = true;
        self
    }

    /// With a shape.
    #[must_use]
    pub const fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// A new value needs a new resource.
    #[must_use]
    pub const fn replaces(mut self) -> Self {
        self.change = Change::Replace;
        self
    }

    /// A new value interrupts.
    #[must_use]
    pub const fn disruptive(mut self) -> Self {
        self.change = Change::Disruptive;
        self.risk = Risk::Disruptive;
        self
    }

    /// Only meant when the resource is made.
    #[must_use]
    pub const fn create_only(mut self) -> Self {
        self.change = Change::CreateOnly;
        self
    }

    /// Only meant when the resource is deleted.
    #[must_use]
    pub const fn delete_option(mut self) -> Self {
        self.change = Change::DeleteOption;
        self
    }

    /// Means something to the library only.
    #[must_use]
    pub const fn local(mut self) -> Self {
        self.change = Change::Local;
        self
    }

    /// What AWS says where it was never set.
    #[must_use]
    pub const fn absent(mut self, absent: Absent) -> Self {
        self.absent = absent;
        self
    }

    /// The tags of a resource.
    pub const fn tags() -> Self {
        Self::new("tags").shape(Shape::OwnedMap)
    }

    /// The member regions of a spanning resource: ours are added and removed, foreign ones stay.
    pub const fn regions() -> Self {
        Self::new("regions").shape(Shape::OwnedSet(&Shape::Plain))
    }
}

/// An output of a kind.
#[derive(Clone, Copy, Debug)]
pub struct OutputSpec {
    /// Its name.
    pub name: &'static str,
    /// The property it repeats, so that it is known before the resource exists.
    pub same_as: Option<&'static str>,
    /// The properties whose change may change it; other updates leave it as it was.
    pub changes_with: &'static [&'static str],
}

impl OutputSpec {
    /// An output that AWS assigns once.
    pub const fn assigned(name: &'static str) -> Self {
        Self { name, same_as: None, changes_with: &[] }
    }

    /// An output that repeats a property.
    pub const fn property(name: &'static str) -> Self {
        Self { name, same_as: Some(name), changes_with: &[] }
    }

    /// An output that may change when one of these properties does.
    pub const fn changes_with(name: &'static str, fields: &'static [&'static str]) -> Self {
        Self { name, same_as: None, changes_with: fields }
    }
}

/// Mutating calls that a change of this kind makes, for the plan's estimate.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Calls to create one (reads while waiting excluded).
    pub create: u32,
    /// Calls to update one.
    pub update: u32,
    /// Calls to delete one.
    pub delete: u32,
}

/// How long a change of this kind usually takes until AWS is done with it, in seconds: for the
/// critical path of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Takes {
    /// To create one.
    pub create: u32,
    /// To update one.
    pub update: u32,
    /// To delete one.
    pub delete: u32,
}

/// Something that a plan makes.
#[derive(Clone, Copy, Debug)]
pub struct Made<'m> {
    /// Its kind.
    pub kind: &'m str,
    /// What is wanted of it, with markers for what is not known yet.
    pub props: &'m Packed,
}

/// What the thing at this place of all that is made waits for in its own step.
pub type Joins = fn(usize, &[Made<'_>]) -> Option<Joining>;

/// What something new waits for in its own step, although it does not refer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joining {
    /// What has to be there, of what is made along with it: positions.
    pub after: Vec<usize>,
    /// How long it takes from then on, in seconds.
    pub takes: u32,
}

/// Several members of one parent in one call.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Members with the same value here (a reference or an id) go together.
    pub parent: &'static str,
    /// Members with the same values here may not be parted.
    pub together: &'static [&'static str],
    /// The field whose elements are counted (a member without it counts one).
    pub elements: &'static str,
    /// Most elements in one call.
    pub max_elements: usize,
    /// Most characters of all elements in one call.
    pub max_characters: usize,
    /// How often an element counts in an update.
    pub update_weight: usize,
}

/// A kind of resource: everything the planner knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// `Service:Name`, AWS's own words: `DynamoDB:Table`.
    pub kind: &'static str,
    /// The service's signing name: `dynamodb`.
    pub service: &'static str,
    /// The cargo feature that compiles it in.
    pub feature: &'static str,
    /// How far it reaches.
    pub scope: ScopeKind,
    /// When it is brought up among a region's members.
    pub tier: Tier,
    /// Its properties.
    pub fields: &'static [Field],
    /// Its outputs.
    pub outputs: &'static [OutputSpec],
    /// The properties by which it is found again: its natural key.
    pub identity: &'static [&'static str],
    /// What deleting it does.
    pub delete_risk: Risk,
    /// Whether it is protected unless the program says otherwise.
    pub protected: bool,
    /// A property that AWS itself enforces as protection (`deletion_protection`): where it is on,
    /// a delete first has to switch it off, which the user must ask for by name.
    pub guard: Option<&'static str>,
    /// Why a change of a field can disturb users, where that hangs on which way it goes (switching off
    /// what others rely on): for the plan, which calls it disruptive and says why. `None` where it
    /// can't.
    pub caution: Option<fn(&FieldChange) -> Option<&'static str>>,
    /// How members of one parent travel in one call.
    pub batch: Option<Batch>,
    /// What changes of it cost.
    pub cost: Cost,
    /// What changes of it take.
    pub takes: Takes,
    /// What a new one (by its position) waits for of everything of its service that is made along
    /// with it; `None` where that is nothing. For the critical path of a plan.
    pub joins: Option<Joins>,
    /// Rules between resources of this kind and others (one policy per name, unique set
    /// identifiers): called once for a stack that has one, when it is sealed.
    pub check_stack: Option<fn(&Desired) -> Vec<Diagnostic>>,
}

impl Schema {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether it takes tags.
    pub fn has_tags(&self) -> bool {
        self.field("tags").is_some()
    }

    /// The output of this name.
    pub fn output(&self, name: &str) -> Option<&'static OutputSpec> {
        self.outputs.iter().find(|output| output.name == name)
    }

    /// What every schema starts from.
    pub const BASE: Schema = Schema {
        kind: "",
        service: "",
        feature: "",
        scope: ScopeKind::Global,
        tier: Tier::Foundation,
        fields: &[],
        outputs: &[],
        identity: &[],
        delete_risk: Risk::Disruptive,
        protected: false,
        guard: None,
        caution: None,
        batch: None,
        cost: Cost { create: 1, update: 1, delete: 1 },
        takes: Takes { create: 3, update: 3, delete: 3 },
        joins: None,
        check_stack: None,
    };
}

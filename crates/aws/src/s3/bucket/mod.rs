//! Buckets.

mod by_id;
mod by_id_io;
mod call;
pub(in crate::s3) mod check;
mod cors;
mod lifecycle;
mod listed;
mod lookup;
mod more;
mod namespace;
mod notification;
mod object_lock;
mod parts;
mod read;
mod step;
mod website;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::id::ScopeKind;
use bicoastal_model::schema::{Absent, Cost, OutputSpec, Shape};
use bicoastal_model::{
    Arn, Check, Deletes, Field, Input, OpError, Output, Region, Regional, Resource, Risk, Schema,
    Snapshot, Target, Tier, handle, text,
};
use serde::{Deserialize, Serialize};

pub use by_id::{
    Analytics, IntelligentTiering, Inventory, InventoryEncryption, InventoryFormat,
    InventoryFrequency, Metrics, ObjectFilter,
};
pub use cors::{CorsMethod, CorsRule};
pub use lifecycle::{
    Expiration, LifecycleRule, NoncurrentExpiration, NoncurrentTransition, StorageClass,
    Transition, When,
};
pub use lookup::BucketQuery;
pub use namespace::BucketNamespace;
pub use notification::{Notification, NotificationTarget};
pub use object_lock::{ObjectLock, RetentionMode};
pub use parts::{
    Acceleration, BlockedEncryption, Encryption, LogKeys, Logging, ObjectOwnership, PublicAccess,
    RequestPayer, TransitionMinimum, Versioning,
};
pub use website::{RoutingRule, Website};

use crate::cx::{Cx, GLOBAL};
use crate::kind::{Kind, Listed, Next, Turn};
use crate::policy::Document;
use crate::tags::is_false;

/// A bucket. Its name is shared by everybody who uses AWS, in every region, unless it is in the
/// account's own `namespace`.
///
/// What is not mentioned is left as it is: a new bucket is encrypted (`AES256`), blocks all public
/// access and owns every object in it, because that is what AWS makes. What was mentioned once and
/// no longer is goes back to that.
///
/// # Guarantees
///
/// Sub-configurations are written one after another, since S3 refuses two writes to one bucket at
/// the same time. Lifecycle rules and tags that the program never mentioned are kept.
///
/// # Caveats
///
/// Versioning can be suspended, never switched off. The name of a deleted bucket can be taken by
/// anybody at once, unless it is in the account's own `namespace`.
///
/// Where attribute-based access control (ABAC) was switched on for a bucket, S3 takes tags by another
/// service's calls only, which are not made here: such a bucket's tags can't be changed.
#[derive(Debug, Clone, Serialize, Deserialize, bon::Builder)]
pub struct Bucket {
    /// 3 to 63 lower-case letters, digits, dots and hyphens. Another name is another bucket.
    #[builder(into)]
    pub name: Input<String>,
    /// Who else can take its name. AWS's default: [`BucketNamespace::Global`]. Another one is
    /// another bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<BucketNamespace>,
    /// Whether old versions of objects are kept. AWS's default: never enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versioning: Option<Versioning>,
    /// How new objects are encrypted where the writer does not say. AWS's default: [`Encryption::S3`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// What policies and ACLs must not do. AWS's default for new buckets: [`PublicAccess::BLOCKED`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_access: Option<PublicAccess>,
    /// Who owns what others write. AWS's default: [`ObjectOwnership::BucketOwnerEnforced`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<ObjectOwnership>,
    /// The bucket's policy, at most 20 KB. It is always read: one that the program never mentioned
    /// is reported as added.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Document>,
    /// What happens to objects as they age, by rule id; at most 1,000 rules with those of others.
    #[builder(with = |rules: impl IntoIterator<Item = LifecycleRule>| rules.into_iter().collect())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Vec<LifecycleRule>>,
    /// Whether lifecycle rules that the program does not mention are removed.
    #[builder(default)]
    #[serde(default, skip_serializing_if = "is_false")]
    pub exclusive_lifecycle: bool,
    /// Which web pages of other origins may use the bucket; the first rule that fits decides.
    #[builder(with = |rules: impl IntoIterator<Item = CorsRule>| rules.into_iter().collect())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors: Option<Vec<CorsRule>>,
    /// Where requests are logged. AWS's default: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// Ways to encrypt that are refused; an empty list allows them all. Where it says nothing the
    /// bucket keeps what it has, which AWS decides for new ones.
    #[builder(with = |kinds: impl IntoIterator<Item = BlockedEncryption>| kinds.into_iter().collect())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_encryption: Option<Vec<BlockedEncryption>>,
    /// From which size on lifecycle rules move objects. AWS's default:
    /// [`TransitionMinimum::AllStorageClasses128K`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition_minimum: Option<TransitionMinimum>,
    /// Whether versions can be kept from being deleted. It can't be switched off again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_lock: Option<ObjectLock>,
    /// How the bucket answers as a website. AWS's default: it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<Website>,
    /// Who is told what happens in the bucket, by id; those of others are kept.
    #[builder(with = |all: impl IntoIterator<Item = Notification>| all.into_iter().collect())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Vec<Notification>>,
    /// Whether EventBridge is told of everything. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_bridge: Option<bool>,
    /// Whether far clients may use the nearest edge location. AWS's default: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceleration: Option<Acceleration>,
    /// Who pays for requests. AWS's default: [`RequestPayer::BucketOwner`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_payer: Option<RequestPayer>,
    /// Lists of the bucket's objects, by id; those of others are kept.
    #[builder(with = |all: impl IntoIterator<Item = Inventory>| all.into_iter().collect())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventories: Option<Vec<Inventory>>,
    /// Request metrics, by id; those of others are kept.
    #[builder(with = |all: impl IntoIterator<Item = Metrics>| all.into_iter().collect())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Vec<Metrics>>,
    /// Analyses of how often objects are read, by id; those of others are kept.
    #[builder(with = |all: impl IntoIterator<Item = Analytics>| all.into_iter().collect())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analytics: Option<Vec<Analytics>>,
    /// What of the class `INTELLIGENT_TIERING` is archived, by id; those of others are kept.
    #[builder(with = |all: impl IntoIterator<Item = IntelligentTiering>| all.into_iter().collect())]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intelligent_tiering: Option<Vec<IntelligentTiering>>,
    /// Tags, at most 50 with those of others.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Whether deleting the bucket first deletes every version of every object in it.
    /// It counts from the apply that records it.
    #[builder(default)]
    #[serde(default, skip_serializing_if = "is_false")]
    pub force_destroy: bool,
}

handle! {
    /// A declared bucket.
    pub struct BucketHandle {
        /// Its ARN: `arn:aws:s3:::name`.
        arn: Arn<Bucket>,
        /// Its name.
        name: String,
        /// Its host name in its region, which every name of an object follows:
        /// `name.s3.ap-south-1.amazonaws.com`.
        regional_domain_name: String,
    }
}

impl BucketHandle {
    /// The ARN of every object in it, for policies.
    pub fn objects(&self) -> Input<String> {
        text!("{}/*", self.arn()).into()
    }

    /// The ARN as text, for policies.
    pub fn arn_text(&self) -> Output<String> {
        self.arn().text()
    }
}

const FIELDS: &[Field] = &[
    Field::new("name").replaces(),
    // The name says it: a program that says it no more does not want another bucket.
    Field::new("namespace").absent(Absent::Anything).replaces(),
    // Going back to "never enabled" is not possible.
    Field::new("versioning").absent(Absent::Text("Suspended")),
    Field::new("encryption")
        .shape(Shape::Object(parts::ENCRYPTION))
        .absent(Absent::Json(r#"{"algorithm":"AES256"}"#)),
    Field::new("public_access")
        .shape(Shape::Object(parts::PUBLIC_ACCESS))
        .absent(Absent::Json(parts::BLOCKED)),
    Field::new("ownership").absent(Absent::Text("BucketOwnerEnforced")),
    Field::new("policy").shape(Shape::Policy).watched(),
    Field::new("lifecycle")
        .shape(Shape::Keyed { key: "id", fields: lifecycle::FIELDS })
        .absent(Absent::EmptyList)
        .exclusive_if("exclusive_lifecycle"),
    Field::new("exclusive_lifecycle").local().absent(Absent::Bool(false)),
    Field::new("cors").shape(Shape::List(&Shape::Object(cors::FIELDS))).absent(Absent::EmptyList),
    Field::new("logging").shape(Shape::Object(parts::LOGGING)),
    Field::new("blocked_encryption").shape(Shape::Set(&Shape::Plain)).absent(Absent::Anything),
    Field::new("transition_minimum").absent(Absent::Text("all_storage_classes_128K")),
    // Nothing switches it off: what is there where nothing is said any more is no difference.
    Field::new("object_lock").shape(Shape::Object(object_lock::FIELDS)).absent(Absent::Anything),
    Field::new("website").shape(Shape::Object(website::FIELDS)),
    Field::new("notifications")
        .shape(Shape::Keyed { key: "id", fields: notification::FIELDS })
        .absent(Absent::EmptyList),
    Field::new("event_bridge").absent(Absent::Bool(false)),
    Field::new("acceleration").absent(Absent::Text("Suspended")),
    Field::new("request_payer").absent(Absent::Text("BucketOwner")),
    by_id::FIELDS[0],
    by_id::FIELDS[1],
    by_id::FIELDS[2],
    by_id::FIELDS[3],
    Field::tags(),
    Field::new("force_destroy").delete_option().absent(Absent::Bool(false)),
];

impl Resource for Bucket {
    type Scope = Regional;
    type Handle = BucketHandle;

    const SCHEMA: &'static Schema = &Schema {
        kind: "S3:Bucket",
        service: "s3",
        feature: "s3",
        scope: ScopeKind::Regional,
        tier: Tier::Data,
        fields: FIELDS,
        outputs: &[
            OutputSpec::assigned("arn"),
            OutputSpec::property("name"),
            OutputSpec::assigned("regional_domain_name"),
        ],
        identity: &["name"],
        delete_risk: Risk::DestroysData,
        cost: Cost { create: 4, update: 1, delete: 1 },
        check_stack: Some(check::stack),
        ..Schema::BASE
    };

    fn check(&self, check: &mut Check) {
        check::bucket(self, check);
    }
}

impl Kind for Bucket {
    type Call = step::Call;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        listed::buckets(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        read::read(cx, target).await
    }

    /// In us-east-1 alone S3 answers as if it had made a bucket that is there and is the caller's.
    fn refuses_twins(target: &Target) -> bool {
        read::region_of(target) != GLOBAL
    }

    async fn confirm<'a>(cx: &'a Cx, target: &'a Target, _: &'a Snapshot) -> Result<bool, OpError> {
        read::confirm(cx, target).await
    }

    fn after(turn: &Turn<'_, Self>, call: &Self::Call) -> Option<Snapshot> {
        step::after(turn, call)
    }

    fn repeats(call: &Self::Call) -> bool {
        matches!(call, step::Call::DeleteObjects)
    }

    fn step(turn: &Turn<'_, Self>) -> Next<Self::Call> {
        step::step(turn)
    }

    async fn call(cx: &Cx, target: &Target, call: &Self::Call) -> Result<Option<String>, OpError> {
        call::call(cx, target, call).await
    }

    fn deletes(call: &Self::Call) -> Deletes {
        Deletes::whole(matches!(call, step::Call::Delete))
    }

    fn name(call: &Self::Call) -> &'static str {
        call.name()
    }
}

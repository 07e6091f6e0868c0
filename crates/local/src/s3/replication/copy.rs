//! The copies: asked for when something is written, made when the lag is over.

use super::rules::{Configuration, Rule};
use crate::s3::state::{
    Bucket, Content, Grant, Grantee, Progress, Task, Version, Versioning, What,
};
use crate::s3::{acl, policy, roles};
use crate::world::World;

/// How long S3 takes by default: most objects arrive within seconds.
const LAG_MS: i64 = 5_000;

fn configuration(bucket: &Bucket) -> Option<Configuration> {
    Configuration::read(&bucket.document("replication")?).ok()
}

/// Asks for copies of a version that a user has just written. Replicas are never passed here:
/// replication does not chain.
pub(in crate::s3) fn created(world: &mut World, name: &str, key: &str, id: &str) {
    request(world, name, key, id, What::Version);
}

/// Asks for copies of an edit of tags, ACL or lock of a version that already exists.
pub(in crate::s3) fn edited(world: &mut World, name: &str, key: &str, id: &str) {
    request(world, name, key, id, What::Metadata);
}

fn request(world: &mut World, name: &str, key: &str, id: &str, what: What) {
    let due_ms = world.now_ms + world.duration_ms("s3.replication.lag", LAG_MS);
    let Some(bucket) = world.s3.buckets.get(name) else { return };
    let (Some(configuration), Some(version)) = (configuration(bucket), bucket.version(key, id))
    else {
        return;
    };
    let wanted: Vec<String> = configuration
        .applying(key, version.content.as_ref())
        .into_iter()
        .filter(|rule| applies(rule, version, what))
        .map(|rule| rule.destination.clone())
        .collect();
    for destination in wanted {
        let Some(version) =
            world.s3.buckets.get_mut(name).and_then(|bucket| bucket.version_mut(key, id))
        else {
            return;
        };
        if !version.replica {
            version.copies.insert(destination.clone(), Progress::Pending);
        }
        world.s3.tasks.push(Task {
            due_ms,
            source: name.to_owned(),
            destination,
            key: key.to_owned(),
            version: id.to_owned(),
            what,
        });
    }
}

/// Whether a rule that matches by its filter copies this version or edit.
fn applies(rule: &Rule, version: &Version, what: What) -> bool {
    let Some(content) = &version.content else { return rule.copies_delete_markers() };
    if what == What::Metadata && version.replica && !rule.replica_modifications {
        return false;
    }
    let archived = ["GLACIER", "DEEP_ARCHIVE"].contains(&content.storage_class());
    let kms = content.encryption.algorithm.starts_with("aws:kms");
    !archived && (!kms || rule.kms_objects)
}

/// Makes the copies that are due. What comes from or goes to a lost region waits until it is back.
pub(in crate::s3) fn settle(world: &mut World) {
    if world.s3.tasks.is_empty() {
        return;
    }
    let now_ms = world.now_ms;
    let tasks = std::mem::take(&mut world.s3.tasks);
    let lost =
        |name: &str| world.s3.buckets.get(name).is_some_and(|bucket| world.is_gone(&bucket.region));
    let (mut due, later): (Vec<_>, Vec<_>) = tasks
        .into_iter()
        .partition(|task| task.due_ms <= now_ms && !lost(&task.source) && !lost(&task.destination));
    world.s3.tasks = later;
    due.sort_by_key(|task| task.due_ms);
    for task in due {
        let progress =
            if run(world, &task).is_some() { Progress::Completed } else { Progress::Failed };
        let version = world
            .s3
            .buckets
            .get_mut(&task.source)
            .and_then(|bucket| bucket.version_mut(&task.key, &task.version));
        if let Some(version) = version
            && !version.replica
        {
            version.copies.insert(task.destination, progress);
        }
    }
}

/// Makes one copy; `None` where S3 would report a failed replication.
fn run(world: &mut World, task: &Task) -> Option<()> {
    let source = world.s3.buckets.get(&task.source)?;
    let configuration = configuration(source)?;
    let version = source.version(&task.key, &task.version)?.clone();
    let rule = configuration
        .applying(&task.key, version.content.as_ref())
        .into_iter()
        .find(|rule| rule.destination == task.destination)?
        .clone();
    roles::id(world, &configuration.role)?;
    let account = source.account.clone();
    let target = world.s3.buckets.get_mut(&task.destination)?;
    let allowed = target.account == account
        || target
            .setting("policy")
            .is_some_and(|text| policy::lets_replicate(text, &configuration.role, &account));
    if target.versioning() != Versioning::Enabled || !allowed {
        return None;
    }
    let keys_region = |key: &str| key.split(':').nth(3).map(str::to_owned);
    if let (Some(key), true) = (&rule.replica_key, version.content.as_ref().is_some_and(kms))
        && keys_region(key).is_some_and(|region| region != target.region)
    {
        return None;
    }
    match (target.version_mut(&task.key, &task.version), version.content) {
        (Some(existing), Some(content)) => edit(existing, content),
        (Some(_), None) => {}
        (None, content) if task.what == What::Version => {
            let copy = Version {
                content: content.map(|content| replica(content, &rule, target)),
                replica: true,
                copies: Default::default(),
                ..version
            };
            target.insert(&task.key, copy);
        }
        // The replica was deleted there: an edit does not bring it back.
        (None, _) => {}
    }
    Some(())
}

fn kms(content: &Content) -> bool {
    content.encryption.algorithm.starts_with("aws:kms")
}

/// What the source has, as the destination keeps it.
fn replica(mut content: Content, rule: &Rule, target: &Bucket) -> Content {
    if let Some(class) = &rule.storage_class {
        content.headers.insert("x-amz-storage-class".into(), class.clone());
    }
    if kms(&content) {
        content.encryption.key = rule.replica_key.clone();
    }
    if rule.owner_translation || target.ownership() == "BucketOwnerEnforced" {
        let owner = Grantee::User(acl::canonical_id(&target.account));
        content.acl = vec![Grant { grantee: owner, permission: "FULL_CONTROL".into() }];
    }
    content
}

/// The later edit wins, so that both sides end up the same.
fn edit(existing: &mut Version, from: Content) {
    if let Some(to) = &mut existing.content
        && from.edited > to.edited
    {
        to.tags = from.tags;
        to.lock = from.lock;
        to.acl = from.acl;
        to.edited = from.edited;
    }
}

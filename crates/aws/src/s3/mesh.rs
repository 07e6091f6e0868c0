//! The same objects in several regions.

use std::collections::BTreeMap;

use bicoastal_model::{
    ActiveRegions, Arn, Input, PerRegion, PolicyDocument, Region, Stack, Statement,
};

use super::bucket::{Bucket, BucketHandle, Encryption, ObjectOwnership, PublicAccess, Versioning};
use super::replication::{ReplicationConfiguration, ReplicationRule, ReplicationTime};
use crate::iam::{Role, RoleHandle};
use crate::kms::Key;

/// One bucket per region, `prefix-region`, each a copy of the others: what is written or deleted
/// in one, and every edit of tags and metadata, reaches all others within seconds as a rule.
///
/// The buckets are versioned, encrypted, closed to the public, and own what is in them. One role
/// copies in every direction, and may do nothing else. See [`ReplicatedBucketsSpec`] for keys of
/// one's own, tags, and buckets that can be deleted with what is in them.
///
/// # Caveats
///
/// Two writes to one key at the same time in two regions both succeed; the later one wins in all
/// regions, the other remains as an old version. The deletion of a certain version is not copied.
#[track_caller]
pub fn replicated_buckets(
    stack: &mut Stack,
    prefix: &str,
    regions: &ActiveRegions,
) -> ReplicatedBuckets {
    ReplicatedBucketsSpec::builder().prefix(prefix).build().add(stack, regions)
}

/// Buckets that copy to each other, with everything that [`replicated_buckets`] decides by itself.
#[derive(Debug, Clone, bon::Builder)]
pub struct ReplicatedBucketsSpec {
    /// What the buckets' names begin with; the region follows.
    #[builder(into)]
    prefix: String,
    /// The key of KMS with which the bucket of each region encrypts. A region without one
    /// encrypts with keys of S3's own.
    #[builder(default, with = |keys: impl IntoIterator<Item = (Region, impl Into<Input<Arn<Key>>>)>| keys.into_iter().map(|(region, key)| (region, key.into())).collect())]
    keys: BTreeMap<Region, Input<Arn<Key>>>,
    /// What AWS says and promises about the time that copying takes.
    #[builder(default)]
    time: ReplicationTime,
    /// Whether deleting a bucket deletes every version of every object in it first.
    #[builder(default)]
    force_destroy: bool,
    /// Tags of buckets and role.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    tags: BTreeMap<String, String>,
}

/// What [`replicated_buckets`] declared.
#[derive(Debug, Clone)]
pub struct ReplicatedBuckets {
    /// The bucket of each region.
    pub buckets: PerRegion<BucketHandle>,
    /// The role that copies.
    pub role: RoleHandle,
}

impl ReplicatedBuckets {
    /// The bucket of a region; `None` for a region that is not one of them.
    pub fn bucket(&self, region: Region) -> Option<&BucketHandle> {
        self.buckets.get(region)
    }
}

impl ReplicatedBucketsSpec {
    /// Declares the buckets, the role, and a replication configuration for each bucket.
    #[track_caller]
    pub fn add(self, stack: &mut Stack, regions: &ActiveRegions) -> ReplicatedBuckets {
        let mut buckets = Vec::new();
        for region in regions {
            buckets.push((region, stack.region(region).add(&self.prefix, self.bucket(region))));
        }
        let buckets: PerRegion<BucketHandle> = buckets.into_iter().collect();
        let copies = format!("{}-replication", self.prefix);
        let role = stack.global().add(&copies, self.role(&copies, &buckets));
        for (region, bucket) in buckets.iter() {
            let configuration = ReplicationConfiguration::builder()
                .bucket(bucket.name())
                .role(role.arn())
                .rules(self.rules(region, &buckets))
                .build();
            stack.region(region).add(&copies, configuration);
        }
        ReplicatedBuckets { buckets, role }
    }

    fn bucket(&self, region: Region) -> Bucket {
        Bucket::builder()
            .name(format!("{}-{region}", self.prefix))
            .versioning(Versioning::Enabled)
            .encryption(match self.keys.get(&region) {
                Some(key) => Encryption::kms(key.clone()),
                None => Encryption::S3,
            })
            .public_access(PublicAccess::BLOCKED)
            .ownership(ObjectOwnership::BucketOwnerEnforced)
            .tags(self.tags.clone())
            .force_destroy(self.force_destroy)
            .build()
    }

    /// One rule to each other region. Ids and priorities are a region's own, so that they stay
    /// when the regions change their order or number.
    fn rules(&self, from: Region, buckets: &PerRegion<BucketHandle>) -> Vec<ReplicationRule> {
        buckets
            .iter()
            .filter(|(to, _)| *to != from)
            .map(|(to, bucket)| {
                ReplicationRule::builder(format!("to-{to}"))
                    .priority(priority(to))
                    .delete_markers(true)
                    .replica_modifications(true)
                    .destination(bucket.arn())
                    .maybe_replica_key(self.keys.get(&to).cloned())
                    .time(self.time)
                    .build()
            })
            .collect()
    }

    /// Least privilege: to read versions for copying, to write copies, and the keys for both.
    fn role(&self, name: &str, buckets: &PerRegion<BucketHandle>) -> Role {
        let arns = || buckets.values().map(|bucket| bucket.arn());
        let objects = || buckets.values().map(BucketHandle::objects);
        let mut statements = vec![
            Statement::builder()
                .sid("Find")
                .action(["s3:GetReplicationConfiguration", "s3:ListBucket"])
                .resource(arns())
                .build(),
            Statement::builder()
                .sid("Read")
                .action([
                    "s3:GetObjectVersionForReplication",
                    "s3:GetObjectVersionAcl",
                    "s3:GetObjectVersionTagging",
                ])
                .resource(objects())
                .build(),
            Statement::builder()
                .sid("Write")
                .action(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"])
                .resource(objects())
                .build(),
        ];
        for (index, (region, key)) in self.keys.iter().enumerate() {
            let through = BTreeMap::from([(
                "kms:ViaService".to_owned(),
                vec![Input::from(format!("s3.{region}.amazonaws.com"))],
            )]);
            statements.push(
                Statement::builder()
                    .sid(format!("Key{}", index + 1))
                    .action(["kms:Decrypt", "kms:Encrypt"])
                    .resource([text_of(key)])
                    .condition(BTreeMap::from([("StringEquals".to_owned(), through)]))
                    .build(),
            );
        }
        Role::builder()
            .name(name)
            .description("Copies objects between the buckets of several regions")
            .assume_role_policy(PolicyDocument::trust_service("s3.amazonaws.com"))
            .inline_policy("replicate", PolicyDocument::new(statements))
            .tags(self.tags.clone())
            .build()
    }
}

fn text_of(key: &Input<Arn<Key>>) -> Input<String> {
    match key {
        Input::Known(arn) => Input::Known(arn.as_str().to_owned()),
        Input::Ref(output) => Input::Ref(output.text()),
        Input::Text(text) => Input::Text(text.clone()),
    }
}

fn priority(region: Region) -> i32 {
    let at = Region::ALL.iter().position(|other| *other == region).unwrap_or_default();
    i32::try_from(at).unwrap_or_default() + 1
}

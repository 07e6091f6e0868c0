//! A local cloud with a place for state in it, of every kind.

use std::sync::Arc;

use aws_sdk_dynamodb::types as ddb;
use aws_sdk_s3::types as s3;
use bicoastal::local::Cloud;
use bicoastal::record::Record;
use bicoastal::runtime::{Ask, Lease, StateStore, StoreError};
use bicoastal::state::State;
use bicoastal::stores::{DynamoDb, Objects, Place, S3};
use bicoastal::{LocalClock, Region, local_connection};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    S3,
    S3Twice,
    Dynamo,
    DynamoStrong,
}

pub(crate) const ALL: [Kind; 5] =
    [Kind::File, Kind::S3, Kind::S3Twice, Kind::Dynamo, Kind::DynamoStrong];

pub(crate) const REMOTE: [Kind; 4] = [Kind::S3, Kind::S3Twice, Kind::Dynamo, Kind::DynamoStrong];

pub(crate) struct Stage {
    pub(crate) cloud: Cloud,
    pub(crate) kind: Kind,
    /// For what is kept in files.
    pub(crate) dir: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn new(kind: Kind) -> Self {
        let stage = Self { cloud: Cloud::new(), kind, dir: tempfile::tempdir().unwrap() };
        stage.build(kind).await;
        stage
    }

    /// Makes the bucket, or the table, of a kind.
    pub(crate) async fn build(&self, kind: Kind) {
        match kind {
            Kind::File => {}
            Kind::S3 => self.bucket("state", Region::UsEast1).await,
            Kind::S3Twice => {
                self.bucket("state-1", Region::UsEast1).await;
                self.bucket("state-2", Region::UsWest2).await;
            }
            Kind::Dynamo => self.table("state", None).await,
            Kind::DynamoStrong => {
                self.table("strong", Some(ddb::MultiRegionConsistency::Strong)).await;
            }
        }
    }

    async fn bucket(&self, name: &str, region: Region) {
        let mut create = self.s3(region).create_bucket().bucket(name);
        if region != Region::UsEast1 {
            let place = s3::BucketLocationConstraint::from(region.code());
            let config = s3::CreateBucketConfiguration::builder().location_constraint(place);
            create = create.create_bucket_configuration(config.build());
        }
        create.send().await.unwrap();
    }

    pub(crate) fn s3(&self, region: Region) -> aws_sdk_s3::Client {
        let connection = local_connection(&self.cloud, "000000000000");
        let retry = aws_sdk_s3::config::retry::RetryConfig::disabled();
        let config = connection.regional(region, retry, std::time::Duration::from_secs(5));
        let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let connection = local_connection(&self.cloud, "000000000000");
        let retry = aws_sdk_dynamodb::config::retry::RetryConfig::disabled();
        aws_sdk_dynamodb::Client::new(&connection.regional(
            Region::UsEast1,
            retry,
            std::time::Duration::from_secs(5),
        ))
    }

    /// A table; with this consistency a global one, in two more regions.
    pub(crate) async fn table(&self, name: &str, global: Option<ddb::MultiRegionConsistency>) {
        let client = self.dynamodb();
        let mut create = client
            .create_table()
            .table_name(name)
            .billing_mode(ddb::BillingMode::PayPerRequest)
            .stream_specification(
                ddb::StreamSpecification::builder()
                    .stream_enabled(true)
                    .stream_view_type(ddb::StreamViewType::NewAndOldImages)
                    .build()
                    .unwrap(),
            );
        for (key, kind) in [("stack", ddb::KeyType::Hash), ("item", ddb::KeyType::Range)] {
            let schema = ddb::KeySchemaElement::builder().attribute_name(key).key_type(kind);
            let attribute = ddb::AttributeDefinition::builder()
                .attribute_name(key)
                .attribute_type(ddb::ScalarAttributeType::S);
            create = create
                .key_schema(schema.build().unwrap())
                .attribute_definitions(attribute.build().unwrap());
        }
        create.send().await.unwrap();
        self.cloud.advance(600_000);
        if let Some(consistency) = global {
            let strong = consistency == ddb::MultiRegionConsistency::Strong;
            let mut update =
                client.update_table().table_name(name).multi_region_consistency(consistency);
            // Others are added one at a time.
            for region in ["us-east-2", "us-west-2"].into_iter().take(if strong { 2 } else { 1 }) {
                let replica =
                    ddb::CreateReplicationGroupMemberAction::builder().region_name(region).build();
                let replica =
                    ddb::ReplicationGroupUpdate::builder().create(replica.unwrap()).build();
                update = update.replica_updates(replica);
            }
            update.send().await.unwrap();
            self.cloud.advance(3_600_000);
        }
    }

    /// The place as a user writes it.
    pub(crate) fn place(&self, kind: Kind) -> String {
        match kind {
            Kind::File => format!("file:{}", self.dir.path().join("state").display()),
            Kind::S3 => "s3://state/team?region=us-east-1".into(),
            Kind::S3Twice => "s3://state-1?region=us-east-1&second=state-2@us-west-2".into(),
            Kind::Dynamo => "dynamodb://state?region=us-east-1".into(),
            Kind::DynamoStrong => {
                "dynamodb://strong?region=us-east-1&regions=us-east-2,us-west-2".into()
            }
        }
    }

    pub(crate) fn open(&self, place: &str) -> Arc<dyn StateStore> {
        let place: Place = place.parse().unwrap();
        let connection = local_connection(&self.cloud, "000000000000");
        let clock = Arc::new(LocalClock::new(&self.cloud));
        bicoastal::stores::open(&place, Some(&connection), clock).unwrap()
    }

    /// What is stored, as bytes with names; of two places the first.
    pub(crate) fn raw(&self) -> Box<dyn Objects> {
        let connection = local_connection(&self.cloud, "000000000000");
        let region = Region::UsEast1;
        match self.kind {
            Kind::File => panic!("files are looked at as files"),
            Kind::S3 => Box::new(S3::new(&connection, "state", "team", region)),
            Kind::S3Twice => Box::new(S3::new(&connection, "state-1", "", region)),
            Kind::Dynamo => Box::new(DynamoDb::new(&connection, "state", &[region])),
            Kind::DynamoStrong => Box::new(DynamoDb::new(&connection, "strong", &[region])),
        }
    }

    /// As another process sees it: nothing is shared but what is stored.
    pub(crate) fn store(&self) -> Arc<dyn StateStore> {
        self.open(&self.place(self.kind))
    }

    pub(crate) async fn lease(&self) -> Box<dyn Lease> {
        self.store().lease("s", &Ask::new("apply")).await.unwrap()
    }

    pub(crate) async fn load(&self) -> Result<Option<State>, StoreError> {
        self.store().load("s").await
    }

    pub(crate) async fn generation(&self) -> u64 {
        self.load().await.unwrap().map_or(0, |state| state.generation)
    }

    /// A state with this many records, folded or not, and nobody at work on it.
    pub(crate) async fn with(kind: Kind, records: u64, folded: bool) -> Self {
        let stage = Self::new(kind).await;
        let lease = stage.lease().await;
        lease.load().await.unwrap();
        if records > 0 {
            lease.append(&opened()).await.unwrap();
            for number in 3..=records {
                lease.append(&[exports(number)]).await.unwrap();
            }
        }
        if folded {
            lease.compact(&stage.load().await.unwrap().unwrap()).await.unwrap();
        }
        lease.release().await;
        stage
    }
}

/// The first two records.
pub(crate) fn opened() -> Vec<(u64, Record)> {
    vec![
        (1, Record::Opened { stack: "s".into(), lineage: "abc".into() }),
        (2, Record::Account { name: String::new(), number: "123456789012".into() }),
    ]
}

/// A record that says its number.
pub(crate) fn exports(number: u64) -> (u64, Record) {
    (number, Record::Exports { exports: vec![("n".into(), number.into())] })
}

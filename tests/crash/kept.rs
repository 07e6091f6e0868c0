//! Where a run keeps its state: in a directory, or in the cloud that it works on.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types as ddb;
use bicoastal::runtime::{Ask, LeaseNote, StateStore, StoreError};
use bicoastal::stores::Place;
use bicoastal::{FileStore, LocalClock, Region, local_connection};
use bicoastal_local::Cloud;

use crate::program::{STACK, runtime};
use crate::worlds::STATE as NAME;

/// Whether a call, as the proxy names it, writes state.
pub fn is_write(call: &str) -> bool {
    call.ends_with(NAME)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Directory,
    S3,
    DynamoDb,
}

impl Kept {
    pub fn name(self) -> &'static str {
        match self {
            Self::Directory => "a directory",
            Self::S3 => "S3",
            Self::DynamoDb => "DynamoDB",
        }
    }

    fn place(self, dir: &Path) -> String {
        match self {
            Self::Directory => format!("file:{}", dir.display()),
            Self::S3 => format!("s3://{NAME}/live?region=us-east-1"),
            Self::DynamoDb => format!("dynamodb://{NAME}?region=us-east-1"),
        }
    }

    pub fn args(self, dir: &Path) -> [String; 2] {
        ["--state".to_owned(), self.place(dir)]
    }

    /// Makes the bucket or the table.
    pub fn prepare(self, cloud: &Cloud) {
        match self {
            Self::Directory => {}
            Self::S3 => runtime().block_on(bucket(cloud)),
            Self::DynamoDb => {
                runtime().block_on(table(cloud));
                cloud.advance(3_600_000);
            }
        }
    }

    pub fn store(self, cloud: &Cloud, dir: &Path) -> Arc<dyn StateStore> {
        if self == Self::Directory {
            return Arc::new(FileStore::new(dir));
        }
        let place: Place = self.place(dir).parse().expect("a place");
        let connection = local_connection(cloud, "000000000000");
        let clock = Arc::new(LocalClock::new(cloud));
        bicoastal::stores::open(&place, Some(&connection), clock).expect("a store")
    }

    /// Who still holds the lease of the stack, if somebody does: whoever comes next would have to
    /// wait for it.
    pub fn holder(self, cloud: &Cloud, dir: &Path) -> Option<String> {
        let document = dir.join(STACK).join("lease.json");
        if let Ok(bytes) = std::fs::read(document) {
            let note = LeaseNote::decode(&bytes, "lease.json").expect("a lease");
            if !note.released {
                return Some(note.to_string());
            }
        }
        let told = Arc::new(Mutex::new(None));
        let hears = Arc::clone(&told);
        let ask = Ask {
            told: Some(Arc::new(move |note: &LeaseNote| {
                *hears.lock().expect("nobody has panicked") = Some(note.to_string());
            })),
            // A lock is only spoken of by those who wait for it.
            wait: Duration::from_millis(1),
            ..Ask::new("a look at the lease")
        };
        let store = self.store(cloud, dir);
        match runtime().block_on(store.lease(STACK, &ask)) {
            Ok(lease) => runtime().block_on(lease.release()),
            Err(StoreError::Held(words)) => return Some(words),
            Err(error) => return Some(format!("the lease can't be taken: {error}")),
        }
        told.lock().expect("nobody has panicked").take()
    }
}

async fn bucket(cloud: &Cloud) {
    let connection = local_connection(cloud, "000000000000");
    let retry = aws_sdk_s3::config::retry::RetryConfig::disabled();
    let config = connection.regional(Region::UsEast1, retry, Duration::from_secs(5));
    let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let client = aws_sdk_s3::Client::from_conf(config);
    client.create_bucket().bucket(NAME).send().await.expect("a bucket");
}

async fn table(cloud: &Cloud) {
    let connection = local_connection(cloud, "000000000000");
    let retry = aws_sdk_dynamodb::config::retry::RetryConfig::disabled();
    let config = connection.regional(Region::UsEast1, retry, Duration::from_secs(5));
    let client = aws_sdk_dynamodb::Client::new(&config);
    let mut create =
        client.create_table().table_name(NAME).billing_mode(ddb::BillingMode::PayPerRequest);
    for (key, kind) in [("stack", ddb::KeyType::Hash), ("item", ddb::KeyType::Range)] {
        let schema = ddb::KeySchemaElement::builder().attribute_name(key).key_type(kind);
        let attribute = ddb::AttributeDefinition::builder()
            .attribute_name(key)
            .attribute_type(ddb::ScalarAttributeType::S);
        create = create
            .key_schema(schema.build().expect("a key"))
            .attribute_definitions(attribute.build().expect("an attribute"));
    }
    create.send().await.expect("a table");
}

//! What a kind's code is handed: clients, and listings that are read once.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use bicoastal_model::{OpError, Region, Snapshot};
use tokio::sync::OnceCell;

use crate::clients::Clients;

/// Why something is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// For a plan: many things at once; listings pay.
    Refresh,
    /// In the course of one operation: a few things; point reads pay.
    Turn,
}

type Cell = Arc<OnceCell<Arc<dyn Any + Send + Sync>>>;

/// The context of reads and calls: the clients of the account, and what was read already.
///
/// One lives as long as one refresh, or one turn of an operation, so that what it shares is
/// never stale.
#[derive(Clone, Debug)]
pub struct Cx {
    clients: Arc<Clients>,
    purpose: Purpose,
    shared: Arc<Mutex<BTreeMap<String, Cell>>>,
    told: Arc<Mutex<Option<Snapshot>>>,
    /// What is asked for in this refresh, by the ids that AWS gave.
    asked: Arc<Vec<String>>,
    /// The clients of every account, by the program's names.
    accounts: Arc<Accounts>,
}

/// Clients by the program's names for accounts; `None` is the engine's own.
pub(crate) type Accounts = BTreeMap<Option<String>, Arc<Clients>>;

impl Cx {
    /// A new context with nothing read yet.
    pub fn new(clients: Arc<Clients>, purpose: Purpose) -> Self {
        Self {
            clients,
            purpose,
            shared: Arc::default(),
            told: Arc::default(),
            asked: Arc::default(),
            accounts: Arc::default(),
        }
    }

    /// The same among these accounts.
    #[must_use]
    pub(crate) fn among(mut self, accounts: Arc<Accounts>) -> Self {
        self.accounts = accounts;
        self
    }

    /// A context in another account, for what takes the consent of two: nothing read is shared.
    pub(crate) fn in_account(&self, name: &str) -> Option<Self> {
        let clients = self.accounts.get(&Some(name.to_owned()))?;
        Some(Self::new(clients.clone(), self.purpose).among(self.accounts.clone()))
    }

    /// The same for a refresh of things with these ids.
    #[must_use]
    pub(crate) fn asking(mut self, ids: Vec<String>) -> Self {
        self.asked = Arc::new(ids);
        self
    }

    /// The ids of everything that is asked for in this refresh: what one call reads of several
    /// things is read of these together.
    pub fn asked(&self) -> &[String] {
        &self.asked
    }

    /// Says how a thing is by what a call was answered, so that it is not read again.
    pub fn tell(&self, seen: Snapshot) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }

    /// What the last call told.
    pub(crate) fn told(&self) -> Option<Snapshot> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The clients of the account.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Why things are read.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Reads something once and shares it with everyone who asks for the same `key`: a zone's
    /// records, a region's clusters. A failed read is not kept.
    ///
    /// # Errors
    ///
    /// What `read` answers.
    pub async fn shared<T, F>(&self, key: String, read: F) -> Result<Arc<T>, OpError>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T, OpError>>,
    {
        let cell = {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.entry(key.clone()).or_default().clone()
        };
        let value = cell
            .get_or_try_init(|| async {
                read.await.map(|value| Arc::new(value) as Arc<dyn Any + Send + Sync>)
            })
            .await?;
        value.clone().downcast::<T>().map_err(|_| OpError::Refused {
            retry: bicoastal_model::Retry::Never,
            facts: bicoastal_model::ErrorFacts {
                call: key,
                message: "two readers share a key with different types".into(),
                ..Default::default()
            },
        })
    }
}

/// Where global services are edited, in the `aws` partition.
pub const GLOBAL: Region = Region::UsEast1;

macro_rules! client {
    ($feature:literal, $reader:ident, $writer:ident, $crate_name:ident, $service:literal) => {
        #[cfg(feature = $feature)]
        impl Cx {
            #[doc = concat!("The client that reads from `", $service, "` in a region; the SDK repeats failed reads.")]
            pub fn $reader(&self, region: Region) -> $crate_name::Client {
                self.clients.get($service, region, false, |config| {
                    crate::believing!($crate_name, $crate_name::config::Builder::from(config))
                })
            }

            #[doc = concat!("The client that changes `", $service, "` in a region; one attempt per call.")]
            pub fn $writer(&self, region: Region) -> $crate_name::Client {
                self.clients.get($service, region, true, |config| {
                    crate::believing!($crate_name, $crate_name::config::Builder::from(config))
                })
            }
        }
    };
}

client!("acm", acm, acm_write, aws_sdk_acm, "acm");
client!("dynamodb", dynamodb, dynamodb_write, aws_sdk_dynamodb, "dynamodb");
client!("elbv2", elbv2, elbv2_write, aws_sdk_elasticloadbalancingv2, "elasticloadbalancing");
client!("iam", iam, iam_write, aws_sdk_iam, "iam");
client!("kms", kms, kms_write, aws_sdk_kms, "kms");
client!("rds", rds, rds_write, aws_sdk_rds, "rds");
client!("route53", route53, route53_write, aws_sdk_route53, "route53");

#[cfg(feature = "s3")]
impl Cx {
    /// The client that reads from `s3` in a region; the SDK repeats failed reads.
    pub fn s3(&self, region: Region) -> aws_sdk_s3::Client {
        self.clients.get("s3", region, false, |config| self.s3_client(config))
    }

    /// The client that changes `s3` in a region; one attempt per call.
    pub fn s3_write(&self, region: Region) -> aws_sdk_s3::Client {
        self.clients.get("s3", region, true, |config| self.s3_client(config))
    }

    fn s3_client(&self, config: &aws_types::SdkConfig) -> aws_sdk_s3::Client {
        let config =
            aws_sdk_s3::config::Builder::from(config).force_path_style(self.clients.path_style());
        crate::believing!(aws_sdk_s3, config)
    }
}

//! The clouds that judge, and what there is in each before anything is declared.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::{AsyncSleep, Sleep};
use aws_types::sdk_config::TimeSource;
use bicoastal::aws::AwsProvider;
use bicoastal::aws::clients::TIMEOUTS;
use bicoastal::local::{Cloud, acm, call, kms, seed};
use bicoastal::model::provider::BoxFuture;
use bicoastal::prelude::*;
use bicoastal::runtime::Clock;
use bicoastal::{Connection, LocalClock, local_connection};

use crate::emulators::{Emulator, Python, Running};

/// Who judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judge {
    /// The local cloud, in process.
    Local,
    Moto,
    Ministack,
}

impl Judge {
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Moto => "moto",
            Self::Ministack => "ministack",
        }
    }

    /// Where it listens, and what scripts run with; nothing for the local cloud.
    pub fn endpoint(self) -> Option<(Python, &'static str)> {
        let emulator = match self {
            Self::Local => return None,
            Self::Moto => Emulator::Moto,
            Self::Ministack => Emulator::Ministack,
        };
        let python = Python::or_skip(self.name())?;
        let (running, _) = started(emulator, &python);
        Some((python, running.url()))
    }

    /// Its cloud; `None` after saying what is skipped without Python.
    pub fn open(self, what: &str) -> Option<Opened> {
        let emulator = match self {
            Self::Local => return Some(Opened::local()),
            Self::Moto => Emulator::Moto,
            Self::Ministack => Emulator::Ministack,
        };
        let python = Python::or_skip(&format!("{what} on {}", self.name()))?;
        let (running, places) = started(emulator, &python);
        let clock = Short::default();
        // In no place that others share: what is paced there is paced on this clock.
        let config = Connection::emulator(running.url()).config().to_builder();
        let config = config.sleep_impl(clock.clone()).time_source(clock.clone()).build();
        Some(Opened {
            connection: Connection::new(config),
            clock: Waits::Short(clock),
            places: places.clone(),
            cloud: None,
        })
    }
}

/// Each emulator is started once, with what the cases need made in it.
fn started(emulator: Emulator, python: &Python) -> &'static (Running, Places) {
    static MOTO: OnceLock<(Running, Places)> = OnceLock::new();
    static MINISTACK: OnceLock<(Running, Places)> = OnceLock::new();
    let place = match emulator {
        Emulator::Moto => &MOTO,
        Emulator::Ministack => &MINISTACK,
    };
    place.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/opinions");
        let running = emulator.start_after(python, &[&here.join("mended.py")]);
        let script = here.join("prepare.py");
        let regions = REGIONS.map(Region::code);
        let made = python.run(&script, &[&[running.url()], &regions[..]].concat());
        let places = serde_json::from_str(&made).unwrap_or_else(|error| panic!("{error}: {made}"));
        (running, places)
    })
}

/// The regions that the cases use.
pub const REGIONS: [Region; 2] = [Region::UsEast1, Region::ApSouth1];

/// A cloud that is open.
pub struct Opened {
    connection: Connection,
    pub clock: Waits,
    pub places: Places,
    /// The local cloud, if it is that.
    pub cloud: Option<Cloud>,
}

impl Opened {
    fn local() -> Self {
        Self::in_account("000000000000")
    }

    /// A local cloud, and what there is in an account of it.
    pub fn in_account(account: &str) -> Self {
        let cloud = Cloud::new();
        let places = REGIONS
            .map(|region| (region.code().to_owned(), Place::seeded(&cloud, account, region)));
        Self {
            connection: local_connection(&cloud, account),
            places: Places(places.into()),
            clock: Waits::Local(LocalClock::new(&cloud)),
            cloud: Some(cloud),
        }
    }

    /// What there is in a local cloud before anything is declared.
    pub fn places_of_a_new_world() -> Places {
        Self::local().places
    }

    pub fn provider(&self) -> AwsProvider {
        AwsProvider::new(self.connection.clone())
    }
}

/// What there is in each region.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Places(BTreeMap<String, Place>);

impl Places {
    pub fn of(&self, region: Region) -> &Place {
        &self.0[region.code()]
    }
}

/// What there is in a region: the ids of what is never declared.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Place {
    /// The default VPC, and another one.
    pub vpcs: [String; 2],
    /// Of the default VPC, each in another zone.
    pub subnets: [String; 3],
    pub security_groups: [String; 2],
    pub certificates: [String; 2],
    /// ARNs of keys that are the account's own.
    pub keys: [String; 2],
    /// ARNs of keys that Route 53 may sign with.
    pub signing_keys: [String; 2],
    /// ARNs of groups of logs.
    pub log_groups: [String; 2],
    /// Groups of parameters of instances, of Aurora PostgreSQL 16.
    pub parameter_groups: [String; 2],
    /// The ARN of a queue that S3 may send to.
    pub queue: String,
}

impl Place {
    fn seeded(cloud: &Cloud, account: &str, region: Region) -> Self {
        let code = region.code();
        let asked = |service, operation: &str, body: &str| call::Call {
            account: account.to_owned(),
            region: code.into(),
            service,
            operation: operation.into(),
            request: call::Request { body: body.to_owned().into(), ..Default::default() },
        };
        let answer = |reply: bicoastal::local::reply::Reply| -> serde_json::Value {
            serde_json::from_slice(&reply.body).expect("JSON")
        };
        let parameter_groups = ["made-1", "made-2"].map(str::to_owned);
        let (more, keys, signing_keys) = cloud.with_world(|world| {
            let named = r#"{"DomainName": "more.naveenteja.cloud"}"#;
            let more = acm::handle(world, &asked(call::Service::Acm, "RequestCertificate", named));
            let mut key = |of: &str| {
                let key = kms::handle(world, &asked(call::Service::Kms, "CreateKey", of));
                let key = answer(key.expect("a key"));
                key["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned()
            };
            let keys = [(); 2].map(|()| key("{}"));
            let signing_keys = [(); 2].map(|()| key(&signing()));
            for name in &parameter_groups {
                world.rds.parameter_group_of_instances(account, code, name);
            }
            // Somebody scales the table as soon as it is there.
            world.dynamodb.autoscale(account, code, "contract-ranged-table");
            (answer(more.expect("a certificate")), keys, signing_keys)
        });
        Self {
            // Any VPC and security group is known there.
            vpcs: [seed::vpc_id(code), "vpc-0123456789abcdef0".into()],
            subnets: seed::subnet_ids(code),
            security_groups: [seed::security_group_id(code), "sg-0123456789abcdef0".into()],
            certificates: [
                seed::certificate_arn(account, code),
                more["CertificateArn"].as_str().expect("an ARN").to_owned(),
            ],
            keys,
            signing_keys,
            // No group is asked for there.
            log_groups: ["one", "two"]
                .map(|name| format!("arn:aws:logs:{code}:{account}:log-group:/aws/route53/{name}")),
            parameter_groups,
            // No queue is asked there.
            queue: format!("arn:aws:sqs:{code}:{account}:made"),
        }
    }
}

/// What a key is made with that Route 53 may sign with.
fn signing() -> String {
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": "dnssec-route53.amazonaws.com" },
        "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"],
        "Resource": "*",
    }] });
    let key = serde_json::json!({
        "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "Policy": policy.to_string(),
    });
    key.to_string()
}

/// What the engine's waits are on.
#[derive(Clone, Debug)]
pub enum Waits {
    Local(LocalClock),
    Short(Short),
}

impl Clock for Waits {
    fn now_ms(&self) -> u64 {
        match self {
            Self::Local(clock) => clock.now_ms(),
            Self::Short(clock) => clock.now_ms(),
        }
    }

    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        match self {
            Self::Local(clock) => clock.sleep(time),
            Self::Short(clock) => Box::pin(clock.clone().pass(time)),
        }
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

/// A clock for clouds that are ready at once: a wait passes in a moment and counts in full, so
/// that patience still ends.
#[derive(Clone, Debug, Default)]
pub struct Short(Arc<AtomicU64>);

/// What a wait really takes at most. Emulators work in the background for moments only.
const MOMENT: Duration = Duration::from_millis(10);

impl Short {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    #[expect(clippy::disallowed_methods, reason = "an emulator works in real time")]
    async fn pass(self, time: Duration) {
        let end = self.now_ms() + u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 2);
        tokio::time::sleep(time.min(MOMENT)).await;
        self.0.fetch_max(end, Ordering::SeqCst);
    }
}

impl AsyncSleep for Short {
    #[expect(clippy::disallowed_methods, reason = "time-outs are real")]
    fn sleep(&self, time: Duration) -> Sleep {
        if TIMEOUTS.contains(&time) {
            return Sleep::new(tokio::time::sleep(time));
        }
        Sleep::new(self.clone().pass(time))
    }
}

impl TimeSource for Short {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + EPOCH + Duration::from_millis(self.now_ms())
    }
}

/// When the clock starts, so that what is signed is of a plausible day.
const EPOCH: Duration = Duration::from_secs(1_800_000_000);

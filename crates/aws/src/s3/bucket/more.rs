//! The rarer sub-configurations of a bucket: what to do next about them, how they are read and
//! written. They are read only where the program mentions them, or state says that it once did.

use std::future::Future;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types as sdk;
use bicoastal_model::{OpError, Region, Snapshot, Target};
use serde_json::{Value, json};

use super::by_id::{ById, ByIdKind};
use super::notification::Notifications;
use super::object_lock::ObjectLock;
use super::parts::{Acceleration, RequestPayer};
use super::step::{Call, Part};
use super::{Bucket, by_id_io, notification, object_lock, website};
use crate::kind::{Next, Turn};
use crate::s3::rules::{optional, refused};

/// What to do next about them, if there is anything to do.
pub(super) fn next(
    turn: &Turn<'_, Bucket>,
    wanted: &Bucket,
    props: &Value,
    seen: &Snapshot,
) -> Option<Next<Call>> {
    let put = |part: Part| Some(Next::Call(Call::Put { part, before: Value::Null }));
    // Once on it stays on: where nothing is said any more, nothing is left to do.
    if turn.changed("object_lock")
        && let Some(lock) = wanted.object_lock
    {
        return put(Part::ObjectLock(lock));
    }
    if turn.changed("website") {
        return match &wanted.website {
            Some(website) => put(Part::Website(website.clone())),
            None => Some(Next::Call(Call::DeleteWebsite)),
        };
    }
    if turn.changed("notifications") || turn.changed("event_bridge") {
        // One document for both: what the program says nothing of stays as it is.
        let part = |field: &str| match props.get(field) {
            Some(value) => value.clone(),
            None => seen.props.get(field).cloned().unwrap_or(Value::Null),
        };
        let event_bridge = part("event_bridge") == json!(true);
        let entries = match part("notifications") {
            Value::Null => Ok(Vec::new()),
            entries => serde_json::from_value(entries),
        };
        return match entries {
            Ok(entries) => put(Part::Notifications(Notifications { event_bridge, entries })),
            // Written without them, they would be gone.
            Err(error) => Some(Next::refuse(
                format!("somebody else's notifications can't be written back: {error}"),
                "ignore changes of `notifications` and `event_bridge`, and report this",
            )),
        };
    }
    if turn.changed("acceleration") {
        return put(Part::Acceleration(wanted.acceleration.unwrap_or(Acceleration::Suspended)));
    }
    if turn.changed("request_payer") {
        let payer = wanted.request_payer.unwrap_or(RequestPayer::BucketOwner);
        return put(Part::RequestPayer(payer));
    }
    ByIdKind::ALL.into_iter().find_map(|kind| by_id(turn, wanted, kind)).map(Next::Call)
}

/// Each id is a document of its own.
fn by_id(turn: &Turn<'_, Bucket>, wanted: &Bucket, kind: ByIdKind) -> Option<Call> {
    let change = turn.changes(kind.field()).next()?;
    let id = change.path.strip_prefix(kind.field())?.strip_prefix('[')?;
    let id = id.split_once(']').map(|(id, _)| id)?;
    Some(match kind.find(wanted, id) {
        Some(one) => Call::Put { part: Part::ById(Box::new(one)), before: Value::Null },
        None => Call::DeleteById { kind, id: id.to_owned() },
    })
}

/// Those of them that the target mentions.
pub(super) async fn read(
    client: &Client,
    region: Region,
    name: &str,
    target: &Target,
) -> Result<Vec<(&'static str, Value)>, OpError> {
    let by_id = async |kind: ByIdKind| {
        Ok(Some(vec![(kind.field(), by_id_io::list(client, region, name, kind).await?)]))
    };
    let tells = target.mentions("notifications") || target.mentions("event_bridge");
    let (lock, website, notifications, acceleration, payer) = tokio::try_join!(
        when(target.mentions("object_lock"), read_lock(client, region, name)),
        when(target.mentions("website"), read_website(client, region, name)),
        when(tells, read_notifications(client, region, name)),
        when(target.mentions("acceleration"), read_acceleration(client, region, name)),
        when(target.mentions("request_payer"), read_payer(client, region, name)),
    )?;
    let [inventories, metrics, analytics, tiering] = ByIdKind::ALL;
    let (inventories, metrics, analytics, tiering) = tokio::try_join!(
        when(target.mentions(inventories.field()), by_id(inventories)),
        when(target.mentions(metrics.field()), by_id(metrics)),
        when(target.mentions(analytics.field()), by_id(analytics)),
        when(target.mentions(tiering.field()), by_id(tiering)),
    )?;
    let all = [
        lock,
        website,
        notifications,
        acceleration,
        payer,
        inventories,
        metrics,
        analytics,
        tiering,
    ];
    Ok(all.into_iter().flatten().flatten().collect())
}

type Fields = Option<Vec<(&'static str, Value)>>;

async fn when(
    wanted: bool,
    read: impl Future<Output = Result<Fields, OpError>>,
) -> Result<Fields, OpError> {
    if wanted { read.await } else { Ok(None) }
}

async fn read_lock(client: &Client, region: Region, name: &str) -> Result<Fields, OpError> {
    let answer = client.get_object_lock_configuration().bucket(name).send().await;
    let absent = "ObjectLockConfigurationNotFoundError";
    let read = optional("GetObjectLockConfiguration", region, absent, answer)?;
    let lock = read.as_ref().and_then(|it| it.object_lock_configuration());
    Ok(lock.and_then(object_lock::from_sdk).map(|lock| vec![("object_lock", json!(lock))]))
}

async fn read_website(client: &Client, region: Region, name: &str) -> Result<Fields, OpError> {
    let answer = client.get_bucket_website().bucket(name).send().await;
    let read = optional("GetBucketWebsite", region, "NoSuchWebsiteConfiguration", answer)?;
    Ok(read.map(|it| {
        let website = website::from_sdk(
            it.index_document(),
            it.error_document(),
            it.redirect_all_requests_to(),
            it.routing_rules(),
        );
        vec![("website", json!(website))]
    }))
}

async fn read_notifications(
    client: &Client,
    region: Region,
    name: &str,
) -> Result<Fields, OpError> {
    let answer = client.get_bucket_notification_configuration().bucket(name).send().await;
    let read =
        answer.map_err(|error| refused("GetBucketNotificationConfiguration", region, error))?;
    let (entries, event_bridge) = notification::from_sdk(&read);
    Ok(Some(vec![("notifications", entries), ("event_bridge", json!(event_bridge))]))
}

async fn read_acceleration(client: &Client, region: Region, name: &str) -> Result<Fields, OpError> {
    let answer = client.get_bucket_accelerate_configuration().bucket(name).send().await;
    let read =
        answer.map_err(|error| refused("GetBucketAccelerateConfiguration", region, error))?;
    Ok(read.status().map(|status| vec![("acceleration", json!(status.as_str()))]))
}

async fn read_payer(client: &Client, region: Region, name: &str) -> Result<Fields, OpError> {
    let answer = client.get_bucket_request_payment().bucket(name).send().await;
    let read = answer.map_err(|error| refused("GetBucketRequestPayment", region, error))?;
    Ok(read.payer().map(|payer| vec![("request_payer", json!(payer.as_str()))]))
}

/// What a write of one of them comes to: a request that the SDK refuses to build, or AWS's refusal.
pub(super) enum Failed {
    /// The request lacks something.
    Unbuilt(BuildError),
    /// AWS answered no, or nothing.
    Refused(OpError),
}

impl From<BuildError> for Failed {
    fn from(error: BuildError) -> Self {
        Self::Unbuilt(error)
    }
}

macro_rules! send {
    ($request:expr, $call:expr, $region:expr) => {{
        let sent = $request.send().await;
        sent.map(|_| ()).map_err(|error| Failed::Refused(refused($call, $region, error)))
    }};
}

pub(super) async fn put_lock(
    client: &Client,
    region: Region,
    name: &str,
    lock: &ObjectLock,
) -> Result<(), Failed> {
    let call = client.put_object_lock_configuration().bucket(name);
    let call = call.object_lock_configuration(object_lock::to_sdk(lock));
    send!(call, "PutObjectLockConfiguration", region)
}

pub(super) async fn put_website(
    client: &Client,
    region: Region,
    name: &str,
    website: &super::Website,
) -> Result<(), Failed> {
    let call = client.put_bucket_website().bucket(name);
    send!(call.website_configuration(website::to_sdk(website)?), "PutBucketWebsite", region)
}

pub(super) async fn put_notifications(
    client: &Client,
    region: Region,
    name: &str,
    all: &Notifications,
) -> Result<(), Failed> {
    let call = client.put_bucket_notification_configuration().bucket(name);
    let call = call.notification_configuration(notification::to_sdk(all)?);
    send!(call, "PutBucketNotificationConfiguration", region)
}

pub(super) async fn put_acceleration(
    client: &Client,
    region: Region,
    name: &str,
    acceleration: Acceleration,
) -> Result<(), Failed> {
    let status = match acceleration {
        Acceleration::Enabled => sdk::BucketAccelerateStatus::Enabled,
        Acceleration::Suspended => sdk::BucketAccelerateStatus::Suspended,
    };
    let configuration = sdk::AccelerateConfiguration::builder().status(status).build();
    let call = client.put_bucket_accelerate_configuration().bucket(name);
    let call = call.accelerate_configuration(configuration);
    send!(call, "PutBucketAccelerateConfiguration", region)
}

pub(super) async fn put_payer(
    client: &Client,
    region: Region,
    name: &str,
    payer: RequestPayer,
) -> Result<(), Failed> {
    let payer = match payer {
        RequestPayer::BucketOwner => sdk::Payer::BucketOwner,
        RequestPayer::Requester => sdk::Payer::Requester,
    };
    let configuration = sdk::RequestPaymentConfiguration::builder().payer(payer).build()?;
    let call = client.put_bucket_request_payment().bucket(name);
    send!(call.request_payment_configuration(configuration), "PutBucketRequestPayment", region)
}

pub(super) async fn put_by_id(
    client: &Client,
    region: Region,
    name: &str,
    one: &ById,
) -> Result<(), Failed> {
    match one {
        ById::Inventory(it) => {
            let call = client.put_bucket_inventory_configuration().bucket(name).id(&it.id);
            send!(call.inventory_configuration(by_id_io::inventory_to(it)?), one.put(), region)
        }
        ById::Metrics(it) => {
            let call = client.put_bucket_metrics_configuration().bucket(name).id(&it.id);
            send!(call.metrics_configuration(by_id_io::metrics_to(it)?), one.put(), region)
        }
        ById::Analytics(it) => {
            let call = client.put_bucket_analytics_configuration().bucket(name).id(&it.id);
            send!(call.analytics_configuration(by_id_io::analytics_to(it)?), one.put(), region)
        }
        ById::Tiering(it) => {
            let call = client.put_bucket_intelligent_tiering_configuration().bucket(name);
            let call = call.id(&it.id);
            let document = by_id_io::tiering_to(it)?;
            send!(call.intelligent_tiering_configuration(document), one.put(), region)
        }
    }
}

/// One that is gone already is as good as deleted.
pub(super) async fn delete_by_id(
    client: &Client,
    region: Region,
    name: &str,
    kind: ByIdKind,
    id: &str,
) -> Result<(), OpError> {
    let call = kind.delete();
    macro_rules! delete {
        ($delete:ident) => {{
            let sent = client.$delete().bucket(name).id(id).send().await;
            sent.map(|_| ()).map_err(|error| refused(call, region, error))
        }};
    }
    let deleted = match kind {
        ByIdKind::Inventory => delete!(delete_bucket_inventory_configuration),
        ByIdKind::Metrics => delete!(delete_bucket_metrics_configuration),
        ByIdKind::Analytics => delete!(delete_bucket_analytics_configuration),
        ByIdKind::Tiering => delete!(delete_bucket_intelligent_tiering_configuration),
    };
    match deleted {
        Err(error) if error.code() == Some("NoSuchConfiguration") => Ok(()),
        other => other,
    }
}

pub(super) async fn delete_website(
    client: &Client,
    region: Region,
    name: &str,
) -> Result<(), OpError> {
    let sent = client.delete_bucket_website().bucket(name).send().await;
    sent.map(|_| ()).map_err(|error| refused("DeleteBucketWebsite", region, error))
}

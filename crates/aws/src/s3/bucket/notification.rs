//! Who is told what happens in a bucket.

use std::collections::BTreeSet;

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput;
use aws_sdk_s3::types as sdk;
use bicoastal_model::schema::{Absent, Shape};
use bicoastal_model::{Check, Field, Input};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Tells a topic, a queue or a function of events in the bucket.
///
/// S3 keeps all of a bucket's notifications in one document; those that the program does not
/// mention are written back as they are. The target must let `s3.amazonaws.com` send to it before
/// the notification is written: S3 tries it out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bon::Builder)]
pub struct Notification {
    /// A name, unique in the bucket: 1 to 255 characters.
    #[builder(into)]
    pub id: String,
    /// Who is told.
    pub to: NotificationTarget,
    /// Of what: `s3:ObjectCreated:*`, `s3:Replication:OperationFailedReplication`, ….
    #[builder(with = |events: impl IntoIterator<Item = impl Into<String>>| events.into_iter().map(Into::into).collect())]
    pub events: Vec<String>,
    /// Only of keys that begin like this.
    #[builder(into)]
    #[serde(default)]
    pub prefix: Option<String>,
    /// Only of keys that end like this.
    #[builder(into)]
    #[serde(default)]
    pub suffix: Option<String>,
}

/// Who is told: an ARN in the bucket's own region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationTarget {
    /// A topic of SNS.
    Topic(Input<String>),
    /// A queue of SQS, not a FIFO one.
    Queue(Input<String>),
    /// A function of Lambda.
    Function(Input<String>),
}

impl NotificationTarget {
    /// The target's ARN, and the service that it must be of.
    fn arn(&self) -> (&Input<String>, &'static str) {
        match self {
            Self::Topic(arn) => (arn, "sns"),
            Self::Queue(arn) => (arn, "sqs"),
            Self::Function(arn) => (arn, "lambda"),
        }
    }
}

pub(super) const FIELDS: &[Field] = &[
    Field::new("id"),
    Field::new("to"),
    Field::new("events").shape(Shape::Set(&Shape::Plain)),
    Field::new("prefix").absent(Absent::Text("")),
    Field::new("suffix").absent(Absent::Text("")),
];

pub(super) fn check(notifications: &[Notification], check: &mut Check) {
    check.ensure(notifications.len() <= 100, "a bucket has at most 100 notifications");
    let mut ids = BTreeSet::new();
    for notification in notifications {
        let id = &notification.id;
        check.ensure(ids.insert(id), format!("two notifications are called '{id}'"));
        check.ensure(
            (1..=255).contains(&id.chars().count()),
            format!("the notification '{id}' needs an id of 1 to 255 characters"),
        );
        check.ensure(
            !notification.events.is_empty(),
            format!("the notification '{id}' has no event"),
        );
        for event in &notification.events {
            check.ensure(
                event.starts_with("s3:"),
                format!("'{event}' is not an event of S3, like s3:ObjectCreated:*"),
            );
        }
        let (arn, service) = notification.to.arn();
        if let Some(arn) = arn.known() {
            let parts: Vec<&str> = arn.split(':').collect();
            check.ensure(
                parts.first() == Some(&"arn") && parts.get(2) == Some(&service),
                format!("'{arn}' is not an ARN of {service}"),
            );
            if let (Some(here), Some(there)) = (check.region(), parts.get(3)) {
                check.ensure(
                    *there == here.code(),
                    format!("'{arn}' is not in {here}, where the bucket is"),
                );
            }
        }
    }
}

/// The whole document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notifications {
    /// Whether every event goes to EventBridge.
    pub event_bridge: bool,
    /// Everybody else who is told.
    pub entries: Vec<Notification>,
}

fn filter(notification: &Notification) -> Option<sdk::NotificationConfigurationFilter> {
    let rule = |name: sdk::FilterRuleName, value: &Option<String>| {
        let value = value.as_ref().filter(|it| !it.is_empty())?;
        Some(sdk::FilterRule::builder().name(name).value(value).build())
    };
    let rules: Vec<_> = [
        rule(sdk::FilterRuleName::Prefix, &notification.prefix),
        rule(sdk::FilterRuleName::Suffix, &notification.suffix),
    ]
    .into_iter()
    .flatten()
    .collect();
    if rules.is_empty() {
        return None;
    }
    let key = sdk::S3KeyFilter::builder().set_filter_rules(Some(rules)).build();
    Some(sdk::NotificationConfigurationFilter::builder().key(key).build())
}

pub(super) fn to_sdk(all: &Notifications) -> Result<sdk::NotificationConfiguration, BuildError> {
    let mut document = sdk::NotificationConfiguration::builder();
    if all.event_bridge {
        document =
            document.event_bridge_configuration(sdk::EventBridgeConfiguration::builder().build());
    }
    for one in &all.entries {
        let events: Vec<sdk::Event> = one.events.iter().map(|it| it.as_str().into()).collect();
        document = match &one.to {
            NotificationTarget::Topic(arn) => document.topic_configurations(
                sdk::TopicConfiguration::builder()
                    .id(&one.id)
                    .topic_arn(arn.as_str())
                    .set_events(Some(events))
                    .set_filter(filter(one))
                    .build()?,
            ),
            NotificationTarget::Queue(arn) => document.queue_configurations(
                sdk::QueueConfiguration::builder()
                    .id(&one.id)
                    .queue_arn(arn.as_str())
                    .set_events(Some(events))
                    .set_filter(filter(one))
                    .build()?,
            ),
            NotificationTarget::Function(arn) => document.lambda_function_configurations(
                sdk::LambdaFunctionConfiguration::builder()
                    .id(&one.id)
                    .lambda_function_arn(arn.as_str())
                    .set_events(Some(events))
                    .set_filter(filter(one))
                    .build()?,
            ),
        };
    }
    Ok(document.build())
}

/// The document's two fields: the entries, and whether EventBridge is told.
pub(super) fn from_sdk(found: &GetBucketNotificationConfigurationOutput) -> (Value, bool) {
    let entry = |id: Option<&str>,
                 to: Value,
                 events: &[sdk::Event],
                 filter: Option<&sdk::NotificationConfigurationFilter>| {
        let rules = filter.and_then(|it| it.key()).map(|it| it.filter_rules()).unwrap_or_default();
        // S3 answers names in either case.
        let value = |name: &str| {
            let named = |rule: &&sdk::FilterRule| {
                rule.name().is_some_and(|it| it.as_str().eq_ignore_ascii_case(name))
            };
            rules.iter().find(named).and_then(|rule| rule.value())
        };
        let events: Vec<&str> = events.iter().map(|it| it.as_str()).collect();
        json!({
            "id": id.unwrap_or_default(),
            "to": to,
            "events": events,
            "prefix": value("prefix"),
            "suffix": value("suffix"),
        })
    };
    let topics = found.topic_configurations().iter();
    let queues = found.queue_configurations().iter();
    let functions = found.lambda_function_configurations().iter();
    let entries: Vec<Value> =
        topics
            .map(|it| entry(it.id(), json!({ "topic": it.topic_arn() }), it.events(), it.filter()))
            .chain(queues.map(|it| {
                entry(it.id(), json!({ "queue": it.queue_arn() }), it.events(), it.filter())
            }))
            .chain(functions.map(|it| {
                let to = json!({ "function": it.lambda_function_arn() });
                entry(it.id(), to, it.events(), it.filter())
            }))
            .collect();
    (json!(entries), found.event_bridge_configuration().is_some())
}

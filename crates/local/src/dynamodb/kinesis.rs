//! Streams of Kinesis that get a replica's changes: `EnableKinesisStreamingDestination`,
//! `UpdateKinesisStreamingDestination`, `DisableKinesisStreamingDestination` and
//! `DescribeKinesisStreamingDestination`. No record is sent: Kinesis is not modelled.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check;
use super::fault::{limit, not_found, validation};
use super::state::Ctx;
use crate::reply::Fault;

/// A destination that was let go is told for about a day.
const TOLD_MS: i64 = 86_400_000;

/// What was asked for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Asked {
    On,
    Update,
    Off,
}

/// A stream that gets changes, or did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Destination {
    stream: String,
    precision: String,
    asked: Asked,
    /// Until then it is `ENABLING`, `UPDATING` or `DISABLING`.
    ready_at_ms: i64,
    /// The stream turns out not to be there.
    fails: bool,
}

impl Destination {
    fn status(&self, now: i64) -> &'static str {
        match (self.asked, self.ready_at_ms <= now) {
            (Asked::On, false) => "ENABLING",
            (Asked::Update, false) => "UPDATING",
            (Asked::Off, false) => "DISABLING",
            (Asked::On | Asked::Update, true) if self.fails => "ENABLE_FAILED",
            (Asked::On | Asked::Update, true) => "ACTIVE",
            (Asked::Off, true) => "DISABLED",
        }
    }

    fn is_free(&self, now: i64) -> bool {
        matches!(self.status(now), "DISABLED" | "ENABLE_FAILED")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    table_name: String,
    stream_arn: String,
    enable_kinesis_streaming_configuration: Option<Configuration>,
    update_kinesis_streaming_configuration: Option<Configuration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    approximate_creation_date_time_precision: Option<String>,
}

/// The request, the table's name, and the precision that is asked for.
fn request(ctx: &mut Ctx<'_>) -> Result<(String, String, Option<String>), Fault> {
    let input: Request = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    ctx.must_be_idle(&name)?;
    let own = format!("arn:aws:kinesis:{}:{}:stream/", ctx.region, ctx.account);
    let is_own = input.stream_arn.strip_prefix(&own).is_some_and(|stream| {
        (1..=128).contains(&stream.len())
            && stream.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    });
    if !is_own {
        return Err(validation(format!(
            "Invalid StreamArn: {} is no Kinesis data stream of the table's account and Region",
            input.stream_arn
        )));
    }
    let configuration = input
        .enable_kinesis_streaming_configuration
        .or(input.update_kinesis_streaming_configuration);
    let precision = configuration.and_then(|it| it.approximate_creation_date_time_precision);
    if let Some(precision) = &precision {
        check::one_of(
            "approximateCreationDateTimePrecision",
            precision,
            &["MILLISECOND", "MICROSECOND"],
        )?;
    }
    Ok((name, input.stream_arn, precision))
}

fn state(verb: &str, needed: &str) -> Fault {
    validation(format!(
        "Table is not in a valid state to {} Kinesis Streaming Destination: \
         KinesisStreamingDestination must be {needed} to perform {verb} operation.",
        verb.to_lowercase()
    ))
}

fn answer(name: &str, destination: &Destination, configuration: &str, now: i64) -> Value {
    json!({
        "TableName": name,
        "StreamArn": destination.stream,
        "DestinationStatus": destination.status(now),
        configuration: { "ApproximateCreationDateTimePrecision": destination.precision },
    })
}

pub(super) fn enable(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let (name, stream, precision) = request(ctx)?;
    let now = ctx.now();
    for other in &ctx.table(&name)?.kinesis {
        if !other.is_free(now) && other.stream == stream {
            return Err(state("ENABLE", "DISABLED or ENABLE_FAILED"));
        }
        if !other.is_free(now) {
            return Err(limit(format!(
                "A table has one Kinesis streaming destination, and {name} has {}",
                other.stream
            )));
        }
    }
    let ready_at_ms = ctx.due("dynamodb.kinesis.enable", 30_000);
    let destination = Destination {
        precision: precision.unwrap_or_else(|| "MICROSECOND".to_owned()),
        asked: Asked::On,
        ready_at_ms,
        fails: ctx.db().lost_streams.contains(&stream),
        stream,
    };
    let answer = answer(&name, &destination, "EnableKinesisStreamingConfiguration", now);
    let told = &mut ctx.table_mut(&name)?.kinesis;
    told.retain(|other| other.stream != destination.stream);
    told.push(destination);
    Ok(answer)
}

/// The destination, which must be active.
fn active<'c>(
    ctx: &'c mut Ctx<'_>,
    name: &str,
    stream: &str,
    verb: &str,
) -> Result<&'c mut Destination, Fault> {
    let now = ctx.now();
    let told = &mut ctx.table_mut(name)?.kinesis;
    match told.iter_mut().find(|it| it.stream == stream) {
        Some(it) if it.status(now) == "ACTIVE" => Ok(it),
        Some(_) => Err(state(verb, "ACTIVE")),
        None => Err(not_found(format!(
            "Requested resource not found: Kinesis streaming destination {stream} of table {name}"
        ))),
    }
}

pub(super) fn update(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let (name, stream, precision) = request(ctx)?;
    let (now, ready_at_ms) = (ctx.now(), ctx.due("dynamodb.kinesis.update", 10_000));
    let destination = active(ctx, &name, &stream, "UPDATE")?;
    let Some(precision) = precision else {
        return Err(validation("Invalid Request: a precision is needed"));
    };
    if destination.precision == precision {
        return Err(validation(format!(
            "Invalid Request: Precision is already set to the desired value of {precision}"
        )));
    }
    destination.precision = precision;
    destination.asked = Asked::Update;
    destination.ready_at_ms = ready_at_ms;
    Ok(answer(&name, destination, "UpdateKinesisStreamingConfiguration", now))
}

pub(super) fn disable(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let (name, stream, _) = request(ctx)?;
    let (now, ready_at_ms) = (ctx.now(), ctx.due("dynamodb.kinesis.disable", 30_000));
    let destination = active(ctx, &name, &stream, "DISABLE")?;
    destination.asked = Asked::Off;
    destination.ready_at_ms = ready_at_ms;
    Ok(answer(&name, destination, "EnableKinesisStreamingConfiguration", now))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    table_name: String,
}

pub(super) fn describe(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Named = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    let now = ctx.now();
    let told = ctx.table(&name)?.kinesis.iter();
    let told = told.filter(|it| it.status(now) != "DISABLED" || now - it.ready_at_ms < TOLD_MS);
    let destinations: Vec<Value> = told
        .map(|it| {
            let mut told = json!({
                "StreamArn": it.stream,
                "DestinationStatus": it.status(now),
                "ApproximateCreationDateTimePrecision": it.precision,
            });
            if it.status(now) == "ENABLE_FAILED" {
                told["DestinationStatusDescription"] =
                    json!("The Kinesis data stream does not exist");
            }
            told
        })
        .collect();
    Ok(json!({ "TableName": name, "KinesisDataStreamDestinations": destinations }))
}

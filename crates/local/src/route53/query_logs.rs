//! Query logging: where the queries to a public zone are logged.
//!
//! There is no CloudWatch Logs here: any log group of us-east-1 in the zone's account is taken for one
//! that exists and that Route 53 may write to.

use serde::{Deserialize, Serialize};

use super::zone::find;
use super::{Page, answer, answer_status, document, faults, routes, text};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// A query logging configuration. It outlives its zone, as nothing deletes it but its own call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueryLog {
    /// Its id.
    pub id: String,
    /// The zone's bare id.
    pub zone_id: String,
    /// The log group's ARN.
    pub log_group: String,
}

impl QueryLog {
    fn element(&self) -> Element {
        Element::new("QueryLoggingConfig")
            .text_child("Id", &self.id)
            .text_child("HostedZoneId", &self.zone_id)
            .text_child("CloudWatchLogsLogGroupArn", &self.log_group)
    }
}

fn no_such_config() -> Fault {
    Fault::new(
        404,
        "NoSuchQueryLoggingConfig",
        "There is no DNS query logging configuration with the specified ID.",
    )
}

/// Refuses what is not the ARN of a log group that can be one of this account.
fn log_group(arn: &str, account: &str) -> Result<(), Fault> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", "aws", "logs", region, owner, resource] = parts[..] else {
        return Err(faults::invalid_input(format!(
            "The ARN for the CloudWatch Logs log group is invalid: {arn}"
        )));
    };
    let name = resource.strip_prefix("log-group:").unwrap_or_default();
    if region != "us-east-1" || name.is_empty() || name.contains([':', '*']) {
        return Err(faults::invalid_input(format!(
            "The ARN for the CloudWatch Logs log group is invalid: {arn}"
        )));
    }
    if owner != account {
        return Err(Fault::new(
            404,
            "NoSuchCloudWatchLogsLogGroup",
            "The specified CloudWatch Logs log group does not exist.",
        ));
    }
    Ok(())
}

/// `CreateQueryLoggingConfig`.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let request = document(call)?;
    let zone_id = routes::bare(request.text_of("HostedZoneId").unwrap_or_default());
    let arn = request.text_of("CloudWatchLogsLogGroupArn").unwrap_or_default();
    let zone = find(world, &call.account, &zone_id)?;
    if zone.private {
        return Err(faults::invalid_input(
            "Query logging is not supported for private hosted zones.",
        ));
    }
    log_group(arn, &call.account)?;
    let id = world.fresh_uuid();
    let logs = &mut world.route53.account_mut(&call.account).query_logs;
    if logs.values().any(|log| log.zone_id == zone_id) {
        return Err(Fault::new(
            409,
            "QueryLoggingConfigAlreadyExists",
            format!("A query logging configuration already exists for the hosted zone {zone_id}."),
        ));
    }
    let log = QueryLog { id: id.clone(), zone_id, log_group: arn.to_owned() };
    let shown = log.element();
    logs.insert(id.clone(), log);
    let location = format!("https://route53.amazonaws.com/2013-04-01/queryloggingconfig/{id}");
    Ok(answer_status(201, call, [shown]).header("location", location))
}

/// `GetQueryLoggingConfig`.
pub(super) fn get(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let account = world.route53.account(&call.account);
    let log = account.and_then(|account| account.query_logs.get(id)).ok_or_else(no_such_config)?;
    Ok(answer(call, [log.element()]))
}

/// `DeleteQueryLoggingConfig`.
pub(super) fn delete(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let logs = &mut world.route53.account_mut(&call.account).query_logs;
    logs.remove(id).ok_or_else(no_such_config)?;
    Ok(answer(call, []))
}

/// `ListQueryLoggingConfigs`: of a zone, or of the whole account.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, Fault> {
    let request = &call.request;
    let zone_id = request.query("hostedzoneid").map(routes::bare);
    if let Some(id) = &zone_id {
        find(world, &call.account, id)?;
    }
    let from = request.query("nexttoken").unwrap_or_default();
    let logs = world
        .route53
        .account(&call.account)
        .into_iter()
        .flat_map(|account| account.query_logs.values())
        .filter(|log| log.id.as_str() >= from)
        .filter(|log| zone_id.as_ref().is_none_or(|id| *id == log.zone_id));
    let page = Page::cut(request, 100, logs)?;
    let shown = page.items.iter().map(|log| log.element());
    let mut fields = vec![Element::new("QueryLoggingConfigs").children(shown)];
    fields.extend(page.next.map(|log| text("NextToken", &log.id)));
    Ok(answer(call, fields))
}

//! Query logging of public zones: one log group for each.

use std::sync::Arc;

use aws_sdk_route53::types::QueryLoggingConfig;
use bicoastal_model::{Check, OpError};

use crate::cx::{Cx, GLOBAL, Purpose};
use crate::route53::{bare, failed};

/// A log group's ARN as Route 53 takes it: CloudWatch Logs shows it with `:*` at its end too.
pub(super) fn canonical(arn: &str) -> String {
    arn.strip_suffix(":*").unwrap_or(arn).to_owned()
}

/// What can be told of it without AWS.
pub(super) fn check(check: &mut Check, private: bool, log_group: Option<&str>) {
    let Some(arn) = log_group else { return };
    check.ensure(!private, "queries are logged of public zones only");
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "logs", region, account, resource] = parts[..] else {
        check.error(format!("'{arn}' is not the ARN of a log group"));
        return;
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/#".contains(&byte);
    let name = resource.strip_prefix("log-group:").unwrap_or_default();
    if !(1..=512).contains(&name.len()) || !name.bytes().all(legal) || account.is_empty() {
        check.error(format!("'{arn}' is not the ARN of a log group"));
    }
    if region != "us-east-1" {
        check.error_with_hint(
            format!("'{arn}' is in {region}, and Route 53 logs queries in us-east-1 only"),
            "make the log group in us-east-1",
        );
    }
}

/// Where a zone's queries are logged. A plan lists those of the whole account, once for all zones
/// that it asks for; a turn asks for its own.
pub(super) async fn read(cx: &Cx, zone_id: &str) -> Result<Option<QueryLoggingConfig>, OpError> {
    let configs = match cx.purpose() {
        Purpose::Refresh => cx.shared("route53 query logs".to_owned(), list(cx, None)).await?,
        Purpose::Turn => Arc::new(list(cx, Some(zone_id)).await?),
    };
    Ok(configs.iter().find(|config| bare(config.hosted_zone_id()) == zone_id).cloned())
}

async fn list(cx: &Cx, zone_id: Option<&str>) -> Result<Vec<QueryLoggingConfig>, OpError> {
    cx.route53(GLOBAL)
        .list_query_logging_configs()
        .set_hosted_zone_id(zone_id.map(str::to_owned))
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| failed("ListQueryLoggingConfigs", error))
}

/// A change of it. One is never changed: another group is another configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum LogEdit {
    /// To the group of this ARN.
    Create(String),
    /// The configuration of this id.
    Delete(String),
}

impl LogEdit {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "CreateQueryLoggingConfig",
            Self::Delete(_) => "DeleteQueryLoggingConfig",
        }
    }
}

/// How the queries come to be logged to `wanted`; `config` is the id of what is there. A zone has one
/// at most, so the old one goes first.
pub(super) fn next(wanted: Option<&str>, config: Option<&str>) -> Option<LogEdit> {
    match (config, wanted) {
        (Some(id), _) => Some(LogEdit::Delete(id.to_owned())),
        (None, Some(arn)) => Some(LogEdit::Create(arn.to_owned())),
        (None, None) => None,
    }
}

pub(super) async fn carry_out(cx: &Cx, zone_id: &str, edit: &LogEdit) -> Result<(), OpError> {
    let client = cx.route53_write(GLOBAL);
    match edit {
        LogEdit::Create(arn) => {
            client
                .create_query_logging_config()
                .hosted_zone_id(zone_id)
                .cloud_watch_logs_log_group_arn(arn)
                .send()
                .await
                .map_err(|error| failed("CreateQueryLoggingConfig", error))?;
        }
        LogEdit::Delete(id) => {
            let sent = client.delete_query_logging_config().id(id).send().await;
            if let Err(error) = sent
                && !error.as_service_error().is_some_and(|it| it.is_no_such_query_logging_config())
            {
                return Err(failed("DeleteQueryLoggingConfig", error));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bicoastal_model::{Place, ScopeKind};
    use expect_test::expect;

    use super::*;

    const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/example.com";

    #[test]
    fn the_old_one_goes_before_the_new_one_comes() {
        let create = Some(LogEdit::Create("new".to_owned()));
        let delete = Some(LogEdit::Delete("id".to_owned()));
        assert_eq!(next(Some("new"), None), create);
        assert_eq!(next(Some("new"), Some("id")), delete);
        assert_eq!(next(None, Some("id")), delete);
        assert_eq!(next(None, None), None);
    }

    #[test]
    fn what_aws_would_refuse_is_refused_offline() {
        let errors = |private: bool, arn: &str| {
            let place = Place { account: None, scope: ScopeKind::Global, regions: Vec::new() };
            let mut found = Check::new(place);
            check(&mut found, private, Some(&canonical(arn)));
            found.errors().into_iter().map(str::to_owned).collect::<Vec<_>>().join("; ")
        };
        let lines = [
            errors(false, GROUP),
            errors(false, &format!("{GROUP}:*")),
            errors(true, GROUP),
            errors(false, "/aws/route53/example.com"),
            errors(false, &GROUP.replace("log-group:", "stream:")),
            errors(false, &GROUP.replace("example.com", "a b")),
            errors(false, &GROUP.replace("us-east-1", "ap-south-1")),
        ];
        expect![[r#"


            queries are logged of public zones only
            '/aws/route53/example.com' is not the ARN of a log group
            'arn:aws:logs:us-east-1:000000000000:stream:/aws/route53/example.com' is not the ARN of a log group
            'arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/a b' is not the ARN of a log group
            'arn:aws:logs:ap-south-1:000000000000:log-group:/aws/route53/example.com' is in ap-south-1, and Route 53 logs queries in us-east-1 only"#]].assert_eq(&lines.join("\n"));
    }
}

//! Existing zones, found by name or id.

use bicoastal_model::{ErrorFacts, Lookup, OpError, Retry, Snapshot, Target};
use serde::{Deserialize, Serialize};

use super::HostedZone;
use super::read::{read_zone, snapshot, zones_named};
use crate::cx::Cx;
use crate::kind::Found;
use crate::route53::bare;

/// Which existing zone is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostedZoneQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default)]
    private: bool,
}

impl HostedZoneQuery {
    /// The public zone of this name.
    pub fn named(name: impl AsRef<str>) -> Self {
        Self { name: Some(super::bare_name(name.as_ref())), id: None, private: false }
    }

    /// The zone of this id, `Z…`.
    pub fn with_id(id: impl AsRef<str>) -> Self {
        Self { name: None, id: Some(bare(id.as_ref()).to_owned()), private: false }
    }

    /// The private zone of the name instead.
    #[must_use]
    pub fn private(self) -> Self {
        Self { private: true, ..self }
    }
}

impl Lookup for HostedZoneQuery {
    type Of = HostedZone;
}

impl Found for HostedZoneQuery {
    async fn find<'a>(
        cx: &'a Cx,
        target: &'a Target,
        query: &'a Self,
    ) -> Result<Option<Snapshot>, OpError> {
        let id = match (&query.id, &query.name) {
            (Some(id), _) => id.clone(),
            (None, None) => return Ok(None),
            (None, Some(name)) => {
                let zones = zones_named(cx, name).await?;
                let of_kind: Vec<&str> = zones
                    .iter()
                    .filter(|zone| {
                        zone.config().is_some_and(|it| it.private_zone()) == query.private
                    })
                    .map(|zone| bare(zone.id()))
                    .collect();
                match of_kind[..] {
                    [] => return Ok(None),
                    [one] => one.to_owned(),
                    _ => return Err(ambiguous(target, name, &of_kind)),
                }
            }
        };
        match read_zone(cx, &id).await? {
            Some(zone) => snapshot(cx, &zone, None).await,
            None => Ok(None),
        }
    }
}

fn ambiguous(target: &Target, name: &str, ids: &[&str]) -> OpError {
    OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            message: format!(
                "{} is looked up by the name {name}, and {} zones bear it: {}",
                target.id,
                ids.len(),
                ids.join(", ")
            ),
            hint: Some("look it up by id: HostedZone::with_id(\"Z…\")".to_owned()),
            ..ErrorFacts::default()
        },
    }
}

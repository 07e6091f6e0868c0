//! A plan as bytes, with what it was asked for. They hold no secrets.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::plan::Plan;
use crate::planner::Options;

/// The format that this version writes.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Written {
    /// Says what the bytes are, and how they are written.
    bicoastal_plan: u32,
    /// Of everything in `saved`.
    checksum: String,
    saved: Value,
}

/// What the plan was asked for: it is checked against a plan made in the same way.
#[derive(Serialize, Deserialize)]
struct Saved {
    options: Options,
    plan: Plan,
}

/// Bytes that are no plan for this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// They were written by a later version.
    #[error("was written by a newer version (format {0}, this one reads {FORMAT})")]
    Newer(u64),
    /// They are damaged: why, and where.
    #[error("is damaged: {0}")]
    Damaged(String),
}

/// Object keys are ordered, so equal documents have equal ones.
fn checksum(saved: &Value) -> String {
    let digest = Sha256::digest(saved.to_string());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A plan as bytes.
///
/// # Errors
///
/// Where it holds what JSON can't say.
pub fn encode(plan: &Plan, options: &Options) -> Result<Vec<u8>, serde_json::Error> {
    let saved = serde_json::to_value(Saved { options: options.clone(), plan: plan.clone() })?;
    let written = Written { bicoastal_plan: FORMAT, checksum: checksum(&saved), saved };
    serde_json::to_vec_pretty(&written)
}

/// The plan that [`encode`] was given: exactly that, or none.
///
/// # Errors
///
/// Where it is not known to be exactly that.
pub fn decode(bytes: &[u8]) -> Result<(Plan, Options), Unreadable> {
    let damaged = |error: serde_json::Error| Unreadable::Damaged(error.to_string());
    let value: Value = serde_json::from_slice(bytes).map_err(damaged)?;
    match value.get("bicoastal_plan").and_then(Value::as_u64) {
        Some(format) if format > u64::from(FORMAT) => return Err(Unreadable::Newer(format)),
        Some(_) => {}
        None => return Err(Unreadable::Damaged("it is not a saved plan".to_owned())),
    }
    let written: Written = serde_json::from_value(value).map_err(damaged)?;
    if checksum(&written.saved) != written.checksum {
        return Err(Unreadable::Damaged("its checksum does not fit its content".to_owned()));
    }
    let Saved { options, plan } = serde_json::from_value(written.saved).map_err(damaged)?;
    Ok((plan, options))
}

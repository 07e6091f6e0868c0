//! STS: who is calling.

use crate::call::Call;
use crate::query;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    match call.operation.as_str() {
        "GetCallerIdentity" => {
            let account = &call.account;
            let request_id = world.request_id();
            Ok(query::answer(
                call,
                &request_id,
                [
                    ("Arn", format!("arn:aws:iam::{account}:root")),
                    ("UserId", account.clone()),
                    ("Account", account.clone()),
                ]
                .map(|(name, text)| Element {
                    name: name.into(),
                    text,
                    ..Default::default()
                }),
            ))
        }
        other => Err(Fault::new(
            400,
            "InvalidAction",
            format!("Could not find operation {other} for version 2011-06-15"),
        )),
    }
}

//! A zone's signing as it is, and its calls.

use std::collections::BTreeMap;

use aws_sdk_route53::operation::get_dnssec::GetDnssecOutput;
use aws_sdk_route53::types::{ChangeInfo, KeySigningKey as Found};
use bicoastal_model::{OpError, Status};
use serde_json::{Map, Value, json};

use super::signing::{DelegationSigner, FAILED, KeySigningKey, SigningEdit};
use crate::cx::{Cx, GLOBAL};
use crate::route53::{failed, pending, unbuilt};

/// What AWS calls a zone or a key whose KMS key it can't use: whoever has it must act, no call does.
const NEEDED: &str = "ACTION_NEEDED";

pub(super) async fn read(cx: &Cx, id: &str) -> Result<GetDnssecOutput, OpError> {
    let answer = cx.route53(GLOBAL).get_dnssec().hosted_zone_id(id).send().await;
    answer.map_err(|error| failed("GetDNSSEC", error))
}

/// Puts a zone's signing into its properties and outputs; answers how it is doing.
pub(super) fn put(
    read: &GetDnssecOutput,
    props: &mut Map<String, Value>,
    outputs: &mut BTreeMap<String, Value>,
) -> Status {
    let word = read.status().and_then(|it| it.serve_signature()).unwrap_or_default();
    // A switch that failed inside AWS is neither on nor off.
    let signing = match word {
        FAILED => json!(FAILED),
        word => json!(matches!(word, "SIGNING" | NEEDED)),
    };
    props.insert("dnssec_signing".into(), signing);
    let mut keys: Vec<&Found> = read.key_signing_keys().iter().collect();
    keys.sort_by_key(|key| key.name());
    let shown = keys.iter().map(|key| {
        let status = match key.status().unwrap_or_default() {
            NEEDED => "ACTIVE",
            word => word,
        };
        json!({ "name": key.name(), "kms_key": key.kms_arn(), "status": status })
    });
    props.insert("key_signing_keys".into(), shown.collect());
    let signers: Vec<DelegationSigner> = keys.iter().filter_map(|key| signer(key)).collect();
    for signer in &signers {
        outputs.insert(format!("ds_record.{}", signer.key), json!(signer.ds_record));
    }
    outputs.insert("delegation_signers".to_owned(), json!(signers));
    doing(read, word, &keys)
}

fn doing(read: &GetDnssecOutput, word: &str, keys: &[&Found]) -> Status {
    if word == "DELETING" || keys.iter().any(|key| key.status() == Some("DELETING")) {
        return Status::Busy("signing DELETING".to_owned());
    }
    let why = |message: Option<&str>| message.map(|it| format!(": {it}")).unwrap_or_default();
    let needed = keys.iter().find(|key| key.status() == Some(NEEDED));
    match needed {
        Some(key) => Status::Failed(format!(
            "{NEEDED} of the key-signing key {}{}: see whether its KMS key is enabled, and whether \
             the policy of that lets dnssec-route53.amazonaws.com use it",
            key.name().unwrap_or_default(),
            why(key.status_message())
        )),
        None if word == NEEDED => {
            let message = read.status().and_then(|it| it.status_message());
            Status::Failed(format!("{NEEDED} of DNSSEC signing{}", why(message)))
        }
        None => Status::Ready,
    }
}

fn signer(key: &Found) -> Option<DelegationSigner> {
    Some(DelegationSigner {
        key: key.name()?.to_owned(),
        status: key.status().unwrap_or_default().to_owned(),
        ds_record: key.ds_record()?.to_owned(),
        key_tag: key.key_tag(),
        algorithm: key.signing_algorithm_type(),
        digest_type: key.digest_algorithm_type(),
        digest: key.digest_value().unwrap_or_default().to_owned(),
        flags: key.flag(),
        public_key: key.public_key().unwrap_or_default().to_owned(),
    })
}

pub(super) async fn carry_out(
    cx: &Cx,
    (token, id): (&str, &str),
    edit: &SigningEdit,
) -> Result<(), OpError> {
    let change = match edit {
        SigningEdit::Sign(on) => sign(cx, id, *on).await?,
        SigningEdit::Add(key) => add(cx, token, id, key).await?,
        SigningEdit::Switch(name, on) => switch(cx, id, name, *on).await?,
        SigningEdit::Remove(name) => remove(cx, id, name).await?,
    };
    pending::submitted(cx, id, change.as_ref());
    Ok(())
}

type Changed = Result<Option<ChangeInfo>, OpError>;

async fn sign(cx: &Cx, id: &str, on: bool) -> Changed {
    let client = cx.route53_write(GLOBAL);
    if on {
        let sent = client.enable_hosted_zone_dnssec().hosted_zone_id(id).send().await;
        let answer = sent.map_err(|error| failed("EnableHostedZoneDNSSEC", error))?;
        return Ok(answer.change_info().cloned());
    }
    match client.disable_hosted_zone_dnssec().hosted_zone_id(id).send().await {
        Ok(answer) => Ok(answer.change_info().cloned()),
        Err(error) if error.as_service_error().is_some_and(|it| it.is_dnssec_not_found()) => {
            Ok(None)
        }
        Err(error) => Err(failed("DisableHostedZoneDNSSEC", error)),
    }
}

async fn add(cx: &Cx, token: &str, id: &str, key: &KeySigningKey) -> Changed {
    const CALL: &str = "CreateKeySigningKey";
    // A lost create is found again by the key's name. The reference only has to be another one each
    // time, as the key of this name may have been deleted before.
    let now = cx.clients().now().duration_since(std::time::UNIX_EPOCH);
    let now = now.map_err(|error| unbuilt(CALL, error))?.as_millis();
    let sent = cx
        .route53_write(GLOBAL)
        .create_key_signing_key()
        .caller_reference(format!("{token}-{now}"))
        .hosted_zone_id(id)
        .key_management_service_arn(key.kms_key.as_str())
        .name(&key.name)
        .status(&key.status)
        .send()
        .await;
    let answer = sent.map_err(|error| failed(CALL, error))?;
    Ok(answer.change_info().cloned())
}

async fn switch(cx: &Cx, id: &str, name: &str, on: bool) -> Changed {
    let client = cx.route53_write(GLOBAL);
    if on {
        let sent = client.activate_key_signing_key().hosted_zone_id(id).name(name).send().await;
        let answer = sent.map_err(|error| failed("ActivateKeySigningKey", error))?;
        return Ok(answer.change_info().cloned());
    }
    match client.deactivate_key_signing_key().hosted_zone_id(id).name(name).send().await {
        Ok(answer) => Ok(answer.change_info().cloned()),
        Err(error)
            if error.as_service_error().is_some_and(|it| it.is_no_such_key_signing_key()) =>
        {
            Ok(None)
        }
        Err(error) => Err(failed("DeactivateKeySigningKey", error)),
    }
}

async fn remove(cx: &Cx, id: &str, name: &str) -> Changed {
    let client = cx.route53_write(GLOBAL);
    match client.delete_key_signing_key().hosted_zone_id(id).name(name).send().await {
        Ok(answer) => Ok(answer.change_info().cloned()),
        Err(error)
            if error.as_service_error().is_some_and(|it| it.is_no_such_key_signing_key()) =>
        {
            Ok(None)
        }
        Err(error) => Err(failed("DeleteKeySigningKey", error)),
    }
}

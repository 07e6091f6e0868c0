//! What listeners and rules ask of users before anything else is done.

use sha2::{Digest, Sha256};

use super::{invalid, number, one_of, required, tree};
use crate::query::Params;
use crate::reply::Fault;

/// Where the digest of a client secret is kept. It is never shown.
const SECRET: &str = "ClientSecret";
const USE_EXISTING: &str = "UseExistingClientSecret";
/// How many parameters AWS adds to a request to the identity provider, at most.
const EXTRA: usize = 10;

fn refuse(why: impl Into<String>) -> Fault {
    Fault::new(400, "InvalidLoadBalancerAction", why)
}

/// Judges what was sent of an action that asks users who they are, and fills in what AWS does.
/// `existing` are the configurations of OIDC actions that are there.
pub(super) fn judge<'c>(
    name: &str,
    params: &Params,
    config: &mut tree::Fields,
    existing: impl Iterator<Item = &'c tree::Fields>,
) -> Result<(), Fault> {
    let field = |part: &str| format!("{name}.{part}");
    one_of(params, &field("OnUnauthenticatedRequest"), &["deny", "allow", "authenticate"])?;
    number(params, &field("SessionTimeout"), 1, 604_800)?;
    if params.structs(&field("AuthenticationRequestExtraParams")).len() > EXTRA {
        return Err(invalid(format!(
            "A maximum of {EXTRA} authentication request extra params can be specified"
        )));
    }
    if name == "AuthenticateOidcConfig" {
        required(params, &field("ClientId"))?;
        for url in ["Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint"] {
            let sent = required(params, &field(url))?;
            if !sent.starts_with("https://") || sent.len() == "https://".len() {
                return Err(refuse(format!("The {url} '{sent}' must be a valid HTTPS URL")));
            }
        }
        keep_secret(config, existing)?;
    }
    for (part, value) in [
        ("SessionCookieName", "AWSELBAuthSessionCookie"),
        ("Scope", "openid"),
        ("SessionTimeout", "604800"),
        ("OnUnauthenticatedRequest", "authenticate"),
    ] {
        config.entry(part.into()).or_insert_with(|| value.into());
    }
    Ok(())
}

/// Either a secret was sent, or the one that is there stays.
fn keep_secret<'c>(
    config: &mut tree::Fields,
    existing: impl Iterator<Item = &'c tree::Fields>,
) -> Result<(), Fault> {
    let uses = config.remove(USE_EXISTING).is_some_and(|it| it.eq_ignore_ascii_case("true"));
    let digest = match config.remove(SECRET).filter(|secret| !secret.is_empty()) {
        Some(_) if uses => {
            return Err(refuse(
                "You cannot both specify a client secret and set UseExistingClientSecret to true",
            ));
        }
        Some(secret) => {
            Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        }
        None if uses => {
            // That of the same client, where there are several.
            let mut kept: Vec<&tree::Fields> = existing.collect();
            let client =
                |of: &tree::Fields| (of.get("Issuer").cloned(), of.get("ClientId").cloned());
            kept.sort_by_key(|other| client(other) != client(config));
            let kept = kept.first().and_then(|other| other.get(SECRET)).cloned();
            kept.ok_or_else(|| refuse("There is no existing client secret to use"))?
        }
        None => {
            return Err(refuse(
                "You must either specify a client secret or set UseExistingClientSecret to true",
            ));
        }
    };
    config.insert(SECRET.into(), digest);
    Ok(())
}

/// What is shown of a configuration.
pub(super) fn shown(config: &tree::Fields) -> tree::Fields {
    let mut shown = config.clone();
    shown.remove(SECRET);
    shown
}

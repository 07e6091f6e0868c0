//! Security Token Service: whose the credentials are.

use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use bicoastal_model::schema::OutputSpec;
use bicoastal_model::{
    Deletes, ErrorFacts, Global, Lookup, OpError, Resource, Retry, Schema, ScopeKind, Snapshot,
    Target, Tier, handle,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use bicoastal_model::Region;

use crate::classify::classify;
use crate::cx::{Cx, GLOBAL};
use crate::kind::{Found, Kind, Next, Turn};
use crate::looked_up;
use crate::provider::Registry;

pub(crate) fn register(registry: Registry) -> Registry {
    registry.kind::<CallerIdentity>().lookup::<CallerIdentityQuery>()
}

/// Who makes the calls: the account, and the user or role. It is looked up, not declared:
///
/// ```
/// # use bicoastal_aws::CallerIdentity;
/// # use bicoastal_model::Stack;
/// let mut stack = Stack::new("shop");
/// let me = stack.global().lookup("me", CallerIdentity::ours());
/// stack.export("account", me.account());
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallerIdentity {
    /// Nobody outside can make one.
    #[serde(skip)]
    _looked_up: (),
}

impl CallerIdentity {
    /// That of the credentials of the account that the look-up is in.
    pub fn ours() -> CallerIdentityQuery {
        CallerIdentityQuery {}
    }
}

/// Asks who makes the calls: made by [`CallerIdentity::ours`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallerIdentityQuery {}

handle! {
    /// Who makes the calls.
    pub struct CallerIdentityHandle {
        /// The account's number, of twelve digits.
        account: String,
        /// The ARN of the user or of the session of a role.
        arn: String,
    }
}

static SCHEMA: Schema = Schema {
    kind: "STS:CallerIdentity",
    service: "sts",
    feature: "default",
    scope: ScopeKind::Global,
    tier: Tier::Foundation,
    outputs: &[OutputSpec::assigned("account"), OutputSpec::assigned("arn")],
    ..Schema::BASE
};

impl Resource for CallerIdentity {
    type Scope = Global;
    type Handle = CallerIdentityHandle;
    const SCHEMA: &'static Schema = &SCHEMA;
}

impl Lookup for CallerIdentityQuery {
    type Of = CallerIdentity;
}

impl Found for CallerIdentityQuery {
    async fn find(cx: &Cx, _: &Target, _: &Self) -> Result<Option<Snapshot>, OpError> {
        // The program may ask under many names.
        let found = cx.shared("sts caller".to_owned(), identity(cx)).await?;
        Ok(Some(snapshot(&found)))
    }
}

/// What is only looked up is never changed.
impl Kind for CallerIdentity {
    type Call = ();

    async fn read(cx: &Cx, _: &Target) -> Result<Option<Snapshot>, OpError> {
        Ok(Some(snapshot(&identity(cx).await?)))
    }

    fn step(_: &Turn<'_, Self>) -> Next<()> {
        Next::refuse(
            "who makes the calls is looked up, not declared",
            "use lookup(…, CallerIdentity::ours())",
        )
    }

    async fn call(_: &Cx, _: &Target, (): &()) -> Result<Option<String>, OpError> {
        Ok(None)
    }

    fn deletes((): &()) -> Deletes {
        Deletes::Nothing
    }

    fn name((): &()) -> &'static str {
        "GetCallerIdentity"
    }
}

fn snapshot(found: &GetCallerIdentityOutput) -> Snapshot {
    let arn = found.arn().unwrap_or_default();
    looked_up::thing(arn, [("account", json!(found.account())), ("arn", json!(arn))])
}

/// Where credentials are asked whose they are: every region knows, these are open to every account,
/// and none of them may be the one that is gone.
const WHO_AM_I: [Region; 4] = [GLOBAL, Region::UsWest2, Region::EuWest1, Region::ApSoutheast1];

/// Whose the credentials are, from the first region that answers.
pub(crate) async fn identity(cx: &Cx) -> Result<GetCallerIdentityOutput, OpError> {
    let mut unanswered = None;
    for region in WHO_AM_I {
        // One attempt each: another region is a better one than another time.
        let client = cx.clients().get("sts", region, true, |config| {
            crate::believing!(aws_sdk_sts, aws_sdk_sts::config::Builder::from(config))
        });
        let answer = client.get_caller_identity().send().await;
        match answer.map_err(|error| classify("sts", "GetCallerIdentity", region, &[], error)) {
            Ok(identity) => return Ok(identity),
            // Gone, or too busy: the next one.
            Err(error) if !matches!(error, OpError::Refused { retry: Retry::Never, .. }) => {
                unanswered = unanswered.or(Some(error));
            }
            Err(error) => return Err(error),
        }
    }
    Err(unanswered.unwrap_or_else(|| OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            call: "GetCallerIdentity".to_owned(),
            service: "sts".to_owned(),
            message: "no region was asked".to_owned(),
            ..ErrorFacts::default()
        },
    }))
}

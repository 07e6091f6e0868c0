//! Hosted zones.

mod lookup;
mod query_log;
pub(super) mod read;
mod signing;
mod signing_io;
mod step;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, Cost, OutputSpec, Takes};
use bicoastal_model::{
    Arn, Check, Field, Global, Handle, Id, Output, Region, Resource, Risk, Schema, ScopeKind,
    Shape, Tier, dns, handle,
};
use bon::bon;
use serde::{Deserialize, Serialize};

pub use lookup::HostedZoneQuery;
pub use signing::{DelegationSigner, KeySigningKey};

use crate::tags::check_tags;

/// A hosted zone: a DNS name and everything below it.
///
/// Made with [`HostedZone::builder`]. A zone is protected from deletion unless the program says
/// otherwise: one that is made again has other name servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostedZone {
    /// In lower case, without a dot at the end.
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) private: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vpcs: Option<Vec<ZoneVpc>>,
    /// The accounts of VPCs that are not the zone's own, by the VPCs' ids: AWS does not show them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) vpc_accounts: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delegation_set: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) comment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) accelerated_recovery: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dnssec_signing: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) key_signing_keys: Vec<KeySigningKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) query_log_group: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) exclusive_records: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) force_destroy: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// A VPC that sees a private zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ZoneVpc {
    /// The VPC's id, `vpc-…`.
    pub id: String,
    /// The VPC's region.
    pub region: Region,
    /// The account that the VPC is in, where that is not the zone's.
    #[serde(skip)]
    account: Option<String>,
}

impl ZoneVpc {
    /// A VPC of a region, by its id.
    pub fn new(region: Region, id: impl Into<String>) -> Self {
        Self { id: id.into(), region, account: None }
    }

    /// The same for a VPC of another account, by the name that the program has for it. The zone's
    /// account authorizes the association, the VPC's account makes it, and the authorization is
    /// taken back. A zone is made with a VPC of its own account, so it needs one of these besides.
    #[must_use]
    pub fn in_account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }
}

#[bon]
impl HostedZone {
    /// Starts a hosted zone; only its name is required.
    #[builder(start_fn = builder, finish_fn = build)]
    pub fn new(
        /// The domain name; case and a dot at the end do not matter.
        #[builder(into)]
        name: String,
        /// Makes the zone private: only these VPCs see it, in any region. At least one. VPCs that
        /// others associated with the zone stay.
        vpcs: Option<Vec<ZoneVpc>>,
        /// The id of a reusable delegation set that a public zone takes its name servers from.
        #[builder(into)]
        delegation_set: Option<String>,
        /// A comment of at most 256 characters.
        #[builder(into)]
        comment: Option<String>,
        /// Whether record edits of a public zone are taken over by another region when the control
        /// plane in us-east-1 is gone (within about an hour). It must be on before that happens.
        accelerated_recovery: Option<bool>,
        /// Whether the answers of a public zone are signed (DNSSEC). It takes an active key of
        /// `key_signing_keys`. Resolvers go by the signatures only where the parent domain has the DS
        /// record of one: see [`HostedZoneHandle::delegation_signers`]. Switching it off is refused by
        /// AWS while the parent has one, and breaks the domain for those who remember it: take it
        /// out at the parent and let its TTL pass first.
        ///
        /// It is only looked at where the program says either of these two, or once did.
        dnssec_signing: Option<bool>,
        /// The key-signing keys of a public zone: at most two, so that one can follow the other.
        /// Keys that others made stay, and are reported.
        #[builder(default, with = |keys: impl IntoIterator<Item = KeySigningKey>| keys.into_iter().collect())]
        key_signing_keys: Vec<KeySigningKey>,
        /// The ARN of the log group of CloudWatch Logs that the queries to a public zone are logged
        /// to: of us-east-1 and the zone's own account, with a resource policy that lets
        /// `route53.amazonaws.com` use `logs:CreateLogStream` and `logs:PutLogEvents` on it. A zone
        /// has one at most: another one replaces it, whoever set it. It is only looked at where the
        /// program says it, or once did.
        #[builder(with = |arn: impl AsRef<str>| query_log::canonical(arn.as_ref()))]
        query_log_group: Option<String>,
        /// Claims every record of the zone: those that the program does not declare are removed
        /// by a planned change instead of reported. The zone's own NS and SOA stay.
        #[builder(default)]
        exclusive_records: bool,
        /// Whether deleting the zone deletes the records that others left in it.
        #[builder(default)]
        force_destroy: bool,
        /// Tags.
        #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
        tags: BTreeMap<String, String>,
    ) -> Self {
        let mut vpc_accounts = BTreeMap::new();
        let vpcs = vpcs.map(|mut vpcs| {
            for vpc in &mut vpcs {
                let account = vpc.account.take();
                vpc_accounts.extend(account.map(|account| (vpc.id.clone(), account)));
            }
            vpcs.sort();
            vpcs
        });
        Self {
            name: bare_name(&name),
            private: vpcs.is_some(),
            vpcs,
            vpc_accounts,
            delegation_set: delegation_set.map(|id| super::bare(&id).to_owned()),
            comment,
            accelerated_recovery,
            dnssec_signing,
            key_signing_keys,
            query_log_group,
            exclusive_records,
            force_destroy,
            tags,
        }
    }

    /// Whether a VPC is in the account that the zone is in.
    fn is_of_its_own_account(&self, vpc: &ZoneVpc) -> bool {
        !self.vpc_accounts.contains_key(&vpc.id)
    }

    /// Finds an existing public zone by its name.
    pub fn named(name: impl AsRef<str>) -> HostedZoneQuery {
        HostedZoneQuery::named(name)
    }

    /// Finds an existing zone by its id, `Z…`.
    pub fn with_id(id: impl AsRef<str>) -> HostedZoneQuery {
        HostedZoneQuery::with_id(id)
    }
}

/// A zone's name as it is kept here: canonical, without the dot at the end.
pub(super) fn bare_name(name: &str) -> String {
    dns::canonical(name).trim_end_matches('.').to_owned()
}

handle! {
    /// A declared hosted zone.
    pub struct HostedZoneHandle {
        /// The zone's id, `Z…`.
        id: Id<HostedZone>,
        /// The zone's name, without a dot at the end.
        name: String,
        /// The zone's ARN.
        arn: Arn<HostedZone>,
        /// The four name servers that the parent domain must delegate to.
        name_servers: Vec<String>,
        /// What the parent domain has to know of the key-signing keys; nothing where the program
        /// declares none.
        delegation_signers: Vec<DelegationSigner>,
    }
}

impl HostedZoneHandle {
    /// The DS record of the key-signing key of this name, for a record set of the parent zone:
    /// `values(RecordType::Ds, 300, [zone.ds_record("one")])`.
    pub fn ds_record(&self, key: &str) -> Output<String> {
        self.node().output(&format!("ds_record.{key}"))
    }
}

static SCHEMA: Schema = Schema {
    kind: "Route53:HostedZone",
    service: "route53",
    feature: "route53",
    scope: ScopeKind::Global,
    tier: Tier::Traffic,
    fields: &[
        Field::new("name").shape(Shape::DnsName).replaces(),
        Field::new("private").absent(Absent::Bool(false)).replaces(),
        Field::new("vpcs").shape(Shape::OwnedSet(&Shape::Plain)),
        Field::new("vpc_accounts").local(),
        Field::new("delegation_set").replaces(),
        Field::new("comment").absent(Absent::Text("")),
        Field::new("accelerated_recovery").absent(Absent::Bool(false)),
        Field::new("dnssec_signing").absent(Absent::Bool(false)),
        Field::new("key_signing_keys").shape(Shape::Keyed { key: "name", fields: signing::KEY }),
        Field::new("query_log_group"),
        Field::new("exclusive_records").absent(Absent::Bool(false)).local(),
        Field::new("force_destroy").absent(Absent::Bool(false)).delete_option(),
        Field::tags(),
    ],
    outputs: &[
        OutputSpec::assigned("id"),
        OutputSpec::property("name"),
        OutputSpec::assigned("arn"),
        OutputSpec::assigned("name_servers"),
        OutputSpec::changes_with("delegation_signers", &["key_signing_keys"]),
        OutputSpec::changes_with("ds_record", &["key_signing_keys"]),
    ],
    // Two zones may bear the same name: a zone is found by its token.
    identity: &[],
    delete_risk: Risk::DestroysData,
    protected: true,
    caution: Some(signing::caution),
    cost: Cost { create: 2, update: 1, delete: 1 },
    takes: Takes { create: 40, update: 40, delete: 3 },
    ..Schema::BASE
};

impl Resource for HostedZone {
    type Scope = Global;
    type Handle = HostedZoneHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        let name = &self.name;
        for problem in super::record::name_problems(name) {
            check.error(format!("the zone's name '{name}' {problem}"));
        }
        if name.starts_with("\\052.") || name == "\\052" {
            check.error("a zone's name can't begin with a wildcard");
        }
        if !self.private && !name.contains('.') {
            check.error_with_hint(
                format!("'{name}' is a top-level domain, which AWS refuses as a public zone"),
                "name a domain below it, or give the VPCs of a private zone",
            );
        }
        if let Some(vpcs) = &self.vpcs {
            check.ensure(!vpcs.is_empty(), "a private zone needs at least one VPC");
            check.ensure(
                vpcs.is_empty() || vpcs.iter().any(|vpc| self.is_of_its_own_account(vpc)),
                "a private zone is made with a VPC of its own account",
            );
            for vpc in vpcs {
                check.ensure(vpc.id.starts_with("vpc-"), format!("'{}' is not a VPC's id", vpc.id));
            }
            if vpcs.windows(2).any(|pair| pair[0] == pair[1]) {
                check.error("a VPC is given twice");
            }
            if self.delegation_set.is_some() {
                check.error("a private zone has no delegation set");
            }
            if self.accelerated_recovery == Some(true) {
                check.error("accelerated recovery is for public zones only");
            }
        }
        signing::check(check, self.private, self.dnssec_signing, &self.key_signing_keys);
        query_log::check(check, self.private, self.query_log_group.as_deref());
        check_tags(check, &self.tags, 50);
        if self.comment.as_ref().is_some_and(|comment| comment.chars().count() > 256) {
            check.error("the comment has more than 256 characters");
        }
    }
}

#[cfg(test)]
mod tests {
    use bicoastal_model::{Place, ScopeKind};

    use super::*;

    fn errors(zone: HostedZone) -> Vec<String> {
        let mut check =
            Check::new(Place { account: None, scope: ScopeKind::Global, regions: Vec::new() });
        zone.check(&mut check);
        check.errors().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn names_are_kept_in_one_form() {
        let zone = HostedZone::builder().name("Example.COM.").build();
        assert_eq!(
            serde_json::to_value(&zone).unwrap(),
            serde_json::json!({"name": "example.com"})
        );
        assert_eq!(errors(zone), Vec::<String>::new());
    }

    #[test]
    fn what_aws_would_refuse_is_refused_offline() {
        let vpcs = vec![ZoneVpc::new(Region::UsEast1, "vpc-1")];
        let builder = HostedZone::builder;
        for (zone, expected) in [
            (builder().name("com").build(), "top-level domain"),
            (builder().name("*.example.com").build(), "wildcard"),
            (builder().name("a..com").build(), "empty label"),
            (builder().name("corp").vpcs(Vec::new()).build(), "at least one VPC"),
            (
                builder().name("corp").vpcs(vpcs.clone()).delegation_set("N1").build(),
                "no delegation set",
            ),
            (
                builder().name("corp").vpcs(vpcs.clone()).accelerated_recovery(true).build(),
                "public zones only",
            ),
            (
                builder().name("corp").vpcs(vec![vpcs[0].clone().in_account("other")]).build(),
                "a VPC of its own account",
            ),
            (builder().name("a.com").comment("x".repeat(257)).build(), "256"),
        ] {
            let errors = errors(zone);
            assert!(errors.len() == 1 && errors[0].contains(expected), "{expected}: {errors:?}");
        }
        assert_eq!(errors(builder().name("corp").vpcs(vpcs).build()), Vec::<String>::new());
    }
}

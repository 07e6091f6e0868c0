//! One call being answered.

use sha2::{Digest, Sha256};

use super::fault;
use super::state::{Account, GlobalCluster, Place};
use crate::call::Call;
use crate::query::Params;
use crate::reply::Fault;
use crate::world::World;

/// The call, its fields, and the world without this service's own state.
pub(super) struct Context<'a> {
    pub(super) world: &'a mut World,
    pub(super) params: Params,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) operation: &'a str,
}

impl<'a> Context<'a> {
    pub(super) fn new(world: &'a mut World, call: &'a Call) -> Self {
        Self {
            world,
            params: Params::of(call),
            account: &call.account,
            region: &call.region,
            operation: &call.operation,
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<String, Fault> {
        self.text(name).ok_or_else(|| fault::missing(name))
    }

    /// A field that is there and not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.params.get(name).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    }

    /// When something ends that starts now.
    pub(super) fn due(&self, name: &str, default_ms: i64) -> i64 {
        self.world.now_ms + self.world.duration_ms(name, default_ms)
    }

    /// The ARN of a thing in the caller's region.
    pub(super) fn arn(&self, kind: &str, name: &str) -> String {
        arn(self.account, self.region, kind, name)
    }

    pub(super) fn here(&self, cluster: &str) -> Place {
        Place { region: self.region.to_owned(), cluster: cluster.to_owned() }
    }

    /// The name that the required field `field` means: a name, or an ARN of this region.
    /// An ARN of elsewhere is returned as it is, which no name equals.
    pub(super) fn own_name(&self, kind: &str, field: &str) -> Result<String, Fault> {
        Ok(self.name_in(kind, &self.required(field)?))
    }

    /// Like [`Self::own_name`], of a given text.
    pub(super) fn name_in(&self, kind: &str, text: &str) -> String {
        let lower = text.to_lowercase();
        let prefix = self.arn(kind, "");
        lower.strip_prefix(&prefix).map(ToOwned::to_owned).unwrap_or(lower)
    }

    /// The ARN of the key that a request names; the one AWS manages for RDS where it names none.
    pub(super) fn key(&self, named: Option<&str>) -> Result<String, Fault> {
        let name = named.unwrap_or("alias/aws/rds");
        crate::kms::resolve(self.world, self.account, self.region, name)
            .ok_or_else(|| fault::key(name))
    }

    /// The global cluster that a request names, if it can be seen from here.
    pub(super) fn global<'b>(
        &self,
        account: &'b mut Account,
    ) -> Result<&'b mut GlobalCluster, Fault> {
        let id = self.required("GlobalClusterIdentifier")?.to_lowercase();
        account
            .globals
            .get_mut(&id)
            .filter(|global| global.visible_from(self.region))
            .ok_or_else(|| fault::no_global(&id))
    }
}

/// `arn:aws:rds:…`; global clusters have no region.
pub(super) fn arn(account: &str, region: &str, kind: &str, name: &str) -> String {
    format!("arn:aws:rds:{region}:{account}:{kind}:{name}")
}

/// A number that follows from a text: what looks arbitrary is the same in every run.
pub(super) fn number_of(text: &str) -> u64 {
    let digest = Sha256::digest(format!("bicoastal-local rds {text}"));
    digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// `length` letters and digits that follow from a text.
pub(super) fn letters_of(text: &str, length: usize) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let digest = Sha256::digest(format!("bicoastal-local rds {text}"));
    digest.iter().take(length).map(|byte| char::from(ALPHABET[usize::from(*byte) % 36])).collect()
}

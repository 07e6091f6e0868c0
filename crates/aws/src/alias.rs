//! What an alias record points at.

use bicoastal_model::Input;
use serde::{Deserialize, Serialize};

/// The DNS name of a thing of AWS and the hosted zone that the name is in: an alias record needs
/// both, and they only work together. A load balancer's handle hands them out as one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AliasTarget {
    /// The DNS name, e.g. `front-1234567890.us-east-1.elb.amazonaws.com`.
    pub dns_name: Input<String>,
    /// The id of the hosted zone that AWS keeps the name in; not a zone of the user's.
    pub zone_id: Input<String>,
}

impl AliasTarget {
    /// From a name and its zone.
    pub fn new(dns_name: impl Into<Input<String>>, zone_id: impl Into<Input<String>>) -> Self {
        Self { dns_name: dns_name.into(), zone_id: zone_id.into() }
    }
}

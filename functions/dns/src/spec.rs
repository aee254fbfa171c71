//! What a topology says of a DNS target.

mod keys;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use crossover_arc::ClusterEndpoint;
use crossover_cloudwatch::Metric;
use crossover_s3::Object;

use crate::shares::{Shares, in_words};

/// What `[[dns]]` adds to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsSpec {
    /// The hosted zone, `Z…`
    pub hosted_zone: String,
    /// The names and types, the names as Route 53 writes them.
    pub records: BTreeSet<(String, String)>,
    /// The sides, in the order of their declaration: the first is home.
    pub sides: Vec<String>,
    /// The zone or Region of each side that does not say so by its name.
    pub places: BTreeMap<String, String>,
    /// How the answers are switched.
    pub switch: Switch,
}

/// How the answers are switched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    /// The sides' record sets swap their roles of primary and secondary.
    Failover,
    /// The sides' record sets get other weights.
    Weighted {
        /// The weights that they have at home, from 0 to 255.
        home: BTreeMap<String, u8>,
        /// How much of the way has been gone after each look, in percent; the last is 100.
        stages: Vec<u8>,
    },
    /// A record set is pointed at another side's addresses.
    Simple(BTreeMap<String, Pointer>),
    /// An object that a health check looks for.
    BeaconObject {
        /// The object.
        object: Object,
        /// Whether it sends the answers away from home while it is there, rather than while it is not:
        /// whether the health check is inverted.
        inverted: bool,
    },
    /// A metric behind the alarm of a health check: 1 sends the answers away from home, 0 does not.
    BeaconMetric(Metric),
    /// Routing controls, one for each side.
    RoutingControl {
        /// The cluster's endpoints.
        endpoints: Vec<ClusterEndpoint>,
        /// The ARN of each side's routing control.
        controls: BTreeMap<String, String>,
    },
}

/// What a side's record sets answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointer {
    /// The values of each type.
    Values(BTreeMap<String, BTreeSet<String>>),
    /// An alias' hosted zone and name.
    Alias {
        /// The hosted zone that the name is in.
        zone: String,
        /// The name, as Route 53 writes it.
        name: String,
    },
}

impl DnsSpec {
    /// The side that everything is at home on.
    #[must_use]
    pub fn home(&self) -> &str {
        self.sides.first().map_or("", String::as_str)
    }
}

impl Switch {
    /// Whether it changes record sets, which Route 53 lets be done in one Region alone.
    pub(crate) fn needs_the_control_plane(&self) -> bool {
        matches!(self, Self::Failover | Self::Weighted { .. } | Self::Simple(_))
    }

    /// How the answers are shared, in words.
    pub(crate) fn in_words(&self, shares: &Shares) -> String {
        in_words(shares, matches!(self, Self::Weighted { .. }))
    }
}

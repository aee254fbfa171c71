//! The declaration of a DNS target.

mod keys;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use crossover_arc::ClusterEndpoint;
use crossover_cloudwatch::Metric;
use crossover_s3::Object;

use crate::shares::{Shares, in_words};

/// The keys of `[[dns]]` beyond those of every target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsSpec {
    /// The hosted zone, `Z…`
    pub hosted_zone: String,
    /// The names and types, the names as Route 53 writes them.
    pub records: BTreeSet<(String, String)>,
    /// The sides, in the order of their declaration: the first is home.
    pub sides: Vec<String>,
    /// The zone or Region of each side whose name is not one.
    pub locations: BTreeMap<String, String>,
    /// How answers are switched.
    pub switch: Switch,
}

/// How answers are switched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    /// The sides' record sets swap their roles of primary and secondary.
    Failover,
    /// The sides' record sets get other weights.
    Weighted {
        /// The weights that they have at home, from 0 to 255.
        home: BTreeMap<String, u8>,
        /// The percentage of the move after each stage; the last is 100.
        stages: Vec<u8>,
    },
    /// A record set changes to another side's addresses.
    Simple(BTreeMap<String, Pointer>),
    /// An object that a health check requests.
    BeaconObject {
        /// The object.
        object: Object,
        /// Whether its presence directs the answers away from home, rather than its absence:
        /// whether the health check is inverted.
        inverted: bool,
    },
    /// A metric behind the alarm of a health check: 1 directs the answers away from home, 0 does not.
    BeaconMetric(Metric),
    /// Routing controls, one for each side.
    RoutingControl {
        /// The cluster's endpoints.
        endpoints: Vec<ClusterEndpoint>,
        /// The ARN of each side's routing control.
        controls: BTreeMap<String, String>,
    },
}

/// The values of a side's record sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointer {
    /// The values of each type.
    Values(BTreeMap<String, BTreeSet<String>>),
    /// The hosted zone and name of an alias.
    Alias {
        /// The hosted zone that the name is in.
        zone: String,
        /// The name, as Route 53 writes it.
        name: String,
    },
}

impl DnsSpec {
    /// The home side.
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

    /// The switch, in words.
    pub(crate) fn in_words(&self, shares: &Shares) -> String {
        in_words(shares, matches!(self, Self::Weighted { .. }))
    }
}

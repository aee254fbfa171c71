//! Calls for a VPC's route tables and gateways.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::error::CloudError;

/// The selection of route tables to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tables<'a> {
    /// All of a VPC.
    OfVpc(&'a str),
    /// These tables.
    WithIds(&'a BTreeSet<String>),
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteTable {
    /// `rtb-…`
    pub id: String,
    /// Whether it is its VPC's main table, which serves every subnet without an association.
    pub main: bool,
    /// The subnets that are explicitly associated with it.
    pub subnets: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// An IPv4 or IPv6 block, or a prefix list (`pl-…`).
    pub destination: String,
    /// The ids it leads to. A NAT instance has two, its own and its network interface's.
    pub via: Vec<String>,
    /// Whether its gateway no longer exists.
    pub blackhole: bool,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// `subnet-…`
    pub id: String,
    /// The name of its Availability Zone.
    pub zone: String,
    /// How many of its IPv4 addresses are in use, without those that AWS reserves; `None` if unknown.
    pub used: Option<u32>,
}

/// A possible gateway of a NAT route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// What it is, with its state.
    pub is: GatewayIs,
    /// Where it is.
    pub place: Place,
    /// Why it can't be the gateway of a zone, whatever its state.
    pub flaw: Option<Flaw>,
}

/// The place of a gateway, as EC2 describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the zone of this name.
    Zone(String),
    /// In the zone of this subnet.
    Subnet(String),
    /// In no single zone, or not known.
    Unknown,
}

/// Why something can't be the gateway of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A private NAT gateway, which does not lead to the Internet (VPC User Guide, "NAT gateway basics").
    Private,
    /// A regional NAT gateway, which serves each zone in that zone (VPC User Guide, "Regional NAT gateways").
    Regional,
    /// An instance with several interfaces, of which a route can name only one (EC2 API Reference, `ReplaceRoute`, `InstanceId`:
    /// "This fails if you have more than one network interface attached").
    SeveralInterfaces,
    /// An interface of an instance that does not run: the interface stays `in-use`.
    InstanceNotRunning,
}

impl Flaw {
    /// In words, after the gateway's id.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Private => "is a private NAT gateway, which does not lead to the Internet",
            Self::Regional => "is a regional NAT gateway, which serves each zone within that zone",
            Self::SeveralInterfaces => "has several network interfaces, and a route needs one: declare that interface (eni-…)",
            Self::InstanceNotRunning => "is the interface of an instance that does not run",
        }
    }
}

/// What a gateway is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayIs {
    /// A NAT gateway and its state (`available`, `pending`, `failed`, `deleting`, `deleted`).
    NatGateway {
        /// The state.
        state: String,
    },
    /// An instance.
    Instance {
        /// The state (`running`, `stopped`, …).
        state: String,
        /// Whether it drops traffic that is not its own.
        source_dest_check: bool,
    },
    /// A network interface.
    Interface {
        /// The status (`in-use`, `available`, …).
        status: String,
        /// Whether it drops traffic that is not its own.
        source_dest_check: bool,
    },
}

/// Reads of route tables, and the one change.
#[async_trait]
pub trait Routes: Send + Sync {
    /// The route tables, all pages.
    async fn route_tables(&self, which: Tables<'_>) -> Result<Vec<RouteTable>, CloudError>;

    /// The subnets of a VPC, all pages.
    async fn subnets(&self, vpc: &str) -> Result<Vec<Subnet>, CloudError>;

    /// The gateways of these ids (`nat-…`, `i-…`, `eni-…`); one that does not exist is missing
    /// from the answer.
    async fn gateways(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Gateway>, CloudError>;

    /// Points an existing route at another gateway. EC2 has no condition for this call, so it is
    /// made idempotent and the table is read again afterwards.
    async fn replace_route(&self, table: &str, destination: &str, gateway: &str) -> Result<(), CloudError>;
}

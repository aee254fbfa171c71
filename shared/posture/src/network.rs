//! NAT gateways and NAT instances, and the zones that use them.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

use crate::words::listed;

const NAT: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html";

pub(crate) const ONE_NAT: Rule = Rule::warning(
    "one-nat",
    "Several zones share the NAT gateway of one zone",
    "Subnets of other zones route their outbound traffic through the gateway of one zone. When that zone fails, all of \
     them lose it.",
    "Create a gateway in each zone, route each zone's subnets to their own, and declare the gateways as a `[[nat]]` \
     target.",
);

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// `subnet-…`
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// The name of its zone.
    pub zone: String,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// `rtb-…`
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// Whether it is the main table, for the VPC's subnets without an association.
    #[serde(default)]
    pub main: bool,
    /// The subnets that are associated with it.
    #[serde(default)]
    pub subnets: BTreeSet<String>,
    /// The targets of its default routes (`0.0.0.0/0`, `::/0`, `64:ff9b::/96`): ids of gateways of any type.
    #[serde(default)]
    pub leads_to: BTreeSet<String>,
}

/// A NAT gateway that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatGateway {
    /// `nat-…`
    pub id: String,
    /// Its subnet; `None` for a regional one, which AWS keeps in every zone.
    #[serde(default)]
    pub subnet: Option<String>,
}

/// A running EC2 instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// `i-…`
    pub id: String,
    /// Its zone.
    pub zone: String,
    /// Its network interfaces.
    #[serde(default)]
    pub interfaces: BTreeSet<String>,
    /// Its EBS volumes.
    #[serde(default)]
    pub volumes: BTreeSet<String>,
    /// The auto-scaling group that replaces it.
    #[serde(default)]
    pub scaling_group: Option<String>,
}

pub(crate) fn findings(
    subnets: &[Subnet],
    route_tables: &[RouteTable],
    nat_gateways: &[NatGateway],
    servers: &[Server],
) -> Vec<Finding> {
    let needed = zones_by_way_out(subnets, route_tables);
    let zone_of: BTreeMap<&str, &str> = subnets.iter().map(|subnet| (subnet.id.as_str(), subnet.zone.as_str())).collect();
    let gateways = nat_gateways.iter().filter_map(|gateway| {
        let zone = zone_of.get(gateway.subnet.as_deref()?)?;
        one_zone(&needed, &gateway.id, [&gateway.id], zone)
    });
    let servers = servers.iter().filter_map(|server| {
        let ids = server.interfaces.iter().chain([&server.id]);
        one_zone(&needed, &server.id, ids, &server.zone)
    });
    gateways.chain(servers).collect()
}

/// The zones of the subnets that use each gateway, instance or interface for Internet access.
///
/// Visits each once: an account has thousands.
fn zones_by_way_out<'e>(subnets: &'e [Subnet], tables: &'e [RouteTable]) -> BTreeMap<&'e str, BTreeSet<&'e str>> {
    let own: BTreeMap<&str, &RouteTable> =
        tables.iter().flat_map(|table| table.subnets.iter().map(move |subnet| (subnet.as_str(), table))).collect();
    let main: BTreeMap<&str, &RouteTable> =
        tables.iter().filter(|table| table.main).map(|table| (table.vpc.as_str(), table)).collect();
    let mut zones: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for subnet in subnets {
        // A subnet without an association uses its VPC's main table.
        let Some(table) = own.get(subnet.id.as_str()).or_else(|| main.get(subnet.vpc.as_str())) else { continue };
        for id in &table.leads_to {
            zones.entry(id).or_default().insert(&subnet.zone);
        }
    }
    zones
}

/// A gateway with any of these ids that zones other than its own use.
fn one_zone<'i>(
    needed: &BTreeMap<&str, BTreeSet<&str>>,
    name: &str,
    ids: impl IntoIterator<Item = &'i String>,
    zone: &str,
) -> Option<Finding> {
    let zones: BTreeSet<&str> = ids.into_iter().filter_map(|id| needed.get(id.as_str())).flatten().copied().collect();
    let others: Vec<&str> = zones.iter().copied().filter(|other| *other != zone).collect();
    (!others.is_empty()).then(|| {
        let what = format!("serves {} and is only in {zone}: if that zone fails, the other zones lose Internet access too", listed(&zones));
let fix = format!(
                "create a gateway in each zone (aws ec2 create-nat-gateway --subnet-id …), point the routes of {} to their own (aws ec2 replace-route …), and declare them as a [[nat]] target",
                listed(&others)
            );
ONE_NAT.finding(format!("gateway {name}"), what, fix).see(NAT)
    })
}

//! NAT gateways, NAT instances, and whose way out they are.

use std::collections::BTreeSet;

use crossover_controller::audit::Finding;
use serde::{Deserialize, Serialize};

use crate::{
    Estate,
    words::{listed, warning},
};

const NAT: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html";

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
    /// Whether it is the table of the VPC's subnets that have none of their own.
    #[serde(default)]
    pub main: bool,
    /// The subnets that it is the own table of.
    #[serde(default)]
    pub subnets: BTreeSet<String>,
    /// What its default routes (`0.0.0.0/0`, `::/0`, `64:ff9b::/96`) lead to: ids of all sorts of gateways.
    #[serde(default)]
    pub leads_to: BTreeSet<String>,
}

/// A NAT gateway that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatGateway {
    /// `nat-…`
    pub id: String,
    /// Its subnet; none for a regional one, which AWS keeps in every zone.
    #[serde(default)]
    pub subnet: Option<String>,
}

/// An instance of EC2 that runs.
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

pub(crate) fn findings(estate: &Estate) -> Vec<Finding> {
    let gateways = estate.nat_gateways.iter().filter_map(|gateway| {
        let subnet = estate.subnets.iter().find(|subnet| Some(&subnet.id) == gateway.subnet.as_ref())?;
        one_zone(estate, &gateway.id, &BTreeSet::from([&gateway.id]), &subnet.zone)
    });
    let servers = estate.servers.iter().filter_map(|server| {
        let ids = server.interfaces.iter().chain([&server.id]).collect();
        one_zone(estate, &server.id, &ids, &server.zone)
    });
    gateways.chain(servers).collect()
}

/// A gateway, known by any of these ids, that other zones than its own need.
fn one_zone(estate: &Estate, name: &str, ids: &BTreeSet<&String>, zone: &str) -> Option<Finding> {
    let uses = |subnet: &&Subnet| table_of(estate, subnet).is_some_and(|table| table.leads_to.iter().any(|id| ids.contains(id)));
    let zones: BTreeSet<&str> = estate.subnets.iter().filter(uses).map(|subnet| subnet.zone.as_str()).collect();
    let others: Vec<&str> = zones.iter().copied().filter(|other| *other != zone).collect();
    (!others.is_empty()).then(|| {
        warning(
            format!("gateway {name}"),
            format!("is the way out of {} and stands in {zone} alone: when that zone fails, the others are cut off with it", listed(&zones)),
            format!(
                "make a gateway in each zone (aws ec2 create-nat-gateway --subnet-id …), lead the routes of {} to their own (aws ec2 replace-route …), and declare them as a [[nat]] target",
                listed(&others)
            ),
            NAT,
        )
    })
}

/// A subnet without a table of its own has its VPC's main one.
fn table_of<'e>(estate: &'e Estate, subnet: &Subnet) -> Option<&'e RouteTable> {
    let own = estate.route_tables.iter().find(|table| table.subnets.contains(&subnet.id));
    own.or_else(|| estate.route_tables.iter().find(|table| table.main && table.vpc == subnet.vpc))
}

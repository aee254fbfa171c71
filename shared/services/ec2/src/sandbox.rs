//! EC2 in the sandbox: reads return the old state of a changed route for a while.

mod security_groups;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::error::{CloudError, Fault};
use crossover_sandbox::{Account, Sandbox};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Flaw, Gateway, GatewayIs, Place, Route, Routes, SecurityGroup, Tables};

/// The state of EC2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ec2 {
    /// How long reads return the old state of a changed route, in milliseconds (eventual consistency).
    pub routes_lag_ms: u64,
    /// Subnets.
    pub subnets: Vec<Subnet>,
    /// Route tables.
    pub route_tables: Vec<RouteTable>,
    /// NAT gateways.
    pub nat_gateways: Vec<NatGateway>,
    /// Instances.
    pub instances: Vec<Instance>,
    /// Network interfaces.
    pub interfaces: Vec<Interface>,
    /// Security groups of all Regions.
    pub security_groups: Vec<SecurityGroup>,
}

/// EC2 in a sandbox account.
pub trait Ec2Account {
    /// The section.
    fn ec2(&self) -> &Ec2;

    /// The section, mutable.
    fn ec2_mut(&mut self) -> &mut Ec2;
}

impl Ec2Account for Account {
    fn ec2(&self) -> &Ec2 {
        self.section()
    }

    fn ec2_mut(&mut self) -> &mut Ec2 {
        self.section_mut()
    }
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// `subnet-…`
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// The name of its zone.
    pub zone: String,
    /// How many of its IPv4 addresses are in use, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u32>,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// `rtb-…`
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// Whether it is the VPC's main table.
    #[serde(default)]
    pub main: bool,
    /// The subnets that are explicitly associated with it.
    #[serde(default)]
    pub subnets: Vec<String>,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The targets of its routes, by destination.
    pub routes: BTreeMap<String, String>,
}

/// A NAT gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// `nat-…`
    pub id: String,
    /// `available`, `failed`, `deleted`, …
    pub state: String,
    /// The subnet that it is in, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet: Option<String>,
    /// Whether it is private.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Whether it is regional.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub regional: bool,
}

/// An instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `i-…`
    pub id: String,
    /// `running`, `stopped`, `terminated`, …
    pub state: String,
    /// Whether it drops traffic that is not its own.
    pub source_dest_check: bool,
    /// Its first network interface.
    pub interface: String,
    /// The zone that it is in, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Whether it has more interfaces.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub several_interfaces: bool,
}

/// A network interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// `eni-…`
    pub id: String,
    /// `in-use` or `available`.
    pub status: String,
    /// Whether it drops traffic that is not its own.
    pub source_dest_check: bool,
    /// The zone that it is in, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Whether it is attached to an instance that does not run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_stopped: bool,
}

impl Ec2 {
    /// Whether traffic to this id is forwarded; EC2 shows a route to a deleted gateway
    /// as a blackhole.
    #[must_use]
    pub fn is_there(&self, id: &str) -> bool {
        let gone = |state: &str| matches!(state, "deleted" | "terminated");
        if id.starts_with("nat-") {
            return self.nat_gateways.iter().any(|gateway| gateway.id == id && !gone(&gateway.state));
        }
        if id.starts_with("i-") {
            return self.instances.iter().any(|instance| instance.id == id && instance.state == "running");
        }
        if id.starts_with("eni-") {
            let instance = self.instances.iter().find(|instance| instance.interface == id);
            return self.interfaces.iter().any(|eni| eni.id == id && eni.status == "in-use" && !eni.of_stopped)
                || instance.is_some_and(|instance| instance.state == "running");
        }
        true
    }
}

impl Ec2 {
    /// The zone that a NAT gateway, an instance or an interface is in, if it is known.
    #[must_use]
    pub fn zone_of(&self, id: &str) -> Option<&str> {
        let subnet = self.nat_gateways.iter().find(|gateway| gateway.id == id).and_then(|gateway| gateway.subnet.as_ref());
        let by_subnet = subnet.and_then(|id| self.subnets.iter().find(|subnet| subnet.id == *id)).map(|subnet| &subnet.zone);
        let instance = self.instances.iter().find(|instance| instance.id == id).and_then(|instance| instance.zone.as_ref());
        let interface = self.interfaces.iter().find(|interface| interface.id == id).and_then(|interface| interface.zone.as_ref());
        by_subnet.or(instance).or(interface).map(String::as_str)
    }
}

/// The changes of routes, the latest of which reads don't return yet.
#[derive(Default)]
struct RouteChanges(Vec<RouteChange>);

/// A route before a change, which reads return for a while.
struct RouteChange {
    at: Timestamp,
    table: String,
    destination: String,
    before: String,
}

#[async_trait]
impl Routes for Sandbox {
    async fn route_tables(&self, which: Tables<'_>) -> Result<Vec<crate::RouteTable>, CloudError> {
        self.call("ec2:DescribeRouteTables", "", |state, now| {
            let asked = |table: &&RouteTable| match &which {
                Tables::OfVpc(vpc) => table.vpc == **vpc,
                Tables::WithIds(ids) => ids.contains(&table.id),
            };
            let mut tables: Vec<RouteTable> = state.account.ec2().route_tables.iter().filter(asked).cloned().collect();
            let lag = millis(state.account.ec2().routes_lag_ms);
            make_visible(&mut tables, state.service_state.of(), lag, now);
            Ok(tables.iter().map(|table| described(state.account.ec2(), table)).collect())
        })
        .await
    }

    async fn subnets(&self, vpc: &str) -> Result<Vec<crate::Subnet>, CloudError> {
        self.call("ec2:DescribeSubnets", vpc, |state, _| {
            let of_vpc = state.account.ec2().subnets.iter().filter(|subnet| subnet.vpc == vpc);
            Ok(of_vpc
                .map(|subnet| crate::Subnet { id: subnet.id.clone(), zone: subnet.zone.clone(), used: subnet.used })
                .collect())
        })
        .await
    }

    async fn gateways(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Gateway>, CloudError> {
        self.call("ec2:DescribeNatGateways", "", |state, _| {
            Ok(ids.iter().filter_map(|id| Some((id.clone(), gateway(state.account.ec2(), id)?))).collect())
        })
        .await
    }

    async fn replace_route(&self, table: &str, destination: &str, gateway: &str) -> Result<(), CloudError> {
        self.call("ec2:ReplaceRoute", table, |state, now| {
            let ec2 = state.account.ec2_mut();
            if !ec2.is_there(gateway) {
                return Err(not_found("InvalidNatGatewayID.NotFound", gateway));
            }
            if ec2.instances.iter().any(|instance| instance.id == gateway && instance.several_interfaces) {
                let message = format!("There are multiple interfaces attached to instance '{gateway}'.");
                let error = CloudError::new("ec2:ReplaceRoute", Fault::Refused, message);
                return Err(CloudError { code: "InvalidInstanceID".to_owned(), ..error });
            }
            let found = ec2.route_tables.iter_mut().find(|found| found.id == table);
            let found = found.ok_or_else(|| not_found("InvalidRouteTableID.NotFound", table))?;
            let via = found.routes.get_mut(destination).ok_or_else(|| no_route(destination))?;
            let before = std::mem::replace(via, gateway.to_owned());
            let change = RouteChange { at: now, table: table.to_owned(), destination: destination.to_owned(), before };
            state.service_state.of::<RouteChanges>().0.push(change);
            Ok(())
        })
        .await
    }
}

/// Reverts the changes that are too recent for reads.
fn make_visible(tables: &mut [RouteTable], RouteChanges(changes): &mut RouteChanges, lag: SignedDuration, now: Timestamp) {
    for change in changes.iter().rev().take_while(|change| now.duration_since(change.at) < lag) {
        let table = tables.iter_mut().find(|table| table.id == change.table);
        if let Some(via) = table.and_then(|table| table.routes.get_mut(&change.destination)) {
            via.clone_from(&change.before);
        }
    }
}

fn millis(ms: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
}

fn described(ec2: &Ec2, table: &RouteTable) -> crate::RouteTable {
    let route = |(destination, via): (&String, &String)| {
        // EC2 shows an instance's route with the id of its interface beside its own, and of a terminated one only that of the
        // interface, as it was (VPC User Guide, "Route table concepts", blackhole routes).
        let instance = ec2.instances.iter().find(|instance| instance.id == *via || instance.interface == *via);
        let ids = match instance {
            None => vec![via.clone()],
            Some(Instance { interface, state, .. }) if state == "terminated" => vec![interface.clone()],
            Some(Instance { id, interface, .. }) => vec![id.clone(), interface.clone()],
        };
        Route { destination: destination.clone(), via: ids, blackhole: !ec2.is_there(via) }
    };
    crate::RouteTable {
        id: table.id.clone(),
        main: table.main,
        subnets: table.subnets.clone(),
        tags: table.tags.clone(),
        routes: table.routes.iter().map(route).collect(),
    }
}

fn gateway(ec2: &Ec2, id: &str) -> Option<Gateway> {
    let nat = ec2.nat_gateways.iter().find(|gateway| gateway.id == id);
    let instance = ec2.instances.iter().find(|instance| instance.id == id);
    let interface = ec2.interfaces.iter().find(|interface| interface.id == id);
    let in_zone = |zone: &Option<String>| zone.clone().map_or(Place::Unknown, Place::Zone);
    let nat = nat.map(|it| Gateway {
        is: GatewayIs::NatGateway { state: it.state.clone() },
        place: it.subnet.clone().map_or(Place::Unknown, Place::Subnet),
        flaw: it.private.then_some(Flaw::Private).or(it.regional.then_some(Flaw::Regional)),
    });
    let instance = instance.map(|it| Gateway {
        is: GatewayIs::Instance { state: it.state.clone(), source_dest_check: it.source_dest_check },
        place: in_zone(&it.zone),
        flaw: it.several_interfaces.then_some(Flaw::SeveralInterfaces),
    });
    let interface = interface.map(|it| Gateway {
        is: GatewayIs::Interface { status: it.status.clone(), source_dest_check: it.source_dest_check },
        place: in_zone(&it.zone),
        flaw: it.of_stopped.then_some(Flaw::InstanceNotRunning),
    });
    nat.or(instance).or(interface)
}

/// EC2's message for a missing route, which has no error code of its own.
fn no_route(destination: &str) -> CloudError {
    let message = format!("There is no route defined for '{destination}' in the route table. Use CreateRoute instead.");
    CloudError { code: "InvalidParameterValue".to_owned(), ..CloudError::new("ec2:ReplaceRoute", Fault::NotFound, message) }
}

fn not_found(code: &str, id: &str) -> CloudError {
    CloudError { code: code.to_owned(), ..CloudError::new("ec2:ReplaceRoute", Fault::NotFound, format!("{id} does not exist")) }
}

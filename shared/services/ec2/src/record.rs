//! Records the reads of EC2, for a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::error::CloudError;
use crossover_sandbox::record::{Recorder, no_write};

use crate::{
    Ec2, Flaw, Gateway, GatewayIs, Place, Route, RouteTable, Routes, SecurityGroup, SecurityGroups, Subnet, Tables,
    sandbox::{self, Instance, Interface, NatGateway},
};

#[async_trait]
impl<C: Routes + ?Sized> Routes for Recorder<C> {
    async fn route_tables(&self, which: Tables<'_>) -> Result<Vec<RouteTable>, CloudError> {
        // A reconcile reads only the tables of a VPC.
        let vpc = if let Tables::OfVpc(vpc) = &which { (*vpc).to_owned() } else { String::new() };
        let answer = self.cloud.route_tables(which).await;
        self.note("route tables of", &vpc, answer, |notes: &mut Ec2Notes, tables| notes.route_tables(&vpc, tables))
    }

    async fn subnets(&self, vpc: &str) -> Result<Vec<Subnet>, CloudError> {
        let answer = self.cloud.subnets(vpc).await;
        self.note("subnets of", vpc, answer, |notes: &mut Ec2Notes, subnets| notes.subnets(vpc, subnets))
    }

    async fn gateways(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Gateway>, CloudError> {
        let answer = self.cloud.gateways(ids).await;
        let names = ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        self.note("gateways", &names, answer, |notes: &mut Ec2Notes, gateways| notes.gateways(ids, gateways))
    }

    async fn replace_route(&self, _: &str, _: &str, _: &str) -> Result<(), CloudError> {
        no_write("ec2:ReplaceRoute")
    }
}

#[async_trait]
impl<C: SecurityGroups + ?Sized> SecurityGroups for Recorder<C> {
    async fn security_groups(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, CloudError> {
        let answer = self.cloud.security_groups(region, ids).await;
        let names = ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        self.note("security groups", &names, answer, |notes: &mut Ec2Notes, groups| notes.security_groups(groups))
    }
}

fn zone(place: Place) -> Option<String> {
    if let Place::Zone(zone) = place { Some(zone) } else { None }
}

/// The results of reading EC2.
#[derive(Default)]
pub struct Ec2Notes {
    /// Route tables and their VPCs, by id.
    tables: BTreeMap<String, (String, RouteTable)>,
    subnets: BTreeMap<String, sandbox::Subnet>,
    /// The requested gateways; `None` for one that does not exist.
    gateways: BTreeMap<String, Option<Gateway>>,
    security_groups: BTreeMap<String, SecurityGroup>,
    /// Keys of tags that are taken.
    tags: BTreeSet<String>,
}

impl Ec2Notes {
    fn route_tables(&mut self, vpc: &str, tables: &[RouteTable]) {
        self.tables.extend(tables.iter().map(|table| (table.id.clone(), (vpc.to_owned(), table.clone()))));
    }

    fn subnets(&mut self, vpc: &str, subnets: &[Subnet]) {
        let subnet = |subnet: &Subnet| {
            (
                subnet.id.clone(),
                sandbox::Subnet { id: subnet.id.clone(), vpc: vpc.to_owned(), zone: subnet.zone.clone(), used: subnet.used },
            )
        };
        self.subnets.extend(subnets.iter().map(subnet));
    }

    fn gateways(&mut self, asked: &BTreeSet<String>, found: &BTreeMap<String, Gateway>) {
        self.gateways.extend(asked.iter().map(|id| (id.clone(), found.get(id).cloned())));
    }

    fn security_groups(&mut self, groups: &[SecurityGroup]) {
        self.security_groups.extend(groups.iter().map(|group| (group.id.clone(), group.clone())));
    }

    /// Takes the tags of route tables with this key too.
    pub fn select_tag(&mut self, key: &str) {
        self.tags.insert(key.to_owned());
    }

    /// The section of a sandbox account with these results; of the tags of route tables only the selected ones.
    pub(crate) fn section(self) -> Ec2 {
        Ec2 {
            routes_lag_ms: 0,
            route_tables: self.route_tables_with(&self.tags),
            nat_gateways: self.of_gateways(|id, Gateway { is, place, flaw }| match is {
                GatewayIs::NatGateway { state } => {
                    let subnet = if let Place::Subnet(subnet) = place { Some(subnet) } else { None };
                    let (private, regional) = (flaw == Some(Flaw::Private), flaw == Some(Flaw::Regional));
                    Some(NatGateway { id, state, subnet, private, regional })
                }
                _ => None,
            }),
            instances: self.of_gateways(|id, Gateway { is, place, flaw }| match is {
                GatewayIs::Instance { state, source_dest_check } => {
                    let (interface, zone) = (self.interface_of(&id), zone(place));
                    let several_interfaces = flaw == Some(Flaw::SeveralInterfaces);
                    Some(Instance { id, state, source_dest_check, interface, zone, several_interfaces })
                }
                _ => None,
            }),
            interfaces: self.of_gateways(|id, Gateway { is, place, flaw }| match is {
                GatewayIs::Interface { status, source_dest_check } => {
                    let of_stopped = flaw == Some(Flaw::InstanceNotRunning);
                    Some(Interface { id, status, source_dest_check, zone: zone(place), of_stopped })
                }
                _ => None,
            }),
            subnets: self.subnets.into_values().collect(),
            security_groups: self.security_groups.into_values().collect(),
        }
    }

    fn of_gateways<T>(&self, make: impl Fn(String, Gateway) -> Option<T>) -> Vec<T> {
        self.gateways.iter().filter_map(|(id, gateway)| make(id.clone(), gateway.clone()?)).collect()
    }

    /// The network interface that EC2 shows together with an instance in its routes.
    fn interface_of(&self, instance: &str) -> String {
        let routes = self.tables.values().flat_map(|(_, table)| &table.routes);
        let mut pairs = routes.filter(|route| route.via.iter().any(|id| id == instance)).flat_map(|route| &route.via);
        pairs.find(|id| id.starts_with("eni-")).cloned().unwrap_or_default()
    }

    /// The routes of each table to declared gateways: no others are ever moved.
    fn route_tables_with(&self, tags: &BTreeSet<String>) -> Vec<sandbox::RouteTable> {
        let route = |route: &Route| {
            // Of a terminated instance only its interface is left in a route.
            let dropped = || route.via.first().filter(|_| route.blackhole);
            let via = route.via.iter().find(|id| self.gateways.contains_key(*id)).or_else(dropped)?;
            Some((route.destination.clone(), via.clone()))
        };
        let table = |(vpc, table): &(String, RouteTable)| sandbox::RouteTable {
            id: table.id.clone(),
            vpc: vpc.clone(),
            main: table.main,
            subnets: table.subnets.clone(),
            tags: table.tags.iter().filter(|(key, _)| tags.contains(*key)).map(|(key, tag)| (key.clone(), tag.clone())).collect(),
            routes: table.routes.iter().filter_map(route).collect(),
        };
        self.tables.values().map(table).collect()
    }
}

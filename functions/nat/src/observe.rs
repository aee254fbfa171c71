//! Reads a NAT target, and finds the home of each table.

use std::collections::{BTreeMap, BTreeSet};

use crossover_ec2::{Gateway, RouteTable, Routes, Subnet, Tables};
use crossover_engine::retry::Patience;
use crossover_model::error::CloudError;
use futures::try_join;

use crate::{
    probe::{self, ProbeTable},
    spec::{NatSide, NatSpec, TablesOf},
};

/// The observed state of a NAT target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The routes that lead to one of the target's gateways.
    pub managed: Vec<Managed>,
    /// The sides whose gateway can't serve, with the reason.
    pub unable: BTreeMap<String, String>,
    /// NAT gateways that are not declared, and the tables with subnets whose managed routes lead to them.
    pub undeclared: BTreeMap<String, BTreeSet<String>>,
    /// The probe's table of each side that declares one, if the VPC has it.
    pub probes: BTreeMap<String, ProbeTable>,
}

/// A managed route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Managed {
    /// `rtb-…`
    pub table: String,
    /// The route's destination.
    pub destination: String,
    /// The side whose gateway it leads to.
    pub at: String,
    /// The home side of the table; `None` if it can't be determined.
    pub home: Option<String>,
    /// Whether it drops all traffic, because its gateway is gone.
    pub blackhole: bool,
}

/// Reads the tables, the subnets and the gateways at the same time.
pub(crate) async fn observe(routes: &dyn Routes, spec: &NatSpec, patience: &Patience<'_>) -> Result<Observed, CloudError> {
    let ids: BTreeSet<String> = spec.sides.values().map(|side| side.gateway.clone()).collect();
    let (tables, subnets, gateways) = try_join!(
        patience.call("tables", || routes.route_tables(Tables::OfVpc(&spec.vpc))),
        patience.call("subnets", || routes.subnets(&spec.vpc)),
        patience.call("gateways", || routes.gateways(&ids)),
    )?;
    Ok(interpret(spec, &tables, &subnets, &gateways))
}

fn interpret(spec: &NatSpec, tables: &[RouteTable], subnets: &[Subnet], gateways: &BTreeMap<String, Gateway>) -> Observed {
    let zones_of = zones_of_tables(tables, subnets);
    let side_of: BTreeMap<&str, &str> = spec.sides.iter().map(|(zone, side)| (side.gateway.as_str(), zone.as_str())).collect();
    let of_probes: BTreeSet<&str> = spec.sides.values().filter_map(|side| side.probe_table.as_deref()).collect();
    let mut managed = Vec::new();
    let mut undeclared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for table in tables.iter().filter(|table| !of_probes.contains(table.id.as_str())) {
        let home = home(spec, table, zones_of.get(table.id.as_str()));
        for route in table.routes.iter().filter(|route| spec.destinations.contains(&route.destination)) {
            if let Some(at) = route.via.iter().find_map(|id| side_of.get(id.as_str())) {
                managed.push(Managed {
                    table: table.id.clone(),
                    destination: route.destination.clone(),
                    at: (*at).to_owned(),
                    home: home.clone(),
                    blackhole: route.blackhole,
                });
            } else if zones_of.contains_key(table.id.as_str()) {
                for gateway in route.via.iter().filter(|id| id.starts_with("nat-")) {
                    undeclared.entry(gateway.clone()).or_default().insert(table.id.clone());
                }
            }
        }
    }
    managed.sort();
    let unable = spec.sides.iter().filter_map(|(zone, side)| Some((zone.clone(), able_to_serve(side, gateways).err()?)));
    let probes = spec.sides.iter().filter_map(|(zone, side)| Some((zone.clone(), probe::table(spec, side, tables, subnets)?)));
    Observed { unable: unable.collect(), managed, undeclared, probes: probes.collect() }
}

/// The zones of the subnets that each table serves. The main table serves subnets without an association.
fn zones_of_tables<'t>(tables: &'t [RouteTable], subnets: &'t [Subnet]) -> BTreeMap<&'t str, BTreeSet<&'t str>> {
    let named: BTreeMap<&str, &str> =
        tables.iter().flat_map(|table| table.subnets.iter().map(|subnet| (subnet.as_str(), table.id.as_str()))).collect();
    let main = tables.iter().find(|table| table.main).map(|table| table.id.as_str());
    let mut zones: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for subnet in subnets {
        if let Some(table) = named.get(subnet.id.as_str()).copied().or(main) {
            zones.entry(table).or_default().insert(&subnet.zone);
        }
    }
    zones
}

/// The only side that claims the table; `None` if none or several do.
fn home(spec: &NatSpec, table: &RouteTable, zones: Option<&BTreeSet<&str>>) -> Option<String> {
    let one_zone = zones.filter(|zones| zones.len() == 1).and_then(|zones| zones.first().copied());
    let claims = |zone: &str, side: &NatSide| match &side.tables {
        TablesOf::Ids(ids) => ids.contains(&table.id),
        TablesOf::Tagged(tags) => tags.iter().all(|(key, value)| table.tags.get(key) == Some(value)),
        TablesOf::Zone => one_zone == Some(zone),
    };
    // A side's declaration takes precedence over the zones of the subnets.
    let named = |(_, side): &(&String, &NatSide)| side.tables != TablesOf::Zone;
    let mut claimants: Vec<(&String, &NatSide)> = spec.sides.iter().filter(|(zone, side)| claims(zone, side)).collect();
    if claimants.iter().any(named) {
        claimants.retain(named);
    }
    match claimants.as_slice() {
        [(zone, _)] => Some((*zone).clone()),
        _ => None,
    }
}

/// Whether a side's gateway can carry traffic.
///
/// # Errors
/// The reason why it can't.
pub fn able_to_serve(side: &NatSide, gateways: &BTreeMap<String, Gateway>) -> Result<(), String> {
    let id = &side.gateway;
    match gateways.get(id) {
        None => Err(format!("{id} does not exist")),
        Some(Gateway::NatGateway { state }) if state != "available" => Err(format!("{id} is {state}")),
        Some(Gateway::Instance { state, .. }) if state != "running" => Err(format!("{id} is {state}")),
        Some(Gateway::Interface { status, .. }) if status != "in-use" => Err(format!("{id} is {status}")),
        Some(Gateway::Instance { source_dest_check: true, .. } | Gateway::Interface { source_dest_check: true, .. }) => {
            Err(format!("{id} has its source/destination check enabled, so it drops the traffic that it should forward"))
        }
        Some(_) => Ok(()),
    }
}

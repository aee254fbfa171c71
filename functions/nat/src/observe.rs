//! Reads a NAT target, and finds the home of each table.

use std::collections::{BTreeMap, BTreeSet};

use crossover_ec2::{Flaw, Gateway, GatewayIs, Place, Route, RouteTable, Routes, Subnet, Tables};
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
    /// The sides whose gateway carries nothing, by EC2's own word.
    pub dead: BTreeSet<String>,
    /// NAT gateways that are not declared, and the tables with subnets whose managed routes lead to them.
    pub undeclared: BTreeMap<String, BTreeSet<String>>,
    /// The tables that sides declare and that have nothing to move.
    pub idle: Vec<IdleTable>,
    /// The sides in whose zone the VPC has no subnet.
    pub placeless: BTreeSet<String>,
    /// The probe's table of each side that declares one, if the VPC has it.
    pub probes: BTreeMap<String, ProbeTable>,
}

/// A table that a side declares, and of which no route is managed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdleTable {
    /// The side.
    pub side: String,
    /// `rtb-…`, or the tags.
    pub table: String,
    /// Whether the VPC has it.
    pub exists: bool,
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
    /// The id that it leads to, if that is no longer its gateway's: of a terminated instance only the interface is left.
    pub through: Option<String>,
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
            let declared = route.via.iter().find_map(|id| Some(((*side_of.get(id.as_str())?).to_owned(), None)));
            if let Some((at, through)) = declared.or_else(|| of_terminated(spec, route, home.as_ref(), gateways)) {
                managed.push(Managed {
                    table: table.id.clone(),
                    destination: route.destination.clone(),
                    at,
                    home: home.clone(),
                    blackhole: route.blackhole,
                    through,
                });
            } else if zones_of.contains_key(table.id.as_str()) {
                for gateway in route.via.iter().filter(|id| id.starts_with("nat-")) {
                    undeclared.entry(gateway.clone()).or_default().insert(table.id.clone());
                }
            }
        }
    }
    managed.sort();
    let zones: BTreeMap<&str, &str> = subnets.iter().map(|subnet| (subnet.id.as_str(), subnet.zone.as_str())).collect();
    // Of a side that is no zone, only that is known: `placeless`.
    let is_zone = |zone: &String| subnets.iter().any(|subnet| subnet.zone == *zone);
    let able = |zone: &String, side: &NatSide| {
        able_to_serve(side, gateways)?;
        if is_zone(zone) { in_its_zone(zone, side, gateways, &zones) } else { Ok(()) }
    };
    let unable = spec.sides.iter().filter_map(|(zone, side)| Some((zone.clone(), able(zone, side).err()?)));
    let placeless = spec.sides.keys().filter(|side| !is_zone(side)).cloned();
    let idle = spec.sides.iter().flat_map(|(zone, side)| idle_tables(zone, side, tables, &managed));
    let (placeless, idle) = (placeless.collect(), idle.collect());
    let dead = spec.sides.iter().filter(|(_, side)| is_dead(gateways.get(&side.gateway))).map(|(zone, _)| zone.clone());
    let probes = spec.sides.iter().filter_map(|(zone, side)| Some((zone.clone(), probe::table(spec, side, tables, subnets)?)));
    Observed { unable: unable.collect(), dead: dead.collect(), managed, undeclared, idle, placeless, probes: probes.collect() }
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

/// The only side that names the table or, if none does, the side of the one zone of its subnets; `None` if none or several sides
/// claim it.
fn home(spec: &NatSpec, table: &RouteTable, zones: Option<&BTreeSet<&str>>) -> Option<String> {
    let one_zone = zones.filter(|zones| zones.len() == 1).and_then(|zones| zones.first().copied());
    let names = |side: &NatSide| match &side.tables {
        TablesOf::Ids(ids) => ids.contains(&table.id),
        TablesOf::Tagged(tags) => tags.iter().all(|(key, value)| table.tags.get(key) == Some(value)),
        TablesOf::Zone => false,
    };
    let naming: Vec<&String> = spec.sides.iter().filter(|(_, side)| names(side)).map(|(zone, _)| zone).collect();
    match naming.as_slice() {
        [] => spec.sides.keys().find(|zone| one_zone == Some(zone.as_str())).cloned(),
        [zone] => Some((*zone).clone()),
        _ => None,
    }
}

/// Whether EC2 says that nothing can pass a gateway, and nothing will without somebody's work. One that is only being created
/// or started is not dead.
fn is_dead(gateway: Option<&Gateway>) -> bool {
    if gateway.is_some_and(|gateway| gateway.flaw == Some(Flaw::InstanceNotRunning)) {
        return true;
    }
    match gateway.map(|gateway| &gateway.is) {
        None => true,
        Some(GatewayIs::NatGateway { state }) => ["failed", "deleting", "deleted"].contains(&state.as_str()),
        Some(GatewayIs::Instance { state, .. }) => {
            ["stopping", "stopped", "shutting-down", "terminated"].contains(&state.as_str())
        }
        Some(GatewayIs::Interface { status, .. }) => ["available", "detaching"].contains(&status.as_str()),
    }
}

/// Whether a side's gateway can carry traffic.
///
/// # Errors
/// The reason why it can't.
pub fn able_to_serve(side: &NatSide, gateways: &BTreeMap<String, Gateway>) -> Result<(), String> {
    let id = &side.gateway;
    let Some(Gateway { is, flaw, .. }) = gateways.get(id) else { return Err(format!("{id} does not exist")) };
    match is {
        GatewayIs::NatGateway { state } if state != "available" => Err(format!("{id} is {state}")),
        GatewayIs::Instance { state, .. } if state != "running" => Err(format!("{id} is {state}")),
        GatewayIs::Interface { status, .. } if status != "in-use" => Err(format!("{id} is {status}")),
        GatewayIs::Instance { source_dest_check: true, .. } | GatewayIs::Interface { source_dest_check: true, .. } => {
            Err(format!("{id} has its source/destination check enabled, so it drops the traffic that it should forward"))
        }
        _ => flaw.map_or(Ok(()), |flaw| Err(format!("{id} {}", flaw.in_words()))),
    }
}

/// Whether a side's gateway is in the zone of its side, as far as it is known where it is. A gateway in another zone fails with
/// that zone.
fn in_its_zone(
    zone: &str,
    side: &NatSide,
    gateways: &BTreeMap<String, Gateway>,
    zones: &BTreeMap<&str, &str>,
) -> Result<(), String> {
    let is_in = gateways.get(&side.gateway).and_then(|gateway| match &gateway.place {
        Place::Zone(zone) => Some(zone.as_str()),
        Place::Subnet(subnet) => zones.get(subnet.as_str()).copied(),
        Place::Unknown => None,
    });
    match is_in {
        Some(other) if other != zone => Err(format!("{} is in {other}, and not in {zone}", side.gateway)),
        _ => Ok(()),
    }
}

/// The side whose instance a route led to before the instance was terminated, and the interface that is left in the route: a
/// resource that is gone no longer has the id by which it is declared. That is the home of the table if its instance is gone, or the
/// only side whose instance is gone.
fn of_terminated(
    spec: &NatSpec,
    route: &Route,
    home: Option<&String>,
    gateways: &BTreeMap<String, Gateway>,
) -> Option<(String, Option<String>)> {
    let is_gone = |side: &NatSide| match gateways.get(&side.gateway).map(|gateway| &gateway.is) {
        None => side.gateway.starts_with("i-"),
        Some(GatewayIs::Instance { state, .. }) => state == "terminated",
        Some(_) => false,
    };
    let interface = route.via.first().filter(|id| route.blackhole && id.starts_with("eni-"))?;
    let gone: Vec<&String> = spec.sides.iter().filter(|(_, side)| is_gone(side)).map(|(zone, _)| zone).collect();
    let at = match (home, gone.as_slice()) {
        (Some(home), gone) if gone.contains(&home) => home,
        (_, [only]) => only,
        _ => return None,
    };
    Some((at.clone(), Some(interface.clone())))
}

/// The tables that a side declares and of which no route is managed.
fn idle_tables(zone: &str, side: &NatSide, tables: &[RouteTable], managed: &[Managed]) -> Vec<IdleTable> {
    let is_moved = |id: &String| managed.iter().any(|route| route.table == *id);
    let idle = |table: String, exists| IdleTable { side: zone.to_owned(), table, exists };
    match &side.tables {
        TablesOf::Zone => Vec::new(),
        TablesOf::Ids(ids) => {
            let of = |id: &String| idle(id.clone(), tables.iter().any(|table| table.id == *id));
            ids.iter().filter(|id| !is_moved(id)).map(of).collect()
        }
        TablesOf::Tagged(tags) => {
            let has = |table: &&RouteTable| tags.iter().all(|(key, value)| table.tags.get(key) == Some(value));
            let tagged: Vec<&RouteTable> = tables.iter().filter(has).collect();
            if tagged.is_empty() {
                let tags = tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ");
                return vec![idle(format!("tables tagged {tags}"), false)];
            }
            tagged.into_iter().filter(|table| !is_moved(&table.id)).map(|table| idle(table.id.clone(), true)).collect()
        }
    }
}

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_engine::cloud::{self, Gateway, Route, Routes, Tables};
use crossover_model::error::{CloudError, Fault};
use jiff::{SignedDuration, Timestamp};

use crate::{Account, RouteTable, Sandbox, State};

/// A route as it was before a change, which is still read for a while.
pub(crate) struct RouteChange {
    at: Timestamp,
    table: String,
    destination: String,
    before: String,
}

#[async_trait]
impl Routes for Sandbox {
    async fn route_tables(&self, which: Tables<'_>) -> Result<Vec<cloud::RouteTable>, CloudError> {
        self.call("ec2:DescribeRouteTables", "", |state, now| {
            let asked = |table: &&RouteTable| match &which {
                Tables::OfVpc(vpc) => table.vpc == **vpc,
                Tables::WithIds(ids) => ids.contains(&table.id),
            };
            let mut tables: Vec<RouteTable> = state.account.route_tables.iter().filter(asked).cloned().collect();
            make_visible(&mut tables, state, now);
            Ok(tables.iter().map(|table| described(&state.account, table)).collect())
        })
        .await
    }

    async fn subnets(&self, vpc: &str) -> Result<Vec<cloud::Subnet>, CloudError> {
        self.call("ec2:DescribeSubnets", vpc, |state, _| {
            let of_vpc = state.account.subnets.iter().filter(|subnet| subnet.vpc == vpc);
            Ok(of_vpc
                .map(|subnet| cloud::Subnet { id: subnet.id.clone(), zone: subnet.zone.clone(), used: subnet.used })
                .collect())
        })
        .await
    }

    async fn gateways(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Gateway>, CloudError> {
        self.call("ec2:DescribeNatGateways", "", |state, _| {
            Ok(ids.iter().filter_map(|id| Some((id.clone(), gateway(&state.account, id)?))).collect())
        })
        .await
    }

    async fn replace_route(&self, table: &str, destination: &str, gateway: &str) -> Result<(), CloudError> {
        self.call("ec2:ReplaceRoute", table, |state, now| {
            if !state.account.is_there(gateway) {
                return Err(not_found("InvalidNatGatewayID.NotFound", gateway));
            }
            let found = state.account.route_tables.iter_mut().find(|found| found.id == table);
            let found = found.ok_or_else(|| not_found("InvalidRouteTableID.NotFound", table))?;
            let via = found.routes.get_mut(destination).ok_or_else(|| no_route(destination))?;
            let before = std::mem::replace(via, gateway.to_owned());
            state.changes.push(RouteChange { at: now, table: table.to_owned(), destination: destination.to_owned(), before });
            Ok(())
        })
        .await
    }
}

/// Takes back the changes that are too young to be seen.
fn make_visible(tables: &mut [RouteTable], state: &State, now: Timestamp) {
    let lag = SignedDuration::from_millis(i64::try_from(state.account.routes_lag_ms).unwrap_or(i64::MAX));
    for change in state.changes.iter().rev().take_while(|change| now.duration_since(change.at) < lag) {
        let table = tables.iter_mut().find(|table| table.id == change.table);
        if let Some(via) = table.and_then(|table| table.routes.get_mut(&change.destination)) {
            via.clone_from(&change.before);
        }
    }
}

fn described(account: &Account, table: &RouteTable) -> cloud::RouteTable {
    let route = |(destination, via): (&String, &String)| {
        // EC2 shows an instance's route with the id of its interface beside its own.
        let instance = account.instances.iter().find(|instance| instance.id == *via || instance.interface == *via);
        let ids = instance.map_or_else(|| vec![via.clone()], |instance| vec![instance.id.clone(), instance.interface.clone()]);
        Route { destination: destination.clone(), via: ids, blackhole: !account.is_there(via) }
    };
    cloud::RouteTable {
        id: table.id.clone(),
        main: table.main,
        subnets: table.subnets.clone(),
        tags: table.tags.clone(),
        routes: table.routes.iter().map(route).collect(),
    }
}

fn gateway(account: &Account, id: &str) -> Option<Gateway> {
    let nat = account.nat_gateways.iter().find(|gateway| gateway.id == id);
    let instance = account.instances.iter().find(|instance| instance.id == id);
    let interface = account.interfaces.iter().find(|interface| interface.id == id);
    nat.map(|gateway| Gateway::NatGateway { state: gateway.state.clone() })
        .or_else(|| instance.map(|it| Gateway::Instance { state: it.state.clone(), source_dest_check: it.source_dest_check }))
        .or_else(|| interface.map(|it| Gateway::Interface { status: it.status.clone(), source_dest_check: it.source_dest_check }))
}

/// EC2's own words for a route that is gone, which has no code of its own.
fn no_route(destination: &str) -> CloudError {
    let message = format!("There is no route defined for '{destination}' in the route table. Use CreateRoute instead.");
    CloudError { code: "InvalidParameterValue".to_owned(), ..CloudError::new("ec2:ReplaceRoute", Fault::NotFound, message) }
}

fn not_found(code: &str, id: &str) -> CloudError {
    CloudError { code: code.to_owned(), ..CloudError::new("ec2:ReplaceRoute", Fault::NotFound, format!("{id} does not exist")) }
}

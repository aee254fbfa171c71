//! The behavior of EC2 that kinds rely on.

use std::collections::BTreeSet;

use crossover_model::error::Fault;
use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};

use crate::{GatewayIs, Routes, Tables};

/// An EC2 with a VPC of two zones, each with two route tables that lead to a NAT gateway.
pub trait Backend {
    /// The routes.
    fn routes(&self) -> &dyn Routes;

    /// The VPC.
    fn vpc(&self) -> &str;

    /// The NAT gateways, one for each zone.
    fn nats(&self) -> &[String; 2];

    /// The route tables, two for each zone.
    fn tables(&self) -> &[String];

    /// Deletes a NAT gateway.
    fn delete_gateway(&self, id: &str) -> impl Future<Output = ()>;

    /// Makes one address in one of the VPC's subnets used, and none in another.
    fn use_addresses(&self) -> impl Future<Output = ()>;
}

/// What holds of EC2 on every backend.
#[must_use]
pub fn cases<B: Backend>() -> Cases<B> {
    cases![
        tables_of_a_vpc_are_read_whole,
        tables_are_read_by_id,
        a_replaced_route_is_seen_and_replacing_again_is_no_error,
        a_route_that_is_not_there_is_not_found,
        a_table_that_is_not_there_is_not_found,
        a_gateway_that_is_not_there_is_refused,
        a_subnet_says_how_many_of_its_addresses_are_in_use,
        gateways_are_read_by_id,
        a_route_to_a_deleted_gateway_is_a_blackhole,
    ]
}

/// The gateway of a table's default route, and whether it no longer exists.
async fn leads_to<B: Backend>(backend: &B, table: &str) -> Result<(Vec<String>, bool), String> {
    let ids = BTreeSet::from([table.to_owned()]);
    let tables = backend.routes().route_tables(Tables::WithIds(&ids)).await.map_err(|error| error.to_string())?;
    let mut routes = tables.iter().flat_map(|table| &table.routes);
    let default = routes.find(|route| route.destination == "0.0.0.0/0").ok_or("no default route")?;
    Ok((default.via.clone(), default.blackhole))
}

async fn tables_of_a_vpc_are_read_whole<B: Backend>(backend: &B) -> Result<(), String> {
    let tables = backend.routes().route_tables(Tables::OfVpc(backend.vpc())).await.map_err(|error| error.to_string())?;
    let subnets = backend.routes().subnets(backend.vpc()).await.map_err(|error| error.to_string())?;
    check(tables.iter().filter(|table| table.main).count() == 1, format!("not one main table: {tables:?}"))?;
    for (index, id) in backend.tables().iter().enumerate() {
        let table = tables.iter().find(|table| table.id == *id).ok_or(format!("{id} is missing"))?;
        let zone = subnets.iter().find(|subnet| table.subnets.contains(&subnet.id)).map(|subnet| subnet.zone.as_str());
        check(zone == Some(["us-east-1a", "us-east-1b"][index / 2]), format!("{id} serves {zone:?}"))?;
        let default = table.routes.iter().find(|route| route.destination == "0.0.0.0/0").ok_or("no default route")?;
        check(default.via == [backend.nats()[index / 2].clone()] && !default.blackhole, format!("{id}: {default:?}"))?;
    }
    Ok(())
}

async fn tables_are_read_by_id<B: Backend>(backend: &B) -> Result<(), String> {
    let ids = BTreeSet::from([backend.tables()[0].clone(), backend.tables()[3].clone()]);
    let tables = backend.routes().route_tables(Tables::WithIds(&ids)).await.map_err(|error| error.to_string())?;
    let read: BTreeSet<String> = tables.into_iter().map(|table| table.id).collect();
    check(read == ids, format!("{read:?}"))
}

async fn a_replaced_route_is_seen_and_replacing_again_is_no_error<B: Backend>(backend: &B) -> Result<(), String> {
    for _ in 0..2 {
        let replaced = backend.routes().replace_route(&backend.tables()[0], "0.0.0.0/0", &backend.nats()[1]).await;
        replaced.map_err(|error| error.to_string())?;
        let leads = leads_to(backend, &backend.tables()[0]).await?;
        check(leads == (vec![backend.nats()[1].clone()], false), format!("{leads:?}"))?;
    }
    Ok(())
}

async fn a_route_that_is_not_there_is_not_found<B: Backend>(backend: &B) -> Result<(), String> {
    let replaced = backend.routes().replace_route(&backend.tables()[0], "192.0.2.0/24", &backend.nats()[1]).await;
    check(replaced.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{replaced:?}"))
}

async fn a_table_that_is_not_there_is_not_found<B: Backend>(backend: &B) -> Result<(), String> {
    let replaced = backend.routes().replace_route("rtb-00000000000000000", "0.0.0.0/0", &backend.nats()[1]).await;
    check(replaced.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{replaced:?}"))
}

async fn a_gateway_that_is_not_there_is_refused<B: Backend>(backend: &B) -> Result<(), String> {
    let replaced = backend.routes().replace_route(&backend.tables()[0], "0.0.0.0/0", "nat-00000000000000000").await;
    check(replaced.as_ref().is_err_and(|error| !error.retry_can_help()), format!("{replaced:?}"))
}

async fn a_subnet_says_how_many_of_its_addresses_are_in_use<B: Backend>(backend: &B) -> Result<(), String> {
    backend.use_addresses().await;
    let subnets = backend.routes().subnets(backend.vpc()).await.map_err(|error| error.to_string())?;
    let with = |used: u32| subnets.iter().any(|subnet| subnet.used == Some(used));
    check(with(0) && with(1), format!("{subnets:?}"))
}

async fn gateways_are_read_by_id<B: Backend>(backend: &B) -> Result<(), String> {
    let ids = BTreeSet::from([backend.nats()[0].clone(), "nat-00000000000000000".to_owned()]);
    let gateways = backend.routes().gateways(&ids).await.map_err(|error| error.to_string())?;
    let available = GatewayIs::NatGateway { state: "available".to_owned() };
    let is = gateways.get(&backend.nats()[0]).map(|gateway| (&gateway.is, gateway.flaw));
    check(gateways.len() == 1 && is == Some((&available, None)), format!("{gateways:?}"))
}

async fn a_route_to_a_deleted_gateway_is_a_blackhole<B: Backend>(backend: &B) -> Result<(), String> {
    backend.delete_gateway(&backend.nats()[0]).await;
    let leads = leads_to(backend, &backend.tables()[0]).await?;
    check(leads == (vec![backend.nats()[0].clone()], true), format!("{leads:?}"))
}

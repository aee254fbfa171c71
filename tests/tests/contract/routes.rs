//! EC2: route tables and gateways.

use std::collections::BTreeSet;

use crossover_ec2::{Gateway, Tables};
use crossover_model::error::Fault;

use crate::{
    backend::{Backend, Behind},
    check,
};

pub(super) async fn tables_of_a_vpc_are_read_whole(backend: &Backend) -> Result<(), String> {
    let tables = backend.routes.route_tables(Tables::OfVpc(&backend.vpc)).await.map_err(|error| error.to_string())?;
    let subnets = backend.routes.subnets(&backend.vpc).await.map_err(|error| error.to_string())?;
    check(tables.iter().filter(|table| table.main).count() == 1, format!("not one main table: {tables:?}"))?;
    for (index, id) in backend.tables.iter().enumerate() {
        let table = tables.iter().find(|table| table.id == *id).ok_or(format!("{id} is missing"))?;
        let zone = subnets.iter().find(|subnet| table.subnets.contains(&subnet.id)).map(|subnet| subnet.zone.as_str());
        check(zone == Some(["us-east-1a", "us-east-1b"][index / 2]), format!("{id} serves {zone:?}"))?;
        let default = table.routes.iter().find(|route| route.destination == "0.0.0.0/0").ok_or("no default route")?;
        check(default.via == [backend.nats[index / 2].clone()] && !default.blackhole, format!("{id}: {default:?}"))?;
    }
    Ok(())
}

pub(super) async fn tables_are_read_by_id(backend: &Backend) -> Result<(), String> {
    let ids = BTreeSet::from([backend.tables[0].clone(), backend.tables[3].clone()]);
    let tables = backend.routes.route_tables(Tables::WithIds(&ids)).await.map_err(|error| error.to_string())?;
    let read: BTreeSet<String> = tables.into_iter().map(|table| table.id).collect();
    check(read == ids, format!("{read:?}"))
}

pub(super) async fn a_replaced_route_is_seen_and_replacing_again_is_no_error(backend: &Backend) -> Result<(), String> {
    for _ in 0..2 {
        let replaced = backend.routes.replace_route(&backend.tables[0], "0.0.0.0/0", &backend.nats[1]).await;
        replaced.map_err(|error| error.to_string())?;
        let leads = backend.leads_to(&backend.tables[0]).await;
        check(leads == (vec![backend.nats[1].clone()], false), format!("{leads:?}"))?;
    }
    Ok(())
}

pub(super) async fn a_route_that_is_not_there_is_not_found(backend: &Backend) -> Result<(), String> {
    let replaced = backend.routes.replace_route(&backend.tables[0], "192.0.2.0/24", &backend.nats[1]).await;
    check(replaced.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{replaced:?}"))
}

pub(super) async fn a_table_that_is_not_there_is_not_found(backend: &Backend) -> Result<(), String> {
    let replaced = backend.routes.replace_route("rtb-00000000000000000", "0.0.0.0/0", &backend.nats[1]).await;
    check(replaced.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{replaced:?}"))
}

pub(super) async fn a_gateway_that_is_not_there_is_refused(backend: &Backend) -> Result<(), String> {
    let replaced = backend.routes.replace_route(&backend.tables[0], "0.0.0.0/0", "nat-00000000000000000").await;
    check(replaced.as_ref().is_err_and(|error| !error.retry_can_help()), format!("{replaced:?}"))
}

pub(super) async fn a_subnet_says_how_many_of_its_addresses_are_in_use(backend: &Backend) -> Result<(), String> {
    if let Behind::Sandbox(sandbox) = &backend.behind {
        sandbox.change(|account, _| {
            account.subnets[0].used = Some(1);
            account.subnets[1].used = Some(0);
        });
    }
    // In the emulators' network each gateway is in a subnet of its own, and the private ones are empty.
    let subnets = backend.routes.subnets(&backend.vpc).await.map_err(|error| error.to_string())?;
    let with = |used: u32| subnets.iter().any(|subnet| subnet.used == Some(used));
    check(with(0) && with(1), format!("{subnets:?}"))
}

pub(super) async fn gateways_are_read_by_id(backend: &Backend) -> Result<(), String> {
    let ids = BTreeSet::from([backend.nats[0].clone(), "nat-00000000000000000".to_owned()]);
    let gateways = backend.routes.gateways(&ids).await.map_err(|error| error.to_string())?;
    let available = Gateway::NatGateway { state: "available".to_owned() };
    check(gateways.len() == 1 && gateways.get(&backend.nats[0]) == Some(&available), format!("{gateways:?}"))
}

pub(super) async fn a_route_to_a_deleted_gateway_is_a_blackhole(backend: &Backend) -> Result<(), String> {
    backend.delete_gateway(&backend.nats[0]).await;
    let leads = backend.leads_to(&backend.tables[0]).await;
    check(leads == (vec![backend.nats[0].clone()], true), format!("{leads:?}"))
}

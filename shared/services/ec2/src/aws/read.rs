//! Converts EC2's responses to the controller's types.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    self, AvailabilityMode, ConnectivityType, InstanceStateName, RouteState, RouteTableAssociationStateCode,
};

use crate::{Flaw, Gateway, GatewayIs, Place, Route, RouteTable, Subnet};

pub(super) fn route_table(table: types::RouteTable) -> Option<RouteTable> {
    let associations: Vec<_> = table.associations.unwrap_or_default().into_iter().filter(stands).collect();
    let tags = table.tags.unwrap_or_default().into_iter();
    Some(RouteTable {
        id: table.route_table_id?,
        main: associations.iter().any(|association| association.main == Some(true)),
        subnets: associations.into_iter().filter_map(|association| association.subnet_id).collect(),
        tags: tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect::<BTreeMap<_, _>>(),
        routes: table.routes.unwrap_or_default().into_iter().filter_map(route).collect(),
    })
}

/// Whether an association exists or is being created; one without a state exists.
fn stands(association: &types::RouteTableAssociation) -> bool {
    use RouteTableAssociationStateCode::{Disassociated, Disassociating, Failed};
    let state = association.association_state().and_then(|state| state.state());
    !matches!(state, Some(Disassociated | Disassociating | Failed))
}

fn route(route: types::Route) -> Option<Route> {
    let destination = route.destination_cidr_block.or(route.destination_ipv6_cidr_block).or(route.destination_prefix_list_id)?;
    let via = [
        route.nat_gateway_id,
        route.instance_id,
        route.network_interface_id,
        route.gateway_id,
        route.egress_only_internet_gateway_id,
        route.transit_gateway_id,
        route.vpc_peering_connection_id,
        route.local_gateway_id,
        route.carrier_gateway_id,
        route.core_network_arn,
        route.odb_network_arn,
        route.ip_address,
    ];
    Some(Route {
        destination,
        via: via.into_iter().flatten().filter(|id| !id.is_empty()).collect(),
        blackhole: route.state == Some(RouteState::Blackhole),
    })
}

pub(super) fn subnet(subnet: types::Subnet) -> Option<Subnet> {
    let used = used(subnet.cidr_block.as_deref(), subnet.available_ip_address_count);
    Some(Subnet { id: subnet.subnet_id?, zone: subnet.availability_zone?, used })
}

/// AWS reserves the first four addresses of a subnet and its last one.
const OWN: u32 = 5;

/// The number of addresses of a block in use; unknown for an IPv6-only subnet.
fn used(block: Option<&str>, available: Option<i32>) -> Option<u32> {
    let prefix: u32 = block?.rsplit_once('/')?.1.parse().ok()?;
    let all = 1_u32.checked_shl(32_u32.checked_sub(prefix)?)?;
    Some(all.saturating_sub(OWN).saturating_sub(u32::try_from(available?).ok()?))
}

pub(super) fn nat_gateway(gateway: types::NatGateway) -> Option<(String, Gateway)> {
    let state = gateway.state.map(|state| state.as_str().to_owned()).unwrap_or_default();
    let flaw = match (gateway.connectivity_type, gateway.availability_mode) {
        (Some(ConnectivityType::Private), _) => Some(Flaw::Private),
        (_, Some(AvailabilityMode::Regional)) => Some(Flaw::Regional),
        _ => None,
    };
    let place = gateway.subnet_id.map_or(Place::Unknown, Place::Subnet);
    Some((gateway.nat_gateway_id?, Gateway { is: GatewayIs::NatGateway { state }, place, flaw }))
}

pub(super) fn instance(instance: types::Instance) -> Option<(String, Gateway)> {
    let state = instance.state.and_then(|state| state.name).map(|name| name.as_str().to_owned()).unwrap_or_default();
    let source_dest_check = instance.source_dest_check.unwrap_or(true);
    let place = instance.placement.and_then(|placement| placement.availability_zone).map_or(Place::Unknown, Place::Zone);
    let several = instance.network_interfaces.is_some_and(|interfaces| interfaces.len() > 1);
    let flaw = several.then_some(Flaw::SeveralInterfaces);
    Some((instance.instance_id?, Gateway { is: GatewayIs::Instance { state, source_dest_check }, place, flaw }))
}

/// An interface, of which it is known whether its instance runs: `in_stopped` has the interfaces of those that don't.
pub(super) fn interface(interface: types::NetworkInterface, in_stopped: &BTreeSet<String>) -> Option<(String, Gateway)> {
    let status = interface.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
    let source_dest_check = interface.source_dest_check.unwrap_or(true);
    let place = interface.availability_zone.map_or(Place::Unknown, Place::Zone);
    let id = interface.network_interface_id?;
    let flaw = in_stopped.contains(&id).then_some(Flaw::InstanceNotRunning);
    Some((id, Gateway { is: GatewayIs::Interface { status, source_dest_check }, place, flaw }))
}

/// The interfaces of an instance that does not run.
pub(super) fn interfaces_if_stopped(instance: types::Instance) -> Vec<String> {
    let runs = instance.state.and_then(|state| state.name).is_some_and(|name| name == InstanceStateName::Running);
    let interfaces = instance.network_interfaces.filter(|_| !runs).unwrap_or_default();
    interfaces.into_iter().filter_map(|interface| interface.network_interface_id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_used_addresses_are_counted_from_the_free_ones() {
        assert_eq!(used(Some("10.0.0.0/28"), Some(11)), Some(0));
        assert_eq!(used(Some("10.0.0.0/24"), Some(200)), Some(51));
        assert_eq!(used(Some("10.0.0.0/28"), Some(16)), Some(0), "what can't be is no reason to fail");
        assert_eq!(used(None, Some(0)), None, "of IPv6 alone");
        assert_eq!(used(Some("10.0.0.0/28"), None), None);
        assert_eq!(used(Some("10.0.0.0/33"), Some(1)), None);
        assert_eq!(used(Some("0.0.0.0/0"), Some(1)), None);
    }
}

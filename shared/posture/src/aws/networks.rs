//! EC2's network and instances.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    AvailabilityMode, Filter, Instance, InstanceStateName, NatGatewayState, Route, Snapshot as SdkSnapshot, SnapshotState,
    TelemetryStatus, VpnConnection as SdkVpn, VpnState,
};
use crossover_aws::cloud_error;
use crossover_model::error::CloudError;

use super::{AwsPosture, EC2_PAGE, VALUES_OF_A_FILTER, each, timestamp};
use crate::{NatGateway, Networks, Reading, RouteTable, Server, Snapshot, Subnet, Tunnel, VpnConnection, concern};

/// `DescribeRouteTables`: the largest page.
const TABLES_A_PAGE: i32 = 100;
/// The destinations of default routes: everything, and the prefix of NAT64.
const DEFAULT: [&str; 3] = ["0.0.0.0/0", "::/0", "64:ff9b::/96"];
/// The tag of Auto Scaling on its instances.
const GROUP_TAG: &str = "aws:autoscaling:groupName";

#[async_trait]
impl Networks for AwsPosture {
    async fn subnets(&self, reading: &Reading<'_>) -> Option<Vec<Subnet>> {
        let read = || async {
            let pages = self.ec2.client(None).describe_subnets().max_results(EC2_PAGE).into_paginator().items().send();
            let all: Result<Vec<_>, _> = pages.collect().await;
            let all = all.map_err(|error| cloud_error("ec2:DescribeSubnets", error))?;
            let subnet =
                |it: aws_sdk_ec2::types::Subnet| Some(Subnet { id: it.subnet_id?, vpc: it.vpc_id?, zone: it.availability_zone? });
            Ok(all.into_iter().filter_map(subnet).collect())
        };
        reading.all(concern::SUBNETS, read).await
    }

    async fn route_tables(&self, reading: &Reading<'_>) -> Option<Vec<RouteTable>> {
        let read = || async {
            let pages = self.ec2.client(None).describe_route_tables().max_results(TABLES_A_PAGE).into_paginator().items().send();
            let all: Result<Vec<_>, _> = pages.collect().await;
            let all = all.map_err(|error| cloud_error("ec2:DescribeRouteTables", error))?;
            Ok(all.into_iter().filter_map(route_table).collect())
        };
        reading.all(concern::ROUTE_TABLES, read).await
    }

    async fn nat_gateways(&self, reading: &Reading<'_>) -> Option<Vec<NatGateway>> {
        let read = || async {
            let pages = self.ec2.client(None).describe_nat_gateways().max_results(EC2_PAGE).into_paginator().items().send();
            let all: Result<Vec<_>, _> = pages.collect().await;
            let all = all.map_err(|error| cloud_error("ec2:DescribeNatGateways", error))?;
            Ok(all.into_iter().filter_map(nat_gateway).collect())
        };
        reading.all(concern::NAT_GATEWAYS, read).await
    }

    async fn servers(&self, reading: &Reading<'_>) -> Option<Vec<Server>> {
        let read = || async {
            let running = filter("instance-state-name", ["running"]);
            let describe = self.ec2.client(None).describe_instances().filters(running).max_results(EC2_PAGE);
            let all: Result<Vec<_>, _> = describe.into_paginator().items().send().collect().await;
            let all = all.map_err(|error| cloud_error("ec2:DescribeInstances", error))?;
            Ok(all.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default()).filter_map(server).collect())
        };
        reading.all(concern::SERVERS, read).await
    }

    async fn volume_snapshots(
        &self,
        reading: &Reading<'_>,
        region: &str,
        only: Option<&BTreeSet<String>>,
    ) -> Option<Vec<Snapshot>> {
        let of = concern::in_region(concern::VOLUME_SNAPSHOTS, region);
        // A Region without a filter is read completely: copies there can't be filtered.
        let chunks = match only {
            Some(volumes) => chunks(volumes),
            None => vec![Vec::new()],
        };
        let of = &of;
        let read = |volumes: Vec<String>| async move { reading.all(of, || self.snapshots(region, &volumes)).await };
        let read: Option<Vec<Vec<Snapshot>>> = each(chunks, read).await.into_iter().collect();
        let all = read?.into_iter().flatten();
        Some(all.filter(|snapshot| only.is_none_or(|only| only.contains(&snapshot.of))).collect())
    }

    async fn vpn_connections(&self, reading: &Reading<'_>) -> Option<Vec<VpnConnection>> {
        let read = || async {
            let answer = self.ec2.client(None).describe_vpn_connections().send().await;
            let answer = answer.map_err(|error| cloud_error("ec2:DescribeVpnConnections", error))?;
            Ok(answer.vpn_connections.unwrap_or_default().into_iter().filter_map(vpn_connection).collect())
        };
        reading.all(concern::VPN_CONNECTIONS, read).await
    }
}

impl AwsPosture {
    async fn snapshots(&self, region: &str, volumes: &[String]) -> Result<Vec<Snapshot>, CloudError> {
        let describe = self.ec2.client(Some(region)).describe_snapshots().owner_ids("self").max_results(EC2_PAGE);
        let describe = describe.filters(filter("status", ["completed"]));
        let by_volume = (!volumes.is_empty()).then(|| filter("volume-id", volumes.iter().map(String::as_str)));
        let describe = by_volume
            .into_iter()
            .fold(describe, aws_sdk_ec2::operation::describe_snapshots::builders::DescribeSnapshotsFluentBuilder::filters);
        let all: Result<Vec<_>, _> = describe.into_paginator().items().send().collect().await;
        let all = all.map_err(|error| cloud_error("ec2:DescribeSnapshots", error))?;
        Ok(all.into_iter().filter_map(snapshot).collect())
    }
}

/// Splits values into as many as a filter allows.
pub(super) fn chunks(values: &BTreeSet<String>) -> Vec<Vec<String>> {
    values.iter().cloned().collect::<Vec<_>>().chunks(VALUES_OF_A_FILTER).map(<[_]>::to_vec).collect()
}

pub(super) fn filter<'v>(name: &str, values: impl IntoIterator<Item = &'v str>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(str::to_owned).collect())).build()
}

fn route_table(table: aws_sdk_ec2::types::RouteTable) -> Option<RouteTable> {
    let associations = table.associations.unwrap_or_default();
    let leads_to = table.routes.unwrap_or_default().into_iter().filter(is_default).flat_map(|route| {
        [route.nat_gateway_id, route.instance_id, route.network_interface_id, route.gateway_id, route.transit_gateway_id]
    });
    Some(RouteTable {
        id: table.route_table_id?,
        vpc: table.vpc_id?,
        main: associations.iter().any(|association| association.main == Some(true)),
        subnets: associations.into_iter().filter_map(|association| association.subnet_id).collect(),
        leads_to: leads_to.flatten().filter(|id| !id.is_empty()).collect(),
    })
}

fn is_default(route: &Route) -> bool {
    let block = route.destination_cidr_block.as_deref().or(route.destination_ipv6_cidr_block.as_deref());
    block.is_some_and(|block| DEFAULT.contains(&block))
}

/// Those that are available or pending, not failed or being deleted.
fn nat_gateway(gateway: aws_sdk_ec2::types::NatGateway) -> Option<NatGateway> {
    let there = matches!(gateway.state, None | Some(NatGatewayState::Available | NatGatewayState::Pending));
    let regional = gateway.availability_mode == Some(AvailabilityMode::Regional);
    there.then_some(NatGateway { id: gateway.nat_gateway_id?, subnet: gateway.subnet_id.filter(|_| !regional) })
}

fn server(instance: Instance) -> Option<Server> {
    let runs = instance.state.and_then(|state| state.name) == Some(InstanceStateName::Running);
    let tags = instance.tags.unwrap_or_default();
    let interfaces = instance.network_interfaces.unwrap_or_default().into_iter();
    let devices = instance.block_device_mappings.unwrap_or_default().into_iter();
    runs.then_some(Server {
        id: instance.instance_id?,
        zone: instance.placement?.availability_zone?,
        interfaces: interfaces.filter_map(|interface| interface.network_interface_id).collect(),
        volumes: devices.filter_map(|device| device.ebs?.volume_id).collect(),
        scaling_group: tags.into_iter().find(|tag| tag.key.as_deref() == Some(GROUP_TAG)).and_then(|tag| tag.value),
    })
}

/// `CopySnapshot`: the volume of a copy is arbitrary; its source is in its default
/// description, and in the tags that policies copy.
fn snapshot(snapshot: SdkSnapshot) -> Option<Snapshot> {
    let complete = snapshot.state == Some(SnapshotState::Completed);
    let tags = snapshot.tags.unwrap_or_default().into_iter().filter_map(|tag| tag.value);
    let copy_of = snapshot.description.into_iter().chain(tags).flat_map(|text| snapshots_named(&text)).collect();
    let at = timestamp(snapshot.start_time?)?;
    complete.then_some(Snapshot { id: snapshot.snapshot_id?, of: snapshot.volume_id?, at, copy_of })
}

pub(super) fn snapshots_named(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.filter(|word| word.starts_with("snap-")).map(str::to_owned).collect()
}

fn vpn_connection(connection: SdkVpn) -> Option<VpnConnection> {
    let there = matches!(connection.state, None | Some(VpnState::Available | VpnState::Pending));
    let tunnels = connection
        .vgw_telemetry
        .unwrap_or_default()
        .into_iter()
        .filter_map(|tunnel| Some(Tunnel { address: tunnel.outside_ip_address?, up: tunnel.status? == TelemetryStatus::Up }));
    let gateways =
        [connection.vpn_gateway_id, connection.transit_gateway_id, connection.core_network_arn, connection.vpn_concentrator_id];
    there.then_some(VpnConnection {
        id: connection.vpn_connection_id?,
        // A connection without an attachment has no traffic.
        gateway: gateways.into_iter().flatten().find(|id| !id.is_empty())?,
        customer_gateway: connection.customer_gateway_id?,
        tunnels: tunnels.collect(),
    })
}

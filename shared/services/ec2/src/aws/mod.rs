//! Route tables and their gateways, from EC2.
//!
//! Filtered results are filtered again: emulators ignore some filters.

mod read;
mod security_groups;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ec2::{Client, config::Builder, types::Filter};
use crossover_aws::{
    cloud_error,
    config::{LONG_ANSWER, timeouts},
};
use crossover_model::error::{CloudError, Fault};
use futures::{future::try_join_all, try_join};

use crate::{Gateway, RouteTable, Routes, Subnet, Tables};

pub use security_groups::Ec2SecurityGroups;

const REPLACE_ROUTE: &str = "ec2:ReplaceRoute";

/// EC2: the most values of one filter.
const VALUES_OF_A_FILTER: usize = 200;
/// `DescribeRouteTables`: the largest page.
const TABLES_A_PAGE: i32 = 100;
/// `DescribeSubnets` and the gateways' calls: the largest page.
const MOST_A_PAGE: i32 = 1000;

/// The routes of a Region.
#[derive(Debug, Clone)]
pub struct Ec2Routes {
    client: Client,
}

impl Ec2Routes {
    /// EC2 by this configuration, with more patience for an answer.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::from_conf(Builder::from(config).timeout_config(timeouts(LONG_ANSWER)).build()) }
    }
}

#[async_trait]
impl Routes for Ec2Routes {
    async fn route_tables(&self, which: Tables<'_>) -> Result<Vec<RouteTable>, CloudError> {
        match which {
            Tables::OfVpc(vpc) => self.route_tables_by(filter("vpc-id", [vpc]), |table| table.vpc_id() == Some(vpc)).await,
            Tables::WithIds(ids) => {
                // A filter, because one unknown id in `--route-table-ids` fails the whole call.
                let chunks = chunks(ids);
                let is_asked = |table: &aws_sdk_ec2::types::RouteTable| table.route_table_id().is_some_and(|id| ids.contains(id));
                let calls = chunks.into_iter().map(|ids| self.route_tables_by(filter("route-table-id", ids), is_asked));
                let mut tables: Vec<RouteTable> = try_join_all(calls).await?.into_iter().flatten().collect();
                tables.sort_by(|a, b| a.id.cmp(&b.id));
                tables.dedup_by(|a, b| a.id == b.id);
                Ok(tables)
            }
        }
    }

    async fn subnets(&self, vpc: &str) -> Result<Vec<Subnet>, CloudError> {
        let request = self.client.describe_subnets().filters(filter("vpc-id", [vpc])).max_results(MOST_A_PAGE);
        let mut pages = request.into_paginator().send();
        let mut subnets = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| cloud_error("ec2:DescribeSubnets", error))?;
            let own = page.subnets.unwrap_or_default().into_iter().filter(|subnet| subnet.vpc_id() == Some(vpc));
            subnets.extend(own.filter_map(read::subnet));
        }
        Ok(subnets)
    }

    async fn gateways(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Gateway>, CloudError> {
        let of_kind = |prefix: &str| ids.iter().filter(|id| id.starts_with(prefix)).cloned().collect::<BTreeSet<_>>();
        let (nat_ids, instance_ids, interface_ids) = (of_kind("nat-"), of_kind("i-"), of_kind("eni-"));
        let (nats, instances, interfaces) = try_join!(
            try_join_all(chunks(&nat_ids).into_iter().map(|ids| self.nat_gateways(ids))),
            try_join_all(chunks(&instance_ids).into_iter().map(|ids| self.instances(ids))),
            try_join_all(chunks(&interface_ids).into_iter().map(|ids| self.interfaces(ids))),
        )?;
        let found = [nats, instances, interfaces].into_iter().flatten().flatten();
        Ok(found.filter(|(id, _)| ids.contains(id)).collect())
    }

    async fn replace_route(&self, table: &str, destination: &str, gateway: &str) -> Result<(), CloudError> {
        let request = self.client.replace_route().route_table_id(table);
        let request = if destination.starts_with("pl-") {
            request.destination_prefix_list_id(destination)
        } else if destination.contains(':') {
            request.destination_ipv6_cidr_block(destination)
        } else {
            request.destination_cidr_block(destination)
        };
        let request = match gateway.split_once('-').map(|(prefix, _)| prefix) {
            Some("nat") => request.nat_gateway_id(gateway),
            Some("i") => request.instance_id(gateway),
            Some("eni") => request.network_interface_id(gateway),
            _ => {
                let why = format!("a route can't lead to {gateway}; expected nat-…, i-… or eni-…");
                return Err(CloudError::new(REPLACE_ROUTE, Fault::Refused, why));
            }
        };
        request.send().await.map(|_| ()).map_err(|error| gone(cloud_error(REPLACE_ROUTE, error)))
    }
}

/// EC2 has no error code of its own for a missing route.
fn gone(error: CloudError) -> CloudError {
    let gone = error.code == "InvalidParameterValue" && error.message.starts_with("There is no route defined");
    CloudError { fault: if gone { Fault::NotFound } else { error.fault }, ..error }
}

impl Ec2Routes {
    async fn route_tables_by(
        &self,
        filter: Filter,
        is_asked: impl Fn(&aws_sdk_ec2::types::RouteTable) -> bool + Send,
    ) -> Result<Vec<RouteTable>, CloudError> {
        let request = self.client.describe_route_tables().filters(filter).max_results(TABLES_A_PAGE);
        let mut pages = request.into_paginator().send();
        let mut tables = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| cloud_error("ec2:DescribeRouteTables", error))?;
            let asked = page.route_tables.unwrap_or_default().into_iter().filter(&is_asked);
            tables.extend(asked.filter_map(read::route_table));
        }
        Ok(tables)
    }

    async fn nat_gateways(&self, ids: Vec<&str>) -> Result<Vec<(String, Gateway)>, CloudError> {
        let request = self.client.describe_nat_gateways().filter(filter("nat-gateway-id", ids)).max_results(MOST_A_PAGE);
        let mut pages = request.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| cloud_error("ec2:DescribeNatGateways", error))?;
            found.extend(page.nat_gateways.unwrap_or_default().into_iter().filter_map(read::nat_gateway));
        }
        Ok(found)
    }

    async fn instances(&self, ids: Vec<&str>) -> Result<Vec<(String, Gateway)>, CloudError> {
        let request = self.client.describe_instances().filters(filter("instance-id", ids)).max_results(MOST_A_PAGE);
        let mut pages = request.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| cloud_error("ec2:DescribeInstances", error))?;
            let reservations = page.reservations.unwrap_or_default().into_iter();
            found.extend(reservations.flat_map(|one| one.instances.unwrap_or_default()).filter_map(read::instance));
        }
        Ok(found)
    }

    async fn interfaces(&self, ids: Vec<&str>) -> Result<Vec<(String, Gateway)>, CloudError> {
        // At the same time, the instances that they are attached to: an interface of a stopped one stays `in-use`.
        let in_stopped = self.interfaces_of_stopped(&ids);
        let (in_stopped, read) = try_join!(in_stopped, self.read_interfaces(&ids))?;
        Ok(read.into_iter().filter_map(|interface| read::interface(interface, &in_stopped)).collect())
    }

    async fn interfaces_of_stopped(&self, ids: &[&str]) -> Result<BTreeSet<String>, CloudError> {
        let filter = filter("network-interface.network-interface-id", ids.iter().copied());
        let request = self.client.describe_instances().filters(filter).max_results(MOST_A_PAGE);
        let mut pages = request.into_paginator().send();
        let mut found = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| cloud_error("ec2:DescribeInstances", error))?;
            let reservations = page.reservations.unwrap_or_default().into_iter();
            found.extend(reservations.flat_map(|one| one.instances.unwrap_or_default()).flat_map(read::interfaces_if_stopped));
        }
        Ok(found)
    }

    async fn read_interfaces(&self, ids: &[&str]) -> Result<Vec<aws_sdk_ec2::types::NetworkInterface>, CloudError> {
        let filter = filter("network-interface-id", ids.iter().copied());
        let request = self.client.describe_network_interfaces().filters(filter).max_results(MOST_A_PAGE);
        let mut pages = request.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| cloud_error("ec2:DescribeNetworkInterfaces", error))?;
            found.extend(page.network_interfaces.unwrap_or_default());
        }
        Ok(found)
    }
}

fn chunks(ids: &BTreeSet<String>) -> Vec<Vec<&str>> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.chunks(VALUES_OF_A_FILTER).map(<[_]>::to_vec).collect()
}

fn filter<'v>(name: &str, values: impl IntoIterator<Item = &'v str>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(str::to_owned).collect())).build()
}

#[cfg(all(test, feature = "canned"))]
mod tests;

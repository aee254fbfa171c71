//! EC2 and CloudWatch's alarms.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_engine::{
    cloud::{Gateway, RouteTable, Routes, Subnet, Tables},
    ports::Alarms,
};
use crossover_model::{alarm::AlarmReading, error::CloudError};

use super::{Recorder, no_write};

#[async_trait]
impl<C: Routes + ?Sized> Routes for Recorder<C> {
    async fn route_tables(&self, which: Tables<'_>) -> Result<Vec<RouteTable>, CloudError> {
        // Those of a VPC are all that a look reads.
        let vpc = if let Tables::OfVpc(vpc) = &which { (*vpc).to_owned() } else { String::new() };
        let answer = self.cloud.route_tables(which).await;
        self.note("route tables of", &vpc, answer, |notes, tables| notes.route_tables(&vpc, tables))
    }

    async fn subnets(&self, vpc: &str) -> Result<Vec<Subnet>, CloudError> {
        let answer = self.cloud.subnets(vpc).await;
        self.note("subnets of", vpc, answer, |notes, subnets| notes.subnets(vpc, subnets))
    }

    async fn gateways(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Gateway>, CloudError> {
        let answer = self.cloud.gateways(ids).await;
        let names = ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        self.note("gateways", &names, answer, |notes, gateways| notes.gateways(ids, gateways))
    }

    async fn replace_route(&self, _: &str, _: &str, _: &str) -> Result<(), CloudError> {
        no_write("ec2:ReplaceRoute")
    }
}

#[async_trait]
impl<C: Alarms + ?Sized> Alarms for Recorder<C> {
    async fn read_alarms(&self, names: &BTreeSet<String>) -> Result<BTreeMap<String, AlarmReading>, CloudError> {
        let answer = self.cloud.read_alarms(names).await;
        let listed = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        self.note("alarms", &listed, answer, crate::notes::Notes::alarms)
    }
}

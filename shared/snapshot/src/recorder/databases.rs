//! RDS, Aurora and their lag.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_engine::cloud::{
    DatabaseChanges, Databases, DbCluster, DbInstance, GlobalCluster, InstanceChange, LagMetric, LagSample, Lags, NewReplica,
};
use crossover_model::error::CloudError;
use jiff::Timestamp;

use super::{Recorder, no_write};

fn named(ids: &BTreeSet<String>, region: Option<&str>) -> String {
    let ids = ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    placed(&ids, region)
}

fn placed(name: &str, region: Option<&str>) -> String {
    region.map_or_else(|| name.to_owned(), |region| format!("{name} in {region}"))
}

#[async_trait]
impl<C: Databases + ?Sized> Databases for Recorder<C> {
    async fn instances(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbInstance>, CloudError> {
        let answer = self.cloud.instances(region, ids).await;
        self.note("DB instances", &named(ids, region), answer, |notes, instances| notes.instances(instances))
    }

    async fn clusters(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbCluster>, CloudError> {
        let answer = self.cloud.clusters(region, ids).await;
        self.note("DB clusters", &named(ids, region), answer, |notes, clusters| notes.clusters(clusters))
    }

    async fn global_cluster(&self, region: Option<&str>, id: &str) -> Result<Option<GlobalCluster>, CloudError> {
        let answer = self.cloud.global_cluster(region, id).await;
        self.note("global database", &placed(id, region), answer, |notes, global| notes.global_cluster(global.as_ref()))
    }
}

#[async_trait]
impl<C: Lags + ?Sized> Lags for Recorder<C> {
    async fn lag_samples(
        &self,
        region: Option<&str>,
        metric: LagMetric,
        ids: &BTreeSet<String>,
        since: Timestamp,
    ) -> Result<BTreeMap<String, Vec<LagSample>>, CloudError> {
        let answer = self.cloud.lag_samples(region, metric, ids, since).await;
        let what = format!("{} of", metric.name());
        self.note(&what, &named(ids, region), answer, |notes, samples| notes.lags(region, metric, samples))
    }
}

#[async_trait]
impl<C: DatabaseChanges + ?Sized> DatabaseChanges for Recorder<C> {
    async fn promote_replica(&self, _: Option<&str>, _: &str) -> Result<(), CloudError> {
        no_write("rds:PromoteReadReplica")
    }

    async fn promote_replica_cluster(&self, _: Option<&str>, _: &str) -> Result<(), CloudError> {
        no_write("rds:PromoteReadReplicaDBCluster")
    }

    async fn switch_over_replica(&self, _: Option<&str>, _: &str) -> Result<(), CloudError> {
        no_write("rds:SwitchoverReadReplica")
    }

    async fn reboot_with_failover(&self, _: Option<&str>, _: &str) -> Result<(), CloudError> {
        no_write("rds:RebootDBInstance")
    }

    async fn fail_over_cluster(&self, _: Option<&str>, _: &str, _: &str) -> Result<(), CloudError> {
        no_write("rds:FailoverDBCluster")
    }

    async fn fail_over_global(&self, _: Option<&str>, _: &str, _: &str) -> Result<(), CloudError> {
        no_write("rds:FailoverGlobalCluster")
    }

    async fn switch_over_global(&self, _: Option<&str>, _: &str, _: &str) -> Result<(), CloudError> {
        no_write("rds:SwitchoverGlobalCluster")
    }

    async fn modify_instance(&self, _: Option<&str>, _: &str, _: &InstanceChange) -> Result<(), CloudError> {
        no_write("rds:ModifyDBInstance")
    }

    async fn stop_instance(&self, _: Option<&str>, _: &str) -> Result<(), CloudError> {
        no_write("rds:StopDBInstance")
    }

    async fn create_replica(&self, _: Option<&str>, _: &NewReplica) -> Result<(), CloudError> {
        no_write("rds:CreateDBInstanceReadReplica")
    }
}

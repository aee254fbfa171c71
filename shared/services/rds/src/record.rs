//! Records the reads of RDS and Aurora, for a snapshot.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;
use crossover_model::error::CloudError;
use crossover_sandbox::record::{Recorder, no_write};
use jiff::Timestamp;

use crate::{
    DatabaseChanges, Databases, DbCluster, DbInstance, GlobalCluster, InstanceChange, LagMeter, LagMetric, LagSample, Lags,
    NewReplica, Rds, sandbox::LagSeries,
};

/// A replica whose last sample is at most this old keeps its lag in the snapshot.
const FRESH: Duration = Duration::from_mins(5);
const MINUTE: Duration = Duration::from_mins(1);

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
        self.names_account(answer.iter().flatten().map(|instance| instance.arn.as_str()));
        self.note("DB instances", &named(ids, region), answer, |notes: &mut RdsNotes, instances| notes.instances(instances))
    }

    async fn clusters(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbCluster>, CloudError> {
        let answer = self.cloud.clusters(region, ids).await;
        self.names_account(answer.iter().flatten().map(|cluster| cluster.arn.as_str()));
        self.note("DB clusters", &named(ids, region), answer, |notes: &mut RdsNotes, clusters| notes.clusters(clusters))
    }

    async fn global_cluster(&self, region: Option<&str>, id: &str) -> Result<Option<GlobalCluster>, CloudError> {
        let answer = self.cloud.global_cluster(region, id).await;
        self.note("global database", &placed(id, region), answer, |notes: &mut RdsNotes, global| {
            notes.global_cluster(global.as_ref());
        })
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
        self.note(&what, &named(ids, region), answer, |notes: &mut RdsNotes, samples| notes.lags(region, metric, samples))
    }
}

#[async_trait]
impl<C: DatabaseChanges + ?Sized> DatabaseChanges for Recorder<C> {
    async fn promote_replica(&self, _: Option<&str>, _: &str, _: Option<u32>) -> Result<(), CloudError> {
        no_write("rds:PromoteReadReplica")
    }

    async fn promote_replica_cluster(&self, _: Option<&str>, _: &str) -> Result<(), CloudError> {
        no_write("rds:PromoteReadReplicaDBCluster")
    }

    async fn switch_over_replica(&self, _: Option<&str>, _: &str) -> Result<(), CloudError> {
        no_write("rds:SwitchoverReadReplica")
    }

    async fn restart(&self, _: Option<&str>, _: &str) -> Result<(), CloudError> {
        no_write("rds:RebootDBInstance")
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

/// The results of reading RDS and Aurora.
#[derive(Default)]
pub struct RdsNotes {
    instances: BTreeMap<String, DbInstance>,
    clusters: BTreeMap<String, DbCluster>,
    globals: BTreeMap<String, GlobalCluster>,
    /// By Region (`None` for the own one), metric and replica.
    lags: BTreeMap<(Option<String>, LagMetric, String), Vec<LagSample>>,
}

impl RdsNotes {
    fn instances(&mut self, instances: &[DbInstance]) {
        self.instances.extend(instances.iter().map(|instance| (instance.arn.clone(), instance.clone())));
    }

    fn clusters(&mut self, clusters: &[DbCluster]) {
        self.clusters.extend(clusters.iter().map(|cluster| (cluster.arn.clone(), cluster.clone())));
    }

    fn global_cluster(&mut self, global: Option<&GlobalCluster>) {
        self.globals.extend(global.map(|global| (global.id.clone(), global.clone())));
    }

    fn lags(&mut self, region: Option<&str>, metric: LagMetric, samples: &BTreeMap<String, Vec<LagSample>>) {
        let series = samples.iter().map(|(id, samples)| ((region.map(str::to_owned), metric, id.clone()), samples.clone()));
        self.lags.extend(series);
    }

    fn engine(&self, id: &str) -> &str {
        self.instances.values().find(|instance| instance.id == id).map_or("", |instance| &instance.engine)
    }

    /// The section of a sandbox account of this Region with these results, at `now`.
    pub(crate) fn section(self, region: &str, now: Timestamp) -> Rds {
        Rds {
            lags: self.lags.iter().map(|of| lag_series(of, self.engine(&of.0.2), region, now)).collect(),
            instances: self.instances.into_values().collect(),
            clusters: self.clusters.into_values().collect(),
            global_clusters: self.globals.into_values().collect(),
            ..Rds::default()
        }
    }
}

/// The samples, and from then on what the last one shows if it is recent.
fn lag_series(
    ((region, metric, id), samples): (&(Option<String>, LagMetric, String), &Vec<LagSample>),
    engine: &str,
    own: &str,
    now: Timestamp,
) -> LagSeries {
    let mut samples = samples.clone();
    samples.sort_by_key(|sample| sample.at);
    let meter = LagMeter::of(*metric, engine);
    let news = samples.iter().copied().reduce(|last, sample| if meter.is_news(&last, &sample) { sample } else { last });
    let last = samples.last().filter(|last| now.duration_since(last.at).unsigned_abs() <= FRESH);
    LagSeries {
        region: region.clone().unwrap_or_else(|| own.to_owned()),
        metric: *metric,
        id: id.clone(),
        each_minute: news.filter(|_| last.is_some()).map(|news| news.value),
        since: last.map(|last| last.at + MINUTE),
        counts_on_since: news.zip(last).filter(|(news, last)| news.at < last.at).map(|(news, _)| news.at),
        samples,
    }
}

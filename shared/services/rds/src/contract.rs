//! The behavior of RDS and Aurora that kinds rely on.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crossover_engine::ports::Clock;
use crossover_model::error::Fault;
use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};
use jiff::SignedDuration;

use crate::{
    AVAILABLE, DatabaseChanges, Databases, DbCluster, DbInstance, GlobalCluster, INVALID_INSTANCE_STATE, InstanceChange,
    LagMetric, Lags, NewReplica,
};

/// The Region of a first database.
pub const HOME: &str = "us-east-1";
/// The Region of its replica.
pub const OTHER: &str = "us-west-2";

/// The clients for databases.
pub struct Parts {
    /// Reads.
    pub databases: Arc<dyn Databases>,
    /// Changes.
    pub changes: Arc<dyn DatabaseChanges>,
    /// Replica lag.
    pub lags: Arc<dyn Lags>,
}

/// An RDS with the instances and clusters that a case asks for.
pub trait Backend {
    /// The clients for instances.
    fn instances(&self) -> &Parts;

    /// The clients for clusters.
    fn clusters(&self) -> &Parts;

    /// Its time.
    fn clock(&self) -> &dyn Clock;

    /// How often the result of an operation is read, and the pause between two reads.
    fn waits(&self) -> (usize, Duration);

    /// A new instance with a standby in [`HOME`], and its replica in [`OTHER`].
    fn replicas(&self) -> impl Future<Output = [String; 2]>;

    /// A new cluster of two instances, the first of which is the writer.
    fn cluster(&self) -> impl Future<Output = (String, [String; 2])>;

    /// A new global database, and its two clusters by their ARNs, the first of which is the primary.
    fn global(&self) -> impl Future<Output = (String, [String; 2])>;

    /// A lag sample of a replica in [`OTHER`].
    fn put_lag(&self, replica: &str, value: f64) -> impl Future<Output = ()>;
}

/// What holds of RDS on every backend.
#[must_use]
pub fn cases<B: Backend>() -> Cases<B> {
    cases![
        instances_are_read_by_id,
        a_replica_in_another_region_names_its_source_by_arn,
        a_promoted_replica_is_none_any_more,
        what_is_no_replica_is_not_promoted,
        a_promotion_is_not_begun_twice,
        an_instance_that_is_not_there_is_not_found,
        security_groups_are_changed,
        backups_and_a_standby_are_there_in_the_end,
        what_has_replicas_is_not_stopped,
        a_standby_takes_over,
        without_a_standby_nothing_takes_over,
        a_new_replica_is_one,
        a_cluster_names_its_writer,
        a_cluster_fails_over_to_the_instance_that_is_named,
        a_global_database_names_its_primary,
        a_global_database_fails_over,
        lag_samples_come_with_their_minutes,
    ]
}

/// Operations take minutes on AWS and in the sandbox; an emulator completes them at once or never.
async fn until<B: Backend, T, F: Future<Output = Result<T, String>>>(
    backend: &B,
    read: impl Fn() -> F,
    is_there: impl Fn(&T) -> bool,
) -> Result<T, String> {
    let (attempts, pause) = backend.waits();
    for _ in 0..attempts {
        let read = read().await?;
        if is_there(&read) {
            return Ok(read);
        }
        backend.clock().sleep(pause).await;
    }
    read().await
}

fn one(id: &str) -> BTreeSet<String> {
    BTreeSet::from([id.to_owned()])
}

async fn instance<B: Backend>(backend: &B, region: &str, id: &str) -> Result<DbInstance, String> {
    let read = backend.instances().databases.instances(Some(region), &one(id)).await;
    read.map_err(|error| error.to_string())?.pop().ok_or(format!("{id} is missing"))
}

async fn cluster<B: Backend>(backend: &B, id: &str) -> Result<DbCluster, String> {
    let read = backend.clusters().databases.clusters(Some(HOME), &one(id)).await;
    read.map_err(|error| error.to_string())?.pop().ok_or(format!("{id} is missing"))
}

async fn global<B: Backend>(backend: &B, id: &str) -> Result<GlobalCluster, String> {
    let read = backend.clusters().databases.global_cluster(Some(HOME), id).await;
    read.map_err(|error| error.to_string())?.ok_or(format!("{id} is missing"))
}

async fn instances_are_read_by_id<B: Backend>(backend: &B) -> Result<(), String> {
    let [home, replica] = backend.replicas().await;
    let ids = BTreeSet::from([home.clone(), "no-such-instance".to_owned()]);
    let read = backend.instances().databases.instances(Some(HOME), &ids).await.map_err(|error| error.to_string())?;
    check(read.len() == 1 && read[0].id == home, format!("{read:?}"))?;
    let DbInstance { status, source, multi_az, backup_retention_days, endpoint, .. } = &read[0];
    check(status == AVAILABLE && source.is_none() && *multi_az && *backup_retention_days == 7, format!("{read:?}"))?;
    check(endpoint.as_ref().is_some_and(|name| name.contains(&home)), format!("{read:?}"))?;
    let elsewhere =
        backend.instances().databases.instances(Some(HOME), &one(&replica)).await.map_err(|error| error.to_string())?;
    check(elsewhere.is_empty(), format!("another Region's: {elsewhere:?}"))
}

async fn a_replica_in_another_region_names_its_source_by_arn<B: Backend>(backend: &B) -> Result<(), String> {
    let [home, replica] = backend.replicas().await;
    let (home, replica) = (instance(backend, HOME, &home).await?, instance(backend, OTHER, &replica).await?);
    check(replica.source.as_ref() == Some(&home.arn), format!("{:?} is not {}", replica.source, home.arn))?;
    check(replica.arn.contains(OTHER) && home.arn.contains(HOME), format!("{} {}", replica.arn, home.arn))
}

async fn a_promoted_replica_is_none_any_more<B: Backend>(backend: &B) -> Result<(), String> {
    let [_, replica] = backend.replicas().await;
    backend.instances().changes.promote_replica(Some(OTHER), &replica, Some(3)).await.map_err(|error| error.to_string())?;
    let is_done = |read: &DbInstance| read.source.is_none() && read.status == AVAILABLE;
    let read = until(backend, || instance(backend, OTHER, &replica), is_done).await?;
    check(is_done(&read), format!("{read:?}"))
}

async fn what_is_no_replica_is_not_promoted<B: Backend>(backend: &B) -> Result<(), String> {
    let [home, _] = backend.replicas().await;
    let promoted = backend.instances().changes.promote_replica(Some(HOME), &home, None).await;
    check(promoted.as_ref().is_err_and(|error| error.fault == Fault::Refused), format!("{promoted:?}"))
}

async fn a_promotion_is_not_begun_twice<B: Backend>(backend: &B) -> Result<(), String> {
    let [_, replica] = backend.replicas().await;
    let promote = || backend.instances().changes.promote_replica(Some(OTHER), &replica, Some(3));
    promote().await.map_err(|error| error.to_string())?;
    let again = promote().await;
    check(again.as_ref().is_err_and(|error| error.code == INVALID_INSTANCE_STATE), format!("{again:?}"))
}

async fn an_instance_that_is_not_there_is_not_found<B: Backend>(backend: &B) -> Result<(), String> {
    let promoted = backend.instances().changes.promote_replica(Some(HOME), "no-such-instance", None).await;
    check(promoted.as_ref().is_err_and(|error| error.fault == Fault::NotFound), format!("{promoted:?}"))
}

async fn security_groups_are_changed<B: Backend>(backend: &B) -> Result<(), String> {
    let [home, _] = backend.replicas().await;
    let groups = one("sg-0a1b2c3d4e5f60009");
    let change = InstanceChange { security_groups: Some(groups.clone()), ..InstanceChange::default() };
    // The fence repeats the call after a lost response.
    for _ in 0..2 {
        backend.instances().changes.modify_instance(Some(HOME), &home, &change).await.map_err(|error| error.to_string())?;
    }
    let is_done = |read: &DbInstance| read.security_groups == groups && !read.security_groups_pending;
    let read = until(backend, || instance(backend, HOME, &home), is_done).await?;
    check(is_done(&read) && read.backup_retention_days == 7, format!("{read:?}"))
}

async fn backups_and_a_standby_are_there_in_the_end<B: Backend>(backend: &B) -> Result<(), String> {
    let [home, _] = backend.replicas().await;
    let change = InstanceChange { backup_retention_days: Some(14), multi_az: Some(false), ..InstanceChange::default() };
    backend.instances().changes.modify_instance(Some(HOME), &home, &change).await.map_err(|error| error.to_string())?;
    let is_done = |read: &DbInstance| read.backup_retention_days == 14 && !read.multi_az && read.status == AVAILABLE;
    let read = until(backend, || instance(backend, HOME, &home), is_done).await?;
    check(is_done(&read), format!("{read:?}"))
}

async fn what_has_replicas_is_not_stopped<B: Backend>(backend: &B) -> Result<(), String> {
    let [home, _] = backend.replicas().await;
    let stopped = backend.instances().changes.stop_instance(Some(HOME), &home).await;
    check(stopped.as_ref().is_err_and(|error| error.fault == Fault::Refused), format!("{stopped:?}"))
}

async fn a_standby_takes_over<B: Backend>(backend: &B) -> Result<(), String> {
    let [home, _] = backend.replicas().await;
    let before = instance(backend, HOME, &home).await?;
    backend.instances().changes.reboot_with_failover(Some(HOME), &home).await.map_err(|error| error.to_string())?;
    let is_done = |read: &DbInstance| read.zone != before.zone && read.status == AVAILABLE;
    let read = until(backend, || instance(backend, HOME, &home), is_done).await?;
    check(is_done(&read), format!("{:?} and then {:?}", before.zone, read.zone))
}

async fn without_a_standby_nothing_takes_over<B: Backend>(backend: &B) -> Result<(), String> {
    let [_, replica] = backend.replicas().await;
    let rebooted = backend.instances().changes.reboot_with_failover(Some(OTHER), &replica).await;
    check(rebooted.as_ref().is_err_and(|error| error.fault == Fault::Refused), format!("{rebooted:?}"))
}

async fn a_new_replica_is_one<B: Backend>(backend: &B) -> Result<(), String> {
    let [home, _] = backend.replicas().await;
    let source = instance(backend, HOME, &home).await?.arn;
    let new = NewReplica { id: format!("{home}-2"), source: source.clone(), ..NewReplica::default() };
    backend.instances().changes.create_replica(Some(OTHER), &new).await.map_err(|error| error.to_string())?;
    let is_done = |read: &DbInstance| read.source.as_ref() == Some(&source) && read.status == AVAILABLE;
    let read = until(backend, || instance(backend, OTHER, &new.id), is_done).await?;
    check(is_done(&read), format!("{read:?}"))
}

fn writer(cluster: &DbCluster) -> Vec<&str> {
    cluster.members.iter().filter(|member| member.writer).map(|member| member.instance.as_str()).collect()
}

async fn a_cluster_names_its_writer<B: Backend>(backend: &B) -> Result<(), String> {
    let (id, [first, second]) = backend.cluster().await;
    let read = cluster(backend, &id).await?;
    let members: BTreeSet<&str> = read.members.iter().map(|member| member.instance.as_str()).collect();
    check(
        members == BTreeSet::from([first.as_str(), second.as_str()]) && writer(&read) == [first.as_str()],
        format!("{read:?}"),
    )?;
    check(read.status == AVAILABLE && read.source.is_none() && read.endpoint.is_some(), format!("{read:?}"))?;
    let missing = backend.clusters().databases.clusters(Some(HOME), &one("no-such-cluster")).await;
    check(missing.as_ref().is_ok_and(Vec::is_empty), format!("{missing:?}"))
}

async fn a_cluster_fails_over_to_the_instance_that_is_named<B: Backend>(backend: &B) -> Result<(), String> {
    let (id, [_, second]) = backend.cluster().await;
    backend.clusters().changes.fail_over_cluster(Some(HOME), &id, &second).await.map_err(|error| error.to_string())?;
    let is_done = |read: &DbCluster| writer(read) == [second.as_str()] && read.status == AVAILABLE;
    let read = until(backend, || cluster(backend, &id), is_done).await?;
    check(is_done(&read), format!("{read:?}"))
}

fn primary(global: &GlobalCluster) -> Vec<&str> {
    global.members.iter().filter(|member| member.writer).map(|member| member.cluster.as_str()).collect()
}

async fn a_global_database_names_its_primary<B: Backend>(backend: &B) -> Result<(), String> {
    let (id, [home, other]) = backend.global().await;
    let read = global(backend, &id).await?;
    let members: BTreeSet<&str> = read.members.iter().map(|member| member.cluster.as_str()).collect();
    check(members == BTreeSet::from([home.as_str(), other.as_str()]) && primary(&read) == [home.as_str()], format!("{read:?}"))?;
    let missing = backend.clusters().databases.global_cluster(Some(HOME), "no-such-global").await;
    check(missing.as_ref().is_ok_and(Option::is_none), format!("{missing:?}"))
}

async fn a_global_database_fails_over<B: Backend>(backend: &B) -> Result<(), String> {
    let (id, [_, other]) = backend.global().await;
    backend.clusters().changes.fail_over_global(Some(OTHER), &id, &other).await.map_err(|error| error.to_string())?;
    let is_done = |read: &GlobalCluster| primary(read) == [other.as_str()] && read.status == AVAILABLE;
    let read = until(backend, || global(backend, &id), is_done).await?;
    check(is_done(&read), format!("{read:?}"))
}

async fn lag_samples_come_with_their_minutes<B: Backend>(backend: &B) -> Result<(), String> {
    let [_, replica] = backend.replicas().await;
    backend.put_lag(&replica, 2.0).await;
    let now = backend.clock().now();
    let ids = BTreeSet::from([replica.clone(), "no-such-replica".to_owned()]);
    let since = now - SignedDuration::from_mins(10);
    let read = backend.clusters().lags.lag_samples(Some(OTHER), LagMetric::ReplicaLag, &ids, since).await;
    let read = read.map_err(|error| error.to_string())?;
    let samples = read.get(&replica).cloned().unwrap_or_default();
    check(!samples.is_empty() && samples.iter().all(|sample| (sample.value - 2.0).abs() < f64::EPSILON), format!("{read:?}"))?;
    check(
        samples.iter().all(|sample| sample.at >= since - SignedDuration::from_mins(1) && sample.at <= now),
        format!("{read:?}"),
    )?;
    check(read.get("no-such-replica").is_none_or(Vec::is_empty), format!("{read:?}"))
}

//! Reads the members, with as few calls as each engine allows, and at the same time.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_engine::retry::Patience;
use crossover_model::error::{CloudError, Fault};
use crossover_rds::{DbCluster, DbInstance, GlobalCluster, LagMeter, LagMetric, LagSample, is_aurora, moves_writer};
use futures::{
    future::{join_all, try_join},
    join,
};

use super::observed::{Observed, REGION_WAIT, Role, Seen, Sight};
use crate::{
    backup_window::BackupWindow,
    clouds::DatabaseClouds,
    lag::Lag,
    member::{Is, Member},
    spec::{DatabaseSpec, Engine},
};

/// The samples of each replica, by its identifier, or the error.
type Samples = Result<BTreeMap<String, Vec<LagSample>>, CloudError>;

/// Samples beyond the age limit are read too, to report the age of the last one.
const OLDER: Duration = Duration::from_mins(15);

/// The result of a Region for its part of a global database.
type OfRegion = (Result<Option<GlobalCluster>, CloudError>, Result<Vec<DbCluster>, CloudError>, Samples);

/// The members that one call describes: whether they are clusters, and their Region.
type Group<'a> = (bool, Option<&'a str>);

/// A read with its inputs.
struct Reading<'a> {
    clouds: &'a DatabaseClouds,
    spec: &'a DatabaseSpec,
    patience: Patience<'a>,
}

pub(super) async fn read(clouds: &DatabaseClouds, spec: &DatabaseSpec, patience: &Patience<'_>) -> Result<Observed, CloudError> {
    let reading = Reading { clouds, spec, patience: patience.at_most(REGION_WAIT) };
    match &spec.engine {
        Engine::RdsReplica => reading.replicas().await,
        Engine::RdsMultiAz { instance } => reading.zones(instance).await,
        Engine::Aurora { cluster } => reading.aurora(cluster).await,
        Engine::AuroraGlobal { global } => reading.global(global).await,
    }
}

/// The members by type and Region.
fn by_region(members: &[Member]) -> BTreeMap<Group<'_>, BTreeSet<String>> {
    let mut regions: BTreeMap<Group<'_>, BTreeSet<String>> = BTreeMap::new();
    for member in members {
        let label = (member.is == Is::Cluster, member.region.as_deref());
        regions.entry(label).or_default().insert(member.id.clone());
    }
    regions
}

/// The metric of replicas: of clusters that replicate by their binary logs, or of instances.
fn replica_metric(clusters: bool) -> LagMetric {
    if clusters { LagMetric::AuroraBinlogReplicaLag } else { LagMetric::ReplicaLag }
}

/// The descriptions of members.
#[derive(Default)]
struct Described {
    instances: Vec<DbInstance>,
    clusters: Vec<DbCluster>,
}

impl Reading<'_> {
    fn observed(&self, members: BTreeMap<String, Sight>) -> Observed {
        let undeclared = BTreeSet::new();
        Observed { at: self.patience.now(), members, writer: None, moving: None, record: None, undeclared }
    }

    fn lag(&self, meter: LagMeter, samples: &Samples, id: &str) -> Lag {
        match samples {
            Ok(samples) => {
                let own = samples.get(id).map_or(&[][..], Vec::as_slice);
                Lag::of(meter, own, self.spec.max_sample_age, self.patience.now())
            }
            Err(error) => Lag::Unreadable(format!("{} could not be read: {error}", meter.metric.name())),
        }
    }

    async fn samples(&self, region: Option<&str>, metric: LagMetric, ids: &BTreeSet<String>) -> Samples {
        let since = self.patience.now() - self.spec.max_sample_age - OLDER;
        self.patience.call("lag", || self.clouds.lags.lag_samples(region, metric, ids, since)).await
    }

    async fn instances(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbInstance>, CloudError> {
        self.patience.call("instances", || self.clouds.databases.instances(region, ids)).await
    }

    async fn clusters(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbCluster>, CloudError> {
        self.patience.call("clusters", || self.clouds.databases.clusters(region, ids)).await
    }

    async fn described(&self, clusters: bool, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Described, CloudError> {
        if clusters {
            return Ok(Described { clusters: self.clusters(region, ids).await?, ..Described::default() });
        }
        Ok(Described { instances: self.instances(region, ids).await?, ..Described::default() })
    }

    /// Each Region on its own: an unavailable Region must not hide the others.
    async fn replicas(&self) -> Result<Observed, CloudError> {
        let regions = by_region(&self.spec.members);
        let one = |((clusters, region), ids): (&Group<'_>, &BTreeSet<String>)| {
            let (clusters, region, ids) = (*clusters, region.map(str::to_owned), ids.clone());
            async move {
                let region = region.as_deref();
                let metric = replica_metric(clusters);
                let (described, samples) = join!(self.described(clusters, region, &ids), self.samples(region, metric, &ids));
                (described, samples)
            }
        };
        let read = join_all(regions.iter().map(one)).await;
        let read: BTreeMap<Group<'_>, _> = regions.keys().copied().zip(read).collect();
        if let Some(error) = read.values().map(|(described, _)| described.as_ref().err()).collect::<Option<Vec<_>>>() {
            let first = error.first().map(|error| (*error).clone());
            return Err(first.unwrap_or_else(|| CloudError::new("rds:*", Fault::NotFound, "no member is declared")));
        }
        let sight = |member: &Member| {
            let label = (member.is == Is::Cluster, member.region.as_deref());
            let sight = match read.get(&label) {
                Some((Ok(described), samples)) => self.replica(member, described, samples),
                Some((Err(error), _)) => Sight::Unreadable(error.to_string()),
                None => Sight::Missing,
            };
            (member.side.clone(), sight)
        };
        let members = self.spec.members.iter().map(sight).collect();
        let undeclared =
            self.spec.members.iter().flat_map(|member| match read.get(&(member.is == Is::Cluster, member.region.as_deref())) {
                Some((Ok(described), _)) => self.strangers(member, described),
                Some((Err(_), _)) | None => Vec::new(),
            });
        Ok(Observed { undeclared: undeclared.collect(), ..self.observed(members) })
    }

    /// The replicas of a member that are not declared.
    fn strangers(&self, member: &Member, described: &Described) -> Vec<String> {
        let instance = described.instances.iter().find(|instance| member.is == Is::Instance && instance.id == member.id);
        let cluster = described.clusters.iter().find(|cluster| member.is == Is::Cluster && cluster.id == member.id);
        let of_instance = instance.map(|instance| &instance.replicas);
        let replicas = of_instance.or(cluster.map(|cluster| &cluster.replicas)).into_iter().flatten();
        let is_stranger = |name: &&String| !self.spec.members.iter().any(|other| other.is_named(name, member));
        replicas.filter(is_stranger).cloned().collect()
    }

    fn replica(&self, member: &Member, described: &Described, samples: &Samples) -> Sight {
        let lag = |engine: &str| self.lag(LagMeter::of(replica_metric(member.is == Is::Cluster), engine), samples, &member.id);
        let role = |source: Option<&String>| match source {
            None => Role::Writer,
            Some(name) => {
                let of = self.spec.members.iter().find(|other| other.side != member.side && other.is_named(name, member));
                Role::Replica(of.map(|of| of.side.clone()))
            }
        };
        if member.is == Is::Cluster {
            let cluster = described.clusters.iter().find(|cluster| cluster.id == member.id);
            return cluster.map_or(Sight::Missing, |cluster| {
                let (role, lag) = (role(cluster.source.as_ref()), lag(&cluster.engine));
                Sight::Seen(Seen { role, lag, ..seen_cluster(cluster) })
            });
        }
        let instance = described.instances.iter().find(|instance| instance.id == member.id);
        instance.map_or(Sight::Missing, |instance| {
            let (role, lag) = (role(instance.source.as_ref()), lag(&instance.engine));
            Sight::Seen(Seen { role, lag, ..seen_instance(instance) })
        })
    }

    async fn zones(&self, member: &Member) -> Result<Observed, CloudError> {
        let found = self.instances(member.region.as_deref(), &[member.id.clone()].into()).await?.pop();
        let instance = found.ok_or_else(|| not_there("rds:DescribeDBInstances", &member.label()))?;
        let writer = instance.zone.clone().filter(|zone| self.spec.member(zone).is_some());
        let sight = |zone: &Member| {
            let side = zone.side.clone();
            let role = if instance.zone.as_ref() == Some(&side) {
                Some(Role::Writer)
            } else {
                (instance.multi_az && instance.secondary_zone.as_ref() == Some(&side))
                    .then(|| Role::Replica(instance.zone.clone()))
            };
            (side, role.map_or(Sight::Missing, |role| Sight::Seen(Seen { role, ..seen_instance(&instance) })))
        };
        let members = self.spec.members.iter().map(sight).collect();
        let moving = moves_writer(&instance.status).then(|| instance.status.clone());
        Ok(Observed { writer, moving, ..self.observed(members) })
    }

    async fn aurora(&self, cluster: &Member) -> Result<Observed, CloudError> {
        let region = cluster.region.as_deref();
        let ids: BTreeSet<String> = self.spec.members.iter().map(|member| member.id.clone()).collect();
        let own = [cluster.id.clone()].into();
        // An Aurora cluster has the first one, a Multi-AZ DB cluster the second one.
        let (described, of_aurora, of_rds) = join!(
            try_join(self.clusters(region, &own), self.instances(region, &ids)),
            self.samples(region, LagMetric::AuroraReplicaLag, &ids),
            self.samples(region, LagMetric::ReplicaLag, &ids)
        );
        let (mut clusters, instances) = described?;
        let found = clusters.pop().ok_or_else(|| not_there("rds:DescribeDBClusters", &cluster.label()))?;
        let of = |id: &String| found.members.iter().find(|member| member.instance == *id);
        let writer = self.spec.members.iter().find(|member| of(&member.id).is_some_and(|member| member.writer));
        let writer = writer.map(|writer| writer.side.clone());
        let sight = |member: &Member| {
            let both = of(&member.id).zip(instances.iter().find(|instance| instance.id == member.id));
            let sight = both.map_or(Sight::Missing, |(part, instance)| {
                let role = if part.writer { Role::Writer } else { Role::Replica(writer.clone()) };
                let (metric, samples) = if is_aurora(&instance.engine) {
                    (LagMetric::AuroraReplicaLag, &of_aurora)
                } else {
                    (LagMetric::ReplicaLag, &of_rds)
                };
                let lag = self.lag(LagMeter::of(metric, &instance.engine), samples, &member.id);
                Sight::Seen(Seen { role, lag, tier: part.promotion_tier, ..seen_instance(instance) })
            });
            (member.side.clone(), sight)
        };
        let members = self.spec.members.iter().map(sight).collect();
        let moving = moves_writer(&found.status).then(|| found.status.clone());
        let undeclared = found.members.iter().map(|member| &member.instance).filter(|id| !ids.contains(*id)).cloned().collect();
        Ok(Observed { writer: writer.clone(), moving, undeclared, ..self.observed(members) })
    }

    async fn global(&self, id: &str) -> Result<Observed, CloudError> {
        let one = |member: &Member| {
            let (region, ids) = (member.region.clone(), BTreeSet::from([member.id.clone()]));
            async move {
                let region = region.as_deref();
                let metric = LagMetric::AuroraGlobalReplicationLag;
                let global = self.patience.call(id, || self.clouds.databases.global_cluster(region, id));
                join!(global, self.clusters(region, &ids), self.samples(region, metric, &ids))
            }
        };
        let read: Vec<OfRegion> = join_all(self.spec.members.iter().map(one)).await;
        let global = agreed(id, read.iter().map(|(global, ..)| global))?;
        let role = |member: &Member| global.members.iter().find(|part| part.cluster == member.side).map(|part| part.writer);
        let writer = self.spec.members.iter().find(|member| role(member) == Some(true)).map(|writer| writer.side.clone());
        let sight = |(member, (_, clusters, samples)): (&Member, &OfRegion)| {
            let sight = match (role(member), clusters) {
                (_, Err(error)) => Sight::Unreadable(error.to_string()),
                (Some(is_writer), Ok(clusters)) => clusters.first().map_or(Sight::Missing, |cluster| {
                    let role = if is_writer { Role::Writer } else { Role::Replica(writer.clone()) };
                    let meter = LagMeter::of(LagMetric::AuroraGlobalReplicationLag, &cluster.engine);
                    let lag = self.lag(meter, samples, &member.id);
                    Sight::Seen(Seen { role, lag, switches_roles: true, ..seen_cluster(cluster) })
                }),
                (None, Ok(_)) => Sight::Missing,
            };
            (member.side.clone(), sight)
        };
        let members = self.spec.members.iter().zip(&read).map(sight).collect();
        let moves = moves_writer(&global.status) || global.moving_to.is_some();
        let moving = moves.then(|| global.status.clone());
        let parts = global.members.iter().map(|part| &part.cluster);
        let undeclared = parts.filter(|arn| self.spec.member(arn).is_none()).cloned().collect();
        Ok(Observed { writer: writer.clone(), moving, undeclared, ..self.observed(members) })
    }
}

/// The global database, from the first Region that returns it.
fn agreed<'r>(
    id: &str,
    said: impl Iterator<Item = &'r Result<Option<GlobalCluster>, CloudError>>,
) -> Result<GlobalCluster, CloudError> {
    let mut first_error = None;
    for answer in said {
        match answer {
            Ok(Some(global)) => return Ok(global.clone()),
            Ok(None) => {}
            Err(error) => _ = first_error.get_or_insert_with(|| error.clone()),
        }
    }
    Err(first_error.unwrap_or_else(|| not_there("rds:DescribeGlobalClusters", id)))
}

fn not_there(call: &str, what: &str) -> CloudError {
    CloudError::new(call, Fault::NotFound, format!("{what} does not exist"))
}

fn seen_instance(instance: &DbInstance) -> Seen {
    Seen {
        arn: instance.arn.clone(),
        status: instance.status.clone(),
        engine: instance.engine.clone(),
        engine_version: String::new(),
        role: Role::Writer,
        endpoint: instance.endpoint.clone(),
        lag: Lag::Unknown("it needs none".to_owned()),
        tier: 0,
        // Of the RDS engines, only Oracle can (`SwitchoverReadReplica`).
        switches_roles: instance.engine.starts_with("oracle"),
        security_groups: instance.security_groups.clone(),
        security_groups_pending: instance.security_groups_pending,
        is_headless: false,
        encrypted: instance.encrypted,
        backup_retention_days: instance.backup_retention_days,
        backup_window: instance
            .backup_window
            .as_deref()
            .filter(|_| instance.backup_retention_days > 0)
            .and_then(BackupWindow::parse),
        multi_az: instance.multi_az || instance.multi_az_pending,
        parameter_group: instance.parameter_group.clone(),
        vpc: instance.vpc.clone(),
        pending: instance.pending.clone(),
    }
}

fn seen_cluster(cluster: &DbCluster) -> Seen {
    Seen {
        arn: cluster.arn.clone(),
        status: cluster.status.clone(),
        engine: cluster.engine.clone(),
        engine_version: cluster.engine_version.clone(),
        role: Role::Writer,
        endpoint: cluster.endpoint.clone(),
        lag: Lag::Unknown("it needs none".to_owned()),
        tier: 0,
        switches_roles: false,
        security_groups: BTreeSet::new(),
        security_groups_pending: false,
        is_headless: cluster.members.is_empty(),
        encrypted: false,
        backup_retention_days: 0,
        backup_window: None,
        multi_az: false,
        parameter_group: None,
        vpc: None,
        pending: BTreeSet::new(),
    }
}

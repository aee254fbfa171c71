//! Backups: whether there is a recent one, and whether one is in another Region.
//!
//! Checked for RDS instances and clusters that are no replicas, for caches, and for the volumes of running instances
//! that no auto-scaling group replaces: a group creates its instances from an image, so only single instances
//! have data to lose.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::finding::{Finding, Rule};
use jiff::{SignedDuration, Timestamp};

use crate::{Posture, scope::ReadScope, snapshot::Snapshot};

/// A day, and two hours for a late daily snapshot: RDS begins within a window of at least half an
/// hour, Data Lifecycle Manager within the hour, and both take a while.
const RECENT: SignedDuration = SignedDuration::from_hours(26);

const RDS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html";
const RDS_ELSEWHERE: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html";
const CLUSTER_ELSEWHERE: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-copy-snapshot.html";
const ELASTICACHE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-automatic.html";
const EBS: &str = "https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-lifecycle.html";
const EBS_ELSEWHERE: &str = "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html";

pub(crate) const SNAPSHOT_OLD: Rule = Rule::error(
    "snapshot-old",
    "There is no recent snapshot",
    "The database, cache or volume has no snapshot, or none of the last 26 hours. Deleted or corrupted data can't be \
     restored, or only to that state.",
    "Enable daily backups: automated backups of RDS and ElastiCache, AWS Backup, or Data Lifecycle Manager for volumes.",
)
.or_warning("there is an older snapshot, or the resource is a cache");
pub(crate) const SNAPSHOT_REGION: Rule = Rule::warning(
    "snapshot-region",
    "No other Region has a snapshot",
    "The topology names sides in other Regions, and none of them has a snapshot of the database or volume. If the Region \
     is lost, its backups are lost too.",
    "Copy snapshots to another Region: by the replication of automated backups, AWS Backup, or Data Lifecycle Manager.",
);

/// The snapshots of a Region, by source: an account has tens of thousands, and each is visited once.
#[derive(Default)]
struct Taken<'e> {
    of: BTreeMap<&'e str, Vec<&'e Snapshot>>,
    copied: BTreeSet<&'e str>,
}

/// Snapshots by source, for each Region.
type Everywhere<'e> = BTreeMap<&'e str, Taken<'e>>;

/// A resource that should have backups.
struct Kept<'e> {
    /// The source that its snapshots name.
    of: String,
    resource: String,
    /// Whether its data can be loaded again, if slowly.
    loadable: bool,
    /// Whether its data is already in another Region.
    elsewhere: bool,
    here: Option<&'e Taken<'e>>,
    /// The snapshots of each standby Region; `None` if they are not checked.
    there: Option<&'e Everywhere<'e>>,
    /// How to get recent ones, and ones in another Region.
    fix: (String, &'static str),
    fix_elsewhere: (String, &'static str),
}

pub(crate) fn findings(posture: &Posture, scope: &ReadScope, now: Timestamp) -> Vec<Finding> {
    let [databases, of_caches, of_volumes] =
        [&posture.db_snapshots, &posture.cache_snapshots, &posture.volume_snapshots].map(everywhere);
    let kept = instances(posture, scope, &databases)
        .chain(clusters(posture, scope, &databases))
        .chain(caches(posture, scope, &of_caches))
        .chain(volumes(posture, scope, &of_volumes));
    kept.flat_map(|kept| [recent(&kept, now), in_another_region(&kept, scope)]).flatten().collect()
}

fn everywhere(snapshots: &BTreeMap<String, Vec<Snapshot>>) -> Everywhere<'_> {
    snapshots
        .iter()
        .map(|(region, all)| {
            let mut taken = Taken::default();
            for snapshot in all {
                taken.of.entry(&snapshot.of).or_default().push(snapshot);
                taken.copied.extend(snapshot.copy_of.iter().map(String::as_str));
            }
            (region.as_str(), taken)
        })
        .collect()
}

fn instances<'e>(posture: &'e Posture, scope: &'e ReadScope, snapshots: &'e Everywhere<'e>) -> impl Iterator<Item = Kept<'e>> {
    let own = posture.db_instances.iter().filter(|instance| instance.cluster.is_none() && !instance.replica);
    own.map(|instance| {
        let id = &instance.id;
        Kept {
            of: format!("db:{id}"),
            resource: format!("database {id}"),
            loadable: false,
            elsewhere: instance.replicas_in.iter().any(|region| scope.standby.contains(region)),
            here: snapshots.get(scope.home.as_str()),
            there: Some(snapshots),
            fix: (format!("enable daily automated backups: aws rds modify-db-instance --db-instance-identifier {id} --backup-retention-period 7 --apply-immediately"), RDS),
            fix_elsewhere: (format!("replicate the automated backups: aws rds start-db-instance-automated-backups-replication --source-db-instance-arn (the ARN of {id}) --region"), RDS_ELSEWHERE),
        }
    })
}

fn clusters<'e>(posture: &'e Posture, scope: &'e ReadScope, snapshots: &'e Everywhere<'e>) -> impl Iterator<Item = Kept<'e>> {
    posture.db_clusters.iter().filter(|cluster| !cluster.replica).map(|cluster| {
        let id = &cluster.id;
        Kept {
            of: format!("cluster:{id}"),
            resource: format!("cluster {id}"),
            loadable: false,
            elsewhere: cluster.replicas_in.iter().any(|region| scope.standby.contains(region)),
            here: snapshots.get(scope.home.as_str()),
            there: Some(snapshots),
            fix: (format!("aws rds create-db-cluster-snapshot --db-cluster-identifier {id} --db-cluster-snapshot-identifier …, daily with an AWS Backup plan"), RDS),
            fix_elsewhere: ("aws rds copy-db-cluster-snapshot --source-db-cluster-snapshot-identifier … --target-db-cluster-snapshot-identifier … --region".to_owned(), CLUSTER_ELSEWHERE),
        }
    })
}

/// A backup of ElastiCache can be copied to another Region only by hand, through a bucket: that is not checked.
fn caches<'e>(posture: &'e Posture, scope: &'e ReadScope, snapshots: &'e Everywhere<'e>) -> impl Iterator<Item = Kept<'e>> {
    posture.caches.iter().filter(|cache| !cache.is_memcached()).map(|cache| {
        let id = &cache.id;
        Kept {
            of: format!("cache:{id}"),
            resource: format!("cache {id}"),
            loadable: true,
            elsewhere: false,
            here: snapshots.get(scope.home.as_str()),
            there: None,
            fix: (format!("aws elasticache modify-replication-group --replication-group-id {id} --snapshot-retention-limit 2 --snapshotting-cluster-id … --apply-immediately"), ELASTICACHE),
            fix_elsewhere: (String::new(), ""),
        }
    })
}

fn volumes<'e>(posture: &'e Posture, scope: &'e ReadScope, snapshots: &'e Everywhere<'e>) -> impl Iterator<Item = Kept<'e>> {
    let alone = posture.servers.iter().filter(|server| server.scaling_group.is_none());
    alone.flat_map(move |server| {
        server.volumes.iter().map(move |volume| Kept {
            of: volume.clone(),
            resource: format!("volume {volume} of {}", server.id),
            loadable: false,
            elsewhere: false,
            here: snapshots.get(scope.home.as_str()),
            there: Some(snapshots),
            fix: (format!("aws ec2 create-snapshot --volume-id {volume}, daily with a Data Lifecycle Manager policy"), EBS),
            fix_elsewhere: ("aws ec2 copy-snapshot --source-snapshot-id … --source-region … with the source's id in --description, with the same policy, --region".to_owned(), EBS_ELSEWHERE),
        })
    })
}

impl<'e> Taken<'e> {
    fn of(&self, kept: &Kept<'_>) -> &[&'e Snapshot] {
        self.of.get(kept.of.as_str()).map_or(&[], Vec::as_slice)
    }
}

fn recent(kept: &Kept<'_>, now: Timestamp) -> Option<Finding> {
    let (fix, link) = &kept.fix;
    match kept.here?.of(kept).iter().map(|snapshot| snapshot.at).max() {
        None => {
            let what = "has no snapshot: deleted or corrupted data can't be restored";
            let finding = SNAPSHOT_OLD.finding(&kept.resource, what, fix).see(link);
            Some(if kept.loadable { finding.lowered() } else { finding })
        }
        Some(at) if now.duration_since(at) > RECENT => {
            let hours = now.duration_since(at).as_hours();
            let what = format!("has no recent snapshot, the last is {hours} h old: restoring it loses all writes since");
            Some(SNAPSHOT_OLD.finding(&kept.resource, what, fix).lowered().see(link))
        }
        Some(_) => None,
    }
}

/// One Region with a snapshot is enough, at any age: copies have a cost.
fn in_another_region(kept: &Kept<'_>, scope: &ReadScope) -> Option<Finding> {
    let (here, there) = (kept.here?.of(kept), kept.there.filter(|_| !kept.elsewhere)?);
    let has_one =
        |taken: &Taken<'_>| !taken.of(kept).is_empty() || here.iter().any(|source| taken.copied.contains(source.id.as_str()));
    let mut regions = Vec::new();
    for region in &scope.standby {
        if has_one(there.get(region.as_str())?) {
            return None;
        }
        regions.push(region.as_str());
    }
    let first = regions.first()?;
    let (fix, link) = &kept.fix_elsewhere;
    let what =
        format!("has no snapshot outside its Region (none in {}): if the Region is lost, so are its backups", regions.join(", "));
    Some(SNAPSHOT_REGION.finding(&kept.resource, what, format!("{fix} {first}")).see(link))
}

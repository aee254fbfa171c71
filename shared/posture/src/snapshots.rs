//! Backups: whether there is a recent one, and whether one is in another Region.
//!
//! Asked of RDS instances and clusters that are no replicas, of caches, and of the volumes of running instances
//! that no auto-scaling group replaces: what a group starts is made anew from its image, so that only what stands
//! by itself has something to lose.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::finding::{Finding, Rule};
use jiff::{SignedDuration, Timestamp};

use crate::{Posture, around::Place, snapshot::Snapshot};

/// A day, and the two hours by which the next daily one may be late: RDS begins within a window of at least half an
/// hour, Data Lifecycle Manager within the hour, and either takes its time.
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
    "The database, cache or volume has no snapshot, or none of the last 26 hours. What is deleted or corrupted can't be \
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

/// The snapshots of a Region, by what they are of: an account has tens of thousands, and each is looked at once.
#[derive(Default)]
struct Taken<'e> {
    of: BTreeMap<&'e str, Vec<&'e Snapshot>>,
    copied: BTreeSet<&'e str>,
}

/// The same, by Region.
type Everywhere<'e> = BTreeMap<&'e str, Taken<'e>>;

/// Something that should be backed up.
struct Kept<'e> {
    /// What its snapshots say that they are of.
    of: String,
    resource: String,
    /// Whether its data is in another Region already.
    elsewhere: bool,
    here: Option<&'e Taken<'e>>,
    /// The snapshots of each standby Region; none where these are not asked for.
    there: Option<&'e Everywhere<'e>>,
    /// How to have recent ones, and others elsewhere.
    fix: (String, &'static str),
    fix_elsewhere: (String, &'static str),
}

pub(crate) fn findings(estate: &Posture, place: &Place, now: Timestamp) -> Vec<Finding> {
    let [databases, of_caches, of_volumes] =
        [&estate.db_snapshots, &estate.cache_snapshots, &estate.volume_snapshots].map(everywhere);
    let kept = instances(estate, place, &databases)
        .chain(clusters(estate, place, &databases))
        .chain(caches(estate, place, &of_caches))
        .chain(volumes(estate, place, &of_volumes));
    kept.flat_map(|kept| [recent(&kept, now), in_another_region(&kept, place)]).flatten().collect()
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

fn instances<'e>(estate: &'e Posture, place: &'e Place, snapshots: &'e Everywhere<'e>) -> impl Iterator<Item = Kept<'e>> {
    let own = estate.db_instances.iter().filter(|instance| instance.cluster.is_none() && !instance.replica);
    own.map(|instance| {
        let id = &instance.id;
        Kept {
            of: format!("db:{id}"),
            resource: format!("database {id}"),
            elsewhere: instance.replicas_in.iter().any(|region| place.standby.contains(region)),
            here: snapshots.get(place.home.as_str()),
            there: Some(snapshots),
            fix: (format!("let RDS take one every day: aws rds modify-db-instance --db-instance-identifier {id} --backup-retention-period 7 --apply-immediately"), RDS),
            fix_elsewhere: (format!("let RDS keep its backups there too: aws rds start-db-instance-automated-backups-replication --source-db-instance-arn (the ARN of {id}) --region"), RDS_ELSEWHERE),
        }
    })
}

fn clusters<'e>(estate: &'e Posture, place: &'e Place, snapshots: &'e Everywhere<'e>) -> impl Iterator<Item = Kept<'e>> {
    estate.db_clusters.iter().filter(|cluster| !cluster.replica).map(|cluster| {
        let id = &cluster.id;
        Kept {
            of: format!("cluster:{id}"),
            resource: format!("cluster {id}"),
            elsewhere: cluster.replicas_in.iter().any(|region| place.standby.contains(region)),
            here: snapshots.get(place.home.as_str()),
            there: Some(snapshots),
            fix: (format!("aws rds create-db-cluster-snapshot --db-cluster-identifier {id} --db-cluster-snapshot-identifier …, every day by a plan of AWS Backup"), RDS),
            fix_elsewhere: ("aws rds copy-db-cluster-snapshot --source-db-cluster-snapshot-identifier … --target-db-cluster-snapshot-identifier … --region".to_owned(), CLUSTER_ELSEWHERE),
        }
    })
}

/// A backup of ElastiCache can't be copied to another Region but by hand, through a bucket: that is not asked for.
fn caches<'e>(estate: &'e Posture, place: &'e Place, snapshots: &'e Everywhere<'e>) -> impl Iterator<Item = Kept<'e>> {
    estate.caches.iter().filter(|cache| !cache.is_memcached()).map(|cache| {
        let id = &cache.id;
        Kept {
            of: format!("cache:{id}"),
            resource: format!("cache {id}"),
            elsewhere: false,
            here: snapshots.get(place.home.as_str()),
            there: None,
            fix: (format!("aws elasticache modify-replication-group --replication-group-id {id} --snapshot-retention-limit 2 --snapshotting-cluster-id … --apply-immediately"), ELASTICACHE),
            fix_elsewhere: (String::new(), ""),
        }
    })
}

fn volumes<'e>(estate: &'e Posture, place: &'e Place, snapshots: &'e Everywhere<'e>) -> impl Iterator<Item = Kept<'e>> {
    let alone = estate.servers.iter().filter(|server| server.scaling_group.is_none());
    alone.flat_map(move |server| {
        server.volumes.iter().map(move |volume| Kept {
            of: volume.clone(),
            resource: format!("volume {volume} of {}", server.id),
            elsewhere: false,
            here: snapshots.get(place.home.as_str()),
            there: Some(snapshots),
            fix: (format!("aws ec2 create-snapshot --volume-id {volume}, every day by a policy of Data Lifecycle Manager"), EBS),
            fix_elsewhere: ("aws ec2 copy-snapshot --source-snapshot-id … --source-region … with the source's id in --description, by the same policy, --region".to_owned(), EBS_ELSEWHERE),
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
            // What a cache held comes back from elsewhere, if slowly.
            let what = "has no snapshot: what is deleted or spoilt in it is lost for good";
            let finding = SNAPSHOT_OLD.finding(&kept.resource, what, fix).see(link);
            Some(if kept.of.starts_with("cache:") { finding.lowered() } else { finding })
        }
        Some(at) if now.duration_since(at) > RECENT => {
            let hours = now.duration_since(at).as_hours();
            let what =
                format!("has no recent snapshot, the last is {hours} h old: going back to it loses all that was written since");
            Some(SNAPSHOT_OLD.finding(&kept.resource, what, fix).lowered().see(link))
        }
        Some(_) => None,
    }
}

/// One is enough, however many Regions could take over; how old it is depends on what the copying costs.
fn in_another_region(kept: &Kept<'_>, place: &Place) -> Option<Finding> {
    let (here, there) = (kept.here?.of(kept), kept.there.filter(|_| !kept.elsewhere)?);
    let has_one =
        |taken: &Taken<'_>| !taken.of(kept).is_empty() || here.iter().any(|source| taken.copied.contains(source.id.as_str()));
    let mut looked = Vec::new();
    for region in &place.standby {
        if has_one(there.get(region.as_str())?) {
            return None;
        }
        looked.push(region.as_str());
    }
    let first = looked.first()?;
    let (fix, link) = &kept.fix_elsewhere;
    let what =
        format!("has no snapshot outside its Region (none in {}): with the Region its backups are lost too", looked.join(", "));
    Some(SNAPSHOT_REGION.finding(&kept.resource, what, format!("{fix} {first}")).see(link))
}

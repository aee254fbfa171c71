//! ElastiCache.

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

const REPLICATION: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html";
const MEMCACHED: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/FaultTolerance.html";

pub(crate) const CACHE_ALONE: Rule = Rule::warning(
    "cache-alone",
    "A cache has one node",
    "When the node fails, its data is lost, and the load goes to the systems behind the cache.",
    "Add a replica in another zone. Spread the nodes of a Memcached cluster over zones.",
);
pub(crate) const CACHE_FAILOVER: Rule = Rule::warning(
    "cache-failover",
    "A cache has no automatic failover",
    "The cache has replicas, and none is promoted when its primary fails. Nothing can be written until a person promotes \
     one.",
    "Enable automatic failover and Multi-AZ on the replication group.",
);
pub(crate) const CACHE_ZONES: Rule = Rule::warning(
    "cache-zones",
    "A cache is not spread over zones",
    "Multi-AZ is off, so the primary and all replicas may be in the same zone and fail with it.",
    "Enable Multi-AZ on the replication group.",
);

/// A replication group, or a cache cluster outside of one. Serverless caches are always in several zones
/// and are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Its identifier.
    pub id: String,
    /// `redis`, `valkey` or `memcached`.
    pub engine: String,
    /// The nodes of its smallest shard; of memcached, all of them.
    pub nodes: usize,
    /// Whether it fails over automatically.
    #[serde(default)]
    pub automatic_failover: bool,
    /// Whether its replicas are in other zones.
    #[serde(default)]
    pub multi_az: bool,
}

impl Cache {
    /// Memcached has no replicas, no failover and no backups.
    pub(crate) fn is_memcached(&self) -> bool {
        self.engine == "memcached"
    }
}

pub(crate) fn findings(caches: &[Cache]) -> Vec<Finding> {
    caches.iter().filter_map(of_one).collect()
}

/// The first finding: the others depend on it.
fn of_one(cache: &Cache) -> Option<Finding> {
    let id = &cache.id;
    let resource = format!("cache {id}");
    if cache.is_memcached() {
        return (cache.nodes < 2).then(|| {
            let fix = format!("spread it: aws elasticache modify-cache-cluster --cache-cluster-id {id} --az-mode cross-az --num-cache-nodes 2 --new-availability-zones … --apply-immediately");
            let what = "has one node: if it fails, the cached data is lost, and the load goes to the backend of the cache";
CACHE_ALONE.finding(resource, what, fix).see(MEMCACHED)
        });
    }
    if cache.nodes < 2 {
        let fix = format!(
            "add one in another zone: aws elasticache increase-replica-count --replication-group-id {id} --new-replica-count 1 --apply-immediately; a cluster that belongs to no group becomes one by aws elasticache create-replication-group --primary-cluster-id {id} …"
        );
        let what =
            "has one node and no replica: if it fails, its data is lost, and the cache is unavailable until the node is replaced";
        return Some(CACHE_ALONE.finding(resource, what, fix).see(REPLICATION));
    }
    if !cache.automatic_failover {
        let fix = format!(
            "aws elasticache modify-replication-group --replication-group-id {id} --automatic-failover-enabled --multi-az-enabled --apply-immediately"
        );
        let what = "has no automatic failover: if its primary fails, writes fail until a person promotes a replica";
        return Some(CACHE_FAILOVER.finding(resource, what, fix).see(REPLICATION));
    }
    (!cache.multi_az).then(|| {
        let fix = format!(
            "aws elasticache modify-replication-group --replication-group-id {id} --multi-az-enabled --apply-immediately"
        );
        let what = "is not spread over zones (Multi-AZ is off): the primary and all replicas may be in one zone";
        CACHE_ZONES.finding(resource, what, fix).see(REPLICATION)
    })
}

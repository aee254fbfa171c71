//! ElastiCache.

use crossover_model::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::words::warning;

const REPLICATION: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html";
const MEMCACHED: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/FaultTolerance.html";

/// A replication group, or a cache cluster that belongs to none. Serverless caches are in several zones by
/// themselves, and are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Its identifier.
    pub id: String,
    /// `redis`, `valkey` or `memcached`.
    pub engine: String,
    /// The nodes of its smallest shard; of memcached, all of them.
    pub nodes: usize,
    /// Whether a replica takes over by itself.
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

/// The first thing to mend: the others follow from it.
fn of_one(cache: &Cache) -> Option<Finding> {
    let id = &cache.id;
    let resource = format!("cache {id}");
    if cache.is_memcached() {
        return (cache.nodes < 2).then(|| {
            let fix = format!("spread it: aws elasticache modify-cache-cluster --cache-cluster-id {id} --az-mode cross-az --num-cache-nodes 2 --new-availability-zones … --apply-immediately");
            warning(resource, "is one node: when that fails, all of it is lost at once, and what is behind the cache gets its load", fix, MEMCACHED)
        });
    }
    if cache.nodes < 2 {
        let fix = format!(
            "add one in another zone: aws elasticache increase-replica-count --replication-group-id {id} --new-replica-count 1 --apply-immediately; a cluster that belongs to no group becomes one by aws elasticache create-replication-group --primary-cluster-id {id} …"
        );
        let what = "keeps its data on one node, without a replica: when that fails, what it held is lost and nobody answers until another one is there";
        return Some(warning(resource, what, fix, REPLICATION));
    }
    if !cache.automatic_failover {
        let fix = format!(
            "aws elasticache modify-replication-group --replication-group-id {id} --automatic-failover-enabled --multi-az-enabled --apply-immediately"
        );
        let what = "has no automatic failover: when its primary fails, nothing can be written until a person promotes a replica";
        return Some(warning(resource, what, fix, REPLICATION));
    }
    (!cache.multi_az).then(|| {
        let fix = format!(
            "aws elasticache modify-replication-group --replication-group-id {id} --multi-az-enabled --apply-immediately"
        );
        let what = "is not spread over zones (Multi-AZ is off): one zone may hold the primary and every replica";
        warning(resource, what, fix, REPLICATION)
    })
}

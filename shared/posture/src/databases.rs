//! RDS instances, and clusters of Aurora, DocumentDB and Neptune.

use std::collections::BTreeSet;

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

const MULTI_AZ: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.html";
const AURORA: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html";

pub(crate) const DATABASE_ALONE: Rule = Rule::warning(
    "database-alone",
    "A database has neither a standby nor a replica",
    "The instance is in one zone. When the zone fails, the database is not available until the zone is back or a \
     snapshot is restored.",
    "Convert the instance to a Multi-AZ deployment, or create a read replica.",
);
pub(crate) const CLUSTER_ALONE: Rule = Rule::warning(
    "cluster-alone",
    "A database cluster has one instance",
    "When the instance fails, the cluster is unavailable until another one has been created, which takes about ten \
     minutes.",
    "Add a reader in another zone.",
);

/// An RDS instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbInstance {
    /// Its identifier.
    pub id: String,
    /// The cluster that it is a member of.
    #[serde(default)]
    pub cluster: Option<String>,
    /// Whether it is a read replica.
    #[serde(default)]
    pub replica: bool,
    /// Whether it has a standby in another zone.
    #[serde(default)]
    pub multi_az: bool,
    /// The Regions of its read replicas, one for each.
    #[serde(default)]
    pub replicas_in: Vec<String>,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbCluster {
    /// Its identifier.
    pub id: String,
    /// Its instances; empty for a cluster that needs none, such as a secondary without instances.
    #[serde(default)]
    pub members: BTreeSet<String>,
    /// Whether it is a replica of another cluster.
    #[serde(default)]
    pub replica: bool,
    /// The other Regions with its data, by its global database or a replica.
    #[serde(default)]
    pub replicas_in: BTreeSet<String>,
}

pub(crate) fn findings(instances: &[DbInstance], clusters: &[DbCluster]) -> Vec<Finding> {
    let alone = |instance: &&DbInstance| {
        !instance.multi_az && !instance.replica && instance.cluster.is_none() && instance.replicas_in.is_empty()
    };
    let instances = instances.iter().filter(alone).map(|instance| {
        let id = &instance.id;
        let what = "has neither a standby in another zone nor a replica: if its zone fails, it is unavailable until the zone recovers or a backup is restored";
let fix = format!("aws rds modify-db-instance --db-instance-identifier {id} --multi-az --apply-immediately");
DATABASE_ALONE.finding(format!("database {id}"), what, fix).see(MULTI_AZ)
    });
    let clusters = clusters.iter().filter(|cluster| cluster.members.len() == 1).map(|cluster| {
        let id = &cluster.id;
        let what =
            "has one instance: if it fails, the cluster is unavailable until another is created, which takes about ten minutes";
        let fix = format!("add a reader in another zone: aws rds create-db-instance --db-cluster-identifier {id} …");
        CLUSTER_ALONE.finding(format!("cluster {id}"), what, fix).see(AURORA)
    });
    instances.chain(clusters).collect()
}

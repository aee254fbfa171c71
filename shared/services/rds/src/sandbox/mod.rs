//! RDS and Aurora: operations take minutes, and are refused while another is in progress, as
//! AWS documents it.

mod changes;
mod coming;
mod completion;
mod described;
mod lag_series;
mod lags;
mod reads;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::{
    arn::Arn,
    error::{CloudError, Fault},
};
use crossover_sandbox::{Account, Sandbox, State};
use serde::{Deserialize, Serialize};

use crate::{AVAILABLE, Databases, DbCluster, DbInstance, GlobalCluster};

pub use coming::{Becomes, Coming};
pub use described::Described;
pub(crate) use described::Since;
pub use lag_series::LagSeries;

/// The state of RDS in all Regions, and the durations of its operations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rds {
    /// DB instances; their ARNs have the Region.
    pub instances: Vec<DbInstance>,
    /// Aurora clusters.
    pub clusters: Vec<DbCluster>,
    /// Aurora global databases.
    pub global_clusters: Vec<GlobalCluster>,
    /// The lag of replicas.
    pub lags: Vec<LagSeries>,
    /// The ARNs of instances whose connections have outlasted a change of security groups, until they restart.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tracked: BTreeSet<String>,
    /// Regions that don't respond.
    pub unreachable: BTreeSet<String>,
    /// How long a promotion takes, in milliseconds: some minutes, and longer with a large redo log.
    pub promotion_ms: u64,
    /// How long a failover within a Region or between two takes, in milliseconds.
    pub failover_ms: u64,
    /// How long a change of backups, of the standby or of the roles takes, and a stop, in milliseconds.
    pub change_ms: u64,
    /// How long changed security groups are not in force yet, in milliseconds.
    pub security_groups_ms: u64,
    /// How long the creation of a replica takes, in milliseconds.
    pub creation_ms: u64,
    /// By Region, how much older than a call its descriptions are, in milliseconds (eventual consistency).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reads_lag_ms: BTreeMap<String, u64>,
    /// The scheduled changes.
    pub coming: Vec<Coming>,
    /// What old descriptions show, in the order of time.
    #[serde(skip)]
    pub(crate) past: Vec<Since>,
}

impl Default for Rds {
    fn default() -> Self {
        Self {
            instances: Vec::new(),
            clusters: Vec::new(),
            global_clusters: Vec::new(),
            lags: Vec::new(),
            tracked: BTreeSet::new(),
            unreachable: BTreeSet::new(),
            promotion_ms: 240_000,
            failover_ms: 45_000,
            change_ms: 90_000,
            security_groups_ms: 5_000,
            creation_ms: 600_000,
            reads_lag_ms: BTreeMap::new(),
            coming: Vec::new(),
            past: Vec::new(),
        }
    }
}

/// RDS in a sandbox account.
pub trait RdsAccount {
    /// The section.
    fn rds(&self) -> &Rds;

    /// The section, mutable.
    fn rds_mut(&mut self) -> &mut Rds;
}

impl RdsAccount for Account {
    fn rds(&self) -> &Rds {
        self.section()
    }

    fn rds_mut(&mut self) -> &mut Rds {
        self.section_mut()
    }
}

impl Rds {
    /// The instance of this identifier or ARN in this Region.
    #[must_use]
    pub fn instance(&self, region: &str, id: &str) -> Option<&DbInstance> {
        self.instances.iter().find(|instance| is_named(&instance.arn, region, id))
    }

    fn instance_mut(&mut self, region: &str, id: &str) -> Option<&mut DbInstance> {
        self.instances.iter_mut().find(|instance| is_named(&instance.arn, region, id))
    }

    fn cluster_mut(&mut self, region: &str, id: &str) -> Option<&mut DbCluster> {
        self.clusters.iter_mut().find(|cluster| is_named(&cluster.arn, region, id))
    }

    /// Whether clients can write to an instance: it is not a replica, it runs, and none of its security groups is one without
    /// rules, or their connections are older than that group (EC2 User Guide, "Security group connection tracking").
    #[must_use]
    pub fn takes_writes(&self, instance: &DbInstance, is_quarantine: impl Fn(&str) -> bool) -> bool {
        let is_shut = instance.security_groups.iter().any(|group| is_quarantine(group)) && !instance.security_groups_pending;
        instance.source.is_none() && runs(instance) && (!is_shut || self.tracked.contains(&instance.arn))
    }
}

/// Whether an instance keeps its connections.
fn runs(instance: &DbInstance) -> bool {
    !matches!(instance.status.as_str(), "rebooting" | "stopping" | "stopped" | "failed" | "creating")
}

/// The Region of an ARN.
pub(crate) fn region_of(arn: &str) -> &str {
    Arn::of(arn).map_or("", |arn| arn.region)
}

/// The identifier in an ARN of RDS, or the identifier itself.
pub(crate) fn id_of(name: &str) -> &str {
    Arn::of(name).map_or(name, |arn| arn.id())
}

fn is_named(arn: &str, region: &str, name: &str) -> bool {
    region_of(arn) == region && (arn == name || id_of(arn) == name)
}

/// The requested Region, if it responds.
fn reach(state: &State, call: &str, region: Option<&str>) -> Result<String, CloudError> {
    let region = region.unwrap_or(&state.account.region);
    if state.account.rds().unreachable.contains(region) {
        return Err(CloudError::new(call, Fault::TimedOut, format!("no answer from {region} within 2 s")));
    }
    Ok(region.to_owned())
}

fn refused(call: &str, code: &str, message: impl Into<String>) -> CloudError {
    CloudError { code: code.to_owned(), ..CloudError::new(call, Fault::Refused, message) }
}

fn missing(call: &str, code: &str, id: &str) -> CloudError {
    CloudError { code: code.to_owned(), ..CloudError::new(call, Fault::NotFound, format!("{id} not found.")) }
}

/// The call's resource is the Region, so that a fault can affect one Region.
#[async_trait]
impl Databases for Sandbox {
    async fn instances(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbInstance>, CloudError> {
        const CALL: &str = "rds:DescribeDBInstances";
        self.call(CALL, region.unwrap_or_default(), |state, now| {
            let region = reach(state, CALL, region)?;
            let described = state.account.rds().described(&region, now);
            let found = ids.iter().filter_map(|id| described.instance(&region, id));
            Ok(found.map(|instance| DbInstance { replicas: described.replicas_of(instance), ..instance.clone() }).collect())
        })
        .await
    }

    async fn clusters(&self, region: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<DbCluster>, CloudError> {
        const CALL: &str = "rds:DescribeDBClusters";
        self.call(CALL, region.unwrap_or_default(), |state, now| {
            let region = reach(state, CALL, region)?;
            let clusters = state.account.rds().described(&region, now).clusters;
            let named = |cluster: &&DbCluster| ids.iter().any(|id| is_named(&cluster.arn, &region, id));
            Ok(clusters.iter().filter(named).cloned().collect())
        })
        .await
    }

    async fn global_cluster(&self, region: Option<&str>, id: &str) -> Result<Option<GlobalCluster>, CloudError> {
        const CALL: &str = "rds:DescribeGlobalClusters";
        self.call(CALL, region.unwrap_or_default(), |state, now| {
            let region = reach(state, CALL, region)?;
            let known = |global: &&GlobalCluster| {
                global.id == id && global.members.iter().any(|member| region_of(&member.cluster) == region)
            };
            Ok(state.account.rds().described(&region, now).global_clusters.iter().find(known).cloned())
        })
        .await
    }
}

/// Whether an operation is in progress that allows no other. RDS optimizes storage beside reboots and other changes (AWS Knowledge
/// Center, "Why is my RDS instance stuck in storage optimization").
fn is_busy(status: &str) -> bool {
    status != AVAILABLE && status != "storage-optimization"
}

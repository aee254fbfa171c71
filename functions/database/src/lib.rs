//! The kind `database`: who takes the writes, of the replicas of an RDS instance, the zones of a
//! Multi-AZ instance, the instances of an Aurora cluster, or the clusters of an Aurora global database.

mod audit;
mod decide;
mod events;
mod lag;
mod member;
mod observe;
mod rights;
mod spec;
mod step;
mod view;
mod words;

use std::sync::Arc;

use crossover_engine::{kind::Kind, retry::Patience};
use crossover_model::{
    decision::{Decision, Situation},
    error::CloudError,
    finding::Finding,
    pace::Pace,
    permission::{Caller, Right},
    step::{Applied, Seen},
    topology::{Target, Topology},
    trigger::EventSource,
};
use crossover_rds::{DatabaseChanges, Databases, Lags};
use crossover_route53::Records;

pub use lag::Lag;
pub use member::{Is, Member};
pub use observe::{Observed, Record, Role, Seen as SeenMember, Sight};
pub use spec::{After, DatabaseSpec, Engine, Fence, Replica, WriterRecord};
pub use step::{AfterStep, CatchUpStep, DatabaseStep, FenceStep, ReplicaStep, Verb, WriterStep};

/// What the kind needs of a cloud.
#[derive(Clone)]
pub struct DatabaseClouds {
    /// RDS, to read.
    pub databases: Arc<dyn Databases>,
    /// RDS, to change.
    pub changes: Arc<dyn DatabaseChanges>,
    /// CloudWatch's lag metrics.
    pub lags: Arc<dyn Lags>,
    /// Route 53's record sets.
    pub records: Arc<dyn Records>,
}

impl DatabaseClouds {
    /// One that has all of it, as a sandbox account has.
    #[must_use]
    pub fn of<C: Databases + DatabaseChanges + Lags + Records + 'static>(cloud: Arc<C>) -> Self {
        Self { databases: cloud.clone(), changes: cloud.clone(), lags: cloud.clone(), records: cloud }
    }

    /// The account and the Region of this configuration.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn on_aws(config: &crossover_aws::SdkConfig) -> Self {
        let databases = Arc::new(crossover_aws::RdsDatabases::new(config));
        Self {
            databases: databases.clone(),
            changes: databases,
            lags: Arc::new(crossover_aws::CloudWatchLags::new(config)),
            records: Arc::new(crossover_aws::Route53Records::new(config)),
        }
    }
}

/// The kind `database`.
pub struct Database {
    clouds: DatabaseClouds,
}

impl Database {
    /// The kind, on these clouds.
    #[must_use]
    pub fn new(clouds: DatabaseClouds) -> Self {
        Self { clouds }
    }
}

impl Kind for Database {
    type Spec = DatabaseSpec;
    type Observed = Observed;
    type Step = DatabaseStep;

    /// RDS publishes no rate; a target needs a handful of writes in minutes.
    const PACE: Pace = Pace { burst: 4, per_second: 2 };

    const RANK: u8 = 1;

    const EVENTS: &'static [&'static EventSource] = &[&events::RDS];

    async fn observe(&self, target: &Target<DatabaseSpec>, patience: &Patience<'_>) -> Result<Observed, CloudError> {
        observe::observe(&self.clouds, &target.spec, patience).await
    }

    fn decide(situation: &Situation<'_, Target<DatabaseSpec>, Observed>) -> Decision<DatabaseStep> {
        decide::decide(situation)
    }

    async fn apply(&self, step: &DatabaseStep) -> Result<Applied, CloudError> {
        step.apply(&self.clouds).await
    }

    async fn verify(&self, steps: &[DatabaseStep], patience: &Patience<'_>) -> Result<Vec<Seen>, CloudError> {
        DatabaseStep::verify(steps, &self.clouds, patience).await
    }

    async fn audit(
        &self,
        _: &Topology<DatabaseSpec>,
        target: &Target<DatabaseSpec>,
        observed: Result<&Observed, &CloudError>,
        _: &Patience<'_>,
    ) -> Vec<Finding> {
        match observed {
            Ok(observed) => audit::findings(&target.spec, observed),
            Err(error) => vec![Finding::unreadable(&target.policy.name, error)],
        }
    }

    fn rights(target: &Target<DatabaseSpec>, observed: &Observed, caller: &Caller) -> Vec<Right> {
        rights::rights(&target.spec, observed, caller)
    }
}

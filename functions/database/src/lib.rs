//! The kind `database`: which member takes the writes, of the replicas of an RDS instance, the zones of a
//! Multi-AZ instance, the instances of an Aurora cluster, or the clusters of an Aurora global database.

mod able;
mod audit;
mod backup_window;
mod clouds;
mod decide;
mod events;
mod lag;
mod member;
mod observe;
mod rehearsal;
mod rights;
mod rules;
mod spec;
mod step;
mod view;
mod words;

use audit::{fence_groups, record_changes};
use crossover_engine::{kind::Kind, retry::Patience};
use crossover_model::{
    decision::{Decision, Situation},
    error::CloudError,
    finding::{Finding, Rule},
    pace::Pace,
    permission::{Caller, Right},
    rules::unreadable,
    step::{Applied, Seen},
    topology::{Target, Topology},
    trigger::EventSource,
};

pub use backup_window::BackupWindow;
pub use clouds::DatabaseClouds;
pub use lag::Lag;
pub use member::{Is, Member};
pub use observe::{Observed, Record, Role, Seen as SeenMember, Sight};
pub use spec::{After, DatabaseSpec, Engine, Fence, Replica, WriterRecord};
pub use step::{AfterStep, CatchUpStep, DatabaseStep, FenceStep, ReplicaStep, RestartStep, Verb, WriterStep};

/// The kind `database`.
pub struct Database {
    clouds: DatabaseClouds,
}

impl Kind for Database {
    type Spec = DatabaseSpec;
    type Observed = Observed;
    type Step = DatabaseStep;
    type Clouds = DatabaseClouds;

    /// RDS publishes no rate; a target needs a few writes within minutes.
    const PACE: Pace = Pace { burst: 4, per_second: 2 };
    const RULES: &'static [&'static Rule] = rules::RULES;

    const RANK: u8 = 1;

    const FENCES: bool = true;

    const EVENTS: &'static [&'static EventSource] = &[&events::RDS];

    fn new(clouds: DatabaseClouds) -> Self {
        Self { clouds }
    }

    async fn observe(&self, target: &Target<DatabaseSpec>, patience: &Patience<'_>) -> Result<Observed, CloudError> {
        observe::observe(&self.clouds, &target.spec, patience).await
    }

    fn decide(situation: &Situation<'_, Target<DatabaseSpec>, Observed>) -> Decision<DatabaseStep> {
        decide::decide(situation)
    }

    async fn apply(&self, step: &DatabaseStep, patience: &Patience<'_>) -> Result<Applied, CloudError> {
        step.apply(&self.clouds, patience).await
    }

    async fn verify(&self, steps: &[DatabaseStep], patience: &Patience<'_>) -> Result<Vec<Seen>, CloudError> {
        DatabaseStep::verify(steps, &self.clouds, patience).await
    }

    async fn audit(
        &self,
        _: &Topology<DatabaseSpec>,
        target: &Target<DatabaseSpec>,
        observed: Result<&Observed, &CloudError>,
        patience: &Patience<'_>,
    ) -> Vec<Finding> {
        match observed {
            Ok(observed) => {
                let groups = fence_groups::read(self.clouds.security_groups.as_ref(), &target.spec, patience).await;
                let mut found = audit::findings(&target.spec, observed);
                found.extend(fence_groups::findings(&target.spec, observed, &groups));
                if let Some(record) = &target.spec.writer_record {
                    found.extend(record_changes::findings(self.clouds.records.as_ref(), record, patience).await);
                }
                found
            }
            Err(error) => vec![unreadable(&target.policy.name, error)],
        }
    }

    fn step_rights(step: &DatabaseStep, caller: &Caller) -> Vec<Right> {
        rights::of_step(step, caller)
    }

    fn rights(target: &Target<DatabaseSpec>, observed: &Observed, caller: &Caller) -> Vec<Right> {
        rights::rights(&target.spec, observed, caller)
    }
}

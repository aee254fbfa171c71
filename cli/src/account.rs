//! The real account, in a dry run.

use std::sync::Arc;

use async_trait::async_trait;
use crossover_aws::{DynamoJournal, Ec2Routes};
use crossover_controller::{
    answer::Answer,
    cloud::{Change, Clock, CloudError, Fault, Journal, LeaseAnswer, Notices, Publication, Written},
    controller::{Controller, Invocation, Ports},
    crossover::Crossover,
    journal::{Lease, TargetRecord},
    topology::{Mode, Topology},
};
use crossover_nat::{Nat, NatSpec};
use jiff::ToSpan;
use serde_json::Value;

use crate::Failure;

/// How long a look at the real account may take, in seconds.
const PATIENCE_S: i64 = 60;

/// What the event would lead to in the account of the SDK's own settings and credentials.
pub(crate) fn dry_run(topology: Topology<NatSpec>, event: &Value, table: Option<&str>) -> Result<Answer, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        let config = crossover_aws::config::load().await;
        let journal: Arc<dyn Journal> = match table {
            Some(table) => Arc::new(DynamoJournal::new(&config, table)),
            None => Arc::new(Absent),
        };
        let clock = crossover_aws::SystemClock;
        let invocation =
            Invocation { holder: "crossover dry-run".to_owned(), deadline: clock.now() + PATIENCE_S.seconds(), dry_run: true };
        let controller = Controller {
            kind: Nat::new(Arc::new(Ec2Routes::new(&config))),
            topology,
            ports: Ports {
                alarms: Arc::new(crossover_aws::CloudWatchAlarms::new(&config)),
                journal,
                notices: Arc::new(Absent),
                clock: Arc::new(clock),
            },
            mode: Mode::Armed,
            function: "crossover-nat".to_owned(),
        };
        controller.handle(event, &invocation).await
    }))
}

/// A journal that was not named, and a topic that a dry run must not have.
struct Absent;

impl Absent {
    fn error<T>(call: &str) -> Result<T, CloudError> {
        Err(CloudError::new(call, Fault::Refused, "no journal is named; give its table with --table"))
    }
}

#[async_trait]
impl Journal for Absent {
    async fn take_lease(&self, _: &str, _: &Lease) -> Result<LeaseAnswer, CloudError> {
        Self::error("journal:take_lease")
    }

    async fn read(&self, _: &str) -> Result<TargetRecord, CloudError> {
        Self::error("journal:read")
    }

    async fn write(&self, _: &str, _: u64, _: Change<'_>) -> Result<Written, CloudError> {
        Self::error("journal:write")
    }

    async fn crossovers(&self, _: &str, _: usize) -> Result<Vec<Crossover>, CloudError> {
        Self::error("journal:crossovers")
    }
}

#[async_trait]
impl Notices for Absent {
    async fn publish(&self, _: &Publication) -> Result<String, CloudError> {
        Self::error("notices:publish")
    }
}

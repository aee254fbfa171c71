//! The Lambda function `crossover-nat`.

use std::sync::Arc;

use crossover_ec2::Ec2Routes;
use crossover_engine::{kind::Kind, kind_group::by_role};
use crossover_events::Events;
use crossover_model::topology::Topology;
use crossover_nat::Nat;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let events = Arc::new(Events::new(Nat::EVENTS.iter().copied()));
    crossover_lambda::serve("nat", events, |accounts, document| {
        let kind = |role: Option<&_>| Nat::new(Arc::new(Ec2Routes::new(accounts.config(role))));
        Ok(by_role(Topology::read(document)?, kind))
    })
    .await
}

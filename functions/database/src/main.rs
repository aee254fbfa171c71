//! The Lambda function `crossover-database`.

use std::sync::Arc;

use crossover_database::{Database, DatabaseClouds};
use crossover_engine::{kind::Kind, kind_group::by_role};
use crossover_events::Events;
use crossover_model::topology::Topology;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let events = Arc::new(Events::new(Database::EVENTS.iter().copied()));
    crossover_lambda::serve("database", events, |accounts, document| {
        let kind = |role: Option<&_>| Database::new(DatabaseClouds::on_aws(accounts.config(role)));
        Ok(by_role(Topology::read(document)?, kind))
    })
    .await
}

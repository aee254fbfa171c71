//! The Lambda function `crossover-database`.

use crossover_database::{Database, DatabaseClouds};
use crossover_engine::kind_group::by_role;
use crossover_model::topology::Topology;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("database", |accounts, document| {
        let kind = |role: Option<&_>| Database::new(DatabaseClouds::on_aws(accounts.config(role)));
        Ok(by_role(Topology::read(document)?, kind))
    })
    .await
}

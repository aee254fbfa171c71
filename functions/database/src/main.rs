//! The Lambda function `crossover-database`.

use crossover_controller::{declared::by_role, topology::Topology};
use crossover_database::{Database, DatabaseClouds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("database", |accounts, document| {
        let kind = |role: Option<&_>| Database::new(DatabaseClouds::on_aws(accounts.config(role)));
        Ok(by_role(Topology::read(document)?, kind))
    })
    .await
}

//! The Lambda function `crossover-database`.

use crossover_controller::{declared::Declared, topology::Topology};
use crossover_database::{Database, DatabaseClouds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("database", |config, topology| {
        let kind = Database::new(DatabaseClouds::on_aws(config));
        Ok(vec![Box::new(Declared { kind, topology: Topology::parse(topology)? })])
    })
    .await
}

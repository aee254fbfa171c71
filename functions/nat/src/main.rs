//! The Lambda function `crossover-nat`.

use std::sync::Arc;

use crossover_aws::Ec2Routes;
use crossover_controller::{declared::Declared, topology::Topology};
use crossover_nat::Nat;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("nat", |config, topology| {
        let kind = Nat::new(Arc::new(Ec2Routes::new(config)));
        Ok(vec![Box::new(Declared { kind, topology: Topology::parse(topology)? })])
    })
    .await
}

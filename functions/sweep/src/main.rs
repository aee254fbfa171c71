//! The Lambda function `crossover-sweep`.

use std::sync::Arc;

use crossover_aws::Ec2Routes;
use crossover_sweep::{Clouds, kinds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("sweep", |config, topology| {
        kinds(Clouds { routes: Arc::new(Ec2Routes::new(config)), dns: None }, topology)
    })
    .await
}

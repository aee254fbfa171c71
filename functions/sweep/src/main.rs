//! The Lambda function `crossover-sweep`.

use crossover_sweep::{Clouds, kinds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("sweep", |accounts, document| kinds(|role| Clouds::on_aws(accounts.config(role)), document)).await
}

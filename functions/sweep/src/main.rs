//! The Lambda function `crossover-sweep`.

use std::sync::Arc;

use crossover_kinds::{Clouds, events, kinds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("sweep", Arc::new(events()), |accounts, document| {
        kinds(|role| Clouds::on_aws(accounts.config(role)), document)
    })
    .await
}

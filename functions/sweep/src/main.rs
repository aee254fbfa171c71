//! The Lambda function `crossover-sweep`.

use std::sync::Arc;

use crossover_kinds::{Backend, registry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let kinds = registry();
    crossover_lambda::serve("sweep", Arc::new(kinds.events()), |accounts, document| {
        kinds.groups(|role| Backend::aws(accounts.config(role)), document)
    })
    .await
}

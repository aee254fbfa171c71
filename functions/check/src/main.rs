//! The Lambda function `crossover-check`.

use std::sync::Arc;

use crossover_check::Check;
use crossover_kinds::{Backend, registry};
use crossover_model::topology::Document;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let kinds = registry();
    let groups = |accounts: &crossover_aws::Accounts, document: &Document<'_>| {
        kinds.groups(|role| Backend::aws(accounts.config(role)), document)
    };
    crossover_lambda::serve_as("check", Arc::new(kinds.events()), groups, |made| Box::new(Check::of(made))).await
}

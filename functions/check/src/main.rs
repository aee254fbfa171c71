//! The Lambda function `crossover-check`.

use std::sync::Arc;

use crossover_check::Check;
use crossover_kinds::{Clouds, events, kinds};
use crossover_model::topology::Document;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let kinds = |accounts: &crossover_aws::Accounts, document: &Document<'_>| {
        kinds(|role| Clouds::on_aws(accounts.config(role)), document)
    };
    crossover_lambda::serve_as("check", Arc::new(events()), kinds, |made| Box::new(Check::of(made))).await
}

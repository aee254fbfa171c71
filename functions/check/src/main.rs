//! The Lambda function `crossover-check`.

use crossover_check::Check;
use crossover_model::topology::Document;
use crossover_sweep::{Clouds, kinds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let kinds = |accounts: &crossover_aws::Accounts, document: &Document<'_>| {
        kinds(|role| Clouds::on_aws(accounts.config(role)), document)
    };
    crossover_lambda::serve_as("check", kinds, |made| Box::new(Check::of(made))).await
}

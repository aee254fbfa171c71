//! The Lambda function `crossover-database`.

use crossover_database::Database;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve_kind::<Database>().await
}

//! The Lambda function `crossover-nat`.

use crossover_nat::Nat;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve_kind::<Nat>().await
}

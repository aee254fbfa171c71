//! The Lambda function `crossover-probe`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_probe::serve().await
}

//! The Lambda function `crossover-dns`.

use crossover_dns::Dns;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve_kind::<Dns>().await
}

//! The Lambda function `crossover-dns`.

use crossover_controller::{declared::by_role, topology::Topology};
use crossover_dns::{Dns, DnsClouds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("dns", |accounts, document| {
        let kind = |role: Option<&_>| Dns::new(DnsClouds::on_aws(accounts.config(role)));
        Ok(by_role(Topology::read(document)?, kind))
    })
    .await
}

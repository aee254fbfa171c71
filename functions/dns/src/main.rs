//! The Lambda function `crossover-dns`.

use crossover_dns::{Dns, DnsClouds};
use crossover_engine::kind_group::by_role;
use crossover_model::topology::Topology;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("dns", |accounts, document| {
        let kind = |role: Option<&_>| Dns::new(DnsClouds::on_aws(accounts.config(role)));
        Ok(by_role(Topology::read(document)?, kind))
    })
    .await
}

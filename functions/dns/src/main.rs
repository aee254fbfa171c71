//! The Lambda function `crossover-dns`.

use crossover_controller::{declared::Declared, topology::Topology};
use crossover_dns::{Dns, DnsClouds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    crossover_lambda::serve("dns", |config, topology| {
        let kind = Dns::new(DnsClouds::on_aws(config));
        Ok(vec![Box::new(Declared { kind, topology: Topology::parse(topology)? })])
    })
    .await
}

//! EC2's section of a sandbox account: its keys, and its part of a snapshot.

use crossover_sandbox::{Limit, Section, Service, Taken, keys, record::Notes};

use crate::{record::Ec2Notes, sandbox::Ec2};

impl Section for Ec2 {
    const SERVICES: &'static [Service] = &[Service::new("ec2", "EC2")];

    /// EC2's token bucket for changes of a resource (EC2 API Reference, "Request throttling").
    const LIMITS: &'static [(&'static str, Limit)] = &[("ec2:ReplaceRoute", Limit { burst: 50, per_second: 5 })];

    keys!(routes_lag_ms, subnets, route_tables, nat_gateways, instances, interfaces, security_groups);

    fn taken(notes: &Notes, _: &Taken<'_>) -> Self {
        notes.take::<Ec2Notes>().section()
    }
}

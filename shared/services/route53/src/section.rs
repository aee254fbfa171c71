//! Route 53's section of a sandbox account: its keys, and its part of a snapshot.

use crossover_sandbox::{Limit, Section, Service, Taken, keys, record::Notes};

use crate::{record::Route53Notes, sandbox::Route53};

impl Section for Route53 {
    /// All calls of an account are limited together (Route 53 Developer Guide, "Throttling for Amazon Route 53 API
    /// requests").
    const SERVICES: &'static [Service] =
        &[Service { throttles_with: ("Throttling", "Rate exceeded"), one_limit: true, ..Service::new("route53", "Route 53") }];

    const LIMITS: &'static [(&'static str, Limit)] = &[
        ("route53:*", Limit { burst: 50, per_second: 10 }),
        ("route53:GetHealthCheckStatus", Limit { burst: 4, per_second: 1 }),
    ];

    keys!(hosted_zones, control_plane as "route53", health_checks);

    fn taken(notes: &Notes, _: &Taken<'_>) -> Self {
        notes.take::<Route53Notes>().section()
    }
}

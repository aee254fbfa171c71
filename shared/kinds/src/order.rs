//! The order of an account file's keys.

/// The keys of the first account files, in the order in which these are written. It does not follow the sections: a
/// service's keys are apart (`alarms` and `metric_values`), or among the core's (`routes_lag_ms`). A new service needs no
/// entry: its keys come in its own order before `denied`.
pub(crate) const ORDER: [&str; 27] = [
    "account_id",
    "region",
    "time",
    "call_ms",
    "slow_ms",
    "routes_lag_ms",
    "limits",
    "subnets",
    "route_tables",
    "nat_gateways",
    "instances",
    "interfaces",
    "alarms",
    "hosted_zones",
    "route53",
    "health_checks",
    "buckets",
    "metric_values",
    "routing_controls",
    "safety_rules",
    "rds",
    "estate",
    "journal",
    "crossovers",
    "published",
    "denied",
    "faults",
];

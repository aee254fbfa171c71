//! The order of an account file's keys.

/// The keys of an account file in the order in which they are written. A key that is not named here comes before
/// `denied`.
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

//! The rules of DNS targets.

use crossover_model::finding::Rule;
use crossover_route53::{CHANGE_GUARDRAIL, RECORD_PROTECTED, RECORD_UNFIT};

/// All of them.
pub(crate) const RULES: &[&Rule] = &[
    &RECORD_UNFIT,
    &RECORD_PROTECTED,
    &CHANGE_GUARDRAIL,
    &SIDE_UNABLE,
    &NO_EVIDENCE,
    &HEALTH_CHECK_MISSING,
    &HEALTH_CHECK_SHARED,
    &LONG_TTL,
    &CONTROL_PLANE,
    &ACCELERATED_RECOVERY,
];

pub(crate) const SIDE_UNABLE: Rule = Rule::error(
    "side-unable",
    "A side can't take over",
    "The Route 53 health check of the side fails. A crossover does not move to a side that can't serve.",
    "Repair the endpoint that the health check watches, or correct the health check.",
);
pub(crate) const NO_EVIDENCE: Rule = Rule::warning(
    "no-evidence",
    "A health check does not show the health of its side",
    "The health check is disabled, has no checkers (a calculated one, or one on an alarm), or is one of more \
     than can be read in time. The health of the side is known from its alarms only.",
    "Give the side a health check on an endpoint, or make sure that its alarms cover it.",
);
pub(crate) const HEALTH_CHECK_MISSING: Rule = Rule::error(
    "health-check-missing",
    "A record has no health check",
    "A beacon or a routing control switches a record through its health check only. Without one, switching has no effect.",
    "Associate a health check of its own with the record set.",
)
.or_warning("the switch changes the record itself; Route 53 then treats the side as always healthy");
pub(crate) const HEALTH_CHECK_SHARED: Rule = Rule::warning(
    "health-check-shared",
    "Several sides have the same health check",
    "The health check fails for all of these sides at once, so Route 53 can't prefer the healthy one.",
    "Associate a health check of its own with each side's record set.",
);
pub(crate) const LONG_TTL: Rule = Rule::warning(
    "long-ttl",
    "The TTL of a record is long",
    "Resolvers keep the old answer for the length of the TTL. Clients reach the failed side for that long after a crossover.",
    "Set the TTL to 60 seconds or less.",
);
pub(crate) const CONTROL_PLANE: Rule = Rule::warning(
    "control-plane",
    "The target is switched through Route 53's control plane",
    "Changes of record sets need the control plane of Route 53, which is in us-east-1. The target can't be switched while \
     that Region is lost.",
    "Declare the switch `beacon-object`, `beacon-metric` or `routing-control`, which need a data plane only.",
);
pub(crate) const ACCELERATED_RECOVERY: Rule = Rule::warning(
    "accelerated-recovery",
    "A hosted zone has no accelerated recovery",
    "While the Region of Route 53's control plane is lost, no record of the hosted zone can be changed.",
    "Enable accelerated recovery for the hosted zone: changes are then possible again within an hour.",
);

//! The rules of NAT targets.

use crossover_model::finding::Rule;

/// All of them.
pub(crate) const RULES: &[&Rule] =
    &[&GATEWAY_UNABLE, &HOME_UNKNOWN, &NOTHING_TO_MOVE, &PROBE_NOT_ALONE, &NO_PROBE, &PROBE_ELSEWHERE];

pub(crate) const GATEWAY_UNABLE: Rule = Rule::error(
    "gateway-unable",
    "A gateway can't carry traffic",
    "The gateway of a side does not exist, is not running, drops forwarded traffic because of its source/destination check, is \
     in another zone than its side, or is of a kind that can't be the gateway of a zone: a private or regional NAT gateway, an \
     instance with several interfaces, or the interface of a stopped instance. Its own zone may have no outbound traffic, and no \
     crossover moves other zones to it.",
    "Repair or replace the gateway, or declare another gateway for the zone.",
);
pub(crate) const HOME_UNKNOWN: Rule = Rule::warning(
    "home-unknown",
    "The home side of a route table is not known",
    "No side claims the route table, or several do: its subnets are not all in the zone of one side, and no side lists it. A \
     failover moves its routes, and a failback does not move them back.",
    "List the table in the `tables` of the side that it belongs to.",
);
pub(crate) const NOTHING_TO_MOVE: Rule = Rule::error(
    "nothing-to-move",
    "No route leads to the declared gateways",
    "The VPC, or a table that a side declares, has no route with a managed destination that leads to a declared gateway. A failover \
     would change nothing there.",
    "Correct `vpc`, `gateway`, `tables` or `destinations` in the topology.",
);
pub(crate) const PROBE_NOT_ALONE: Rule = Rule::warning(
    "probe-not-alone",
    "A probe's route table serves other workloads",
    "A probe's route table is never moved, so that the probe keeps testing its own gateway. Other workloads behind the same \
     table are not moved on a failover either.",
    "Give the probe a subnet and a route table of its own (docs/probe.md).",
);
/// A gateway without a probe.
pub(crate) const NO_PROBE: Rule = Rule::warning(
    "no-probe",
    "No probe watches a gateway",
    "None of the side's alarms is on a probe's metric. AWS publishes no metric for the path behind a gateway, so a gateway \
     that is up but leads nowhere goes unnoticed.",
    "Deploy a probe into the zone (docs/probe.md), and add its alarm to the side.",
);

/// A probe that watches the wrong gateway.
pub(crate) const PROBE_ELSEWHERE: Rule = Rule::error(
    "probe-elsewhere",
    "A probe does not test the gateway of its side",
    "The probe's alarm or route table belongs to another zone, or its routes lead to another gateway. The health of \
     another side would be taken for the health of this one.",
    "Add the alarm of the zone's own probe to the side. Give the probe's subnet a route table that leads to the side's \
     gateway, and name that table in `probe_table`.",
)
.or_warning("a side names no `probe_table` while others do, since its probe is wrong only after a failover");

//! The rules that apply to every kind, and findings that several kinds make.

use std::fmt::Display;

use crate::finding::{Finding, Rule};

/// All rules of this module.
pub const RULES: &[&Rule] = &[
    &NOT_CHECKED,
    &UNREADABLE,
    &MISSING,
    &UNDECLARED,
    &ALARM_MISSING,
    &ALARM_WITHOUT_DATA,
    &ALARM_UNHEARD,
    &ALARM_ACTIONS_DISABLED,
    &NOT_ALLOWED,
    &RIGHTS_UNKNOWN,
    &LOCATION_UNKNOWN,
    &SLOW,
];

/// Something was not checked.
pub const NOT_CHECKED: Rule = Rule::warning(
    "not-looked-at",
    "A resource was not checked",
    "The resource could not be read, or the time of the check ran out before it. Other findings on it may exist and are not \
     reported. Everything else was checked.",
    "Grant the permission in the finding to the principal that runs the check, or resolve its error. After a timeout, \
     check again once the service answers.",
);
/// A read that every crossover makes fails.
pub const UNREADABLE: Rule = Rule::error(
    "unreadable",
    "A resource that a crossover reads can't be read",
    "A read that every crossover of the target makes has failed. A crossover would fail in the same way, or would decide \
     without what it could not read.",
    "Resolve the error: grant the permission, correct the id in the topology, or wait until the service answers.",
)
.or_warning("the resource is only additional evidence of a side's health");
/// The topology names a resource that does not exist.
pub const MISSING: Rule = Rule::error(
    "missing",
    "A resource that the topology names does not exist",
    "The topology names a resource that the account does not have. A crossover can't use that side.",
    "Create the resource, or correct its name in the topology.",
);
/// The account has a resource that the topology does not declare.
pub const UNDECLARED: Rule = Rule::warning(
    "undeclared",
    "A resource belongs to a target but not to any of its sides",
    "The account has a resource that belongs to the target, and no side of the topology names it. A crossover neither uses nor moves it.",
    "Declare it as a side, or remove it. Accept the finding if the resource is not meant to take over, as with one for reports.",
);
/// An alarm that does not exist.
pub const ALARM_MISSING: Rule = Rule::error(
    "alarm-missing",
    "An alarm does not exist",
    "The topology names an alarm that the account does not have. The side has no such evidence of its health, so its failure \
     may go unnoticed.",
    "Create the alarm, or correct its name in the topology.",
);
/// An alarm without data.
pub const ALARM_WITHOUT_DATA: Rule = Rule::warning(
    "alarm-without-data",
    "An alarm has no data",
    "The alarm is in the state `INSUFFICIENT_DATA`. The health of its side is unknown, and a side of unknown health is neither \
     left nor moved to.",
    "Check that the alarm's metric is published, and how the alarm treats missing data.",
);
/// An alarm without actions.
pub const ALARM_UNHEARD: Rule = Rule::warning(
    "alarm-unheard",
    "An alarm has no actions",
    "The alarm notifies no topic and invokes no function. Only an event rule can react to it.",
    "Add the kind's function, or a topic that people read, to the alarm's `AlarmActions` and `OKActions`.",
);
/// An alarm with disabled actions.
pub const ALARM_ACTIONS_DISABLED: Rule = Rule::warning(
    "alarm-actions-disabled",
    "The actions of an alarm are disabled",
    "The alarm has actions, and they are turned off. Only an event rule can react to it.",
    "Enable the actions once the reason for disabling them is over.",
);
/// A missing permission.
pub const NOT_ALLOWED: Rule = Rule::error(
    "not-allowed",
    "Policies deny what a crossover does",
    "The role or user that makes crossovers may not call an action on a resource of the target, on the journal or on the \
     notice topic, by the simulation of its policies.",
    "Allow the action in a policy of that role or user. For the deployed functions, name the resource in the stack's \
     parameters.",
)
.or_warning("the target is in the mode `shadow`, where nothing is changed");
/// A permission that could not be checked.
pub const RIGHTS_UNKNOWN: Rule = Rule::warning(
    "rights-unknown",
    "Permissions can't be checked",
    "The simulation of policies did not answer for the role or user that makes crossovers. Permissions may be missing.",
    "Allow the principal that runs the check to simulate the policies of that role or user, as the finding says, or read \
     the policies by hand.",
);
/// A side without a location.
pub const LOCATION_UNKNOWN: Rule = Rule::warning(
    "place-unknown",
    "The location of a side is not known",
    "The topology has the location of some sides of the target, but not of this one. An evacuation of a zone or a Region \
     does not include the target.",
    "Declare where the side is, by its `region` or by the ARN of its resource.",
);
/// A crossover that AWS throttles.
pub const SLOW: Rule = Rule::warning(
    "slow",
    "API throttling slows a crossover down",
    "Leaving the side takes more calls than AWS accepts at once. The calls wait for each other for more than ten seconds.",
    "Ask AWS Support for a higher request rate, or split the target into smaller ones.",
);

/// The finding for a resource that could not be read and that a crossover has to read.
#[must_use]
pub fn unreadable(resource: impl Into<String>, error: impl Display) -> Finding {
    let fix = "resolve the error: a crossover must read it too";
    UNREADABLE.finding(resource, format!("could not be read: {error}"), fix)
}

/// The finding for a resource that the check had no time for.
#[must_use]
pub fn not_checked(resource: impl Into<String>) -> Finding {
    let fix = "find out which reads did not answer in time, and check again";
    NOT_CHECKED.finding(resource, "was not checked: the time ran out", fix)
}

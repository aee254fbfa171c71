//! The rules that apply to every kind, and findings that several kinds make.

use std::fmt::Display;

use crate::{
    error::{CloudError, Fault},
    finding::{Finding, Rule},
};

/// All rules of this module.
pub const RULES: &[&Rule] = &[
    &NOT_CHECKED,
    &UNREADABLE,
    &MISSING,
    &UNDECLARED,
    &ALARM_MISSING,
    &ALARM_WITHOUT_DATA,
    &ALARM_NOT_EVALUATED,
    &ALARM_DEPENDENT,
    &ALARM_UNHEARD,
    &ALARM_ACTIONS_DISABLED,
    &ALARM_MUTED,
    &NOT_ALLOWED,
    &RIGHTS_UNKNOWN,
    &LOCATION_UNKNOWN,
    &WOULD_BE_HELD,
    &SLOW,
    &JOURNAL_UNUSABLE,
    &UNDECLARED_SIDE,
    &UNDECLARED_TARGET,
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
.or_warning("the resource is only additional evidence of a side's health, or says only which alarms are muted");
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
/// An alarm whose last evaluation lacked something.
pub const ALARM_NOT_EVALUATED: Rule = Rule::warning(
    "alarm-not-evaluated",
    "An alarm was not fully evaluated",
    "The alarm has an evaluation state: it could not be evaluated (`EVALUATION_FAILURE`), its configuration has an error \
     (`EVALUATION_ERROR`), or only a part of its data was evaluated (`PARTIAL_DATA`). Its state may be an old one, so it is no \
     evidence: the health of its side is unknown, as without data, unless it fires on a part of its data.",
    "Read the alarm's `StateReason`, and correct its configuration or narrow its query. `EVALUATION_FAILURE` ends by itself.",
);
/// Alarms that all fire on missing data.
pub const ALARM_DEPENDENT: Rule = Rule::warning(
    "alarm-dependent",
    "All alarms of a side fire when data is missing",
    "Every alarm of the side treats missing data as breaching, and leaving the side can't be undone. A gap in the metrics alone \
     makes all of them fire: that is one signal, counted as often as there are alarms. Crossover holds such a move while the \
     service itself reports the side as available.",
    "Let one of the alarms that are needed treat missing data as missing, and watch something that the others don't depend on.",
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
/// An alarm whose actions are muted.
pub const ALARM_MUTED: Rule = Rule::warning(
    "alarm-muted",
    "The actions of an alarm are muted",
    "An active mute rule mutes the alarm's actions. Its state still changes, so the next tick moves work when it fires, unless the \
     target has `muted = \"hold\"`. The alarm's direct action does not arrive.",
    "Delete the mute rule, or wait for its end. To hold automatic failovers during maintenance, pause the target instead.",
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
/// A side that could not be left.
pub const WOULD_BE_HELD: Rule = Rule::error(
    "would-be-held",
    "A crossover away from a side would be held",
    "If the side failed now and every other side were healthy, its work would stay where it is. The finding has the reason. Other \
     findings of the target may name the cause.",
    "Resolve the reason. The check then says how long leaving the side takes.",
);
/// A crossover that AWS throttles.
pub const SLOW: Rule = Rule::warning(
    "slow",
    "API throttling slows a crossover down",
    "Leaving the side takes more calls than AWS accepts at once. The calls wait for each other for more than ten seconds.",
    "Ask AWS Support for a higher request rate, or split the target into smaller ones.",
);
/// A journal that can't be read.
pub const JOURNAL_UNUSABLE: Rule = Rule::error(
    "journal-unusable",
    "The journal can't be read",
    "Without the journal, a crossover that can be undone still happens, without a lease, a memory or a record. One that can't be undone \
     is held unless a person forces it. Pauses, intents and unsent notices are not known.",
    "Create the table, which is part of the stack, correct its name, or resolve the error.",
);
/// The journal names a side that is not declared.
pub const UNDECLARED_SIDE: Rule = Rule::error(
    "undeclared-side",
    "The journal names a side that the topology does not declare",
    "A side was renamed or removed while an operator's intent, the open crossover or the location of work named it. Nothing \
     moves because of that name, and nothing fails back automatically.",
    "Give the side its new name in the journal with `crossover rename`, or end what names it with `crossover forget`.",
);
/// The journal has something pending of a target that is not declared.
pub const UNDECLARED_TARGET: Rule = Rule::warning(
    "undeclared-target",
    "The journal has something pending of a target that the topology does not declare",
    "A target was renamed, removed, or given to another stack while a crossover was open, an intent or a pause was in force, work \
     was away from home, or a crossover was not acknowledged. Nothing reconciles it.",
    "Move its record to the new name with `crossover rename`, or end what is pending with `crossover forget`.",
);

/// The finding for a journal that can't be read.
#[must_use]
pub fn journal_unusable(table: &str, error: &CloudError) -> Finding {
    let what = match error.fault {
        Fault::NotFound => "does not exist: everything runs without a memory, and nothing is recorded".to_owned(),
        _ => format!("can't be read: {error}"),
    };
    JOURNAL_UNUSABLE.finding(format!("journal {table}"), what, "create it, correct its name, or resolve the error")
}

/// The finding for the undeclared sides that the record of a target names.
#[must_use]
pub fn undeclared_sides(target: &str, in_words: String) -> Finding {
    let fix = format!("crossover rename {target} --side OLD=NEW, or crossover forget {target} --side OLD");
    UNDECLARED_SIDE.finding(format!("record of {target}"), in_words, fix)
}

/// The finding for what the record of an undeclared target has pending.
#[must_use]
pub fn undeclared_target(target: &str, pending: &[String]) -> Finding {
    let fix = format!("crossover rename {target} --to NEW, or crossover forget {target}");
    UNDECLARED_TARGET.finding(format!("record of {target}"), format!("has {}", pending.join(", ")), fix)
}

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

//! The notice of a payload that was not understood.

use jiff::Timestamp;

use super::{
    contents::{Notice, own_source},
    limits::fit,
    next::Next,
    severity::Severity,
};
use crate::{
    outcome::Outcome,
    topology::Mode,
    trigger::{self, Refusal},
};

/// The notice of a payload, or a part of one, that was not understood.
#[must_use]
pub fn refused(refusals: &[Refusal], understood: &str, kind: &str, mode: Mode, id: &str, now: Timestamp) -> Notice {
    let what = "a trigger was not understood; no action was taken";
    Notice {
        id: format!("refused-{id}"),
        at: now,
        target: "-".to_owned(),
        kind: kind.to_owned(),
        outcome: Outcome::Failed,
        severity: Severity::Warning,
        mode,
        headline: what.to_owned(),
        what: what.to_owned(),
        reason: None,
        source: own_source(),
        trigger: "not understood".to_owned(),
        crossover_id: None,
        sides: Vec::new(),
        serving: None,
        steps: Vec::new(),
        steps_in_all: 0,
        took_ms: None,
        worst_loss: None,
        remarks: fit(&trigger::lines(refusals)),
        found: Vec::new(),
        next: vec![Next {
            typed: None,
            what: format!("Find the sender of this payload, and correct or remove it. The function accepts {understood}."),
            command: None,
        }],
        owner: "the team that deployed Crossover".to_owned(),
        runbook: None,
    }
}

//! The notice of a journal that can't be read.

use jiff::Timestamp;

use super::{
    contents::{Notice, own_source},
    limits::fit,
    next::Next,
    severity::Severity,
};
use crate::{outcome::Outcome, topology::Mode};

/// The notice of a journal that no sweep could read.
#[must_use]
pub fn journal_unread(error: &str, kind: &str, mode: Mode, id: &str, now: Timestamp) -> Notice {
    let what = "NO JOURNAL, it can't be read: what can be undone is still moved, without a lease, a memory or a record; what can't \
                be undone waits for a person";
    Notice {
        id: format!("journal-unread-{id}"),
        at: now,
        target: "-".to_owned(),
        kind: kind.to_owned(),
        outcome: Outcome::Held,
        severity: Severity::Critical,
        mode,
        headline: what.to_owned(),
        what: what.to_owned(),
        reason: None,
        source: own_source(),
        trigger: "tick".to_owned(),
        crossover_id: None,
        sides: Vec::new(),
        serving: None,
        steps: Vec::new(),
        steps_in_all: 0,
        took_ms: None,
        worst_loss: None,
        remarks: fit(&[error.to_owned()]),
        found: Vec::new(),
        next: vec![Next {
            typed: None,
            what: "Look whether the journal's table exists and whether its service works, and deploy the stack again if the table is gone."
                .to_owned(),
            command: None,
        }],
        owner: "the team that deployed Crossover".to_owned(),
        runbook: None,
    }
}

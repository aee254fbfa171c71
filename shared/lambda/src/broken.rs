//! A function that cannot work reports that in its logs, answers and notices, instead of failing silently.

use std::sync::{Arc, Mutex, PoisonError};

use crossover_engine::{
    environment::Invocation,
    ports::{Clock, Notices},
    retry::Patience,
};
use crossover_model::{
    answer::Answer,
    error::CloudError,
    notice::{Next, Notice, Severity},
    outcome::Outcome,
    topology::Mode,
    trigger,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Each instance of the function repeats the notice after this time.
const NOTIFY_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// The longest wait for SNS.
const NOTICE_TIME: std::time::Duration = std::time::Duration::from_secs(3);

/// A function whose settings or topology are wrong.
pub(crate) struct Broken {
    pub(crate) function: String,
    pub(crate) kind: &'static str,
    pub(crate) problems: Vec<String>,
    /// `None` while the topic is unknown.
    pub(crate) notices: Option<Arc<dyn Notices>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) notified: Mutex<Option<Timestamp>>,
}

impl Broken {
    /// Answers that nothing was done, with the reason.
    pub(crate) async fn handle(&self, payload: &Value, invocation: &Invocation) -> Answer {
        let mut reasons = vec![format!("{} cannot work", self.function)];
        reasons.extend(self.problems.iter().cloned());
        if !invocation.dry_run && !trigger::asks_only(payload) && self.is_due() {
            reasons.extend(self.notify(invocation).await.err().map(|why| format!("and the notice could not be sent: {why}")));
        }
        Answer::of(Vec::new(), Outcome::Failed, Some(reasons.join("; ")))
    }

    fn is_due(&self) -> bool {
        let last = *self.notified.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|last| self.clock.now() >= last + NOTIFY_AGAIN)
    }

    async fn notify(&self, invocation: &Invocation) -> Result<(), String> {
        let notices = self.notices.as_ref().ok_or("the topic is unknown")?;
        let publication = self.notice(&invocation.holder).publication();
        let patience = Patience::new(self.clock.as_ref(), invocation.deadline).at_most(NOTICE_TIME);
        let sent: Result<String, CloudError> = patience.call("notice", || notices.publish(&publication)).await;
        sent.map_err(|error| error.to_string())?;
        *self.notified.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now());
        Ok(())
    }

    fn notice(&self, holder: &str) -> Notice {
        let what = format!("{} cannot work: no target of its kind is crossed over until this is resolved", self.function);
        Notice {
            id: format!("broken-{holder}"),
            at: self.clock.now(),
            target: "-".to_owned(),
            kind: self.kind.to_owned(),
            outcome: Outcome::Failed,
            severity: Severity::Critical,
            mode: Mode::Shadow,
            source: trigger::OWN_SOURCE.to_owned(),
            reason: None,
            headline: what.clone(),
            what,
            trigger: "any".to_owned(),
            crossover_id: None,
            sides: Vec::new(),
            serving: None,
            steps: Vec::new(),
            steps_in_all: 0,
            took_ms: None,
            worst_loss: None,
            remarks: self.problems.clone(),
            found: Vec::new(),
            next: vec![Next {
                what: "Correct the function's settings or the topology, or deploy the previous version again.".to_owned(),
                typed: None,
                command: None,
            }],
            owner: "the team that deployed Crossover".to_owned(),
            runbook: None,
        }
    }
}

#[cfg(test)]
mod tests;

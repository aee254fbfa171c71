//! The scheduled check: whether a crossover of each target would work. It reports new findings at once, and all findings
//! once a week.

use async_trait::async_trait;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    check_answer::CheckAnswer,
    error::CloudError,
    finding::{Finding, Rule},
    findings_diff::{CHECK, Checked, FindingsDiff, diff},
    health::Health,
    journal::Memory,
    outcome::Outcome,
    suppression::{Suppressed, suppress},
    text::plain,
    topology::{Accepted, Policy},
    trigger::{Refusal, Trigger},
};
use futures::join;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::{
    audit::{Actors, Audit, Auditor, Stores, audit},
    context::{Ending, Remark, TargetContext, TargetState},
    controller::Controller,
    environment::Invocation,
    ports::{AskPermissions, LeaseAnswer, Payloads},
    retry::Patience,
    triggers::Triggers,
};

/// The time reserved for recording and reporting the findings: the lease, two writes and a notice, each with its longest
/// wait.
const CLOSING: jiff::SignedDuration = jiff::SignedDuration::from_secs(20);
/// Its keys.
const KEYS: [&str; 4] = ["command", "dry_run", "operator", "reason"];

/// Checks the account around the targets.
#[async_trait(?Send)]
pub trait PostureCheck {
    /// The findings until the time runs out, with what could not be checked. It makes no writes.
    async fn findings(&self, patience: Patience<'_>) -> Vec<Finding>;
}

/// The inputs of a check, besides the controller.
pub struct Checks<'a> {
    /// The permissions.
    pub permissions: &'a AskPermissions<'a>,
    /// The principals that make crossovers.
    pub actors: &'a Actors,
    /// The journal and the notice topic, as far as they are known.
    pub stores: &'a Stores,
    /// The suppressions of the topology.
    pub accepted: &'a [Accepted],
    /// All rules.
    pub rules: &'a [&'static Rule],
    /// The check of the account around the targets, where there is one.
    pub posture: Option<&'a dyn PostureCheck>,
}

/// Whether a payload is an operator's command to check.
#[must_use]
pub fn is_asked_for(payload: &Value) -> bool {
    payload.get("command").and_then(Value::as_str) == Some(CHECK)
}

/// Parses the payload of a check, a tick or a command. Returns the trigger, and whether it is a dry run.
fn triggers(payload: &Value, payloads: &dyn Payloads) -> Result<(String, bool), String> {
    if is_asked_for(payload) {
        let unknown = payload.as_object().into_iter().flatten().map(|(key, _)| key).find(|key| !KEYS.contains(&key.as_str()));
        if let Some(key) = unknown {
            return Err(format!("{key}: is not known; expected {}", KEYS.join(", ")));
        }
        let text = |key: &str| match payload.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(plain(text))),
            Some(other) => Err(format!("{key}: {other} is not a text")),
        };
        let by = text("operator")?.map_or_else(String::new, |operator| format!(" by {operator}"));
        let why = text("reason")?.map_or_else(String::new, |reason| format!(": {reason}"));
        let dry_run = match payload.get("dry_run") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(dry_run)) => *dry_run,
            Some(other) => return Err(format!("dry_run: {other} is not true or false")),
        };
        return Ok((format!("{CHECK}{by}{why}"), dry_run));
    }
    match payloads.parse(payload, None).triggers.as_slice() {
        [Trigger::Tick] => Ok(("tick".to_owned(), false)),
        _ => Err("this function accepts a scheduled tick and {\"command\":\"check\"}".to_owned()),
    }
}

impl Controller {
    /// Checks everything once and reports what is new. It never fails: errors are part of the answer.
    pub async fn check(&self, payload: &Value, checks: &Checks<'_>, invocation: &Invocation) -> Answer {
        let (trigger, dry_run) = match triggers(payload, self.environment.ports.payloads.as_ref()) {
            Ok(trigger) => trigger,
            Err(why) => return self.refused(payload, why, invocation).await,
        };
        let invocation = Invocation { dry_run: invocation.dry_run || dry_run, ..invocation.clone() };
        let until = invocation.deadline - CLOSING;
        let (mut audit, posture, undeclared, journal) = join!(
            self.audit(checks, until),
            self.posture(checks, until),
            self.undeclared_findings(until),
            self.journal_finding(checks.stores.table.as_ref(), until)
        );
        audit.add(undeclared);
        if let Some(journal) = journal {
            audit.of_account(vec![journal]);
        }
        if let Some(posture) = posture {
            audit.of_account(posture);
        }
        let today = self.environment.ports.clock.now().to_zoned(TimeZone::UTC).date();
        let suppressed = suppress(Some(audit.findings), checks.accepted, checks.rules, today);
        let policy = Policy::of_checks();
        let context = TargetContext::new(&self.environment, &invocation, &policy, CHECK, Triggers::by_hand(trigger));
        let (target, diff) = Box::pin(context.check(&suppressed)).await;
        let answer = Answer::of(vec![target], Outcome::Settled, None);
        Answer { check: Some(CheckAnswer::new(suppressed, audit.estimates, &diff)), ..answer }
    }

    async fn audit(&self, checks: &Checks<'_>, until: jiff::Timestamp) -> Audit {
        let auditor = Auditor {
            alarms: self.environment.ports.alarms.as_ref(),
            clock: self.environment.ports.clock.as_ref(),
            permissions: checks.permissions,
            actors: checks.actors,
            stores: checks.stores,
            mode: Some(self.environment.mode),
            until,
        };
        audit(&self.kinds, &auditor).await
    }

    async fn posture(&self, checks: &Checks<'_>, until: jiff::Timestamp) -> Option<Vec<Finding>> {
        let posture = checks.posture?;
        let patience = Patience::new(self.environment.ports.clock.as_ref(), until);
        Some(posture.findings(patience).await)
    }

    async fn refused(&self, payload: &Value, why: String, invocation: &Invocation) -> Answer {
        let by_hand = payload.get("command").is_some();
        let mut reasons = vec![why.clone()];
        if !by_hand && !invocation.dry_run {
            reasons.extend(self.notify_refused(&[Refusal { path: String::new(), why }], invocation).await.err());
        }
        Answer::of(Vec::new(), Outcome::Failed, Some(reasons.join("; ")))
    }
}

impl TargetContext<'_> {
    /// Compares the findings with those of the last notice and reports the difference. Without the journal all findings
    /// are reported.
    async fn check(mut self, suppressed: &Suppressed) -> (TargetAnswer, FindingsDiff) {
        let (epoch, record) = match self.acquire_lease(true).await {
            Ok(LeaseAnswer::Taken { epoch, before, .. }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) if self.is_dry_run() => (None, record),
            Ok(LeaseAnswer::Held(record)) => {
                let (diff, _) = diff(&record.memory.checked.clone().unwrap_or_default(), suppressed, self.now());
                return (self.held_by_another(&record), diff);
            }
            Err(error) => return Box::pin(self.check_without_journal(suppressed, &error)).await,
        };
        let mut state = TargetState::of_record(epoch, record.memory);
        let before = state.memory.checked.clone().unwrap_or_default();
        let (diff, checked) = diff(&before, suppressed, self.now());
        self.remarks.extend(suppressed.warnings.iter().map(|warning| Remark::Text(warning.text.clone())));
        let notice = self.about(&state).checked(&diff, suppressed.accepted.len());
        if self.is_dry_run() {
            let would = if diff.is_any() { "would notify" } else { "would not notify" };
            let ending = Ending::dry_run(format!("{would}: {}", notice.headline), Vec::new());
            return (Box::pin(self.finish(state, ending)).await, diff);
        }
        state.memory.checked = Some(checked);
        let ending = if diff.is_any() {
            let outcome = Ending::new(Outcome::Recorded, notice.headline.clone());
            Ending { notice: Some(notice), ..outcome }
        } else {
            Ending::new(Outcome::Settled, notice.headline)
        };
        (Box::pin(self.finish_or_retry(state, ending)).await, diff)
    }

    /// A notice that could be neither sent nor kept makes the invocation retry.
    async fn finish_or_retry(self, state: TargetState, ending: Ending) -> TargetAnswer {
        let answer = Box::pin(self.finish(state, ending)).await;
        TargetAnswer { retry_can_help: answer.lost > 0, ..answer }
    }

    async fn check_without_journal(mut self, suppressed: &Suppressed, error: &CloudError) -> (TargetAnswer, FindingsDiff) {
        self.remark(format!("the journal could not be used, so it is not known which findings are new: {error}"));
        let (diff, _) = diff(&Checked::default(), suppressed, self.now());
        let state = TargetState::of_record(None, Memory::default());
        self.remarks.extend(suppressed.warnings.iter().map(|warning| Remark::Text(warning.text.clone())));
        let notice = self.about(&state).checked(&diff, suppressed.accepted.len());
        if self.is_dry_run() {
            let ending = Ending::dry_run(format!("would notify: {}", notice.headline), Vec::new());
            return (self.answer(&Health::new(), ending, None, 0), diff);
        }
        let ending = Ending { notice: Some(notice.clone()), ..Ending::new(Outcome::Recorded, notice.headline) };
        (Box::pin(self.finish_or_retry(state, ending)).await, diff)
    }
}

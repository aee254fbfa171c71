//! The scheduled check: looks whether a crossover of each target would work, and tells what is new of that at once, and
//! all of it once a week.

use async_trait::async_trait;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    check_answer::CheckAnswer,
    error::CloudError,
    finding::{Finding, Rule},
    findings_diff::{CHECK, Checked, FindingsDiff, compare},
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
    audit::{Actors, Ask, Audit, Auditor, Stores, audit},
    context::{Ending, Remark, TargetContext, TargetState},
    controller::Controller,
    environment::Invocation,
    ports::{LeaseAnswer, Payloads},
    retry::Patience,
    triggers::Triggers,
};

/// Kept back from the time there is, to write down and to tell what was found: the lease, two writes and a notice, each
/// with the longest that it is waited for.
const CLOSING: jiff::SignedDuration = jiff::SignedDuration::from_secs(20);
/// Its keys.
const KEYS: [&str; 4] = ["command", "dry_run", "operator", "reason"];

/// Looks at what is around the targets.
#[async_trait(?Send)]
pub trait Around {
    /// What is found there while there is patience, with what could not be looked at; not one write.
    async fn findings(&self, patience: Patience<'_>) -> Vec<Finding>;
}

/// What a check works with beside the controller.
pub struct Checks<'a> {
    /// IAM.
    pub permissions: &'a Ask<'a>,
    /// Who makes crossovers.
    pub actors: &'a Actors,
    /// Where crossovers are kept and told, as far as it is known.
    pub stores: &'a Stores,
    /// What the topology accepts.
    pub accepted: &'a [Accepted],
    /// The rules that there are.
    pub rules: &'a [&'static Rule],
    /// What is around the targets, where that is looked at.
    pub around: Option<&'a dyn Around>,
}

/// Whether a payload is a person's command to check.
#[must_use]
pub fn is_asked_for(payload: &Value) -> bool {
    payload.get("command").and_then(Value::as_str) == Some(CHECK)
}

/// Reads what wakes a check: a tick, or a person; the trigger, and whether nothing is to be written.
fn wake(payload: &Value, payloads: &dyn Payloads) -> Result<(String, bool), String> {
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
    /// Looks at everything once, and tells what is new of it. It never fails: what went wrong stands in the answer.
    pub async fn check(&self, payload: &Value, checks: &Checks<'_>, invocation: &Invocation) -> Answer {
        let (trigger, dry_run) = match wake(payload, self.environment.ports.payloads.as_ref()) {
            Ok(woken) => woken,
            Err(why) => return self.refused(payload, why, invocation).await,
        };
        let invocation = Invocation { dry_run: invocation.dry_run || dry_run, ..invocation.clone() };
        let until = invocation.deadline - CLOSING;
        let (mut audit, around) = join!(self.audit(checks, until), self.around(checks, until));
        if let Some(around) = around {
            audit.of_account(around);
        }
        let today = self.environment.ports.clock.now().to_zoned(TimeZone::UTC).date();
        let suppressed = suppress(Some(audit.findings), checks.accepted, checks.rules, today);
        let policy = Policy::of_checks();
        let case = TargetContext::new(&self.environment, &invocation, &policy, CHECK, Triggers::by_hand(trigger));
        let (target, news) = Box::pin(case.check(&suppressed)).await;
        let answer = Answer::of(vec![target], Outcome::Settled, None);
        Answer { check: Some(CheckAnswer::new(suppressed, audit.estimates, &news)), ..answer }
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

    async fn around(&self, checks: &Checks<'_>, until: jiff::Timestamp) -> Option<Vec<Finding>> {
        let around = checks.around?;
        let patience = Patience::new(self.environment.ports.clock.as_ref(), until);
        Some(around.findings(patience).await)
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
    /// Compares with what people were told, and tells them what they were not. Without the journal nobody knows what
    /// that is, and all of it is told.
    async fn check(mut self, suppressed: &Suppressed) -> (TargetAnswer, FindingsDiff) {
        let (epoch, record) = match self.acquire_lease(true).await {
            Ok(LeaseAnswer::Taken { epoch, before }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) if self.is_dry_run() => (None, record),
            Ok(LeaseAnswer::Held(record)) => {
                let (news, _) = compare(&record.memory.checked.clone().unwrap_or_default(), suppressed, self.now());
                return (self.held_by_another(&record), news);
            }
            Err(error) => return Box::pin(self.check_without_journal(suppressed, &error)).await,
        };
        let mut known = TargetState::of_record(epoch, record.memory);
        let before = known.memory.checked.clone().unwrap_or_default();
        let (news, checked) = compare(&before, suppressed, self.now());
        self.remarks.extend(suppressed.warnings.iter().map(|warning| Remark::Text(warning.text.clone())));
        let notice = self.about(&known).checked(&news, suppressed.accepted.len());
        if self.is_dry_run() {
            let would = if news.is_any() { "would notify" } else { "would not notify" };
            let ending = Ending::dry_run(format!("{would}: {}", notice.headline), Vec::new());
            return (self.finish(known, ending).await, news);
        }
        known.memory.checked = Some(checked);
        let ending = if news.is_any() {
            let outcome = Ending::new(Outcome::Recorded, notice.headline.clone());
            Ending { notice: Some(notice), ..outcome }
        } else {
            Ending::new(Outcome::Settled, notice.headline)
        };
        (Box::pin(self.told(known, ending)).await, news)
    }

    /// What could be neither told nor kept for later is to be looked at again.
    async fn told(self, known: TargetState, ending: Ending) -> TargetAnswer {
        let answer = self.finish(known, ending).await;
        TargetAnswer { retry_can_help: answer.lost > 0, ..answer }
    }

    async fn check_without_journal(mut self, suppressed: &Suppressed, error: &CloudError) -> (TargetAnswer, FindingsDiff) {
        self.remark(format!("the journal could not be used, so it is not known which findings are new: {error}"));
        let (news, _) = compare(&Checked::default(), suppressed, self.now());
        let known = TargetState::of_record(None, Memory::default());
        self.remarks.extend(suppressed.warnings.iter().map(|warning| Remark::Text(warning.text.clone())));
        let notice = self.about(&known).checked(&news, suppressed.accepted.len());
        if self.is_dry_run() {
            let ending = Ending::dry_run(format!("would notify: {}", notice.headline), Vec::new());
            return (self.answer(&Health::new(), ending, None, 0), news);
        }
        let ending = Ending { notice: Some(notice.clone()), ..Ending::new(Outcome::Recorded, notice.headline) };
        (Box::pin(self.told(known, ending)).await, news)
    }
}

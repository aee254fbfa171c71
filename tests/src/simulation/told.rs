//! What people must have been told by the end.

use std::{collections::BTreeSet, time::Duration};

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState,
    answer::TargetAnswer,
    crossover::Crossover,
    health::State,
    notice::{Notice, NoticeSide},
    outcome::Outcome,
    step::{StepCard, StepReport, StepResult},
};
use crossover_sandbox::Account;
use crossover_sns::SnsAccount;
use jiff::Timestamp;

use super::triggers::Names;

/// What a reason to hold back is told within.
const HOUR: Duration = Duration::from_hours(1);
/// How far the time of a notice may be from the journal's.
pub(super) const SKEW: Duration = Duration::from_secs(2);
/// The remark of a process without the journal.
const FORGETFUL: &str = "the journal could not be used";

/// A target that was held back.
#[derive(Debug)]
pub(crate) struct HeldBack {
    target: String,
    at: Timestamp,
    /// The sides that were unhealthy.
    sides: BTreeSet<String>,
    /// When the last of these turned unhealthy: a notice from before tells of another episode.
    since: Option<Timestamp>,
}

impl HeldBack {
    /// What this answer asks to be told.
    pub(crate) fn new(answer: &TargetAnswer, account: &Account, names: &Names, now: Timestamp) -> Self {
        let unhealthy = answer.sides.iter().filter(|side| side.health == State::Unhealthy);
        let sides: BTreeSet<String> = unhealthy.map(|side| side.side.clone()).collect();
        let target = names.targets.iter().find(|target| target.name == answer.target);
        let alarms_of = |side: &String| {
            let of_target = target.into_iter().flat_map(|target| &target.sides);
            of_target.filter(|(name, _)| name == side).map(|(_, alarm)| alarm.clone()).collect::<Vec<_>>()
        };
        // A side turns with the first of its alarms.
        let turned = |side: &String| {
            let names = alarms_of(side);
            let fires = account.cloudwatch().alarms.iter().filter(|alarm| alarm.state == AlarmState::Alarm);
            fires.filter(|alarm| names.contains(&alarm.name)).map(|alarm| alarm.since).min()
        };
        let since = sides.iter().filter_map(turned).max();
        Self { target: answer.target.clone(), at: now, sides, since }
    }

    /// Whether this notice, published at this time, tells of these sides and this episode.
    fn is_told_by(&self, notice: &Notice, published: Timestamp) -> bool {
        // Without the journal it has the time of a machine, and is sent at once or never.
        let is_forgetful = notice.remarks.iter().any(|remark| remark.contains(FORGETFUL));
        let at = if is_forgetful { published } else { notice.at };
        let is_named = |side: &String| {
            // What AWS itself says is gone is the same episode once its alarms say so, too.
            let is_bad = |named: &NoticeSide| named.health == State::Unhealthy || named.cannot_serve;
            notice.sides.iter().any(|named| named.side == *side && is_bad(named))
        };
        let in_time = at + HOUR >= self.at && self.since.is_none_or(|since| since <= at + SKEW);
        in_time && self.sides.iter().all(is_named)
    }
}

/// What was published.
pub(crate) fn notices(account: &Account) -> Vec<Notice> {
    let published = account.sns().published.iter().filter_map(|published| published.bodies.get("sqs"));
    published.filter_map(|body| serde_json::from_str(body).ok()).collect()
}

/// The steps that a service has refused for good, so that the crossovers of a target ended without them. People were told.
pub(crate) fn refused(account: &Account, target: &str) -> Vec<StepCard> {
    let is_partial = |crossover: &&Crossover| crossover.target == target && crossover.outcome == Outcome::Partial;
    let steps = account.dynamodb().crossovers.iter().filter(is_partial).flat_map(|crossover| &crossover.steps);
    let is_refused = |step: &&StepReport| matches!(step.result, StepResult::Refused | StepResult::Conflict);
    steps.filter(is_refused).map(|step| step.card.clone()).collect()
}

/// Crossovers and reasons to hold back of which nobody was told.
pub(crate) fn untold(account: &Account, held: &[HeldBack]) -> Vec<String> {
    let mut broken = Vec::new();
    let ids: BTreeSet<&str> = account.dynamodb().crossovers.iter().map(|crossover| crossover.id.as_str()).collect();
    if ids.len() != account.dynamodb().crossovers.len() {
        broken.push("one at a time: two crossovers have one id".to_owned());
    }
    for crossover in &account.dynamodb().crossovers {
        let id = format!("\"{}\"", crossover.id);
        let tells = |published: &&crossover_sns::sandbox::Published| {
            published.attributes["outcome"] == crossover.outcome.as_str() && published.bodies["sqs"].contains(&id)
        };
        if !account.sns().published.iter().any(|published| tells(&published)) {
            broken.push(format!("told: nobody was told that {} {}", crossover.id, crossover.outcome));
        }
        if crossover.ended.is_none() {
            broken.push(format!("killed anywhere: {} is in the history and has no end", crossover.id));
        }
    }
    for held in held {
        let tells = |published: &&crossover_sns::sandbox::Published| {
            let is_it = published.attributes["target"] == held.target && published.attributes["outcome"] == "held";
            is_it && serde_json::from_str(&published.bodies["sqs"]).is_ok_and(|notice| held.is_told_by(&notice, published.at))
        };
        if !account.sns().published.iter().any(|published| tells(&published)) {
            broken.push(format!("told: nobody was told that {held:?}"));
        }
    }
    broken
}

//! The notice of a crossover.

use super::{
    about::About,
    contents::Notice,
    limits::{LONGEST, STEPS_KEPT, fit, worst_first},
    next::Next,
    severity::Severity,
};
use crate::{
    arn::Arn,
    crossover::Crossover,
    direction::Direction,
    outcome::Outcome,
    step::{FOUND, StepCard, StepReport, StepResult, Undo, Way},
    text::{clip, list, short},
};

impl About<'_> {
    /// The notice of a crossover that ended or is in progress.
    #[must_use]
    pub fn crossover(&self, crossover: &Crossover) -> Notice {
        let good = crossover.steps.iter().filter(|step| step.result.is_good()).count();
        let verb = crossover.direction.as_str();
        let count = crossover.steps.len();
        let found = crossover.steps.iter().all(|step| step.card.step == FOUND);
        let gone = crossover.steps.iter().any(|step| step.card.step == FOUND && step.card.way.is_homeless());
        let by = crossover.aborted.as_ref().map(|aborted| &aborted.operator);
        let what = match (crossover.outcome, by) {
            (_, Some(by)) => format!("{verb} ABORTED by {by}, {good} of {count} steps done"),
            (outcome, None) => match outcome {
                Outcome::Completed if found => crossover.reason.clone(),
                Outcome::Completed => format!("{verb} completed, {}", crossover.reason),
                _ if crossover.ended.is_some() => match &crossover.continued_by {
                    Some(id) => format!("{verb} stopped, {good} of {count} steps done, the rest is continued by {id}"),
                    None => format!("{verb} stopped, {good} of {count} steps done, the rest is no longer needed"),
                },
                Outcome::Pending => format!("{verb} in progress, {good} of {count} steps done{}", self.under_way(crossover)),
                Outcome::Partial if crossover.under_way().is_some() => {
                    let failed =
                        crossover.steps.iter().filter(|step| !step.result.is_good() && step.result != StepResult::Pending);
                    let under_way = self.under_way(crossover);
                    format!("{verb} in progress, {good} of {count} steps done, {} failed{under_way}", failed.count())
                }
                Outcome::Partial => format!("{verb} is PARTIAL, {good} of {count} steps done"),
                _ => format!("{verb} FAILED, {good} of {count} steps done"),
            },
        };
        let mut next = Vec::new();
        if by.is_some() {
            next.extend(crossover.begun().take(STEPS_KEPT).map(half_done_step));
            next.push(Next::say("To allow automatic crossovers again, which may do the same again:", self.order("resume", &[])));
        }
        if crossover.ended.is_none() {
            next.push(Next::say(
                "Every further alarm or tick retries the remaining steps. To see which steps remain:",
                self.invoke("plan", &[]),
            ));
        }
        if self.still_away > 0 {
            next.push(Next::say("To fail everything back once its home is healthy:", self.order("failback", &[])));
        }
        let by_itself = crossover.order.is_none() && crossover.direction == Direction::Failover && !found;
        if by_itself && crossover.outcome == Outcome::Completed {
            next.push(Next::say("After you have reviewed it, to allow the next automatic failover:", self.order("ack", &[])));
        }
        if next.is_empty() && crossover.outcome == Outcome::Completed && !gone {
            next.push(Next { what: "No action is needed: everything is at home.".to_owned(), typed: None, command: None });
        }
        if crossover.outcome == Outcome::Completed && crossover.direction == Direction::Failback && !found {
            next.extend(crossover.to.iter().map(|side| {
                Next::say(
                    "To undo it, and move the work of its home away again:",
                    self.order("failover", &[("away_from", Some(side))]),
                )
            }));
        }
        let stopped = by.is_some() || (crossover.ended.is_some() && crossover.outcome != Outcome::Completed);
        let id = format!("{}-{}{}", crossover.id, crossover.outcome, if stopped { "-stopped" } else { "" });
        Notice { id, ..self.of_crossover(crossover, &what, next) }
    }

    /// The notice that a crossover begins, before the outcome of any step is known.
    #[must_use]
    pub fn begins(&self, crossover: &Crossover) -> Notice {
        let what = format!("{} begins, {}", crossover.direction.as_str(), crossover.reason);
        let next = self.to_abort().into_iter().collect();
        Notice { id: format!("{}-begins", crossover.id), ..self.of_crossover(crossover, &what, next) }
    }

    fn of_crossover(&self, crossover: &Crossover, what: &str, next: Vec<Next>) -> Notice {
        let took = self.now.duration_since(crossover.started).unsigned_abs();
        let mut remarks = self.remarks.clone();
        if let Some(order) = &crossover.order {
            let ways = [(order.force, " with --force"), (order.accept_data_loss, " with --accept-data-loss")];
            let ways: String = ways.into_iter().filter_map(|(set, text)| set.then_some(text)).collect();
            remarks.push(format!("requested by {}{ways}: {}", order.operator, order.reason));
        }
        Notice {
            crossover_id: Some(crossover.id.clone()),
            reason: Some(clip(&crossover.reason, LONGEST)),
            remarks: fit(&remarks),
            steps: worst_first(&crossover.steps),
            steps_in_all: crossover.steps.len(),
            took_ms: Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            worst_loss: (!crossover.loss.is_empty()).then(|| clip(&crossover.loss, LONGEST)),
            ..self.notice(crossover.outcome, Severity::of_crossover(crossover), what, next)
        }
    }

    /// What is under way since when, and who serves meanwhile; empty if nothing is, or only what takes no time.
    fn under_way(&self, crossover: &Crossover) -> String {
        let Some((step, since)) = crossover.under_way().and_then(|step| Some((step, step.asked?))) else { return String::new() };
        let StepCard { step, to, .. } = &step.card;
        let name = |side: &str| Arn::of(side).map_or_else(|| side.to_owned(), |arn| arn.id().to_owned());
        let still = self.serving.as_ref().and_then(|serving| Some((serving.who().next()?, serving.duty.still())));
        let still = still.map_or_else(String::new, |(side, still)| format!(", {} {still}", name(side)));
        format!(": {step} to {} under way since {}{still}", name(to), short(since))
    }
}

/// What an aborted crossover has done or may still do, and how to undo it.
fn half_done_step(step: &StepReport) -> Next {
    let StepCard { step: name, resource, from, to, way, undo } = &step.card;
    let state = if step.result.is_good() {
        "is done"
    } else {
        "was begun and may still take effect, so resume only once it is seen to have ended or failed"
    };
    let undo = match (undo, way) {
        (Some(Undo::Restore { ids, .. }), _) => {
            format!("to undo it, restore exactly {}", list(ids.iter().map(String::as_str), STEPS_KEPT))
        }
        (Some(Undo::Other(_)), _) => "a later version of Crossover knows how to undo it".to_owned(),
        (None, Way::Home) => format!("to undo it, order a failover to {from}"),
        (None, Way::Away) => "to undo it, order a failback".to_owned(),
        (None, Way::InPlace | Way::Homeless | Way::Other(_)) => format!("to undo it, move it back to {from}"),
    };
    let moved = if from == to { resource.clone() } else { format!("{resource} from {from} to {to}") };
    Next { what: clip(&format!("{name} of {moved} {state}; {undo}."), LONGEST), typed: None, command: None }
}

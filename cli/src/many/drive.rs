//! Drives one order until it has ended or its time is over.

use std::time::Duration;

use crossover_model::{
    answer::{Answer, TargetAnswer},
    outcome::Outcome,
    step::{StepReport, StepResult},
    text::short,
};
use jiff::SignedDuration;
use serde_json::Value;

use crate::engine::Engine;

/// The interval at which an unfinished order is repeated.
pub(crate) const AGAIN: Duration = Duration::from_secs(5);

/// How an order ended, and how long that took.
pub(crate) struct Driven {
    pub(crate) answer: TargetAnswer,
    pub(crate) took: Duration,
}

/// Sends an order, and repeats it while it is not finished and `wait` is not over. Reports each change.
pub(crate) async fn drive(engine: &Engine, kind: &str, command: &Value, wait: Duration, say: &dyn Fn(&str)) -> Driven {
    let began = engine.now();
    let took = || engine.now().duration_since(began).unsigned_abs();
    say("starting");
    let until = SignedDuration::try_from(wait).and_then(|wait| began.checked_add(wait));
    let until = until.map_or_else(|_| String::new(), |until| format!("; repeated until {}", short(until)));
    let (mut reported, mut loss) = (String::new(), None);
    loop {
        let mut answer = ask(engine, kind, command).await;
        // The answer that reports the end has no plan, and so no loss.
        loss = answer.worst_loss.take().map(|words| (words, answer.could_lose.take())).or(loss);
        if let Some((words, could_lose)) = loss.clone() {
            (answer.worst_loss, answer.could_lose) = (Some(words), could_lose);
        }
        let continues = answer.busy || matches!(answer.outcome, Outcome::Pending | Outcome::Partial);
        let again = continues && took() + AGAIN <= wait;
        let now = in_words(&answer) + if again && answer.busy { &until } else { "" };
        if now != reported {
            say(&now);
            reported = now;
        }
        if !again {
            return Driven { answer, took: took() };
        }
        engine.sleep(AGAIN).await;
    }
}

/// Sends one command, and returns its target's answer; an error becomes a failed answer.
pub(super) async fn ask(engine: &Engine, kind: &str, command: &Value) -> TargetAnswer {
    let name = command["target"].as_str().unwrap_or_default();
    match engine.ask(command).await {
        Ok(Answer { mut targets, reason, .. }) => match (targets.pop(), reason) {
            (Some(answer), _) => answer,
            (None, reason) => TargetAnswer::failed(name, kind, reason.unwrap_or_default()),
        },
        // If the crossover has begun, the repeated order continues it.
        Err(why) => TargetAnswer { busy: why.again(), ..TargetAnswer::failed(name, kind, why.to_string()) },
    }
}

/// The answer in one line.
fn in_words(answer: &TargetAnswer) -> String {
    format!("{}, {}", answer.outcome, what(answer))
}

/// A summary of the completed steps, and the first step that is not completed.
pub(super) fn what(answer: &TargetAnswer) -> String {
    remaining_steps(&answer.steps).unwrap_or_else(|| answer.reason.clone())
}

/// How many steps are done, and the first one that is not; none if all are done, or none has begun.
pub(crate) fn remaining_steps(steps: &[StepReport]) -> Option<String> {
    let good = steps.iter().filter(|step| step.result.is_good()).count();
    let step = steps.iter().find(|step| !step.result.is_good() && step.result != StepResult::Planned)?;
    let detail = step.detail.as_ref().map_or_else(String::new, |detail| format!(" ({detail})"));
    let (card, result) = (&step.card, step.result.as_str());
    Some(format!("{good} of {} steps done; {} of {} is {result}{detail}", steps.len(), card.step, card.resource))
}

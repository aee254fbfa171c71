//! Plays a drill on the sandbox's clock: the failure, the events and ticks, the recovery and the failback.

use std::time::Duration;

use crossover_engine::ports::Clock;
use crossover_model::forecast::Forecast;
use crossover_model::{
    answer::{Answer, TargetAnswer},
    arn::alarm_name,
    topology::Failback,
};
use crossover_sandbox::{Sandbox, Service};
use crossover_sns::SnsAccount;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{failure::Breaks, service::outage, timeline::Timeline};
use crate::{engine::Engine, failure::Failure, many::drive};

/// The interval of the schedule.
const TICK: Duration = Duration::from_mins(1);
/// After this many ticks without a change, the drill does not wait any longer.
const QUIET: u32 = 15;
/// How many ticks a failure lasts at most.
const LIMIT: u32 = 60;
/// How long an operator's order is repeated: the last steps of some kinds take minutes.
const PATIENCE: Duration = Duration::from_mins(30);

/// Plays the drill.
///
/// # Errors
/// A fault of the account file ended an invocation that reads the status.
pub(super) async fn play(engine: &Engine, sandbox: &Sandbox, breaks: &Breaks, without: &[&Service]) -> Result<Timeline, Failure> {
    let mut drill = Drill {
        engine,
        sandbox,
        timeline: Timeline::new(sandbox.now(), sandbox.inspect(|it| it.sns().published.len()), &breaks.lost),
    };
    for answer in drill.status().await?.targets {
        if let Some(result) = drill.timeline.results.get_mut(&answer.target) {
            result.was_there = serving(&answer, &result.lost.sides) > 0;
        }
    }
    let before = sandbox.account();
    drill.timeline.began = sandbox.now();
    drill.fail(breaks, without).await;
    drill.run_ticks().await?;
    drill.recover(breaks, &before, without).await;
    drill.fail_back().await?;
    drill.timeline.entries.sort_by_key(|entry| entry.at);
    Ok(drill.timeline)
}

struct Drill<'a> {
    engine: &'a Engine,
    sandbox: &'a Sandbox,
    timeline: Timeline,
}

impl Drill<'_> {
    async fn fail(&mut self, breaks: &Breaks, without: &[&Service]) {
        self.sandbox.change(|account, now| {
            breaks.apply(account, now);
            account.faults.extend(without.iter().map(|service| outage(service)));
        });
        for what in breaks.in_words() {
            self.timeline.add(self.sandbox.now(), "", what);
        }
        for service in without {
            self.timeline.add(self.sandbox.now(), "", format!("{} does not respond", service.title));
        }
        self.send_events(&breaks.alarms.iter().map(String::as_str).collect::<Vec<_>>(), "ALARM").await;
    }

    async fn recover(&mut self, breaks: &Breaks, before: &crossover_sandbox::Account, without: &[&Service]) {
        self.timeline.lasts = false;
        self.sandbox.change(|account, now| breaks.restore(account, before, now));
        let back = if without.is_empty() { "" } else { ", and every service responds" };
        self.timeline.add(self.sandbox.now(), "", format!("everything that failed is healthy again{back}"));
        self.send_events(&breaks.alarms.iter().map(String::as_str).collect::<Vec<_>>(), "OK").await;
    }

    /// Sends the events of the alarms, all at the same time, as EventBridge does.
    async fn send_events(&mut self, alarms: &[&str], state: &str) {
        let now = self.sandbox.now();
        let event = |alarm: &&str| {
            let (region, account) = self.sandbox.inspect(|account| (account.region.clone(), account.account_id.clone()));
            let whole = format!("arn:aws:cloudwatch:{region}:{account}:alarm:{alarm}");
            let name = alarm_name(alarm);
            let arn = if name == *alarm { whole } else { (*alarm).to_owned() };
            json!({
                "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "time": now, "resources": [arn],
                "detail": { "alarmName": name, "state": { "value": state, "timestamp": now } },
            })
        };
        let events: Vec<Value> = alarms.iter().map(event).collect();
        let answers = events.iter().map(async |event| (self.engine.ask(event).await, self.sandbox.now()));
        for (answer, at) in futures::future::join_all(answers).await {
            self.record(answer.ok().as_ref(), at);
        }
    }

    async fn tick(&mut self) {
        let passed = self.sandbox.now().duration_since(self.timeline.began).unsigned_abs();
        let next = TICK.mul_f64(passed.div_duration_f64(TICK).floor() + 1.0);
        self.sandbox.sleep(next.saturating_sub(passed)).await;
        let tick = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" });
        let answer = self.engine.ask(&tick).await;
        self.record(answer.ok().as_ref(), self.sandbox.now());
    }

    fn record(&mut self, answer: Option<&Answer>, at: Timestamp) {
        match answer {
            Some(answer) => self.timeline.answered(answer, at),
            None => self.timeline.add(at, "", "a fault of the account file killed the invocation"),
        }
        let published = self.sandbox.inspect(|account| account.sns().published.clone());
        self.timeline.add_notices(&published);
    }

    async fn status(&self) -> Result<Answer, Failure> {
        Ok(self.engine.ask(&json!({ "command": "status" })).await?)
    }

    /// Runs ticks until every target is settled, or nothing changes any more.
    async fn run_ticks(&mut self) -> Result<(), Failure> {
        let mut seen = Vec::new();
        let mut quiet = 0;
        for _ in 0..LIMIT {
            self.tick().await;
            let now: Vec<TargetAnswer> = self.of_results(self.status().await?);
            for answer in &now {
                let Some(result) = self.timeline.results.get_mut(&answer.target) else { continue };
                let total: usize = answer.status.iter().flat_map(|status| status.serving.values()).sum();
                result.crossed = total > 0 && serving(answer, &result.lost.sides) == 0;
            }
            if now.iter().all(is_settled) {
                break;
            }
            let progress: Vec<String> = now.iter().map(progress).collect();
            quiet = if progress == seen { quiet + 1 } else { 0 };
            if quiet == QUIET {
                break;
            }
            seen = progress;
        }
        Ok(())
    }

    fn of_results(&self, answer: Answer) -> Vec<TargetAnswer> {
        answer.targets.into_iter().filter(|target| self.timeline.results.contains_key(&target.target)).collect()
    }

    /// Waits for automatic failbacks, and orders the manual ones.
    async fn fail_back(&mut self) -> Result<(), Failure> {
        let automatic =
            self.engine.targets().filter(|(_, target_ref)| self.timeline.results.contains_key(&target_ref.policy.name));
        let waits: Vec<(String, Duration)> = automatic
            .filter_map(|(_, target_ref)| match target_ref.policy.failback {
                // The block after a failover also holds the failback.
                Failback::Automatic { stable_for } => {
                    Some((target_ref.policy.name.clone(), stable_for.max(target_ref.policy.block)))
                }
                Failback::Manual => None,
            })
            .collect();
        self.tick().await;
        let longest = waits.iter().map(|(_, wait)| *wait).max();
        let until = longest.map(|wait| self.sandbox.now() + wait + TICK * QUIET);
        loop {
            let answers = self.of_results(self.status().await?);
            self.came_home(&answers);
            let waited_for = |answer: &TargetAnswer| waits.iter().any(|(name, _)| *name == answer.target) && is_away(answer);
            if !answers.iter().any(waited_for) || until.is_none_or(|until| self.sandbox.now() >= until) {
                break;
            }
            self.tick().await;
        }
        let away: Vec<TargetAnswer> = self.of_results(self.status().await?).into_iter().filter(is_away).collect();
        for answer in away.iter().filter(|answer| !waits.iter().any(|(name, _)| *name == answer.target)) {
            self.order(answer).await;
        }
        let answers = self.of_results(self.status().await?);
        self.came_home(&answers);
        Ok(())
    }

    async fn order(&mut self, answer: &TargetAnswer) {
        let (name, kind) = (&answer.target, &answer.kind);
        self.timeline.commands.push(format!("crossover failback {name} --reason drill"));
        self.timeline.add(self.sandbox.now(), name, "an operator orders: failback");
        let command = json!({ "command": "failback", "target": name, "reason": "drill", "operator": "drill" });
        let driven = drive(self.engine, kind, &command, PATIENCE, &|_| ()).await;
        let now = self.sandbox.now();
        self.timeline.add(now, name, format!("{}: {}", driven.answer.outcome, driven.answer.reason));
        if let Some(result) = self.timeline.results.get_mut(name) {
            result.not_home = format!("{}: {}", driven.answer.outcome, driven.answer.reason);
        }
        let published = self.sandbox.inspect(|account| account.sns().published.clone());
        self.timeline.add_notices(&published);
    }

    /// Notes which targets are at home.
    fn came_home(&mut self, answers: &[TargetAnswer]) {
        let now = self.sandbox.now();
        for answer in answers {
            let Some(result) = self.timeline.results.get_mut(&answer.target) else { continue };
            let Some(status) = &answer.status else { continue };
            if is_away(answer) {
                // After an operator's order, its outcome is the better explanation.
                if self.timeline.commands.is_empty() {
                    result.not_home = status.next.join("; ");
                }
            } else if result.home.is_none() {
                result.home = Some(status.since.filter(|since| *since > self.timeline.began).unwrap_or(now));
            }
        }
    }
}

/// The number of a target's resources that these sides serve.
fn serving(answer: &TargetAnswer, sides: &std::collections::BTreeSet<String>) -> usize {
    let serving = answer.status.iter().flat_map(|status| &status.serving);
    serving.filter(|(side, _)| sides.contains(*side)).map(|(_, count)| *count).sum()
}

fn is_away(answer: &TargetAnswer) -> bool {
    answer.status.as_ref().is_some_and(|status| !status.away.is_empty())
}

/// Whether no crossover is open and no further one is planned.
fn is_settled(answer: &TargetAnswer) -> bool {
    let Some(status) = &answer.status else { return false };
    !status.serving.is_empty() && status.open.is_none() && matches!(answer.forecast, Some(Forecast::Stay { .. }))
}

/// The part of a status whose change shows progress.
fn progress(answer: &TargetAnswer) -> String {
    let Some(status) = &answer.status else { return answer.reason.clone() };
    let steps = status.open.iter().flat_map(|open| &open.steps).map(|step| (&step.card.resource, step.result));
    format!("{:?} {:?} {:?}", status.serving, steps.collect::<Vec<_>>(), answer.outcome)
}

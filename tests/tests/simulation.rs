//! Deterministic simulation: seeded histories of alarms, lost and late and doubled events, ticks,
//! commands, outages, faults and deaths; then everything heals, and what was promised must hold.
//!
//! `make simulate SEEDS=3000 FIRST_SEED=7` runs others than `make test` does.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use crossover_controller::{
    answer::{Answer, TargetAnswer},
    cloud::AlarmState::{self, Alarm, InsufficientData, Ok},
    crossover::Outcome,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::stage::{ALARM_A, ALARM_B, Stage, TARGET, account, alarm_event, command, tick, topology_with};
use fastrand::Rng;
use serde_json::{Value, json};

const SEEDS: u64 = 300;
const EVENTS: usize = 14;
const SIDES: [(&str, &str, &str); 2] =
    [("us-east-1a", ALARM_A, "nat-0a1b2c3d4e5f60001"), ("us-east-1b", ALARM_B, "nat-0a1b2c3d4e5f60002")];

/// One history under way.
struct Simulation {
    random: Rng,
    stage: Stage,
    late: Vec<Value>,
    story: Vec<String>,
    broken: Vec<String>,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let keys: &[(&str, &str)] = if random.bool() {
            &[("failback", "\"automatic\""), ("stable_for", "\"5m\""), ("block", "\"10m\"")]
        } else {
            &[("block", "\"10m\"")]
        };
        let mut account = account();
        account.routes_lag_ms = *pick(&mut random, &[0, 0, 200]);
        if random.bool() {
            account.slow_ms.insert("dynamodb:*".to_owned(), 100);
        }
        let stage = Stage::with(account, &topology_with(keys));
        Self { random, stage, late: Vec::new(), story: vec![format!("{keys:?}")], broken: Vec::new() }
    }

    async fn run(&mut self) {
        for _ in 0..EVENTS {
            let pause = self.random.u64(1..400);
            self.stage.wait(Duration::from_secs(pause)).await;
            self.trouble();
            self.happen().await;
        }
        self.heal().await;
    }

    /// What goes wrong with the calls of the next event.
    fn trouble(&mut self) {
        let random = &mut self.random;
        let mut rules = Vec::new();
        for _ in 0..*pick(random, &[0, 0, 1, 1, 2]) {
            let call = *pick(random, &["*", "*", "ec2:*", "ec2:ReplaceRoute", "dynamodb:*", "sns:*", "cloudwatch:*"]);
            let fault = *pick(random, &Fault::ALL);
            rules.push(if random.u8(0..4) == 0 && !matches!(fault, Fault::KillBefore | Fault::KillAfter) {
                FaultRule::every(call, fault)
            } else {
                FaultRule::once(call, random.u32(0..14), fault)
            });
        }
        self.stage.faults(rules);
    }

    async fn happen(&mut self) {
        let (side, alarm, _) = *pick(&mut self.random, &SIDES);
        let trigger = match self.random.u8(0..10) {
            0..=3 => {
                let becomes = *pick(&mut self.random, &[Alarm, Alarm, Ok, Ok, InsufficientData]);
                self.stage.set_alarm(alarm, becomes);
                self.story.push(format!("  {alarm} becomes {}", becomes.as_str()));
                let event = alarm_event(alarm, becomes, self.stage.sandbox.now());
                self.late.push(event.clone());
                // The event is lost now and then.
                if self.random.u8(0..5) == 0 { tick() } else { event }
            }
            4 if !self.late.is_empty() => self.late[self.random.usize(0..self.late.len())].clone(),
            5 => command("failover", &json!({ "away_from": side })),
            6 => command("failback", &json!({})),
            _ => tick(),
        };
        if self.random.u8(0..4) == 0 {
            self.at_once(&trigger).await;
        } else {
            let answer = self.stage.invoke(&trigger).await;
            self.told_to(&trigger, answer.as_ref());
        }
    }

    /// Two deliveries of the same trigger at the same moment, in two invocations.
    async fn at_once(&mut self, trigger: &Value) {
        let (first, second) = (self.stage.invocation(), self.stage.invocation());
        let controller = &self.stage.controller;
        let both = async { tokio::join!(controller.handle(trigger, &first), controller.handle(trigger, &second)) };
        let answers = self.stage.sandbox.invoke(both).await;
        let (one, two) = answers.map_or((None, None), |(one, two)| (Some(one), Some(two)));
        self.told_to(trigger, one.as_ref());
        self.told_to(trigger, two.as_ref());
    }

    /// Checks an answer against the truth at its moment.
    fn told_to(&mut self, trigger: &Value, answer: Option<&Answer>) {
        let one = |target: &TargetAnswer| format!("{} ({})", target.outcome, target.reason);
        let all = |answer: &Answer| answer.targets.iter().map(one).collect::<Vec<_>>().join(", ");
        let said = answer.map_or_else(|| "KILLED".to_owned(), all);
        let faults = self.stage.sandbox.account().faults;
        let name = trigger.get("command").unwrap_or(&trigger["detail"]["alarmName"]);
        self.story.push(format!("  {} {name}: {said} {faults:?}", self.stage.sandbox.now()));
        let blind = faults.iter().any(|rule| matches!(rule.call.as_str(), "*" | "cloudwatch:*"));
        for step in answer.iter().flat_map(|answer| &answer.targets).flat_map(|target| &target.steps) {
            let sick = SIDES.iter().any(|(_, alarm, gateway)| step.card.to == *gateway && self.state(alarm) == Alarm);
            if sick && step.took_ms > 0 && step.result.is_good() && !blind {
                self.broken.push(format!("moved {} to a side in ALARM", step.card.resource));
            }
        }
    }

    fn state(&self, alarm: &str) -> AlarmState {
        let account = self.stage.sandbox.account();
        account.alarms.iter().find(|known| known.name == alarm).map_or(InsufficientData, |alarm| alarm.state)
    }

    /// The faults end; ticks come every minute until the longest block is over.
    async fn heal(&mut self) {
        self.stage.faults([]);
        for _ in 0..12 {
            self.stage.wait(Duration::from_secs(61)).await;
            self.stage.invoke(&tick()).await;
        }
        let replaced = self.stage.count("ec2:ReplaceRoute");
        self.stage.wait(Duration::from_secs(61)).await;
        let last = self.stage.invoke(&tick()).await.expect("no faults");
        self.told_to(&tick(), Some(&last));
        if self.stage.count("ec2:ReplaceRoute") != replaced {
            self.broken.push("it still moves".to_owned());
        }
        self.settled(&last);
        self.recorded_and_told(last.outcome == Outcome::Held);
    }

    fn settled(&mut self, last: &Answer) {
        let sick: Vec<&str> =
            SIDES.iter().filter(|(_, alarm, _)| self.state(alarm) == Alarm).map(|(.., gateway)| *gateway).collect();
        let serves_sick = self.stage.routes().values().any(|to| sick.contains(&to.as_str()));
        match last.outcome {
            Outcome::Settled if serves_sick => self.broken.push("settled, with work at a side in ALARM".to_owned()),
            Outcome::Settled | Outcome::Held => {}
            other => self.broken.push(format!("neither settled nor held in the end, but {other}")),
        }
        let well = |alarm| self.state(alarm) == Ok;
        if last.outcome == Outcome::Held && well(ALARM_A) && well(ALARM_B) {
            self.broken.push(format!("held with everybody well: {}", last.targets[0].reason));
        }
    }

    fn recorded_and_told(&mut self, held: bool) {
        let account = self.stage.sandbox.account();
        let record = &account.journal[TARGET];
        let ids: BTreeSet<&str> = account.crossovers.iter().map(|crossover| crossover.id.as_str()).collect();
        let told: BTreeSet<String> = account
            .published
            .iter()
            .filter_map(|published| serde_json::from_str::<Value>(&published.bodies["sqs"]).ok())
            .filter_map(|notice| Some(notice["crossover_id"].as_str()?.to_owned()))
            .collect();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                self.broken.push(what.to_owned());
            }
        };
        check(ids.len() == account.crossovers.len(), "two crossovers with one id");
        check(ids.iter().all(|id| told.contains(*id)), "a recorded crossover was not told");
        check(account.crossovers.iter().all(|crossover| crossover.ended.is_some()), "an open crossover in the history");
        let open = record.memory.open.as_ref();
        check(open.is_none() || held, "a crossover is left open");
        check(open.is_none_or(|open| told.contains(&open.id)), "an open crossover was not told");
        check(record.memory.unsent.is_empty(), "a notice is left unsent");
        check(record.held_at(account.time).is_none(), "the lease is left held");
        let moved = self.stage.count("ec2:ReplaceRoute") > 0;
        check(!moved || !account.published.is_empty(), "something moved and nobody was told");
    }
}

fn pick<'t, T>(random: &mut Rng, items: &'t [T]) -> &'t T {
    &items[random.usize(0..items.len())]
}

/// A number from the environment.
#[expect(clippy::disallowed_methods, reason = "make simulate sets it")]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map_or(otherwise, |text| text.parse().expect("a whole number"))
}

#[test]
fn every_seed_heals() {
    let (seeds, first) = (number("SEEDS", SEEDS), number("FIRST_SEED", 1));
    let mut broken = Vec::new();
    for seed in first..first + seeds {
        let simulation = crossover_sandbox::run(async {
            let mut simulation = Simulation::new(seed);
            simulation.run().await;
            simulation
        });
        let simulation = simulation.expect("a runtime");
        if !simulation.broken.is_empty() {
            let story = if seeds == 1 { simulation.story.join("\n") + "\n" } else { String::new() };
            let what = simulation.broken.join(", ");
            broken.push(format!("{story}seed {seed}: {what}; replay it: make simulate SEEDS=1 FIRST_SEED={seed}"));
        }
    }
    println!("{} of {seeds} seeds held", seeds - u64::try_from(broken.len()).expect("few"));
    broken.truncate(10);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

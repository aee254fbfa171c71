//! What wakes the controller, and what is made of it.

use crossover_model::alarm::AlarmState;
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::stage::{command, tick};

/// What sort of payload it is, and so what its answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Alarm,
    Tick,
    /// An order on this target.
    Order(usize),
    /// The same, whatever the alarms say.
    Forced(usize),
    Note,
    Question,
    Garbage,
    /// Garbage beside an alarm.
    Mixed,
}

#[derive(Debug, Clone)]
pub(crate) struct Trigger {
    pub(crate) sort: Sort,
    pub(crate) payload: Value,
}

/// Who is who in a world.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) targets: Vec<Target>,
}

/// A target, and its sides, each with its alarm.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) sides: Vec<(String, String)>,
}

impl Names {
    /// A target and one of its sides.
    fn place(&self, random: &mut Rng) -> (usize, &str, &str) {
        let target = random.usize(0..self.targets.len());
        let Target { name, sides } = &self.targets[target];
        (target, name, &pick(random, sides).0)
    }

    fn target(&self, random: &mut Rng) -> &str {
        &pick(random, &self.targets).name
    }
}

pub(crate) fn pick<'t, T>(random: &mut Rng, items: &'t [T]) -> &'t T {
    &items[random.usize(0..items.len())]
}

impl Trigger {
    pub(crate) fn tick() -> Self {
        Self { sort: Sort::Tick, payload: tick() }
    }

    /// An alarm's event through one of its carriers, not always complete, and with more than is known.
    pub(crate) fn alarm(random: &mut Rng, name: &str, state: AlarmState, at: Timestamp) -> Self {
        let arn = format!("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}");
        let value = state.as_str();
        let event_bridge = json!({
            "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "time": at, "resources": [arn],
            "detail": { "alarmName": name, "state": { "value": value, "timestamp": at, "new": [1] }, "version": 9 },
        });
        let sns = json!({ "AlarmName": name, "AlarmArn": arn, "NewStateValue": value, "StateChangeTime": at });
        let payload = match random.u8(0..6) {
            0 => json!({ "alarmArn": arn, "alarmData": { "alarmName": name, "state": { "value": value } }, "time": at }),
            1 => json!({ "Records": [{ "body": json!({ "Message": sns.to_string() }).to_string() }] }),
            2 => json!({ "Records": [{ "Sns": { "Message": sns.to_string() } }] }),
            3 => json!({ "detail-type": "CloudWatch Alarm State Change", "detail": { "alarmName": name } }),
            _ => event_bridge,
        };
        Self { sort: Sort::Alarm, payload }
    }

    /// Something that can't be understood, alone or beside `alarm`.
    pub(crate) fn garbage(random: &mut Rng, names: &Names, alarm: Option<&Value>) -> Self {
        if let Some(alarm) = alarm {
            let payload = json!({ "Records": [{ "body": "{not JSON" }, { "body": alarm.to_string() }, {}] });
            return Self { sort: Sort::Mixed, payload };
        }
        let first = &names.targets[0].name;
        let garbage = [
            json!(null),
            json!([]),
            json!("text"),
            json!({ "Records": [] }),
            json!({ "Records": [{ "body": "{not JSON" }] }),
            json!({ "source": "aws.s3", "detail-type": "Object Created" }),
            json!({ "detail-type": "CloudWatch Alarm State Change", "detail": {} }),
            json!({ "command": "failovr", "target": first }),
            json!({ "command": "failover", "target": first, "reason": "test", "operator": "tester" }),
            command("failback", &json!({ "target": "nobody" })),
            command("failover", &json!({ "target": first, "away_from": "nowhere" })),
        ];
        Self { sort: Sort::Garbage, payload: pick(random, &garbage).clone() }
    }

    pub(crate) fn order(random: &mut Rng, names: &Names) -> Self {
        let (target, name, side) = names.place(random);
        let (verb, more) = match random.u8(0..10) {
            0..=2 => ("failover", json!({ "away_from": side })),
            3 => ("failover", json!({ "to": side })),
            4 => ("failover", json!({ "away_from": side, "force": true })),
            5 => ("switchover", json!({ "away_from": side })),
            6 => ("switchover", json!({ "to": side })),
            7 => ("failback", json!({ "side": side })),
            _ => ("failback", json!({})),
        };
        Self::ordered(target, name, verb, more)
    }

    /// This order on this target.
    pub(crate) fn ordered(target: usize, name: &str, verb: &str, mut more: Value) -> Self {
        let sort = if more.get("force").is_some() { Sort::Forced(target) } else { Sort::Order(target) };
        more["target"] = json!(name);
        Self { sort, payload: command(verb, &more) }
    }

    /// A person has something remembered.
    pub(crate) fn noted(verb: &str, more: &Value) -> Self {
        Self { sort: Sort::Note, payload: command(verb, more) }
    }

    pub(crate) fn note(random: &mut Rng, names: &Names) -> Self {
        let target = json!({ "target": names.target(random) });
        let everything = json!({ "target": null });
        let wide = if random.u8(0..3) == 0 { everything } else { target.clone() };
        let payload = match random.u8(0..8) {
            0 => command("pause", &wide),
            1 => {
                let mut wide = wide;
                wide["for"] = json!("5m");
                command("pause", &wide)
            }
            2..=4 => command("resume", &wide),
            5 | 6 => command("ack", &target),
            _ => command("release", &target),
        };
        Self { sort: Sort::Note, payload }
    }

    /// A person stops what is under way, or lets it go on.
    pub(crate) fn in_the_middle(random: &mut Rng, names: &Names, aborts: bool) -> Self {
        let target = json!({ "target": names.target(random) });
        let wide = if random.u8(0..3) == 0 { json!({ "target": null }) } else { target.clone() };
        let payload = match random.u8(0..8) {
            0 | 1 => command("pause", &wide),
            2 | 3 => command("stop", &wide),
            4 if aborts => command("abort", &target),
            _ => command("resume", &wide),
        };
        Self { sort: Sort::Note, payload }
    }

    /// A person asks what would happen now.
    pub(crate) fn asked(target: &str) -> Self {
        Self { sort: Sort::Question, payload: json!({ "command": "status", "target": target }) }
    }

    pub(crate) fn question(random: &mut Rng, names: &Names) -> Self {
        let (_, target, side) = names.place(random);
        let payload = match random.u8(0..6) {
            0 => json!({ "command": "plan", "target": target }),
            1 => json!({ "command": "plan", "target": target, "away_from": side }),
            2 => json!({ "command": "status" }),
            3 => json!({ "command": "status", "target": target }),
            4 => json!({ "command": "history", "target": target, "limit": 3 }),
            _ => command("failover", &json!({ "target": target, "away_from": side, "dry_run": true })),
        };
        Self { sort: Sort::Question, payload }
    }
}

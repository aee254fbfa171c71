//! What wakes the controller, and what is made of it.

use crossover_controller::cloud::AlarmState;
use crossover_tests::{
    layout::{self, Layout},
    stage::{command, tick},
};
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};

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

pub(crate) fn pick<'t, T>(random: &mut Rng, items: &'t [T]) -> &'t T {
    &items[random.usize(0..items.len())]
}

impl Trigger {
    pub(crate) fn tick() -> Self {
        Self { sort: Sort::Tick, payload: tick() }
    }

    /// A person's order, whatever it is.
    pub(crate) fn sent(payload: Value) -> Self {
        Self { sort: Sort::Order(0), payload }
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
    pub(crate) fn garbage(random: &mut Rng, alarm: Option<&Value>) -> Self {
        if let Some(alarm) = alarm {
            let payload = json!({ "Records": [{ "body": "{not JSON" }, { "body": alarm.to_string() }, {}] });
            return Self { sort: Sort::Mixed, payload };
        }
        let garbage = [
            json!(null),
            json!([]),
            json!("text"),
            json!({ "Records": [] }),
            json!({ "Records": [{ "body": "{not JSON" }] }),
            json!({ "source": "aws.s3", "detail-type": "Object Created" }),
            json!({ "detail-type": "CloudWatch Alarm State Change", "detail": {} }),
            json!({ "command": "failovr", "target": layout::target(0) }),
            json!({ "command": "failover", "target": layout::target(0), "reason": "test", "operator": "tester" }),
            command("failback", &json!({ "target": "nobody" })),
            command("failover", &json!({ "target": layout::target(0), "away_from": "nowhere" })),
        ];
        Self { sort: Sort::Garbage, payload: pick(random, &garbage).clone() }
    }

    pub(crate) fn order(random: &mut Rng, layout: Layout) -> Self {
        let target = random.usize(0..layout.targets);
        let side = layout::side(random.usize(0..layout.sides));
        let on = |verb: &str, mut more: Value| {
            more["target"] = json!(layout::target(target));
            command(verb, &more)
        };
        let (verb, more) = match random.u8(0..10) {
            0..=2 => ("failover", json!({ "away_from": side })),
            3 => ("failover", json!({ "to": side })),
            4 => ("failover", json!({ "away_from": side, "force": true })),
            5 => ("switchover", json!({ "away_from": side })),
            6 => ("switchover", json!({ "to": side })),
            7 => ("failback", json!({ "side": side })),
            _ => ("failback", json!({})),
        };
        let sort = if more.get("force").is_some() { Sort::Forced(target) } else { Sort::Order(target) };
        Self { sort, payload: on(verb, more) }
    }

    pub(crate) fn note(random: &mut Rng, layout: Layout) -> Self {
        let target = json!({ "target": layout::target(random.usize(0..layout.targets)) });
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

    pub(crate) fn question(random: &mut Rng, layout: Layout) -> Self {
        let target = layout::target(random.usize(0..layout.targets));
        let side = layout::side(random.usize(0..layout.sides));
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

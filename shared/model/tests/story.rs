//! The timeline of a crossover: it is kept, limited, and read from records of earlier versions.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

use crossover_model::{
    alarm::{AlarmActions, AlarmData, AlarmReading, AlarmState},
    crossover::Crossover,
    health::{Health, Readings, SideHealth, State},
    step::{StepCard, StepReport, StepResult, Way},
    timeline::{Timeline, first_sample, found},
    topology::Side,
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn report(result: StepResult, began: Option<&str>, ended: Option<&str>) -> StepReport {
    let card = StepCard {
        step: "promote".to_owned(),
        resource: "orders writer".to_owned(),
        from: "a".to_owned(),
        to: "b".to_owned(),
        way: Way::Away,
        undo: None,
    };
    StepReport { began: began.map(at), ended: ended.map(at), ..StepReport::untried(card, result) }
}

/// A record of a version without a timeline and without times of steps.
fn old() -> serde_json::Value {
    json!({
        "id": "orders-20260314T031240.000Z", "target": "orders", "kind": "database", "direction": "failover",
        "trigger": "tick", "reason": "why", "loss": "nothing", "started": "2026-03-14T03:12:40Z", "outcome": "pending",
        "steps": [{ "step": "promote", "resource": "orders writer", "from": "a", "to": "b", "way": "away", "result": "pending", "took_ms": 30 }],
    })
}

#[test]
fn records_of_earlier_versions_are_read_and_written_unchanged() {
    let crossover: Crossover = serde_json::from_value(old()).expect("an old record");
    assert!(crossover.timeline.is_empty() && crossover.steps[0].began.is_none());
    let again = serde_json::to_value(&crossover).expect("JSON");
    assert!(again.get("story").is_none() && again["steps"][0].get("began").is_none(), "{again}");
}

#[test]
fn additions_of_later_versions_are_tolerated() {
    let mut later = old();
    later["story"] = json!({ "weather": "fine", "sides": [{ "side": "a", "health": "healthy", "evidence": "", "moon": 1 }] });
    let crossover: Crossover = serde_json::from_value(later).expect("a later record");
    assert_eq!(crossover.timeline.sides[0].side, "a");
}

#[test]
fn a_step_began_with_its_first_try_and_ended_when_it_was_seen() {
    let mut crossover: Crossover = serde_json::from_value(old()).expect("a record");
    crossover.steps.clear();
    crossover.report(vec![report(StepResult::Pending, None, None)]);
    crossover.report(vec![report(StepResult::Pending, Some("2026-03-14T03:12:40Z"), None)]);
    crossover.report(vec![report(StepResult::Pending, None, None)]);
    crossover.report(vec![report(StepResult::Done, Some("2026-03-14T03:14:00Z"), Some("2026-03-14T03:14:01Z"))]);
    let [step] = &crossover.steps[..] else { panic!("{:?}", crossover.steps) };
    assert_eq!((step.began, step.ended), (Some(at("2026-03-14T03:12:40Z")), Some(at("2026-03-14T03:14:01Z"))));
}

#[test]
fn the_first_sample_is_the_earliest_that_the_reason_names() {
    let reason = "Threshold Crossed: 3 out of the last 3 datapoints [0.0 (14/03/26 03:12:00), 0.0 (14/03/26 03:11:00), \
                  0.0 (14/03/26 03:10:00)] were less than the threshold (1.0) (minimum 3 datapoints for OK -> ALARM transition).";
    assert_eq!(first_sample(reason), Some(at("2026-03-14T03:10:00Z")));
    for none in ["", "Unchecked: Initial alarm creation", "less than the threshold (1.0)", "((((", "(99/99/99 99:99:99)"] {
        assert_eq!(first_sample(none), None, "{none}");
    }
}

#[test]
fn the_timeline_has_the_alarms_that_were_read() {
    let side = Side { name: "a".to_owned(), location: "a".to_owned(), alarms: vec!["down".to_owned(), "gone".to_owned()] };
    let reading = AlarmReading {
        state: AlarmState::Alarm,
        since: Some(at("2026-03-14T03:12:40Z")),
        reason: "x".repeat(900),
        actions: AlarmActions::Unknown,
        metrics: Vec::new(),
        data: AlarmData::default(),
    };
    let readings = Readings { now: [("down".to_owned(), reading)].into(), ..Readings::default() };
    let health = SideHealth { evidence: "down".to_owned(), ..SideHealth::of(State::Unhealthy) };
    let health = Health::from([("a".to_owned(), health)]);
    let sides = found(&[side], &health, &readings);
    assert_eq!((sides.len(), sides[0].alarms.len(), sides[0].health), (1, 1, State::Unhealthy));
    assert!(sides[0].alarms[0].reason.len() < 400);
}

proptest! {
    #[test]
    fn no_reason_is_too_strange(reason in ".{0,200}") {
        let _ = first_sample(&reason);
    }

    #[test]
    fn a_timeline_stays_small(sides in 0_usize..60, alarms in 0_usize..60, text in "\\PC{0,500}") {
        let side = |number: usize| Side {
            name: format!("s{number}"),
            location: String::new(),
            alarms: (0..alarms).map(|alarm| format!("{number}-{alarm}")).collect(),
        };
        let sides: Vec<Side> = (0..sides).map(side).collect();
        let reading = AlarmReading { state: AlarmState::Alarm, since: None, reason: text.clone(), actions: AlarmActions::Unknown, metrics: Vec::new(), data: AlarmData::default() };
        let names = sides.iter().flat_map(|side| side.alarms.iter().cloned());
        let readings = Readings { now: names.map(|name| (name, reading.clone())).collect(), ..Readings::default() };
        let health = |_| SideHealth { evidence: text.clone(), ..SideHealth::of(State::Unknown) };
        let health: Health = sides.iter().map(|side| (side.name.clone(), health(side))).collect();
        let story = Timeline { sides: found(&sides, &health, &readings), ..Timeline::default() };
        prop_assert!(serde_json::to_string(&story).expect("JSON").len() < 80_000);
    }
}

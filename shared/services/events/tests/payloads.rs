//! Payloads: everything is understood or refused, and what counts as evidence.

use crossover_engine::ports::Payloads;
use crossover_events::Events;
use crossover_model::{
    alarm::AlarmState,
    trigger::{Parsed, Trigger},
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(payload: &Value) -> Parsed {
    Events::new([]).parse(payload, None)
}

fn any_json() -> impl Strategy<Value = Value> {
    let keys = prop::sample::select(vec![
        "Records",
        "Sns",
        "Message",
        "body",
        "source",
        "detail-type",
        "detail",
        "alarmData",
        "alarmName",
        "alarmArn",
        "state",
        "value",
        "timestamp",
        "NewStateValue",
        "AlarmName",
        "command",
        "target",
        "away_from",
        "reason",
        "operator",
        "dry_run",
    ]);
    let words =
        prop::sample::select(vec!["failover", "plan", "aws.cloudwatch", "aws.events", "ALARM", "OK", "{\"a\":1}", "[[", ""]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        words.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        let keyed = (keys.clone(), inner.clone()).prop_map(|(key, value)| (key.to_owned(), value));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(keyed, 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            inner.prop_map(|value| Value::String(value.to_string())),
        ]
    })
}

proptest! {
    /// Nothing is lost: each payload, and each record of one, is understood or refused.
    #[test]
    fn every_payload_is_understood_or_refused(payload in any_json()) {
        let parsed = parse(&payload);
        prop_assert!(!parsed.triggers.is_empty() || !parsed.refused.is_empty(), "{payload}");
        if let Some(records) = payload.get("Records").and_then(Value::as_array) {
            prop_assert!(parsed.triggers.len() + parsed.refused.len() >= records.len());
        }
    }

    #[test]
    fn a_good_alarm_is_found_beside_anything(other in any_json(), before in any::<bool>()) {
        let message = json!({ "AlarmName": "a", "NewStateValue": "ALARM" }).to_string();
        let good = json!({ "Sns": { "Message": message } });
        let records = if before { json!([good, other]) } else { json!([other, good]) };
        let parsed = parse(&json!({ "Records": records }));
        prop_assert!(parsed.triggers.iter().any(|trigger| trigger.to_string() == "alarm a ALARM"));
    }
}

/// The alarm events of a payload: name, state, and whether they have a time and so are evidence.
fn alarms(payload: &Value) -> Vec<(String, AlarmState, bool)> {
    let parsed = parse(payload);
    assert!(parsed.refused.is_empty(), "{parsed:?}");
    let alarm = |trigger: Trigger| match trigger {
        Trigger::Alarm(event) => (event.name, event.state, event.at.is_some()),
        other => unreachable!("{other:?} is no alarm"),
    };
    parsed.triggers.into_iter().map(alarm).collect()
}

#[test]
fn a_contributors_ok_is_no_evidence_that_its_alarm_ended() {
    let message = |contributor: &str, state: &str| {
        let at = "2026-03-14T03:12:10.000+0000";
        let body = json!({ "AlarmName": "a", "AlarmContributorId": contributor, "NewStateValue": state, "StateChangeTime": at });
        json!({ "eventSource": "aws:sqs", "body": body.to_string() })
    };
    let batch = json!({ "Records": [message("c1", "ALARM"), message("c2", "OK")] });
    let expected = [("a".to_owned(), AlarmState::Alarm, true), ("a".to_owned(), AlarmState::InsufficientData, false)];
    assert_eq!(alarms(&batch), expected);
}

#[test]
fn the_event_of_a_contributor_is_about_its_alarm() {
    let event = |state: &str| {
        json!({
            "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm Contributor State Change", "time": "2026-03-14T03:12:10Z",
            "resources": ["arn:aws:cloudwatch:us-east-1:111122223333:alarm:a"],
            "detail": {
                "alarmName": "a", "alarmContributor": { "id": "c1", "attributes": { "InstanceId": "i-1" } },
                "state": { "value": state, "timestamp": "2026-03-14T03:12:10.919+0000" },
            },
        })
    };
    assert_eq!(alarms(&event("ALARM")), [("a".to_owned(), AlarmState::Alarm, true)]);
    assert_eq!(alarms(&event("OK")), [("a".to_owned(), AlarmState::InsufficientData, false)]);
}

#[test]
fn a_state_of_which_the_evaluation_lacked_something_is_no_evidence() {
    for evaluation in ["EVALUATION_FAILURE", "EVALUATION_ERROR", "LATER"] {
        let state = json!({ "value": "ALARM", "evaluationState": evaluation, "timestamp": "2026-03-14T03:12:10.919+0000" });
        let bus = json!({ "detail-type": "CloudWatch Alarm State Change", "detail": { "alarmName": "a", "state": state } });
        let direct = json!({ "alarmData": { "alarmName": "a", "state": state } });
        for payload in [bus, direct] {
            assert_eq!(alarms(&payload), [("a".to_owned(), AlarmState::InsufficientData, true)], "{payload}");
        }
    }
}

#[test]
fn a_batch_of_pipes_has_no_envelope() {
    let message = json!({ "AlarmName": "a", "NewStateValue": "ALARM", "StateChangeTime": "2026-03-14T03:12:10.000+0000" });
    let record = json!({ "messageId": "m", "eventSource": "aws:sqs", "body": message.to_string() });
    let event =
        json!({ "detail-type": "CloudWatch Alarm State Change", "detail": { "alarmName": "b", "state": { "value": "OK" } } });
    let expected = [("a".to_owned(), AlarmState::Alarm, true), ("b".to_owned(), AlarmState::Ok, false)];
    assert_eq!(alarms(&json!([record, event])), expected);
    assert_eq!(parse(&json!([])).refused.len(), 1, "an empty batch is refused");
}

#[test]
fn a_message_may_begin_with_a_byte_order_mark() {
    let message = format!("\u{feff}{}", json!({ "AlarmName": "a", "NewStateValue": "ALARM" }));
    let records = json!({ "Records": [{ "Sns": { "Message": message } }] });
    assert_eq!(alarms(&records), [("a".to_owned(), AlarmState::Alarm, false)]);
}

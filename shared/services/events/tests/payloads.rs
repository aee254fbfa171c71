//! Properties of payloads: everything is understood or refused.

use crossover_engine::ports::Payloads;
use crossover_events::Events;
use crossover_model::trigger::Parsed;
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

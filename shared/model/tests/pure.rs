//! Properties of what is pure: health, pace, pauses, payloads and publications.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use crossover_model::{
    alarm::{AlarmActions, AlarmReading, AlarmState},
    health::{Readings, Said, SideAnswer, State, assess},
    notice::{About, refused},
    pace::Bucket,
    topology::{Mode, Policy, Side},
    trigger::{Refusal, parse},
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-03-14T03:12:00Z".parse().expect("a time")
}

fn policy(quorum: usize) -> Policy {
    Policy { name: "t".to_owned(), quorum, block: Duration::ZERO, ..Policy::everything() }
}

fn any_reading() -> impl Strategy<Value = Option<AlarmState>> {
    prop_oneof![Just(None), Just(Some(AlarmState::Ok)), Just(Some(AlarmState::Alarm)), Just(Some(AlarmState::InsufficientData)),]
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
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the undecided alarms turn out to be: healthy stays healthy, and unhealthy unhealthy.
    #[test]
    fn health_is_what_no_undecided_alarm_can_change(
        states in prop::collection::vec(any_reading(), 1..6),
        quorum in 1_usize..4,
    ) {
        let alarms: Vec<String> = (0..states.len()).map(|number| format!("alarm-{number}")).collect();
        let side = Side { name: "side".to_owned(), place: "zone".to_owned(), alarms: alarms.clone() };
        let reading = |state: &AlarmState| AlarmReading { state: *state, since: Some(now()), reason: String::new(), actions: AlarmActions::Unknown, metrics: Vec::new() };
        let readings = alarms.iter().zip(&states).filter_map(|(name, state)| Some((name.clone(), reading(state.as_ref()?)))).collect();
        let said = Said { events: &[], by_hand: false, left: &BTreeSet::new(), changed: None };
        let health = assess(&policy(quorum), &[side], &Readings { now: readings, ..Readings::default() }, said, now());

        let sure = states.iter().filter(|state| **state == Some(AlarmState::Alarm)).count();
        let possible = states.iter().filter(|state| **state != Some(AlarmState::Ok)).count();
        let expected = match (sure >= quorum, possible >= quorum) {
            (true, _) => State::Unhealthy,
            (false, false) => State::Healthy,
            (false, true) => State::Unknown,
        };
        prop_assert_eq!(health["side"].state, expected);
    }

    #[test]
    fn a_bucket_never_gives_more_than_aws_would(pauses in prop::collection::vec(0_u32..400, 1..200), burst in 1_u32..60, rate in 1_u32..20) {
        let mut bucket = Bucket::new(burst, rate, now());
        let mut clock = 0_u32;
        let mut spent: Vec<f64> = Vec::new();
        for pause in pauses {
            clock += pause;
            let wait = bucket.take(now() + SignedDuration::from_millis(clock.into()));
            spent.push(f64::from(clock) / 1000.0 + wait.as_secs_f64());
        }
        spent.sort_by(f64::total_cmp);
        for (given, at) in (1_u32..).zip(&spent) {
            prop_assert!(f64::from(given) <= f64::from(burst) + f64::from(rate) * at + 1.0e-6, "{given} by {at} s");
        }
    }

    /// However long each call is on its way. A bucket of fewer than four is full again between two calls, and one refusal then costs little.
    #[test]
    fn what_a_caller_paces_is_never_refused(
        calls in prop::collection::vec((0_u32..400, 0_u32..=50), 1..200), burst in 4_u32..60, rate in 1_u32..20
    ) {
        let at = |millis: i64| now() + SignedDuration::from_millis(millis);
        let mut own = Bucket::from_afar(burst, rate, now());
        let (mut clock, mut arrivals) = (0_i64, Vec::new());
        for (pause, way) in calls {
            clock += i64::from(pause);
            let wait = own.take(at(clock)).as_millis();
            // A millisecond for what is rounded off.
            arrivals.push(clock + i64::try_from(wait).expect("short") + 1 + i64::from(way.min(49)));
        }
        arrivals.sort_unstable();
        let mut of_aws = Bucket::new(burst, rate, now());
        for arrival in arrivals {
            prop_assert!(of_aws.take(at(arrival)).is_zero(), "refused at {arrival} ms");
        }
    }

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() })]

    /// SNS Publish: at most 262,144 bytes in all; a subject of printable ASCII, at most 100 characters.
    #[test]
    fn a_publication_is_one_that_sns_takes(text in ".{0,3000}", many in 0_usize..200) {
        let sides = vec![SideAnswer { side: text.clone(), health: State::Unknown, evidence: text.clone() }; 4];
        let remarks = vec![text.clone(); many];
        let about = About {
            name: "target", owner: "owner", runbook: None, kind: "nat", mode: Mode::Armed, function: "crossover-nat", trigger: &text,
            sides, remarks: &remarks, wanted_away: true, leaving: None, still_away: many, now: now(),
        };
        let refusals = vec![Refusal { path: String::new(), why: text.clone() }; many];
        for notice in [about.failed(&text), about.ready(&text), refused(&refusals, "nat", Mode::Armed, "id", now())] {
            let publication = notice.publication();
            let size: usize = publication.bodies.values().map(String::len).sum();
            prop_assert!(size <= 262_144, "{size} bytes");
            let plain = publication.subject.chars().all(|c| c.is_ascii_graphic() || c == ' ');
            prop_assert!(plain && (1..=100).contains(&publication.subject.len()), "{:?}", publication.subject);
            prop_assert!(publication.bodies["sms"].len() <= 140);
            serde_json::from_str::<Value>(&publication.bodies["https"]).expect("the chat schema is JSON");
        }
    }
}

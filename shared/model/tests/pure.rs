//! Properties of health, pace and publications.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::{
    alarm::{AlarmActions, AlarmData, AlarmReading, AlarmState},
    health::{Readings, SideAnswer, State, TriggerEvidence, assess},
    notice::{About, Sender, refused},
    pace::Bucket,
    topology::{Mode, Policy, Side},
    trigger::Refusal,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

fn now() -> Timestamp {
    "2026-03-14T03:12:00Z".parse().expect("a time")
}

fn policy(quorum: usize) -> Policy {
    Policy { name: "t".to_owned(), quorum, block: Duration::ZERO, ..Policy::everything() }
}

fn any_reading() -> impl Strategy<Value = Option<AlarmState>> {
    prop_oneof![Just(None), Just(Some(AlarmState::Ok)), Just(Some(AlarmState::Alarm)), Just(Some(AlarmState::InsufficientData)),]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A healthy or unhealthy side keeps its state, whatever state the undecided alarms enter.
    #[test]
    fn undecided_alarms_do_not_change_a_known_health(
        states in prop::collection::vec(any_reading(), 1..6),
        quorum in 1_usize..4,
    ) {
        let alarms: Vec<String> = (0..states.len()).map(|number| format!("alarm-{number}")).collect();
        let side = Side { name: "side".to_owned(), location: "zone".to_owned(), alarms: alarms.clone() };
        let reading = |state: &AlarmState| AlarmReading { state: *state, since: Some(now()), reason: String::new(), actions: AlarmActions::Unknown, metrics: Vec::new(), data: AlarmData::default() };
        let readings = alarms.iter().zip(&states).filter_map(|(name, state)| Some((name.clone(), reading(state.as_ref()?)))).collect();
        let evidence = TriggerEvidence { events: &[], by_hand: false, left: &BTreeSet::new(), unhealthy: &BTreeMap::new(), changed: None };
        let health = assess(&policy(quorum), &[side], &Readings { now: readings, ..Readings::default() }, evidence, now());

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

    /// Holds for any latency of each call. A bucket of fewer than four is full again between two calls, so one refusal costs
    /// little.
    #[test]
    fn paced_calls_are_never_throttled(
        calls in prop::collection::vec((0_u32..400, 0_u32..=50), 1..200), burst in 4_u32..60, rate in 1_u32..20
    ) {
        let at = |millis: i64| now() + SignedDuration::from_millis(millis);
        let mut own = Bucket::from_afar(burst, rate, now());
        let (mut clock, mut arrivals) = (0_i64, Vec::new());
        for (pause, way) in calls {
            clock += i64::from(pause);
            let wait = own.take(at(clock)).as_millis();
            // A millisecond for rounding errors.
            arrivals.push(clock + i64::try_from(wait).expect("short") + 1 + i64::from(way.min(49)));
        }
        arrivals.sort_unstable();
        let mut of_aws = Bucket::new(burst, rate, now());
        for arrival in arrivals {
            prop_assert!(of_aws.take(at(arrival)).is_zero(), "refused at {arrival} ms");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() })]

    /// SNS Publish: at most 262,144 bytes in all; a subject of printable ASCII, less than 100 characters.
    #[test]
    fn a_publication_is_one_that_sns_takes(text in ".{0,3000}", many in 0_usize..200) {
        let sides = vec![SideAnswer { side: text.clone(), health: State::Unknown, evidence: text.clone() }; 4];
        let remarks = vec![text.clone(); many];
        let about = About {
            name: "target", owner: "owner", runbook: None, kind: "nat", mode: Mode::Armed, sender: &Sender::Function("crossover-nat".to_owned()), trigger: &text,
            sides, cannot_serve: &BTreeSet::new(), serving: None, remarks, is_answer: false, wanted_away: true, leaving: None,
            still_away: many, open: None, now: now(),
        };
        let refusals = vec![Refusal { path: String::new(), why: text.clone() }; many];
        for notice in [about.failed(&text), about.ready(&text), refused(&refusals, &text, "nat", Mode::Armed, "id", now())] {
            let publication = notice.publication();
            let size: usize = publication.bodies.values().map(String::len).sum();
            prop_assert!(size <= 262_144, "{size} bytes");
            let plain = publication.subject.chars().all(|c| c.is_ascii_graphic() || c == ' ');
            prop_assert!(plain && (1..100).contains(&publication.subject.len()), "{:?}", publication.subject);
            prop_assert!(publication.bodies["sms"].len() <= 140);
            serde_json::from_str::<Value>(&publication.bodies["https"]).expect("the chat schema is JSON");
        }
    }
}

#[test]
fn a_notice_says_what_with_and_without_its_target_and_quotes_its_commands() {
    let about = About {
        name: "o'brien's nat",
        owner: "owner",
        runbook: None,
        kind: "nat",
        mode: Mode::Armed,
        sender: &Sender::Function("crossover-nat".to_owned()),
        trigger: "a tick",
        sides: Vec::new(),
        cannot_serve: &BTreeSet::new(),
        serving: None,
        remarks: Vec::new(),
        is_answer: false,
        wanted_away: false,
        leaving: None,
        still_away: 0,
        open: None,
        now: now(),
    };
    let notice = about.flaps(&["zone a".to_owned()]);
    assert_eq!(notice.what, "zone a FLAPPING, no automatic failback");
    assert_eq!(notice.headline, format!("o'brien's nat: {}", notice.what));
    let payload = r#"{"command":"failover","target":"o'\''brien'\''s nat","away_from":"zone a","reason":"WHY","operator":"YOU"}"#;
    let commands: Vec<&str> = notice.next.iter().flat_map(|next| next.commands().map(String::as_str)).collect();
    assert_eq!(
        commands,
        [
            r"crossover failover 'o'\''brien'\''s nat' --away-from 'zone a' --operator YOU --reason WHY --function crossover-nat",
            &format!(
                "aws lambda invoke --function-name crossover-nat --cli-binary-format raw-in-base64-out --payload '{payload}' /dev/stdout"
            ),
        ]
    );
}

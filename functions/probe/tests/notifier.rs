//! Notifies the controller directly: until it accepts, never with an outdated verdict, and in spite of slow calls.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use crossover_model::{
    alarm::AlarmState,
    error::{CloudError, Fault},
};
use crossover_probe::{
    notify::{Endpoints, Notifier},
    verdict::Reach::{self, Reachable, Unknown, Unreachable},
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use tokio::time::Instant;

const ALARM: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:crossover-probe-a-unreachable";

/// The result of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Taken,
    /// Accepted, after a delay.
    Later,
    Refused,
    Hangs,
}

/// Endpoints with prepared results for the first calls; they accept all later ones.
struct Played {
    others: Call,
    calls: Mutex<VecDeque<Call>>,
    sent: Mutex<Vec<Value>>,
}

impl Played {
    fn new(others: Call, calls: &[Call]) -> Self {
        Self { others, calls: Mutex::new(calls.iter().copied().collect()), sent: Mutex::default() }
    }

    /// The states that were sent since the last call of this.
    fn sent(&self) -> Vec<String> {
        let sent = std::mem::take(&mut *self.sent.lock().unwrap());
        sent.iter().map(|payload| payload["alarmData"]["state"]["value"].as_str().unwrap().to_owned()).collect()
    }

    /// The last reason that was sent.
    fn reason(&self) -> String {
        let sent = self.sent.lock().unwrap();
        sent.last().unwrap()["alarmData"]["state"]["reason"].as_str().unwrap().to_owned()
    }
}

async fn played<T>(call: Call, taken: T) -> Result<T, CloudError> {
    match call {
        Call::Taken => Ok(taken),
        Call::Later => {
            tokio::task::yield_now().await;
            Ok(taken)
        }
        Call::Refused => Err(CloudError::new("a call", Fault::Throttled, "not now")),
        Call::Hangs => pending().await,
    }
}

#[async_trait]
impl Endpoints for Played {
    async fn others(&self) -> Result<BTreeMap<String, AlarmState>, CloudError> {
        played(self.others, [("b".to_owned(), AlarmState::Ok)].into()).await
    }

    async fn invoke(&self, payload: &Value) -> Result<(), CloudError> {
        self.sent.lock().unwrap().push(payload.clone());
        let call = self.calls.lock().unwrap().pop_front().unwrap_or(Call::Taken);
        played(call, ()).await
    }
}

/// The states that each round sent, for rounds with these verdicts and intervals in milliseconds.
async fn rounds(endpoints: &Played, reaches: &[Reach], millis: u64) -> Vec<Vec<String>> {
    let mut notifier = Notifier::new(endpoints, ALARM, "us-east-1a");
    let mut before = Unknown;
    let mut sent = Vec::new();
    for reach in reaches {
        let until = Instant::now() + Duration::from_millis(millis);
        notifier.after_round(before, *reach, Timestamp::UNIX_EPOCH, until).await;
        sent.push(endpoints.sent());
        before = *reach;
    }
    sent
}

#[tokio::test]
async fn an_unaccepted_verdict_is_sent_again_while_it_holds() {
    let refused = Played::new(Call::Taken, &[Call::Refused, Call::Hangs, Call::Taken]);
    let sent = rounds(&refused, &[Unknown, Unreachable, Unreachable, Unreachable, Unreachable], 40).await;
    assert_eq!(sent, [&[][..], &["ALARM"], &["ALARM"], &["ALARM"], &[]], "until it was taken, and not once more");
}

#[tokio::test]
async fn an_outdated_verdict_is_not_sent_again() {
    let refused = Played::new(Call::Taken, &[Call::Refused, Call::Refused]);
    let sent = rounds(&refused, &[Unreachable, Reachable, Reachable, Reachable], 40).await;
    assert_eq!(sent, [&["ALARM"][..], &["OK"], &["OK"], &[]]);
}

#[tokio::test]
async fn a_good_first_verdict_is_not_sent() {
    let endpoints = Played::new(Call::Taken, &[]);
    assert_eq!(rounds(&endpoints, &[Unknown, Unknown, Reachable, Reachable], 40).await.concat(), Vec::<String>::new());
}

#[tokio::test]
async fn hanging_or_failing_alarms_do_not_prevent_a_notification() {
    // The shorter time is less than the limit for the other zones' alarms.
    for (others, millis, reason) in [
        (Call::Hangs, 5_000, "the other zones' alarms could not be read in time"),
        (Call::Hangs, 100, "the other zones' alarms could not be read in time"),
        (Call::Refused, 100, "the other zones' alarms could not be read: "),
        (Call::Taken, 100, "only here (b OK)"),
    ] {
        let endpoints = Played::new(others, &[]);
        let began = Instant::now();
        let until = began + Duration::from_millis(millis);
        Notifier::new(&endpoints, ALARM, "us-east-1a").after_round(Unknown, Unreachable, Timestamp::UNIX_EPOCH, until).await;
        assert!(began.elapsed() < Duration::from_secs(3), "{others:?}: the call waits for no more than a moment");
        assert!(endpoints.reason().contains(reason), "{others:?}: {}", endpoints.reason());
        assert_eq!(endpoints.sent(), ["ALARM"], "{others:?}");
    }
}

#[tokio::test]
async fn a_view_that_hangs_leaves_time_for_the_call() {
    let endpoints = Played::new(Call::Hangs, &[Call::Later]);
    let sent = rounds(&endpoints, &[Unreachable, Unreachable], 2_000).await;
    assert_eq!(sent, [&["ALARM"][..], &[]], "there was time for it to be taken");
}

#[tokio::test]
async fn a_call_that_hangs_does_not_hold_up_the_next_round() {
    let endpoints = Played::new(Call::Hangs, &[Call::Hangs]);
    let began = Instant::now();
    assert_eq!(rounds(&endpoints, &[Unreachable, Unreachable], 200).await, [["ALARM"], ["ALARM"]]);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(prop_oneof![Just(Call::Taken), Just(Call::Refused), Just(Call::Hangs)], 0..12)
}

fn reaches() -> impl Strategy<Value = Vec<Reach>> {
    let known = prop::collection::vec(prop_oneof![Just(Reachable), Just(Unreachable)], 1..12);
    (0..3_usize, known).prop_map(|(unknown, known)| [vec![Unknown; unknown], known].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_change_is_sent_until_it_is_accepted(reaches in reaches(), calls in calls()) {
        let endpoints = Played::new(Call::Taken, &calls);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let sent = runtime.block_on(rounds(&endpoints, &reaches, 3));
        let mut outcomes = calls.into_iter().chain(std::iter::repeat(Call::Taken));
        // The results of the calls after each round.
        let outcomes: Vec<Option<Call>> = sent.iter().map(|sent| if sent.is_empty() { None } else { outcomes.next() }).collect();
        for (round, reach) in reaches.iter().enumerate() {
            let changed = (0..=round).rev().find(|at| reaches[*at] != at.checked_sub(1).map_or(Unknown, |before| reaches[before]));
            let news = changed.is_some_and(|at| at.checked_sub(1).is_some_and(|before| reaches[before] != Unknown) || *reach == Unreachable);
            let taken = changed.is_some_and(|at| outcomes[at..round].contains(&Some(Call::Taken)));
            let state = if *reach == Unreachable { "ALARM" } else { "OK" };
            let expected: &[&str] = if news && !taken { &[state] } else { &[] };
            prop_assert_eq!(&sent[round], expected, "round {} of {:?} with {:?}", round, &reaches, &outcomes);
        }
    }
}

//! The behavior of CloudWatch that kinds and the controller rely on.

use std::collections::BTreeSet;

use crossover_engine::ports::Alarms;
use crossover_model::alarm::{AlarmActions, AlarmMetric, AlarmState};
use crossover_sandbox::{
    cases,
    contract::{Cases, check},
};
use jiff::{SignedDuration, Timestamp};

use crate::{Metric, Metrics};

/// A CloudWatch in us-east-1 with two alarms, which are `OK` and have no actions.
pub trait Backend {
    /// Reads alarms.
    fn alarms(&self) -> &dyn Alarms;

    /// Reads and writes metrics.
    fn metrics(&self) -> &dyn Metrics;

    /// Its time.
    fn now(&self) -> Timestamp;

    /// The account's id.
    fn account_id(&self) -> &str;

    /// The alarms' names.
    fn names(&self) -> &[String; 2];

    /// The name of a metric without values.
    fn metric(&self) -> String;

    /// Sets an alarm.
    fn set_alarm(&self, alarm: &str, state: AlarmState) -> impl Future<Output = ()>;

    /// Sets or removes the action of an alarm.
    fn let_call(&self, alarm: &str, calls: bool) -> impl Future<Output = ()>;

    /// Sets the metric of an alarm.
    fn be_on(&self, alarm: &str, metric: &AlarmMetric) -> impl Future<Output = ()>;
}

/// What holds of CloudWatch on every backend.
#[must_use]
pub fn cases<B: Backend>() -> Cases<B> {
    cases![
        alarms_are_read_by_name_and_by_arn,
        an_alarm_that_changes_says_since_when,
        an_alarm_says_whom_it_calls,
        an_alarm_says_what_it_is_on,
        a_metric_has_the_value_that_was_put_last,
    ]
}

async fn alarms_are_read_by_name_and_by_arn<B: Backend>(backend: &B) -> Result<(), String> {
    backend.set_alarm(&backend.names()[0], AlarmState::Alarm).await;
    let arn = format!("arn:aws:cloudwatch:us-east-1:{}:alarm:{}", backend.account_id(), backend.names()[1]);
    let names = BTreeSet::from([backend.names()[0].clone(), arn.clone(), "no-such-alarm".to_owned()]);
    let readings = backend.alarms().read_alarms(&names).await.map_err(|error| error.to_string())?;
    let states: Vec<_> = [&backend.names()[0], &arn].map(|name| readings.get(name).map(|reading| reading.state)).into();
    check(states == [Some(AlarmState::Alarm), Some(AlarmState::Ok)] && readings.len() == 2, format!("{readings:?}"))
}

async fn an_alarm_that_changes_says_since_when<B: Backend>(backend: &B) -> Result<(), String> {
    let before = backend.now() - SignedDuration::from_secs(5);
    backend.set_alarm(&backend.names()[0], AlarmState::Alarm).await;
    let names = BTreeSet::from([backend.names()[0].clone()]);
    let readings = backend.alarms().read_alarms(&names).await.map_err(|error| error.to_string())?;
    let since = readings[&backend.names()[0]].since;
    check(since.is_some_and(|since| since > before), format!("since {since:?}, set after {before}"))
}

async fn an_alarm_says_whom_it_calls<B: Backend>(backend: &B) -> Result<(), String> {
    let names = BTreeSet::from([backend.names()[0].clone()]);
    for (calls, expected) in [(false, AlarmActions::None), (true, AlarmActions::Enabled)] {
        backend.let_call(&backend.names()[0], calls).await;
        let readings = backend.alarms().read_alarms(&names).await.map_err(|error| error.to_string())?;
        let actions = readings[&backend.names()[0]].actions;
        check(actions == expected, format!("{actions:?}, and not {expected:?}"))?;
    }
    Ok(())
}

async fn an_alarm_says_what_it_is_on<B: Backend>(backend: &B) -> Result<(), String> {
    let expected = AlarmMetric { name: "Test".to_owned(), zone: Some("us-east-1a".to_owned()) };
    backend.be_on(&backend.names()[0], &expected).await;
    let names = BTreeSet::from([backend.names()[0].clone()]);
    let readings = backend.alarms().read_alarms(&names).await.map_err(|error| error.to_string())?;
    let metrics = &readings[&backend.names()[0]].metrics;
    check(*metrics == [expected], format!("{metrics:?}"))
}

async fn a_metric_has_the_value_that_was_put_last<B: Backend>(backend: &B) -> Result<(), String> {
    let metric = Metric { region: "us-west-2".to_owned(), namespace: "Crossover".to_owned(), metric: backend.metric() };
    let beacons = backend.metrics();
    let value = || async { beacons.metric_value(&metric).await.map_err(|error| error.to_string()) };
    check(value().await?.is_none(), "a value before one was put")?;
    beacons.put_metric_value(&metric, 1.0).await.map_err(|error| error.to_string())?;
    let one = value().await?;
    check(one == Some(1.0), format!("{one:?}"))?;
    let elsewhere = Metric { metric: "another".to_owned(), ..metric.clone() };
    let other = beacons.metric_value(&elsewhere).await.map_err(|error| error.to_string())?;
    check(other.is_none(), format!("{other:?}"))
}

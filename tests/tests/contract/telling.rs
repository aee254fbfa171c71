//! CloudWatch's alarms, and notices over SNS.

use std::collections::BTreeSet;

use crossover_model::{
    alarm::{AlarmActions, AlarmMetric, AlarmState},
    notice::Publication,
};
use jiff::SignedDuration;

use crate::{
    backend::{Backend, Behind},
    check,
};

pub(super) async fn alarms_are_read_by_name_and_by_arn(backend: &Backend) -> Result<(), String> {
    backend.set_alarm(&backend.alarms[0], AlarmState::Alarm).await;
    let account = match &backend.behind {
        Behind::Sandbox(_) => "111122223333",
        Behind::Emulators(_) => "000000000000",
    };
    let arn = format!("arn:aws:cloudwatch:us-east-1:{account}:alarm:{}", backend.alarms[1]);
    let names = BTreeSet::from([backend.alarms[0].clone(), arn.clone(), "no-such-alarm".to_owned()]);
    let readings = backend.ports.alarms.read_alarms(&names).await.map_err(|error| error.to_string())?;
    let states: Vec<_> = [&backend.alarms[0], &arn].map(|name| readings.get(name).map(|reading| reading.state)).into();
    check(states == [Some(AlarmState::Alarm), Some(AlarmState::Ok)] && readings.len() == 2, format!("{readings:?}"))
}

pub(super) async fn an_alarm_that_changes_says_since_when(backend: &Backend) -> Result<(), String> {
    let before = backend.ports.clock.now() - SignedDuration::from_secs(5);
    backend.set_alarm(&backend.alarms[0], AlarmState::Alarm).await;
    let names = BTreeSet::from([backend.alarms[0].clone()]);
    let readings = backend.ports.alarms.read_alarms(&names).await.map_err(|error| error.to_string())?;
    let since = readings[&backend.alarms[0]].since;
    check(since.is_some_and(|since| since > before), format!("since {since:?}, set after {before}"))
}

pub(super) async fn an_alarm_says_whom_it_calls(backend: &Backend) -> Result<(), String> {
    let names = BTreeSet::from([backend.alarms[0].clone()]);
    for (topic, expected) in [(None, AlarmActions::None), (Some(()), AlarmActions::Enabled)] {
        match &backend.behind {
            Behind::Sandbox(sandbox) => sandbox.change(|account, _| {
                let alarm = account.alarms.iter_mut().find(|alarm| alarm.name == backend.alarms[0]);
                alarm.expect("the alarm").actions = expected;
            }),
            Behind::Emulators(world) if topic.is_some() => world.let_alarms_tell(&world.topic).await,
            Behind::Emulators(_) => {}
        }
        let readings = backend.ports.alarms.read_alarms(&names).await.map_err(|error| error.to_string())?;
        let actions = readings[&backend.alarms[0]].actions;
        check(actions == expected, format!("{actions:?}, and not {expected:?}"))?;
    }
    Ok(())
}

pub(super) async fn an_alarm_says_what_it_is_on(backend: &Backend) -> Result<(), String> {
    let expected = AlarmMetric { name: "Test".to_owned(), zone: Some("us-east-1a".to_owned()) };
    if let Behind::Sandbox(sandbox) = &backend.behind {
        sandbox.change(|account, _| {
            let alarm = account.alarms.iter_mut().find(|alarm| alarm.name == backend.alarms[0]);
            alarm.expect("the alarm").metrics = vec![expected.clone()];
        });
    }
    let names = BTreeSet::from([backend.alarms[0].clone()]);
    let readings = backend.ports.alarms.read_alarms(&names).await.map_err(|error| error.to_string())?;
    let metrics = &readings[&backend.alarms[0]].metrics;
    check(*metrics == [expected], format!("{metrics:?}"))
}

pub(super) async fn a_notice_is_taken(backend: &Backend) -> Result<(), String> {
    let publication = Publication {
        subject: "a subject".to_owned(),
        bodies: [("default", "text".to_owned()), ("sqs", "{\"number\":1}".to_owned())].into(),
        attributes: [("target", "t".to_owned()), ("empty", String::new())].into(),
    };
    let id = backend.ports.notices.publish(&publication).await.map_err(|error| error.to_string())?;
    check(!id.is_empty(), "no id")?;
    match &backend.behind {
        Behind::Sandbox(sandbox) => check(sandbox.account().published[0].subject == "a subject", "not published"),
        Behind::Emulators(world) => {
            let notices = world.notices().await;
            check(notices == [serde_json::json!({ "number": 1 })], format!("{notices:?}"))
        }
    }
}

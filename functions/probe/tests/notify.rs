//! The trigger of a probe: the controller must accept its format, and not trust its content.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use crossover_engine::ports::Payloads;
use crossover_events::Events;
use crossover_model::{
    alarm::AlarmState,
    error::{CloudError, Fault},
    trigger::Trigger,
};
use crossover_probe::{
    notify::{trigger, view},
    verdict::Reach,
};
use jiff::Timestamp;

const ALARM: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:crossover-probe-a-unreachable";

fn others(states: &[AlarmState]) -> String {
    view(&Ok(["b", "c"].iter().zip(states).map(|(name, state)| ((*name).to_owned(), *state)).collect()))
}

#[test]
fn the_controller_takes_it_for_the_alarms_own_call() {
    for (reach, state) in [(Reach::Unreachable, AlarmState::Alarm), (Reach::Reachable, AlarmState::Ok)] {
        let payload = trigger(ALARM, "us-east-1a", reach, "only here", Timestamp::UNIX_EPOCH).unwrap();
        let parsed = Events::new([]).parse(&payload, None);
        assert!(parsed.refused.is_empty(), "{payload:#}");
        let [Trigger::Alarm(alarm)] = parsed.triggers.as_slice() else { panic!("{:?}", parsed.triggers) };
        assert_eq!(alarm.state, state, "{payload:#}");
        assert!(format!("{alarm:?}").contains("crossover-probe-a-unreachable"));
        assert!(payload["alarmData"]["state"]["reason"].as_str().unwrap().ends_with("only here"), "{payload:#}");
    }
    assert_eq!(trigger(ALARM, "us-east-1a", Reach::Unknown, "", Timestamp::UNIX_EPOCH), None);
}

#[test]
fn the_other_zones_distinguish_the_gateway_from_the_internet() {
    use AlarmState::{Alarm, InsufficientData, Ok};
    assert_eq!(others(&[Ok, Ok]), "only here (b OK, c OK)");
    assert_eq!(others(&[Alarm, Alarm]), "everywhere: the problem may be outside of AWS (b ALARM, c ALARM)");
    assert_eq!(others(&[Alarm, InsufficientData]), "in some zones (b ALARM, c INSUFFICIENT_DATA)");
    assert_eq!(others(&[]), "the other zones are not configured");
    let error = CloudError::new("cloudwatch:DescribeAlarms", Fault::TimedOut, "no answer");
    assert!(view(&Err(error)).starts_with("the other zones' alarms could not be read: "));
}

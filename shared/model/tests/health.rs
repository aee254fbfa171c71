//! The health of a side by its alarms, and by the events of a trigger where these cannot be read.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::{
    alarm::{AlarmActions, AlarmData, AlarmReading, AlarmState},
    health::{Readings, State, TriggerEvidence, assess, fires_without_data, remember_unhealthy, state_of, turned},
    topology::{Policy, Side},
    trigger::AlarmEvent,
};
use jiff::Timestamp;

use AlarmState::{Alarm, InsufficientData, Ok};

const NOW: u64 = 10_000;

fn at(second: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(second)
}

fn side(name: &str, alarms: &[&str]) -> Side {
    Side { name: name.to_owned(), location: name.to_owned(), alarms: alarms.iter().map(|&alarm| alarm.to_owned()).collect() }
}

fn reading(state: AlarmState, since: u64) -> AlarmReading {
    AlarmReading {
        state,
        since: Some(at(since)),
        reason: String::new(),
        actions: AlarmActions::Unknown,
        metrics: Vec::new(),
        data: AlarmData::default(),
    }
}

fn readings(of: &[(&str, AlarmState, u64)]) -> BTreeMap<String, AlarmReading> {
    of.iter().map(|(name, state, since)| ((*name).to_owned(), reading(*state, *since))).collect()
}

fn policy(quorum: usize) -> Policy {
    Policy { quorum, ..Policy::everything() }
}

fn event(name: &str, state: AlarmState, second: u64) -> AlarmEvent {
    AlarmEvent { name: name.to_owned(), arn: None, state, at: Some(at(second)) }
}

/// What a trigger says, while no alarm of the sides `a` and `b` can be read besides these.
#[derive(Default)]
struct Unread<'a> {
    events: &'a [AlarmEvent],
    by_hand: bool,
    left: bool,
    was_unhealthy: bool,
    changed: Option<u64>,
    read: &'a [(&'a str, AlarmState, u64)],
}

impl Unread<'_> {
    /// The health of `a` and of `b`.
    fn health(&self) -> [State; 2] {
        let sides = [side("a", &["alarm-a"]), side("b", &["alarm-b"])];
        let now = readings(self.read);
        let unread = ["alarm-a", "alarm-b"].into_iter().filter(|name| !now.contains_key(*name)).map(str::to_owned).collect();
        let named = |is: bool| if is { BTreeSet::from(["b".to_owned()]) } else { BTreeSet::new() };
        let evidence = TriggerEvidence {
            events: self.events,
            by_hand: self.by_hand,
            left: &named(self.left),
            unhealthy: &named(self.was_unhealthy).into_iter().map(|side| (side, at(1))).collect(),
            changed: self.changed.map(at),
        };
        let health = assess(&policy(1), &sides, &Readings { now, unread, errors: Vec::new() }, evidence, at(NOW));
        [health["a"].state, health["b"].state]
    }
}

#[test]
fn an_undecided_alarm_counts_for_both() {
    let states = |quorum, of: &[(&str, AlarmState, u64)]| state_of(quorum, &side("a", &["x", "y", "z"]), &readings(of));
    assert_eq!(states(2, &[("x", Ok, 1), ("y", Ok, 1), ("z", InsufficientData, 1)]), State::Healthy);
    assert_eq!(states(2, &[("x", Ok, 1), ("y", Alarm, 1), ("z", InsufficientData, 1)]), State::Unknown);
    assert_eq!(states(2, &[("x", Ok, 1), ("y", Ok, 1)]), State::Healthy, "one does not exist");
    assert_eq!(states(1, &[("x", Ok, 1), ("y", Ok, 1)]), State::Unknown);
    assert_eq!(states(2, &[("x", Alarm, 1), ("y", Alarm, 1)]), State::Unhealthy);
}

#[test]
fn a_side_turned_with_the_alarm_that_completed_its_quorum_unless_another_has_ended_since() {
    let turned = |of: &[(&str, AlarmState, u64)]| turned(2, &side("a", &["x", "y", "z"]), &readings(of));
    assert_eq!(turned(&[("x", Alarm, 9), ("y", Alarm, 5), ("z", Alarm, 7)]), Some(at(7)));
    assert_eq!(turned(&[("x", Alarm, 9), ("y", Alarm, 5), ("z", Ok, 9)]), Some(at(9)));
    assert_eq!(turned(&[("x", Alarm, 9), ("y", Alarm, 5), ("z", Ok, 10)]), None);
    assert_eq!(turned(&[("x", Alarm, 9), ("y", Ok, 5)]), None);
}

#[test]
fn the_reads_say_since_when_a_side_is_unhealthy_and_whether_only_data_is_missing() {
    let sides = [side("a", &["x"])];
    let evidence =
        TriggerEvidence { events: &[], by_hand: false, left: &BTreeSet::new(), unhealthy: &BTreeMap::new(), changed: None };
    for (state, is_missing) in [(Alarm, false), (Alarm, true), (Ok, true), (InsufficientData, true)] {
        let data = AlarmData { is_missing, ..AlarmData::default() };
        let now = [("x".to_owned(), AlarmReading { data, ..reading(state, NOW - 30) })].into();
        let health = assess(&policy(1), &sides, &Readings { now, ..Readings::default() }, evidence, at(NOW));
        let fires = state == Alarm;
        assert_eq!(health["a"].turned, fires.then_some(at(NOW - 30)), "{state:?}");
        assert_eq!(health["a"].is_without_data, fires && is_missing, "{state:?}");
        assert_eq!(health["a"].stable, if state == Ok { Duration::from_secs(30) } else { Duration::ZERO }, "{state:?}");
    }
}

#[test]
fn alarms_fire_without_data_only_if_all_of_them_do() {
    let breaching = |breaches: bool| AlarmReading {
        data: AlarmData { missing_breaches: breaches, ..AlarmData::default() },
        ..reading(Ok, 1)
    };
    let fires = |alarms: &[&str]| {
        let known =
            [("yes".to_owned(), breaching(true)), ("also".to_owned(), breaching(true)), ("no".to_owned(), breaching(false))];
        fires_without_data(&side("a", alarms), &known.into())
    };
    assert!(fires(&["yes"]) && fires(&["yes", "also"]));
    assert!(!fires(&["yes", "no"]) && !fires(&["no"]) && !fires(&["yes", "unknown"]) && !fires(&[]));
}

#[test]
fn without_any_read_a_side_is_presumed_healthy_only_with_a_reason_and_nothing_against_it() {
    use State::{Healthy, Unhealthy, Unknown};
    let fired = [event("alarm-a", Alarm, NOW - 10)];
    assert_eq!(Unread { events: &fired, ..Unread::default() }.health(), [Unhealthy, Healthy]);
    assert_eq!(Unread { by_hand: true, ..Unread::default() }.health(), [Healthy, Healthy]);
    assert_eq!(Unread::default().health(), [Unknown, Unknown]);
    assert_eq!(Unread { events: &fired, left: true, ..Unread::default() }.health(), [Unhealthy, Unknown]);
    assert_eq!(Unread { events: &fired, was_unhealthy: true, ..Unread::default() }.health(), [Unhealthy, Unknown]);
    let ended = [event("alarm-b", Ok, NOW - 10)];
    assert_eq!(Unread { events: &ended, was_unhealthy: true, ..Unread::default() }.health(), [Unknown, Healthy]);
    // The alarm of one side was read: only that of the other one can't be.
    let read = [("alarm-a", Alarm, 1)];
    assert_eq!(Unread { by_hand: true, read: &read, ..Unread::default() }.health(), [Unhealthy, Unknown]);
    assert_eq!(Unread { events: &ended, read: &read, ..Unread::default() }.health(), [Unhealthy, Healthy]);
}

#[test]
fn an_event_counts_while_it_is_recent_and_from_after_the_last_move() {
    let stale = policy(1).stale_after.as_secs();
    let fires = |second, changed| {
        let events = [event("alarm-a", Alarm, second)];
        Unread { events: &events, changed, ..Unread::default() }.health()[0] == State::Unhealthy
    };
    assert!(fires(NOW - stale, None) && !fires(NOW - stale - 1, None));
    assert!(fires(NOW + 60, None) && !fires(NOW + 61, None), "clocks differ by at most a minute");
    assert!(fires(NOW - 5, Some(NOW - 6)) && !fires(NOW - 5, Some(NOW - 5)) && !fires(NOW - 5, Some(NOW - 4)));
    // A wrong clock wrote when work was moved.
    assert!(!fires(NOW - 5, Some(NOW + 60)) && fires(NOW - 5, Some(NOW + 61)));
    // Of two events of an alarm, the later one counts.
    let events = [event("alarm-a", Ok, NOW - 10), event("alarm-a", Alarm, NOW - 20)];
    assert_eq!(Unread { events: &events, ..Unread::default() }.health(), [State::Healthy, State::Unknown]);
}

#[test]
fn a_side_is_remembered_as_unhealthy_from_when_it_turned_until_it_is_healthy() {
    let mut unhealthy = BTreeMap::from([("gone".to_owned(), at(1)), ("a".to_owned(), at(2))]);
    let mut see = |state, second| {
        let health = assess(
            &policy(1),
            &[side("a", &["x"])],
            &Readings { now: readings(&[("x", state, second)]), ..Readings::default() },
            TriggerEvidence { events: &[], by_hand: false, left: &BTreeSet::new(), unhealthy: &BTreeMap::new(), changed: None },
            at(NOW),
        );
        remember_unhealthy(&mut unhealthy, &health, at(NOW));
        unhealthy.clone().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(see(InsufficientData, 5), [("a".to_owned(), at(2))]);
    assert_eq!(see(Alarm, 6), [("a".to_owned(), at(2))]);
    assert_eq!(see(Ok, 7), []);
    assert_eq!(see(Alarm, 8), [("a".to_owned(), at(8))]);
}

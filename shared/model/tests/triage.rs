//! Properties of the inputs of a sweep: triage, correlated failures, guards and notes.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::{
    alarm::{AlarmActions, AlarmData, AlarmReading, AlarmState},
    correlation::{ALARMS_A_CALL, TargetRef, UnhealthySides, calls, with_neighbours},
    crossover::Crossover,
    direction::Direction,
    error::{CloudError, Fault},
    guard::{blocked, blocked_until, flaps, paused, too_many_unhealthy},
    health::Readings,
    hold::Held,
    journal::{Automatic, Intent, LONGEST_LEASE, Lease, Memory, TargetRecord},
    notes::{Noted, remember},
    outcome::Outcome,
    pause::{Action, Extent, Pause},
    time::{is_due, within},
    topology::{Failback, Policy, Side},
    triage::{Due, why},
    trigger::{Aim, Note, NoteVerb},
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn now() -> Timestamp {
    "2026-03-14T03:12:00Z".parse().expect("a time")
}

fn at(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn policy(name: &str) -> Policy {
    Policy { name: name.to_owned(), ..Policy::everything() }
}

fn subset(at_least: usize) -> impl Strategy<Value = BTreeSet<String>> {
    prop::sample::subsequence(vec!["a", "b", "c"], at_least..=3).prop_map(|sides| sides.into_iter().map(str::to_owned).collect())
}

fn side(name: &str, alarms: &[&str]) -> Side {
    Side { name: name.to_owned(), location: name.to_owned(), alarms: alarms.iter().map(|&alarm| alarm.to_owned()).collect() }
}

fn two_sides() -> Vec<Side> {
    vec![side("a", &["alarm-a"]), side("b", &["alarm-b"])]
}

fn reading(state: AlarmState) -> AlarmReading {
    AlarmReading {
        state,
        since: Some(at(-60)),
        reason: String::new(),
        actions: AlarmActions::Unknown,
        metrics: Vec::new(),
        data: AlarmData::default(),
    }
}

fn readings(states: [AlarmState; 2]) -> Readings {
    let now = ["alarm-a", "alarm-b"].map(str::to_owned).into_iter().zip(states.map(reading)).collect();
    Readings { now, ..Readings::default() }
}

fn any_state() -> impl Strategy<Value = AlarmState> {
    prop::sample::select(vec![AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData])
}

fn lease(until: i64) -> Lease {
    Lease {
        holder: "holder".to_owned(),
        taken: at(until - 60),
        until: at(until),
        crossover_id: "id".to_owned(),
        trigger: "tick".to_owned(),
        order: None,
        rest: crossover_model::later::Rest::new(),
    }
}

fn crossover() -> Crossover {
    Crossover {
        v: crossover_model::later::Format::NOW,
        id: "id".to_owned(),
        target: "t".to_owned(),
        kind: "nat".to_owned(),
        direction: Direction::Failover,
        trigger: "tick".to_owned(),
        order: None,
        not_healthy: BTreeSet::new(),
        left: BTreeSet::new(),
        to: BTreeSet::new(),
        continued_by: None,
        reason: "why".to_owned(),
        loss: String::new(),
        could_lose: None,
        started: now(),
        ended: None,
        outcome: Outcome::Partial,
        steps: Vec::new(),
        notified: None,
        resumed: false,
        continues: false,
        aborted: None,
        timeline: crossover_model::timeline::Timeline::default(),
        rest: crossover_model::later::Rest::new(),
    }
}

fn pause(since: i64, span: Option<i64>, remind: i64) -> Pause {
    let until = span.map(|span| at(since + span));
    Pause {
        operator: "ann".to_owned(),
        reason: "why".to_owned(),
        since: at(since),
        until,
        remind: at(remind),
        extent: Extent::Beginning,
        rest: crossover_model::later::Rest::new(),
    }
}

/// The unhealthy ones of two sides.
fn unhealthy(states: [AlarmState; 2]) -> BTreeSet<String> {
    let names = ["a", "b"].into_iter().zip(states).filter(|(_, state)| *state == AlarmState::Alarm);
    names.map(|(name, _)| name.to_owned()).collect()
}

fn due(memory: Memory, states: [AlarmState; 2], targets: usize, minute: i64) -> Option<Due> {
    let (policy, sides) = (policy("t"), two_sides());
    let record = TargetRecord { epoch: 1, lease: Some(lease(-300)), released: Some(at(-310)), memory, ..TargetRecord::default() };
    let target = TargetRef { policy: &policy, sides: &sides };
    why(target, targets, Some(&record), &readings(states), at(minute * 60))
}

fn note(verb: NoteVerb) -> Note {
    Note { verb, target: Some("t".to_owned()), reason: "because".to_owned(), operator: "bob".to_owned() }
}

fn any_verb() -> impl Strategy<Value = NoteVerb> {
    prop_oneof![
        Just(NoteVerb::Pause(None)),
        (1_u64..100_000).prop_map(|span| NoteVerb::Pause(Some(Duration::from_secs(span)))),
        Just(NoteVerb::Stop),
        Just(NoteVerb::Resume),
        Just(NoteVerb::Ack),
        Just(NoteVerb::Release),
    ]
}

fn any_memory() -> impl Strategy<Value = Memory> {
    let pauses = prop::option::of((-DAY..0, prop::option::of(60..2 * DAY)).prop_map(|(since, span)| pause(since, span, 0)));
    let automatic = prop::option::of((-DAY..0, any::<bool>()).prop_map(|(when, seen)| Automatic {
        crossover_id: "id".to_owned(),
        at: at(when),
        left: BTreeSet::from(["a".to_owned()]),
        acknowledged: seen.then(|| "ann".to_owned()),
        earlier: BTreeMap::new(),
        rest: crossover_model::later::Rest::new(),
    }));
    let reviews = prop::collection::btree_map("[a-c]", (-DAY..DAY).prop_map(at), 0..3);
    (pauses, automatic, reviews, any::<bool>()).prop_map(|(pause, last_automatic, reviews, intent)| {
        let intent = intent.then(|| Intent {
            aim: Aim::To("b".to_owned()),
            operator: "ann".to_owned(),
            reason: "why".to_owned(),
            since: at(-60),
            instead_of: None,
            rest: crossover_model::later::Rest::new(),
        });
        Memory { pause, last_automatic, reviews, intent, ..Memory::default() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unfinished_crossovers_are_always_due(states in [any_state(), any_state()], targets in 1_usize..5000, minute in 0_i64..60, how in 0..3) {
        let memory = Memory { unhealthy: unhealthy(states), ..Memory::default() };
        let found = match how {
            0 => due(Memory { open: Some(crossover()), ..memory }, states, targets, minute),
            1 => due(Memory { died: Some(lease(-300)), ..memory }, states, targets, minute),
            _ => {
                let (policy, sides) = (policy("t"), two_sides());
                let record = TargetRecord { epoch: 1, lease: Some(lease(-1)), memory, ..TargetRecord::default() };
                why(TargetRef { policy: &policy, sides: &sides }, targets, Some(&record), &readings(states), at(minute * 60))
            }
        };
        prop_assert_eq!(found, Some(Due::Unfinished));
    }

    #[test]
    fn a_change_of_health_is_always_due(before in [any_state(), any_state()], states in [any_state(), any_state()], targets in 1_usize..5000, minute in 0_i64..60) {
        let found = due(Memory { unhealthy: unhealthy(before), ..Memory::default() }, states, targets, minute);
        if unhealthy(before) == unhealthy(states) {
            prop_assert!(matches!(found, None | Some(Due::Turn)), "{:?}", found);
        } else {
            prop_assert_eq!(found, Some(Due::HealthChanged));
        }
    }

    #[test]
    fn unreadable_alarms_are_no_change_of_health(before in [any_state(), any_state()], targets in 200_usize..5000) {
        let (policy, sides) = (policy("t"), two_sides());
        let error = CloudError::new("cloudwatch:DescribeAlarms", Fault::TimedOut, "");
        let unread = ["alarm-a", "alarm-b"].map(str::to_owned).into();
        let blind = Readings { unread, errors: vec![error], ..Readings::default() };
        let record = TargetRecord { memory: Memory { unhealthy: unhealthy(before), ..Memory::default() }, ..TargetRecord::default() };
        for record in [Some(&record), None] {
            let found = why(TargetRef { policy: &policy, sides: &sides }, targets, record, &blind, now());
            prop_assert!(matches!(found, None | Some(Due::Turn)), "{:?}", found);
        }
    }

    /// Without the journal, an unhealthy target is due, and a healthy one has its turn.
    #[test]
    fn without_its_record_an_unhealthy_target_is_due(states in [any_state(), any_state()], targets in 1_usize..5000) {
        let (policy, sides) = (policy("t"), two_sides());
        let found = why(TargetRef { policy: &policy, sides: &sides }, targets, None, &readings(states), now());
        if unhealthy(states).is_empty() {
            prop_assert!(matches!(found, None | Some(Due::Turn)), "{:?}", found);
        } else {
            prop_assert_eq!(found, Some(Due::HealthChanged));
        }
    }

    #[test]
    fn a_quiet_target_has_its_turn_once_in_a_cycle(name in "[a-z]{1,12}", targets in 1_usize..20_000, start in 0_i64..100_000) {
        let (policy, sides) = (policy(&name), two_sides());
        let quiet = readings([AlarmState::Ok; 2]);
        let record = TargetRecord::default();
        let cycle = i64::try_from(targets.div_ceil(100)).expect("small");
        let turns = (start..start + cycle).filter(|minute| {
            why(TargetRef { policy: &policy, sides: &sides }, targets, Some(&record), &quiet, at(minute * 60)) == Some(Due::Turn)
        });
        prop_assert_eq!(turns.count(), 1);
    }

    #[test]
    fn unsent_notices_and_reminders_are_due(what in 0..5, targets in 1_usize..5000) {
        let quiet = [AlarmState::Ok; 2];
        let (memory, expected) = match what {
            0 => (Memory { pause: Some(pause(-5 * 3600, None, -1)), ..Memory::default() }, Due::Reminder),
            1 => (Memory { pause: Some(pause(-3600, Some(3500), 3600)), ..Memory::default() }, Due::Reminder),
            2 => (Memory { reviews: [("id".to_owned(), at(-1))].into(), ..Memory::default() }, Due::Reminder),
            3 => (Memory { pause: Some(pause(300 * DAY, None, 301 * DAY)), ..Memory::default() }, Due::Reminder),
            _ => (Memory { away: [("r".to_owned(), "b".to_owned())].into(), ..Memory::default() }, Due::Away),
        };
        prop_assert_eq!(due(memory, quiet, targets, 0), Some(expected));
    }

    #[test]
    fn a_target_away_is_due_unless_it_can_not_fail_back(automatic in any::<bool>(), states in [any_state(), any_state()], targets in 500_usize..5000) {
        let failback = if automatic { Failback::Automatic { stable_for: Duration::from_mins(1) } } else { Failback::Manual };
        let (policy, sides) = (Policy { failback, ..policy("t") }, two_sides());
        let away = [("r".to_owned(), "b".to_owned())].into();
        let record = TargetRecord { memory: Memory { away, unhealthy: unhealthy(states), ..Memory::default() }, ..TargetRecord::default() };
        let found = why(TargetRef { policy: &policy, sides: &sides }, targets, Some(&record), &readings(states), now());
        if automatic || unhealthy(states).is_empty() {
            prop_assert_eq!(found, Some(Due::Away));
        } else {
            prop_assert!(matches!(found, None | Some(Due::Turn)), "{:?}", found);
        }
    }

    #[test]
    fn neighbours_cost_no_further_call(own in 1_usize..130, others in prop::collection::vec((1_usize..8, 0..3), 0..60)) {
        let region = |number: i32| if number == 0 { String::new() } else { format!("arn:aws:cloudwatch:r{number}:1:alarm:") };
        let all_policy = policy("t");
        let sides: Vec<Vec<Side>> = std::iter::once((own, 0)).chain(others).enumerate().map(|(target, (alarms, location))| {
            let names = (0..alarms).map(|number| format!("{}{target}-{number}", region(location))).collect();
            vec![Side { name: "a".to_owned(), location: "a".to_owned(), alarms: names }]
        }).collect();
        let all: Vec<TargetRef<'_>> = sides.iter().map(|sides| TargetRef { policy: &all_policy, sides }).collect();
        let names = with_neighbours(all[0], &all);
        let alone: BTreeSet<String> = all[0].alarms().cloned().collect();
        prop_assert!(alone.is_subset(&names));
        prop_assert_eq!(calls(&names).len(), calls(&alone).len());
        // A neighbour is included with all of its alarms, so that its health is known.
        for other in &all {
            let there = other.alarms().filter(|alarm| names.contains(*alarm)).count();
            prop_assert!(there == 0 || there == other.alarms().count());
        }
    }

    #[test]
    fn a_call_has_at_most_a_hundred_alarms_of_one_region(names in prop::collection::btree_set(("[a-z]{1,4}", 0..4), 0..500)) {
        let named = |(name, region): (String, i32)| {
            if region == 0 { name } else { format!("arn:aws:cloudwatch:region-{region}:111122223333:alarm:{name}") }
        };
        let names: BTreeSet<String> = names.into_iter().map(named).collect();
        let calls = calls(&names);
        let region = |name: &String| name.split(':').nth(3).map(str::to_owned);
        for call in &calls {
            prop_assert!((1..=ALARMS_A_CALL).contains(&call.len()));
            prop_assert_eq!(call.iter().map(region).collect::<BTreeSet<_>>().len(), 1);
        }
        prop_assert_eq!(calls.iter().map(BTreeSet::len).sum::<usize>(), names.len());
        let whole: BTreeSet<String> = calls.into_iter().flatten().collect();
        prop_assert_eq!(whole, names);
    }

    #[test]
    fn too_many_are_unhealthy_only_in_several_locations_and_above_the_share(
        states in prop::collection::vec([any_state(), any_state()], 0..12),
        share in 0.0_f64..=1.0,
    ) {
        let of_all = policy("t");
        let sides: Vec<Vec<Side>> =
            (0..states.len()).map(|number| vec![side("a", &[&format!("{number}-a")]), side("b", &[&format!("{number}-b")])]).collect();
        let all = sides.iter().map(|sides| TargetRef { policy: &of_all, sides });
        let mut now = BTreeMap::new();
        for (number, [a, b]) in states.iter().enumerate() {
            now.insert(format!("{number}-a"), reading(*a));
            now.insert(format!("{number}-b"), reading(*b));
        }
        let failures = UnhealthySides::of(all, &now).failures(None);
        let unhealthy_at = |location: usize| states.iter().filter(|state| state[location] == AlarmState::Alarm).count();
        let unhealthy = states.iter().filter(|state| state.contains(&AlarmState::Alarm)).count();
        prop_assert_eq!((failures.targets, failures.unhealthy), (states.len(), unhealthy));
        let held = too_many_unhealthy(&Policy { max_sick_share: share, ..policy("t") }, &failures);
        #[expect(clippy::cast_precision_loss, reason = "a dozen")]
        let many = unhealthy as f64 > share * states.len() as f64;
        let expected = states.len() >= 4 && many && unhealthy_at(0) > 0 && unhealthy_at(1) > 0;
        prop_assert_eq!(held.as_ref().map(|hold| hold.why), expected.then_some(Held::TooManyTargetsUnhealthy));
    }

    #[test]
    fn a_block_holds_for_its_time_on_either_side_of_now(when in -3 * DAY..3 * DAY, block in 0..2 * DAY, seen in any::<bool>()) {
        let left = BTreeSet::new();
        let last = Automatic { crossover_id: "id".to_owned(), at: at(when), left, acknowledged: seen.then(|| "ann".to_owned()), earlier: BTreeMap::new(), rest: crossover_model::later::Rest::new() };
        let memory = Memory { last_automatic: Some(last), ..Memory::default() };
        let policy = Policy { block: Duration::from_secs(block.unsigned_abs()), ..policy("t") };
        let until = blocked_until(&policy, &memory, now());
        prop_assert_eq!(until, (!seen && when.abs() < block).then(|| at(when + block)));
    }

    #[test]
    fn each_side_is_left_once_while_the_block_of_its_own_failover_lasts(
        ago in 0..2 * HOUR, before in 0..2 * HOUR, left in subset(1), to in subset(0), last in subset(0), earlier in subset(0),
        one_way in any::<bool>(), seen in any::<bool>(),
    ) {
        let acknowledged = seen.then(|| "ann".to_owned());
        let earlier: BTreeMap<String, Timestamp> = earlier.into_iter().map(|side| (side, at(-ago - before))).collect();
        let automatic = Automatic {
            crossover_id: "id".to_owned(), at: at(-ago), left: last, acknowledged, earlier, rest: crossover_model::later::Rest::new(),
        };
        let lasts = |side: &String| {
            let since = if automatic.left.contains(side) { Some(&automatic.at) } else { automatic.earlier.get(side) };
            !seen && since.is_some_and(|since| now().duration_since(*since) < SignedDuration::from_hours(1))
        };
        let policy = Policy { block: Duration::from_hours(1), ..policy("t") };
        let any = ["a", "b", "c"].map(str::to_owned).iter().any(lasts);
        let expected = if one_way { any } else { any && (left.iter().all(lasts) || to.iter().any(lasts)) };
        let memory = Memory { last_automatic: Some(automatic.clone()), ..Memory::default() };
        let held = blocked(&policy, &memory, [&left, &to], one_way, "move it", now());
        prop_assert_eq!(held.map(|hold| hold.why), expected.then_some(Held::Blocked));
    }

    #[test]
    fn a_pause_lasts_for_its_time_and_no_longer(since in -3 * DAY..3 * DAY, span in prop::option::of(1..2 * DAY)) {
        let pause = pause(since, span, 0);
        let expected = span.is_none_or(|span| since.abs() < span);
        prop_assert_eq!(pause.lasts(now()), expected);
        for (target, everything) in [(Some(&pause), None), (None, Some(&pause)), (Some(&pause), Some(&pause))] {
            let held = paused(target, everything, Action::Begin, "move it", now());
            prop_assert_eq!(held.as_ref().map(|hold| hold.why), expected.then_some(Held::Paused));
            let text = held.map_or_else(String::new, |hold| hold.text);
            prop_assert_eq!(text.starts_with("everything is paused"), expected && everything.is_some());
        }
    }

    #[test]
    fn a_side_flaps_when_it_turned_three_times_within_the_hour(turns in prop::collection::vec(-2 * 3600_i64..2 * 3600, 0..8)) {
        let memory = Memory { turns: [("a".to_owned(), turns.iter().map(|turn| at(*turn)).collect())].into(), ..Memory::default() };
        prop_assert_eq!(flaps(&memory, "a", now()), turns.iter().filter(|turn| turn.abs() < 3600).count() >= 3);
        prop_assert!(!flaps(&memory, "b", now()));
    }

    #[test]
    fn a_lease_of_a_wrong_clock_is_not_held(until in -DAY..400 * DAY) {
        let record = TargetRecord { lease: Some(lease(until)), ..TargetRecord::default() };
        let longest = i64::try_from(LONGEST_LEASE.as_secs()).expect("minutes");
        prop_assert_eq!(record.held_at(now()).is_some(), until > 0 && until <= longest);
        let released = TargetRecord { released: Some(now()), ..record };
        prop_assert!(released.held_at(now()).is_none());
    }

    #[test]
    fn a_postponed_action_is_due_within_its_span(due in -400 * DAY..400 * DAY, span in 1..2 * DAY) {
        let time = Duration::from_secs(span.unsigned_abs());
        prop_assert_eq!(is_due(at(due), time, now()), due <= 0 || due > span);
        prop_assert_eq!(within(at(due), time, now()), due.abs() < span);
    }

    /// A repeated note changes nothing, and the answer says so.
    #[test]
    fn a_note_twice_is_a_note_once(memory in any_memory(), verb in any_verb()) {
        let mut once = memory.clone();
        let first = remember(&mut once, &note(verb.clone()), now());
        let mut twice = once.clone();
        let second = remember(&mut twice, &note(verb), now());
        prop_assert_eq!(&once, &twice);
        prop_assert!(matches!(second, Noted::Already(_)), "{:?}", second);
        prop_assert_eq!(memory == once, matches!(first, Noted::Already(_)));
    }

    /// A note changes only the part of the memory that it is about.
    #[test]
    fn a_note_changes_nothing_else(memory in any_memory(), verb in any_verb()) {
        let mut after = memory.clone();
        remember(&mut after, &note(verb.clone()), now());
        match verb {
            NoteVerb::Pause(_) | NoteVerb::Stop | NoteVerb::Abort(_) | NoteVerb::Resume => {
                (after.pause, after.stopped) = (memory.pause.clone(), memory.stopped);
            }
            NoteVerb::Release => after.intent.clone_from(&memory.intent),
            NoteVerb::Ack => {
                prop_assert!(blocked_until(&policy("t"), &after, now()).is_none() && after.reviews.is_empty());
                after.last_automatic.clone_from(&memory.last_automatic);
                after.reviews.clone_from(&memory.reviews);
            }
        }
        prop_assert_eq!(memory, after);
    }

    #[test]
    fn after_a_pause_it_is_paused_and_after_a_resume_it_is_not(memory in any_memory(), span in prop::option::of(1_u64..100_000)) {
        let mut memory = memory;
        remember(&mut memory, &note(NoteVerb::Pause(span.map(Duration::from_secs))), now());
        prop_assert!(memory.pause.as_ref().is_some_and(|pause| pause.lasts(now())));
        remember(&mut memory, &note(NoteVerb::Resume), now());
        prop_assert!(memory.pause.is_none());
    }
}

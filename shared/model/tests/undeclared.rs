//! Properties of records that name sides which the topology does not declare.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::{
    crossover::Crossover,
    decision::Requirements,
    direction::Direction,
    health::{Health, SideHealth, State},
    journal::{Automatic, Intent, Memory, TargetRecord},
    later::{Format, Rest},
    outcome::Outcome,
    step::{StepCard, StepReport, StepResult, Way},
    timeline::Timeline,
    topology::{Failback, Policy},
    trigger::{Aim, Order},
    undeclared::{Undeclared, remember_sides, rename_sides, set_aside},
};
use jiff::Timestamp;
use proptest::{prelude::*, sample::select};

const SIDES: [&str; 4] = ["a", "b", "c", "d"];

fn now() -> Timestamp {
    "2026-03-14T03:12:00Z".parse().expect("a time")
}

fn order(direction: Direction, aim: Aim) -> Order {
    let (target, reason, operator) = ("t".to_owned(), "r".to_owned(), "o".to_owned());
    Order { direction, target, aim, force: false, accept_data_loss: false, reason, operator, dry_run: false, rest: Rest::new() }
}

fn intent(aim: Aim) -> Intent {
    Intent { aim, operator: "o".to_owned(), reason: "r".to_owned(), since: now(), instead_of: None, rest: Rest::new() }
}

fn open(from: &str, to: &str, order: Option<Order>) -> Crossover {
    let card = StepCard {
        step: "promote".to_owned(),
        resource: "writer".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        way: Way::Away,
        undo: None,
    };
    Crossover {
        v: Format::NOW,
        id: "t-1".to_owned(),
        target: "t".to_owned(),
        kind: "k".to_owned(),
        direction: Direction::Failover,
        trigger: "test".to_owned(),
        order,
        loss: String::new(),
        could_lose: None,
        reason: "test".to_owned(),
        started: now(),
        ended: None,
        outcome: Outcome::Pending,
        steps: vec![StepReport::untried(card, StepResult::Pending)],
        notified: None,
        resumed: false,
        continues: false,
        aborted: None,
        left: BTreeSet::new(),
        to: BTreeSet::new(),
        continued_by: None,
        not_healthy: BTreeSet::new(),
        timeline: Timeline::default(),
        rest: Rest::new(),
    }
}

fn side() -> impl Strategy<Value = String> {
    select(SIDES.to_vec()).prop_map(str::to_owned)
}

fn aim() -> impl Strategy<Value = Aim> {
    prop_oneof![side().prop_map(Aim::AwayFrom), side().prop_map(Aim::To), Just(Aim::Home), side().prop_map(Aim::HomeOf)]
}

fn record() -> impl Strategy<Value = TargetRecord> {
    let left = (prop::collection::btree_set(side(), 1..3), any::<bool>());
    let begun = (side(), side(), prop::option::of(aim()));
    let parts = (prop::option::of(aim()), prop::option::of(left), prop::option::of(begun), prop::option::of(side()));
    parts.prop_map(|(wish, left, begun, away)| {
        let automatic = |(left, acknowledged): (BTreeSet<String>, bool)| Automatic {
            crossover_id: "t-0".to_owned(),
            at: now(),
            left,
            acknowledged: acknowledged.then(|| "o".to_owned()),
            earlier: BTreeMap::new(),
            rest: Rest::new(),
        };
        let mut memory = Memory {
            intent: wish.map(intent),
            last_automatic: left.map(automatic),
            open: begun.map(|(from, to, aim)| open(&from, &to, aim.map(|aim| order(Direction::Failover, aim)))),
            away: away.map(|at| ("writer".to_owned(), at)).into_iter().collect(),
            ..Memory::default()
        };
        remember_sides(&mut memory, &SIDES.into());
        TargetRecord { memory, ..TargetRecord::default() }
    })
}

fn declared() -> impl Strategy<Value = BTreeSet<&'static str>> {
    prop::collection::btree_set(select(SIDES.to_vec()), 1..=4)
}

fn all_healthy(sides: &BTreeSet<&str>) -> Health {
    let healthy =
        || SideHealth { stable: Duration::from_hours(9), evidence: "test".to_owned(), ..SideHealth::of(State::Healthy) };
    sides.iter().map(|&side| (side.to_owned(), healthy())).collect()
}

fn written(record: &TargetRecord) -> serde_json::Value {
    serde_json::to_value(record).expect("JSON")
}

proptest! {
    /// A wish, an order or a location with an undeclared name makes nobody leave and nothing return.
    #[test]
    fn an_undeclared_name_moves_nothing(mut record in record(), declared in declared()) {
        let unclear = record.memory.intent.as_ref().and_then(|intent| intent.aim.side_name()).is_some_and(|side| !declared.contains(side));
        set_aside(&mut record, &declared);
        let policy = Policy { failback: Failback::Automatic { stable_for: Duration::from_mins(1) }, ..Policy::everything() };
        let order = record.memory.open.as_ref().and_then(|open| open.order.as_ref());
        let required = Requirements::new(&policy, &all_healthy(&declared), &record.memory, order, true);
        if unclear {
            prop_assert!(required.leave.is_empty() && required.home.is_empty(), "{required:?}");
        }
        if let Some(aim) = order.map(|order| &order.aim).filter(|aim| aim.side_name().is_some_and(|side| !declared.contains(side))) {
            prop_assert!(SIDES.iter().all(|side| !aim.leaves(side) && !aim.calls_home(side)));
            prop_assert!(!order.is_some_and(Order::is_understood));
        }
    }

    /// What is set aside is written back as it was read, and read again as it was.
    #[test]
    fn what_is_set_aside_is_kept(record in record(), declared in declared()) {
        let mut aside = record.clone();
        set_aside(&mut aside, &declared);
        prop_assert_eq!(written(&aside), written(&record));
        let again: TargetRecord = serde_json::from_value(written(&aside)).expect("a record");
        prop_assert_eq!(again, record);
        let once = aside.clone();
        set_aside(&mut aside, &declared);
        prop_assert_eq!(aside, once, "setting it aside again changes nothing");
    }

    /// A side is undeclared if and only if a part of the record that still matters names it, and stays known as a side.
    #[test]
    fn every_undeclared_name_is_found(mut record in record(), declared in declared()) {
        set_aside(&mut record, &declared);
        let memory = &record.memory;
        let mut named: BTreeSet<&str> = memory.away.values().map(String::as_str).collect();
        named.extend(memory.intent.iter().filter_map(|intent| intent.aim.side_name()));
        if let Some(open) = &memory.open {
            named.extend(open.order.iter().filter_map(|order| order.aim.side_name()));
            named.extend(open.steps.iter().flat_map(|step| [step.card.from.as_str(), step.card.to.as_str()]));
        }
        let last = memory.last_automatic.iter().filter(|last| !memory.away.is_empty() && last.acknowledged.is_none());
        named.extend(last.flat_map(|last| &last.left).map(String::as_str));
        let expected: BTreeSet<&str> = named.into_iter().filter(|side| !declared.contains(side)).collect();
        let found = Undeclared::of(memory, &declared);
        prop_assert_eq!(found.as_ref().map(Undeclared::sides).unwrap_or_default(), expected);

        let mut next = memory.clone();
        remember_sides(&mut next, &declared);
        prop_assert_eq!(Undeclared::of(&next, &declared), found, "the next reconcile finds the same");
    }

    /// With their new names, the same sides are meant again.
    #[test]
    fn renamed_sides_are_declared_again(mut record in record()) {
        let names: BTreeMap<String, String> = SIDES.iter().map(|&side| (side.to_owned(), format!("{side}-new"))).collect();
        let new: BTreeSet<&str> = names.values().map(String::as_str).collect();
        let before = record.memory.clone();
        set_aside(&mut record, &new);
        rename_sides(&mut record.memory, &names);
        prop_assert_eq!(Undeclared::of(&record.memory, &new), None);
        let old: BTreeMap<String, String> = names.iter().map(|(old, new)| (new.clone(), old.clone())).collect();
        rename_sides(&mut record.memory, &old);
        prop_assert_eq!(record.memory, before, "and back");
    }
}

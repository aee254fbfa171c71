//! The guards and the requirements, case by case. No change may reverse one of these lines.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crossover_model::{
    correlation::CorrelatedFailures,
    crossover::Crossover,
    decision::{Plan, Requirements},
    direction::Direction,
    guard,
    health::{Health, SideHealth, State},
    hold::Held,
    journal::{Intent, Memory},
    loss::Loss,
    outcome::Outcome,
    step::{Reversal, Step, StepCard, StepReport, StepResult, Way},
    topology::{Mode, Policy},
    trigger::{Aim, Order},
};

fn health(states: &[(&str, State)]) -> Health {
    let side = |state| SideHealth { stable: Duration::from_mins(20), evidence: "test".to_owned(), ..SideHealth::of(state) };
    states.iter().map(|(name, state)| ((*name).to_owned(), side(*state))).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn order(direction: Direction, aim: Aim, force: bool) -> Order {
    let (target, reason, operator) = ("t".to_owned(), "r".to_owned(), "o".to_owned());
    Order {
        direction,
        target,
        aim,
        force,
        accept_data_loss: force,
        reason,
        operator,
        dry_run: false,
        rest: crossover_model::later::Rest::new(),
    }
}

fn plan(left: &[&str]) -> Plan<u8> {
    let (reason, loss) = (String::new(), Loss::NoMore);
    Plan { stages: vec![vec![1], vec![2, 3]], left: set(left), to: set(&[]), reason, loss, continues: false }
}

#[test]
fn shadow_holds_and_armed_does_not() {
    assert_eq!(guard::shadow(Mode::Shadow, "move").expect("held").why, Held::Shadow);
    assert_eq!(guard::shadow(Mode::Armed, "move"), None);
}

#[test]
fn too_few_healthy_sides_hold_a_crossover() {
    use State::{Healthy, Unhealthy, Unknown};
    let held = |states: &[(&str, State)], well: &[&str], leave: &[&str], min_healthy, force| {
        let policy = Policy { min_healthy, ..Policy::everything() };
        let required = Requirements { leave: set(leave), force, ..Requirements::default() };
        guard::all_sides_unhealthy(&policy, &health(states), &set(well), &required).is_some()
    };
    let (unhealthy, doubtful) = ([("a", Unhealthy), ("b", Unhealthy)], [("a", Unhealthy), ("b", Unknown)]);
    let (one, two) = ([("a", Unhealthy), ("b", Healthy)], [("a", Unhealthy), ("b", Healthy), ("c", Healthy)]);
    assert!(held(&unhealthy, &[], &["a"], 1, false));
    assert!(held(&doubtful, &[], &["a"], 1, false));
    assert!(!held(&doubtful, &["b"], &["a"], 1, false), "the kind itself has seen that it is well");
    assert!(held(&unhealthy, &["b"], &["a"], 1, false), "its alarms say more than what the kind has seen");
    assert!(!held(&unhealthy, &[], &[], 1, false), "nothing has to leave");
    assert!(!held(&unhealthy, &[], &["a"], 1, true), "a person forces it");
    assert!(!held(&one, &[], &["a"], 1, false));
    assert!(held(&one, &[], &["a"], 2, false));
    assert!(!held(&two, &[], &["a"], 2, false));
    let text = guard::all_sides_unhealthy(
        &Policy::everything(),
        &health(&unhealthy),
        &set(&[]),
        &Requirements { leave: set(&["a"]), ..Requirements::default() },
    );
    assert_eq!(text.expect("held").text, "no side is healthy: a is unhealthy, b is unhealthy");
}

#[test]
fn more_than_the_share_in_several_places_is_too_many() {
    let held = |unhealthy, targets, locations: &[&str]| {
        let failures = CorrelatedFailures { targets, unhealthy, locations: set(locations) };
        guard::too_many_unhealthy(&Policy::everything(), &failures).is_some()
    };
    assert!(held(3, 4, &["a", "b"]));
    assert!(!held(2, 4, &["a", "b"]), "the share itself is not more than the share");
    assert!(!held(3, 4, &["a"]), "one location");
    assert!(!held(3, 3, &["a", "b"]), "too few targets to tell");
}

#[test]
fn a_switchover_needs_every_side() {
    assert_eq!(guard::not_healthy(&health(&[("a", State::Healthy), ("b", State::Healthy)])), None);
    for state in [State::Unhealthy, State::Unknown] {
        let hold = guard::not_healthy(&health(&[("a", State::Healthy), ("b", state)])).expect("held");
        assert!(hold.why == Held::NotHealthy && hold.text.contains(&format!("b is {state}")), "{hold:?}");
    }
}

#[test]
fn sides_that_may_take_work() {
    let taker = |leave: &[&str], overridden: &[&str], state| {
        let required = Requirements { leave: set(leave), overridden: set(overridden), force: true, ..Requirements::default() };
        required.may_take("a", state)
    };
    assert!(taker(&["b"], &[], State::Healthy));
    assert!(!taker(&["a"], &[], State::Healthy));
    assert!(!taker(&["b"], &["b"], State::Unknown));
    assert!(taker(&["b"], &["a"], State::Unhealthy));
    assert!(!taker(&["a"], &["a"], State::Unhealthy));
}

#[test]
fn sides_to_leave_and_sides_to_fail_back_to() {
    let policy = Policy::everything();
    let states = health(&[("a", State::Unhealthy), ("b", State::Healthy), ("c", State::Unknown)]);
    let required = Requirements::new(&policy, &states, &Memory::default(), None, true);
    assert_eq!((required.leave.clone(), required.home.clone(), required.force), (set(&["a"]), set(&[]), false));

    let home = order(Direction::Failback, Aim::Home, false);
    assert_eq!(Requirements::new(&policy, &states, &Memory::default(), Some(&home), true).home, set(&["b"]));
    let since = "2026-03-14T03:12:00Z".parse().expect("a time");
    let intent = Intent {
        aim: Aim::To("a".to_owned()),
        operator: "o".to_owned(),
        reason: "r".to_owned(),
        since,
        instead_of: None,
        rest: crossover_model::later::Rest::new(),
    };
    let memory = Memory { intent: Some(intent), ..Memory::default() };
    let forced = order(Direction::Failover, Aim::To("a".to_owned()), true);
    let required = Requirements::new(&policy, &states, &memory, Some(&forced), true);
    assert_eq!((required.leave.clone(), required.force, required.accept_data_loss), (set(&["b", "c"]), true, true));

    let only = Requirements { home: set(&["a", "b"]), ..required.clone() }.only_home(Some(&"b".to_owned()));
    assert_eq!((only.home, only.leave), (set(&["b"]), required.leave.clone()));
    assert_eq!(required.only_home(None).home, set(&[]));
}

#[test]
fn a_plan_knows_its_order() {
    let away = order(Direction::Failover, Aim::AwayFrom("a".to_owned()), false);
    let home = order(Direction::Failback, Aim::Home, false);
    let planned = order(Direction::Switchover, Aim::AwayFrom("a".to_owned()), false);
    assert_eq!(plan(&["a"]).asked_by(Some(&away)), Some(&away));
    assert_eq!(plan(&["b"]).asked_by(Some(&away)), None);
    assert_eq!(plan(&[]).asked_by(Some(&home)), Some(&home));
    assert_eq!(plan(&["a"]).asked_by(Some(&home)), None);
    assert_eq!(plan(&["a"]).asked_by(None), None);
    let directions: BTreeMap<&str, Direction> = BTreeMap::from([
        ("switchover", plan(&["a"]).direction(Some(&planned))),
        ("failover", plan(&["b"]).direction(Some(&planned))),
        ("failback", plan(&[]).direction(None)),
    ]);
    assert!(directions.iter().all(|(word, direction)| direction.as_str() == *word), "{directions:?}");
    assert_eq!(plan(&["a"]).direction(None), Direction::Failover);
    assert_eq!(plan(&[]).steps().copied().collect::<Vec<_>>(), [1, 2, 3]);
}

/// A step that only has its reversal.
#[derive(Clone)]
struct Only(Reversal);

impl Step for Only {
    fn card(&self) -> StepCard {
        card("r", "x", Way::Away)
    }

    fn reversal(&self) -> Reversal {
        self.0
    }
}

fn card(resource: &str, to: &str, way: Way) -> StepCard {
    StepCard { step: "s".to_owned(), resource: resource.to_owned(), from: String::new(), to: to.to_owned(), way, undo: None }
}

#[test]
fn a_plan_is_as_irreversible_as_its_steps() {
    use Reversal::{Finishing, OneWay, Possible};
    let of = |steps: &[Reversal]| {
        let plan = plan(&["a"]);
        let stages = steps.iter().map(|step| vec![Only(*step)]).collect();
        let plan = Plan { stages, left: plan.left, to: plan.to, reason: plan.reason, loss: plan.loss, continues: plan.continues };
        (plan.is_one_way(), plan.is_finishing())
    };
    assert_eq!(of(&[]), (false, false));
    assert_eq!(of(&[Possible, Possible]), (false, false));
    assert_eq!(of(&[Possible, OneWay]), (true, false));
    assert_eq!(of(&[Possible, Finishing]), (false, false), "it begins something that guards hold");
    assert_eq!(of(&[Finishing, Finishing]), (false, true));
    assert_eq!(of(&[OneWay, Finishing]), (true, false), "steps that are not begun count as such");
}

#[test]
fn a_failback_can_be_ordered_to_an_unhealthy_side() {
    use State::{Healthy, Unknown};
    let states = health(&[("a", Unknown), ("b", Healthy)]);
    let required = |aim| {
        let order = order(Direction::Failback, aim, false);
        let required = Requirements::new(&Policy::everything(), &states, &Memory::default(), Some(&order), true);
        (required.called_home, required.home)
    };
    assert_eq!(required(Aim::Home), (set(&["a", "b"]), set(&["b"])));
    assert_eq!(required(Aim::HomeOf("a".to_owned())), (set(&["a"]), set(&[])));
    let away = order(Direction::Failover, Aim::AwayFrom("a".to_owned()), false);
    assert!(Requirements::new(&Policy::everything(), &states, &Memory::default(), Some(&away), true).called_home.is_empty());
}

#[test]
fn a_step_in_place_moves_nothing_and_is_done_when_observed_at_home() {
    let report = StepReport::untried(card("fence", "closed", Way::InPlace), StepResult::Pending);
    let json = serde_json::json!({
        "id": "t-1", "target": "t", "kind": "k", "direction": "failover", "trigger": "test", "reason": "r",
        "started": "2026-03-14T03:12:00Z", "outcome": "pending", "steps": [],
    });
    let mut crossover: Crossover = serde_json::from_value(json).expect("a crossover");
    crossover.report(vec![report]);
    crossover.observe(&BTreeMap::new(), &set(&["other"]));
    assert_eq!(crossover.outcome_of_steps(), Outcome::Pending);
    crossover.observe(&BTreeMap::new(), &set(&["fence"]));
    assert_eq!(crossover.outcome_of_steps(), Outcome::Completed);
    assert!(crossover.applied_to(BTreeMap::new()).is_empty(), "it is nowhere else than it was");
}

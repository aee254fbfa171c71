//! The properties of `decide`, over arbitrary zones, healths and intents.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use crossover_dns::{Answers, Dns, DnsSpec, DnsStep, Observed, Pointer, Switch};
use crossover_engine::kind::Kind;
use crossover_model::{
    decision::{Decision, Plan, Requirements, Situation, Verdict},
    direction::Direction,
    health::{Health, SideHealth, State},
    journal::{Intent, Memory},
    loss::Loss,
    step::Step,
    topology::{Failback, MutedAlarms, Policy, Side, Target},
    trigger::{Aim, Order},
};
use crossover_route53::{BATCH_CHARACTERS, BATCH_VALUES, RecordAnswer, RecordSet, Role, Routing};
use proptest::prelude::*;

/// A target, its health and its observed state, as a test case.
#[derive(Debug, Clone)]
struct Case {
    target: Target<DnsSpec>,
    health: Health,
    memory: Memory,
    observed: Observed,
    failback: bool,
}

fn side(index: usize) -> String {
    format!("side {index}")
}

fn address(side: usize) -> String {
    format!("192.0.2.{side}")
}

impl Case {
    fn order(&self) -> Option<Order> {
        self.failback.then(|| Order {
            direction: Direction::Failback,
            target: "t".to_owned(),
            aim: Aim::Home,
            force: false,
            accept_data_loss: false,
            reason: "test".to_owned(),
            operator: "test".to_owned(),
            dry_run: true,
            rest: crossover_model::later::Rest::new(),
        })
    }

    fn required(&self) -> Requirements {
        Requirements::new(&self.target.policy, &self.health, &self.memory, self.order().as_ref(), true)
    }

    fn decide(&self) -> Decision<DnsStep> {
        let required = self.required();
        let (target, health, memory, observed) = (&self.target, &self.health, &self.memory, &self.observed);
        Dns::decide(&Situation { target, health, required: &required, memory, observed, now: jiff::Timestamp::UNIX_EPOCH })
    }

    fn plan(&self) -> Option<Plan<DnsStep>> {
        match self.decide().verdict {
            Verdict::CrossOver(plan) => Some(plan),
            Verdict::Settled(_) | Verdict::Hold(_) => None,
        }
    }

    fn sets(&self) -> &[RecordSet] {
        match &self.observed.answers {
            Answers::Records(sets) => sets,
            Answers::Beacon { .. } | Answers::Controls(_) => &[],
        }
    }

    fn changes(plan: &Plan<DnsStep>) -> Vec<(RecordSet, RecordSet)> {
        let of_step = |step: &DnsStep| match step {
            DnsStep::Records(step) => step.changes().to_vec(),
            DnsStep::Beacon(_) | DnsStep::Controls(_) | DnsStep::Unmanaged(_) => Vec::new(),
        };
        plan.steps().flat_map(of_step).collect()
    }

    fn apply(&mut self, plan: &Plan<DnsStep>) {
        let Answers::Records(sets) = &mut self.observed.answers else { return };
        for (before, after) in Self::changes(plan) {
            *sets.iter_mut().find(|set| **set == before).expect("a record set as it was read") = after;
        }
    }

    /// Reconciles until no plan follows.
    fn settle(&mut self) {
        for _ in 0..8 {
            let Some(plan) = self.plan() else { return };
            self.apply(&plan);
        }
        assert!(self.plan().is_none(), "moves again and again");
    }

    /// For each record set that moves on its own: the weight of each side.
    fn shares(&self) -> BTreeMap<String, BTreeMap<String, u32>> {
        let mut shares: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
        for set in self.sets() {
            let id = set.set_id.clone().unwrap_or_default();
            match (&self.target.spec.switch, &set.routing) {
                (Switch::Simple(_), _) => {
                    let RecordAnswer::Values { values, .. } = &set.answer else { continue };
                    let at = (0..9).find(|index| values[0] == address(*index)).map(side).expect("a side's address");
                    shares.entry(format!("{} {id}", set.name)).or_default().insert(at, 1);
                }
                (_, Routing::Failover(role)) => {
                    shares.entry(set.name.clone()).or_default().insert(id, u32::from(*role == Role::Primary));
                }
                (_, Routing::Weighted(weight)) => _ = shares.entry(set.name.clone()).or_default().insert(id, u32::from(*weight)),
                _ => {}
            }
        }
        shares
    }

    fn is_able(&self, side: &str) -> bool {
        let state = self.health[side].state;
        let healthy = state == State::Healthy || (state == State::Unknown && self.observed.healthy.contains(side));
        healthy && !self.observed.unable.contains_key(side) && !self.required().leave.contains(side)
    }

    fn set_health(&mut self, side: &str, state: State) {
        self.health.insert(side.to_owned(), side_health(state));
    }

    /// Everything is at home and healthy.
    fn at_home(mut self) -> Self {
        for side in self.target.sides.clone() {
            self.set_health(&side.name, State::Healthy);
        }
        self.observed.unable.clear();
        self.memory = Memory::default();
        self.failback = false;
        let home = self.target.spec.home().to_owned();
        let Answers::Records(sets) = &mut self.observed.answers else { return self };
        for set in sets.iter_mut() {
            let id = set.set_id.clone();
            match (&self.target.spec.switch, &mut set.routing) {
                (_, Routing::Failover(role)) => {
                    *role = if id.as_ref() == Some(&home) { Role::Primary } else { Role::Secondary };
                }
                (Switch::Weighted { home, .. }, Routing::Weighted(weight)) => *weight = home[&id.expect("an identifier")],
                _ => {
                    let index = (0..9).find(|index| side(*index) == *id.as_ref().unwrap_or(&home)).expect("a side");
                    set.answer = RecordAnswer::Values { ttl: 60, values: vec![address(index)] };
                }
            }
        }
        self
    }
}

fn side_health(state: State) -> SideHealth {
    SideHealth { evidence: "test".to_owned(), ..SideHealth::of(state) }
}

fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![4 => Just(State::Healthy), 3 => Just(State::Unhealthy), 1 => Just(State::Unknown)]
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Failover,
    Weighted,
    Alone,
    Latency,
}

fn any_shape() -> impl Strategy<Value = Shape> {
    prop_oneof![Just(Shape::Failover), Just(Shape::Weighted), Just(Shape::Alone), Just(Shape::Latency)]
}

fn switch(shape: Shape, sides: usize, weights: &[u8], stages: bool) -> Switch {
    match shape {
        Shape::Failover => Switch::Failover,
        Shape::Weighted => Switch::Weighted {
            // At least one of them has some.
            home: (0..sides).map(|index| (side(index), if index == 0 { weights[0].max(1) } else { weights[index] })).collect(),
            stages: if stages { vec![10, 50, 100] } else { vec![100] },
        },
        Shape::Alone | Shape::Latency => {
            let pointer = |index| Pointer::Values([("A".to_owned(), [address(index)].into())].into());
            Switch::Simple((0..sides).map(|index| (side(index), pointer(index))).collect())
        }
    }
}

/// The record sets of a name; `at` has the location or the weight of each side's.
fn record_sets(shape: Shape, name: &str, sides: usize, at: &[u8]) -> Vec<RecordSet> {
    let set = |index: usize, id: Option<String>, routing: Routing, at: usize| RecordSet {
        name: name.to_owned(),
        kind: "A".to_owned(),
        set_id: id,
        routing,
        health_check: Some(format!("hc-{index}")),
        answer: RecordAnswer::Values { ttl: 60, values: vec![address(at)] },
    };
    let is_first = at[0].is_multiple_of(2);
    match shape {
        Shape::Failover => [(0, is_first), (1, !is_first)]
            .map(|(index, primary)| {
                let role = if primary { Role::Primary } else { Role::Secondary };
                set(index, Some(side(index)), Routing::Failover(role), index)
            })
            .into(),
        Shape::Weighted => (0..sides).map(|index| set(index, Some(side(index)), Routing::Weighted(at[index]), index)).collect(),
        Shape::Alone => vec![set(0, None, Routing::Simple, usize::from(at[0]) % sides)],
        Shape::Latency => (0..sides)
            .map(|index| set(index, Some(side(index)), Routing::Latency(format!("r-{index}")), usize::from(at[index]) % sides))
            .collect(),
    }
}

fn policy() -> Policy {
    Policy {
        name: "t".to_owned(),
        owner: "o".to_owned(),
        runbook: None,
        mode: None,
        stack: None,
        role: None,
        quorum: 1,
        min_healthy: 1,
        max_sick_share: 0.5,
        stale_after: std::time::Duration::from_mins(10),
        muted: MutedAlarms::default(),
        review: std::time::Duration::from_hours(24),
        failback: Failback::Manual,
        window: None,
        block: std::time::Duration::ZERO,
    }
}

prop_compose! {
    fn any_case()(shape in any_shape(), sides in 2_usize..=3)(
        sides in Just(if matches!(shape, Shape::Failover) { 2 } else { sides }),
        shape in Just(shape),
        states in prop::collection::vec(any_state(), 3),
        unable in prop::collection::vec(prop::bool::weighted(0.2), 3),
        healthy in prop::collection::vec(prop::bool::weighted(0.3), 3),
        weights in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(100), any::<u8>()], 3),
        at in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 3), 1..5),
        aim in prop::option::weighted(0.3, (any::<bool>(), 0..2_usize)),
        (failback, stages) in any::<(bool, bool)>(),
    ) -> Case {
        let name = |index: usize| format!("n{index}.example.com.");
        let spec = DnsSpec {
            hosted_zone: "Z1".to_owned(),
            records: (0..at.len()).map(|index| (name(index), "A".to_owned())).collect(),
            sides: (0..sides).map(side).collect(),
            locations: BTreeMap::new(),
            switch: switch(shape, sides, &weights, stages),
        };
        let intent = aim.map(|(to, index)| Intent {
            aim: if to { Aim::To(side(index)) } else { Aim::AwayFrom(side(index)) },
            operator: "o".to_owned(),
            reason: "r".to_owned(),
            since: "2026-03-14T03:12:00Z".parse().expect("a time"),
            instead_of: None,
rest: crossover_model::later::Rest::new(),
        });
        let target_side = |name: String| Side { location: name.clone(), alarms: vec![format!("alarm {name}")], name };
        let unable: BTreeMap<String, String> = (0..sides).filter(|index| unable[*index]).map(|index| (side(index), "why".to_owned())).collect();
        let healthy = (0..sides).filter(|index| healthy[*index]).map(side).filter(|side| !unable.contains_key(side)).collect();
        let sets = at.iter().enumerate().flat_map(|(index, at)| record_sets(shape, &name(index), sides, at)).collect();
        Case {
            target: Target { policy: policy(), sides: (0..sides).map(side).map(target_side).collect(), spec },
            health: (0..sides).map(|index| (side(index), side_health(states[index]))).collect(),
            memory: Memory { intent, ..Memory::default() },
            observed: Observed { answers: Answers::Records(sets), unable, failing: BTreeSet::new(), healthy, remarks: Vec::new() },
            failback,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_able_sides_gain_and_a_side_always_serves(mut case in any_case()) {
        let Some(plan) = case.plan() else { return Ok(()) };
        let before = case.shares();
        case.apply(&plan);
        for (group, after) in case.shares() {
            prop_assert!(after.values().any(|weight| *weight > 0) || after == before[&group], "{group}: nobody serves");
            for (side, weight) in &after {
                let had = before[&group].get(side).copied().unwrap_or_default();
                prop_assert!(*weight <= had || case.is_able(side), "{group}: {side} gets {weight} and had {had}");
            }
        }
    }

    #[test]
    fn nothing_changes_but_roles_weights_and_addresses(case in any_case()) {
        let Some(plan) = case.plan() else { return Ok(()) };
        for (before, after) in Case::changes(&plan) {
            prop_assert!(case.sets().contains(&before));
            prop_assert_ne!(&before, &after);
            let expected = match &case.target.spec.switch {
                Switch::Simple(_) => RecordSet { answer: after.answer.clone(), ..before.clone() },
                _ => RecordSet { routing: after.routing.clone(), ..before.clone() },
            };
            prop_assert_eq!(&after, &expected);
            let (RecordAnswer::Values { ttl: old, .. }, RecordAnswer::Values { ttl: new, .. }) = (&before.answer, &after.answer) else {
                return Err(TestCaseError::fail("values stay values"));
            };
            prop_assert_eq!(old, new);
        }
    }

    #[test]
    fn sides_to_leave_are_left_or_held(mut case in any_case()) {
        case.failback = false;
        let leave = case.required().leave;
        let serves_there = |case: &Case| {
            let shares = case.shares();
            shares.values().any(|shares| leave.iter().any(|side| shares.get(side).is_some_and(|weight| *weight > 0)))
        };
        let served = serves_there(&case);
        match case.decide().verdict {
            Verdict::Settled(_) => prop_assert!(!served),
            Verdict::Hold(hold) => prop_assert!(!hold.text.is_empty()),
            Verdict::CrossOver(plan) => {
                let no_data = matches!(&plan.loss, Loss::NoData { but, .. } if !but.is_empty());
                prop_assert!(no_data, "{}", plan.loss);
                case.settle();
                let held = matches!(case.decide().verdict, Verdict::Hold(_));
                prop_assert!(held || !serves_there(&case));
            }
        }
    }

    #[test]
    fn unknown_is_never_a_reason_to_move(mut case in any_case()) {
        for side in case.target.sides.clone() {
            if case.health[&side.name].state == State::Unhealthy {
                case.set_health(&side.name, State::Unknown);
            }
        }
        case.memory = Memory::default();
        case.failback = false;
        prop_assert!(case.plan().is_none());
    }

    #[test]
    fn repeated_reconciles_settle(mut case in any_case()) {
        case.settle();
    }

    #[test]
    fn without_stages_one_plan_is_enough(mut case in any_case()) {
        if let Switch::Weighted { stages, .. } = &mut case.target.spec.switch {
            *stages = vec![100];
        }
        let Some(plan) = case.plan() else { return Ok(()) };
        prop_assert!(!plan.continues);
        case.apply(&plan);
        prop_assert!(case.plan().is_none(), "moves again: {:?}", case.plan());
    }

    #[test]
    fn the_observed_state_matches_the_step(mut case in any_case()) {
        let Some(plan) = case.plan() else { return Ok(()) };
        let before = case.decide();
        case.apply(&plan);
        let after = case.decide();
        for card in plan.steps().map(Step::card) {
            let was_home = before.home.contains(&card.resource);
            prop_assert!(was_home || before.away.get(&card.resource) == Some(&card.from), "{card:?}: {:?}", before.away);
            let is_home = after.home.contains(&card.resource);
            prop_assert!(is_home || after.away.get(&card.resource) == Some(&card.to), "{card:?}: {:?}", after.away);
            prop_assert_eq!(is_home, card.way == crossover_model::step::Way::Home);
        }
    }

    #[test]
    fn failing_back_after_failing_over_is_where_it_began(case in any_case(), unhealthy in 0_usize..3) {
        let mut case = case.at_home();
        prop_assert!(case.plan().is_none(), "moves at home: {:?}", case.plan());
        prop_assert!(case.decide().away.is_empty());
        let before = case.sets().to_vec();
        let unhealthy = side(unhealthy % case.target.sides.len());
        case.set_health(&unhealthy, State::Unhealthy);
        case.settle();
        let shares = case.shares();
        prop_assert!(shares.values().all(|shares| shares.get(&unhealthy).is_none_or(|weight| *weight == 0)), "{shares:?}");

        case.set_health(&unhealthy, State::Healthy);
        prop_assert!(case.plan().is_none(), "manual failback happened by itself");
        case.failback = true;
        case.settle();
        prop_assert_eq!(case.sets(), before);
    }

    #[test]
    fn the_order_of_record_sets_does_not_matter(case in any_case(), by in 0_usize..9) {
        let mut shuffled = case.clone();
        if let Answers::Records(sets) = &mut shuffled.observed.answers {
            let by = by % sets.len();
            sets.rotate_left(by);
            sets.reverse();
        }
        let changes = |case: &Case| case.plan().map(|plan| Case::changes(&plan).into_iter().collect::<BTreeSet<_>>());
        prop_assert_eq!(changes(&case), changes(&shuffled));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_is_within_the_limits(values in 1_usize..40, length in 1_usize..400, names in 1_usize..60) {
        let set = |name: &str, index: usize, role| RecordSet {
            name: name.to_owned(),
            kind: "TXT".to_owned(),
            set_id: Some(side(index)),
            routing: Routing::Failover(role),
            health_check: Some("hc".to_owned()),
            answer: RecordAnswer::Values { ttl: 60, values: (0..values).map(|value| format!("{value:0length$}")).collect() },
        };
        let names: Vec<String> = (0..names).map(|index| format!("n{index:03}.example.com.")).collect();
        let sets = names.iter().flat_map(|name| [set(name, 0, Role::Primary), set(name, 1, Role::Secondary)]).collect();
        let spec = DnsSpec {
            hosted_zone: "Z1".to_owned(),
            records: names.iter().map(|name| (name.clone(), "TXT".to_owned())).collect(),
            sides: vec![side(0), side(1)],
            locations: BTreeMap::new(),
            switch: Switch::Failover,
        };
        let case = Case {
            target: Target { policy: policy(), sides: Vec::new(), spec },
            health: [(side(0), side_health(State::Unhealthy)), (side(1), side_health(State::Healthy))].into(),
            memory: Memory::default(),
            observed: Observed { answers: Answers::Records(sets), unable: BTreeMap::new(), failing: BTreeSet::new(), healthy: BTreeSet::new(), remarks: Vec::new() },
            failback: false,
        };
        let plan = case.plan().expect("it moves");
        prop_assert_eq!(Case::changes(&plan).len(), 2 * names.len());
        for step in plan.steps() {
            let DnsStep::Records(step) = step else { return Err(TestCaseError::fail("record sets")) };
            let sets = || step.changes().iter().flat_map(|(before, after)| [before, after]);
            let one = step.changes().len() == 2;
            prop_assert!(one || sets().map(RecordSet::values).sum::<usize>() <= BATCH_VALUES);
            prop_assert!(one || sets().map(RecordSet::characters).sum::<usize>() <= BATCH_CHARACTERS);
        }
        let resources: BTreeSet<String> = plan.steps().map(|step| step.card().resource).collect();
        prop_assert_eq!(resources.len(), plan.steps().count(), "each step has a name of its own");
    }
}

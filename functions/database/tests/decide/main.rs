//! The properties of `decide`, over arbitrary members, lags, healths and memories.

#![expect(clippy::expect_used, reason = "tests")]

mod case;
mod restarts;

use std::time::Duration;

use case::{Case, any_case};
use crossover_database::{DatabaseStep, Fence, Lag, Role, Sight, WriterStep};
use crossover_model::{
    decision::{Plan, Verdict},
    health::State,
    loss::{Fenced, Loss},
    step::{Reversal, Step},
};
use jiff::SignedDuration;
use proptest::prelude::*;

/// The step that moves the writer, before it has started.
fn moving(steps: &[DatabaseStep]) -> Option<&WriterStep> {
    steps.iter().find_map(|step| match step {
        DatabaseStep::Writer(step) if !step.begun => Some(step),
        _ => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_replica_is_promoted_without_a_valid_sample_unless_forced(case in any_case()) {
        let steps = case.steps();
        let Some(step) = moving(&steps).filter(|step| DatabaseStep::Writer((*step).clone()).reversal() == Reversal::OneWay) else {
            return Ok(());
        };
        let required = case.required();
        let seen = case.observed.seen(&step.to.side).expect("a member that was seen");
        match &seen.lag {
            Lag::Known { behind, at, .. } => {
                prop_assert!(required.accept_data_loss || case.was_allowed() || *behind <= case.target.spec.max_lag);
                prop_assert!(required.accept_data_loss || case.was_allowed() || case.target.spec.accept_data_loss);
                prop_assert!(case.observed.at.duration_since(*at).unsigned_abs() <= case.target.spec.max_sample_age);
            }
            Lag::Unknown(_) | Lag::Unreadable(_) => prop_assert!(case.was_allowed() || (required.force && required.accept_data_loss)),
        }
    }

    #[test]
    fn a_sample_that_is_too_old_by_the_journals_clock_is_no_sample(case in any_case()) {
        let now = case.observed.at + SignedDuration::from_mins(30);
        let Verdict::CrossOver(plan) = case.decide_at(now).verdict else { return Ok(()) };
        let steps: Vec<DatabaseStep> = plan.steps().cloned().collect();
        let Some(step) = moving(&steps).filter(|step| DatabaseStep::Writer((*step).clone()).reversal() == Reversal::OneWay) else {
            return Ok(());
        };
        let required = case.required();
        prop_assert!(case.was_allowed() || (required.force && required.accept_data_loss), "{:?}", step);
    }

    #[test]
    fn only_an_able_replica_of_the_writer_takes_over(case in any_case()) {
        let steps = case.steps();
        let Some(step) = moving(&steps) else { return Ok(()) };
        let to = &step.to.side;
        let seen = case.observed.seen(to).expect("a member that was seen");
        prop_assert_eq!(seen.status.as_str(), "available");
        prop_assert!(matches!(&seen.role, Role::Replica(Some(_))), "{:?}", seen.role);
        prop_assert!(case.required().may_take(to, case.health[to].state));
    }

    #[test]
    fn a_choice_is_kept(case in any_case()) {
        let Some(to) = case.chosen() else { return Ok(()) };
        let unwanted = case.memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(&to));
        let steps = case.steps();
        if let Some(step) = moving(&steps) {
            let healthy = case.health[&case.open_from()].state == State::Healthy;
            // If another member has become the writer, the plan leaves that one.
            let another = DatabaseStep::Writer(step.clone()).card().from != case.open_from();
            prop_assert!(unwanted || step.to.side == to || healthy || another, "{} was chosen, not {}", to, step.to.side);
        }
    }

    #[test]
    fn while_a_promotion_may_be_under_way_no_other_member_is_promoted(case in any_case()) {
        let Some(to) = case.chosen().filter(|_| case.may_be_under_way()) else { return Ok(()) };
        let steps = case.steps();
        if let Some(step) = moving(&steps) {
            prop_assert_eq!(&step.to.side, &to, "{:?}", case.decide().verdict);
        }
    }

    #[test]
    fn while_a_request_of_an_ended_crossover_may_be_under_way_no_other_member_is_promoted(case in any_case()) {
        let Some(to) = case.requested() else { return Ok(()) };
        let decision = case.decide();
        prop_assert_eq!(decision.half_done.len(), 1, "it is not forgotten");
        if let Some(step) = moving(&case.steps()) {
            prop_assert_eq!(step.to.side.as_str(), to, "{:?}", decision.verdict);
        }
        let undoes = decision.undo.iter().flat_map(Plan::steps).any(|step| matches!(step, DatabaseStep::Fence(_)));
        prop_assert!(!undoes || to == case.target.spec.home(), "clients are let in to a second writer: {:?}", decision.undo);
    }

    #[test]
    fn an_old_writer_that_can_be_fenced_is_fenced_first(case in any_case()) {
        let steps = case.steps();
        let Some(step) = moving(&steps).filter(|step| DatabaseStep::Writer((*step).clone()).reversal() == Reversal::OneWay) else {
            return Ok(());
        };
        let from = DatabaseStep::Writer(step.clone()).card().from;
        let Some(group) = case.target.spec.fence_group(&from) else { return Ok(()) };
        let at = |wanted: &dyn Fn(&DatabaseStep) -> bool| steps.iter().position(wanted);
        let fence = at(&|step| matches!(step, DatabaseStep::Fence(fence) if fence.member.side == from));
        match case.observed.members.get(&from) {
            Some(Sight::Seen(seen)) if !seen.security_groups.contains(group) && seen.status == "available" => {
                prop_assert!(fence.is_some() && fence < at(&|step| matches!(step, DatabaseStep::Writer(_))));
            }
            Some(Sight::Unreadable(_)) => {
                let plan = case.plan().expect("a plan");
                prop_assert!(plan.continues, "what can't be fenced yet is not forgotten");
                let is_open = matches!(&plan.loss, Loss::Data(loss) if loss.fenced == Fenced::No);
                prop_assert!(is_open || case.was_allowed(), "{}", plan.loss);
            }
            _ => {}
        }
    }

    #[test]
    fn the_same_is_decided_whatever_the_order(case in any_case()) {
        let mut other = case.clone();
        other.target.spec.members[1..].reverse();
        other.target.sides.reverse();
        let to = |case: &Case| moving(&case.steps()).map(|step| step.to.side.clone());
        prop_assert_eq!(to(&case), to(&other));
        prop_assert_eq!(case.decide().verdict, case.decide().verdict);
    }

    #[test]
    fn a_plan_that_is_carried_out_is_settled(mut case in any_case()) {
        for _ in 0..4 {
            let Some(plan) = case.plan().filter(|_| !case.waits_in_the_dark()) else { return Ok(()) };
            case.apply(&plan);
        }
        // An unhealthy writer without a side to take over is held for people.
        match case.decide().verdict {
            Verdict::Settled(_) | Verdict::Hold(_) => {}
            Verdict::CrossOver(plan) => return Err(TestCaseError::fail(format!("and again: {plan:?}"))),
        }
    }

    #[test]
    fn two_writers_are_never_open_to_clients_after_a_plan(mut case in any_case()) {
        let Some(plan) = case.plan().filter(|_| !case.waits_in_the_dark()) else { return Ok(()) };
        // An operation in progress was started by an earlier plan.
        let begun = plan.steps().filter(|step| matches!(step, DatabaseStep::Writer(step) if step.begun)).count();
        let before = case.open_writers() + begun;
        case.apply(&plan);
        let fences = matches!(case.target.spec.fence, Fence::SecurityGroups(_));
        prop_assert!(!fences || case.open_writers() <= before.max(1), "{before} before");
    }

    #[test]
    fn a_hold_has_a_reason(case in any_case()) {
        if let Verdict::Hold(hold) = case.decide().verdict {
            prop_assert!(!hold.text.is_empty());
            if hold.why == crossover_model::hold::Held::DataLoss {
                prop_assert!(hold.text.contains("crossover failover t --to "), "{}", hold.text);
            }
        }
    }

    #[test]
    fn the_worst_loss_is_the_lag_and_all_since(behind in 0_u64..100, age in 0_u64..600, broken in any::<bool>()) {
        use crossover_rds::{LagMeter, LagMetric, LagSample};
        let now: jiff::Timestamp = "2026-03-14T03:12:00Z".parse().expect("a time");
        let at = now - Duration::from_secs(age);
        let value = f64::from(u32::try_from(behind).expect("few"));
        let mut samples = vec![LagSample { at, value }];
        if broken {
            samples.push(LagSample { at: now, value: -1.0 });
        }
        let lag = Lag::of(LagMeter::of(LagMetric::ReplicaLag, "mysql"), &samples, Duration::from_mins(5), now);
        if age <= 300 {
            prop_assert_eq!(lag.worst_loss(now), Some(Duration::from_secs(behind + age)));
        } else {
            prop_assert!(matches!(lag, Lag::Unknown(_)));
        }
    }
}

#[test]
fn no_number_is_no_sample() {
    use crossover_rds::{LagMeter, LagMetric, LagSample};
    let now: jiff::Timestamp = "2026-03-14T03:12:00Z".parse().expect("a time");
    for value in [-1.0, f64::NAN, f64::INFINITY, f64::MAX] {
        let lag =
            Lag::of(LagMeter::of(LagMetric::ReplicaLag, "mysql"), &[LagSample { at: now, value }], Duration::from_mins(5), now);
        assert!(matches!(lag, Lag::Unknown(_)), "{value}: {lag:?}");
    }
    let none = Lag::of(LagMeter::of(LagMetric::AuroraReplicaLag, "aurora-mysql"), &[], Duration::from_mins(5), now);
    assert_eq!(none.in_words(now), "behind by an unknown time: AuroraReplicaLag has no sample");
    let future = LagSample { at: now + Duration::from_secs(1), value: 0.0 };
    assert!(matches!(
        Lag::of(LagMeter::of(LagMetric::ReplicaLag, "mysql"), &[future], Duration::from_mins(5), now),
        Lag::Unknown(_)
    ));
    let millis = LagSample { at: now, value: 1500.0 };
    let lag =
        Lag::of(LagMeter::of(LagMetric::AuroraGlobalReplicationLag, "aurora-mysql"), &[millis], Duration::from_mins(5), now);
    assert_eq!(lag.worst_loss(now), Some(Duration::from_millis(1500)));
}

/// Samples of a minute each, the last one a minute ago.
fn minutes(values: &[f64]) -> Vec<crossover_rds::LagSample> {
    let now: jiff::Timestamp = "2026-03-14T03:12:00Z".parse().expect("a time");
    let ago = |minutes: usize| now - Duration::from_mins(u64::try_from(minutes).expect("few"));
    let sample = |(index, value): (usize, &f64)| crossover_rds::LagSample { at: ago(values.len() - index), value: *value };
    values.iter().enumerate().map(sample).collect()
}

#[test]
fn a_lag_that_only_the_clock_makes_larger_says_nothing_new() {
    use crossover_rds::{LagMeter, LagMetric};
    let now: jiff::Timestamp = "2026-03-14T03:12:00Z".parse().expect("a time");
    let behind = |engine: &str, values: &[f64]| {
        let meter = LagMeter::of(LagMetric::ReplicaLag, engine);
        let lag = Lag::of(meter, &minutes(values), Duration::from_mins(5), now);
        let Lag::Known { behind, at, .. } = lag else { return None };
        let (ago, worst) = (now.duration_since(at).as_secs(), lag.worst_loss(now).expect("known").as_secs());
        Some((behind.as_secs(), ago, worst))
    };
    // The source fails after the second sample.
    let fails = [2.0, 3.0, 63.0, 122.0];
    assert_eq!(behind("postgres", &fails), Some((3, 180, 183)));
    assert_eq!(behind("oracle-ee", &fails), Some((3, 180, 183)));
    assert_eq!(behind("mysql", &fails), Some((122, 60, 182)), "the replica does not keep up");
    // What is replayed too slowly, or at once after a pause, is news.
    assert_eq!(behind("postgres", &[2.0, 32.0, 62.0, 92.0]), Some((92, 60, 152)));
    assert_eq!(behind("postgres", &[200.0, 260.0, 4.0]), Some((4, 60, 64)));
    // A source is idle for five minutes at most, and an Oracle one never is.
    let silent: Vec<f64> = (0..8).map(|minute| 1.0 + 60.0 * f64::from(minute)).collect();
    assert_eq!(behind("postgres", &silent), Some((1, 480, 481)));
    assert_eq!(behind("oracle-ee", &silent), None);
    let silent: Vec<f64> = (0..11).map(|minute| 1.0 + 60.0 * f64::from(minute)).collect();
    assert_eq!(behind("postgres", &silent), None);
}

//! What a crossover's record says of its steps: what took effect, how it ends, what it may have lost.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::{
    crossover::{Aborted, Crossover},
    later::Rest,
    loss::Loss,
    outcome::Outcome,
    step::{StepCard, StepReport, StepResult, Way},
};
use jiff::Timestamp;
use serde_json::json;

const ALL: [StepResult; 7] = [
    StepResult::Planned,
    StepResult::Done,
    StepResult::Already,
    StepResult::Pending,
    StepResult::Refused,
    StepResult::Conflict,
    StepResult::Failed,
];

/// A step on a resource of its own: its result, and how long it has taken.
fn step(number: usize, result: StepResult, took_ms: u64) -> StepReport {
    let card = StepCard {
        step: "promote".to_owned(),
        resource: format!("resource-{number}"),
        from: "a".to_owned(),
        to: "b".to_owned(),
        way: Way::Away,
        undo: None,
    };
    StepReport { took_ms, ..StepReport::untried(card, result) }
}

fn of(steps: &[(StepResult, u64)]) -> Crossover {
    let mut crossover: Crossover = serde_json::from_value(json!({
        "id": "t-1", "target": "t", "kind": "k", "direction": "failover", "trigger": "tick", "reason": "why",
        "started": "2026-03-14T03:12:40Z", "outcome": "pending", "steps": [],
    }))
    .expect("a record");
    crossover.report(steps.iter().enumerate().map(|(number, (result, took))| step(number, *result, *took)).collect());
    crossover
}

fn aborted(continues: bool, steps: &[(StepResult, u64)]) -> Crossover {
    let by = Aborted { operator: "o".to_owned(), reason: "r".to_owned(), at: Timestamp::UNIX_EPOCH, rest: Rest::new() };
    let mut crossover = Crossover { continues, ..of(steps) };
    crossover.abort(by, Timestamp::UNIX_EPOCH);
    crossover
}

#[test]
fn only_steps_whose_end_nobody_saw_are_completed_by_what_is_observed() {
    for result in ALL {
        let mut crossover = of(&[(result, 7)]);
        crossover.observe(&BTreeMap::from([("resource-0".to_owned(), "b".to_owned())]), &BTreeSet::new());
        let unseen = matches!(result, StepResult::Pending | StepResult::Failed);
        assert_eq!(crossover.steps[0].result, if unseen { StepResult::Done } else { result }, "{result:?}");
    }
}

#[test]
fn what_took_effect_or_may_still_do_so_has_begun() {
    for result in ALL {
        let begun = |took| of(&[(result, took)]).begun().count() == 1;
        let unknown = matches!(result, StepResult::Pending | StepResult::Failed);
        assert_eq!(begun(0), result == StepResult::Done, "{result:?}");
        assert_eq!(begun(7), result == StepResult::Done || unknown, "{result:?}");
    }
}

#[test]
fn a_crossover_is_partial_as_soon_as_a_step_succeeded_or_is_under_way_beside_one_that_failed() {
    use StepResult::{Already, Done, Failed, Pending, Refused};
    let outcome = |steps: &[(StepResult, u64)]| of(steps).outcome_of_steps();
    assert_eq!(outcome(&[(Done, 7), (Pending, 0)]), Outcome::Pending);
    assert_eq!(outcome(&[(Done, 7), (Already, 0)]), Outcome::Completed);
    assert_eq!(outcome(&[(Refused, 7), (Done, 7)]), Outcome::Partial);
    assert_eq!(outcome(&[(Refused, 7), (Pending, 7)]), Outcome::Partial);
    assert_eq!(outcome(&[(Refused, 7), (Pending, 0)]), Outcome::Failed);
    assert_eq!(outcome(&[(Refused, 7), (Failed, 7)]), Outcome::Failed);
}

#[test]
fn an_aborted_crossover_says_what_was_not_begun_and_what_may_still_take_effect() {
    use StepResult::{Done, Failed, Pending, Planned, Refused};
    let results = |crossover: &Crossover| crossover.steps.iter().map(|step| step.result).collect::<Vec<_>>();
    let half = aborted(true, &[(Done, 7), (Pending, 0), (Pending, 7)]);
    assert_eq!(results(&half), [Done, Planned, Pending]);
    assert_eq!(half.outcome, Outcome::Partial);
    assert_eq!(half.steps[1].detail.as_deref(), Some("not begun: the crossover was aborted"));
    assert!(half.steps[0].detail.is_none() && half.steps[2].detail.is_none() && half.ended.is_some());
    // A refusal that took its time is not a step that was not begun.
    assert_eq!(results(&aborted(false, &[(Refused, 0), (Failed, 7)])), [Refused, Failed]);
    assert_eq!(aborted(false, &[(Done, 7)]).outcome, Outcome::Completed);
    assert_eq!(aborted(true, &[(Done, 7)]).outcome, Outcome::Partial, "further stages were to follow");
    assert_eq!(aborted(false, &[(Refused, 7)]).outcome, Outcome::Failed);
    assert_eq!(aborted(false, &[(Pending, 0)]).outcome, Outcome::Failed);
}

#[test]
fn the_worst_loss_is_what_its_record_says_for_programs_or_else_in_words() {
    let mut crossover = of(&[]);
    assert_eq!(crossover.worst_loss(), None);
    crossover.loss = "5 s of writes".to_owned();
    let words = Some(Loss::Words { text: "5 s of writes".to_owned(), rest: Rest::new() });
    assert_eq!(crossover.worst_loss(), words);
    crossover.could_lose = Some(Loss::Unknown);
    assert_eq!(crossover.worst_loss(), words);
    crossover.could_lose = Some(Loss::nothing("a reason"));
    assert_eq!(crossover.worst_loss(), Some(Loss::nothing("a reason")));
}

#[test]
fn a_record_says_that_further_stages_follow_only_while_they_do() {
    let written = |continues| serde_json::to_value(Crossover { continues, ..of(&[]) }).expect("JSON");
    assert_eq!(written(false).get("goes_on"), None);
    assert_eq!(written(true)["goes_on"], true);
}

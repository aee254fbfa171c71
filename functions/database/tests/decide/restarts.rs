//! The restart of an old writer, and what else remains of a crossover that did not choose the writer.

use crossover_database::{DatabaseStep, Sight};
use crossover_model::step::{Step, StepCard, StepReport, StepResult, Way};
use proptest::prelude::*;

use super::case::{Case, any_case};

/// What remains to be done of the crossover that promoted `db-1`: the restart of `db-0`, and the backups of `db-1`.
fn remaining(case: &Case) -> Option<(StepCard, StepCard)> {
    let chosen = StepCard {
        step: "promote-read-replica".to_owned(),
        resource: "t writer".to_owned(),
        from: "db-0".to_owned(),
        to: "db-1".to_owned(),
        way: Way::Away,
        undo: None,
    };
    let steps = case.clone().with_open(vec![StepReport::untried(chosen, StepResult::Done)]).steps();
    let card = |is_it: &dyn Fn(&DatabaseStep) -> bool| steps.iter().find(|step| is_it(step)).map(Step::card);
    let restart = card(&|step| matches!(step, DatabaseStep::Restart(_)))?;
    Some((restart, card(&|step| matches!(step, DatabaseStep::After(_)))?))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_open_crossover_that_has_restarted_an_old_writer_does_so_once_and_goes_on(case in any_case()) {
        let case = case.promoted();
        prop_assume!(case.observed.seen("db-0").is_some() && case.observed.seen("db-1").is_some());
        let Some((restart, after)) = remaining(&case) else { return Err(TestCaseError::fail("nothing remains")) };
        let report = |card: &StepCard, result| StepReport::untried(card.clone(), result);
        let case = case.with_half_done(report(&restart, StepResult::Failed));
        let planned = |restarted| {
            let steps = vec![report(&restart, restarted), report(&after, StepResult::Pending)];
            case.clone().with_open(steps).steps()
        };
        let restarts = |steps: &[DatabaseStep]| steps.iter().any(|step| matches!(step, DatabaseStep::Restart(_)));
        let goes_on = |steps: &[DatabaseStep]| steps.iter().any(|step| step.card() == after);
        for failed in [StepResult::Pending, StepResult::Failed] {
            let steps = planned(failed);
            prop_assert!(restarts(&steps) && goes_on(&steps), "{failed:?}: {steps:?}");
        }
        let steps = planned(StepResult::Done);
        prop_assert!(!restarts(&steps) && goes_on(&steps), "{steps:?}");
        // The backups are not given up while RDS does not change them yet.
        let mut busy = case.clone().with_open(vec![report(&restart, StepResult::Done), report(&after, StepResult::Pending)]);
        if let Some(Sight::Seen(seen)) = busy.observed.members.get_mut("db-1") {
            "backing-up".clone_into(&mut seen.status);
        }
        let plan = busy.plan();
        prop_assert!(plan.as_ref().is_some_and(|plan| plan.continues), "{:?}", busy.decide().verdict);
        // Another crossover does not take the backups over.
        let steps = case.with_open(vec![report(&restart, StepResult::Done)]).steps();
        prop_assert!(steps.is_empty(), "{steps:?}");
    }
}

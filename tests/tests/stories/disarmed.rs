//! A stack that acted on targets and, since a deployment, does not any more.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_model::topology::Mode;
use crossover_tests::stage::Stage;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

#[test]
fn the_way_from_armed_to_shadow_is_told_once() {
    run(async {
        let mut stage = Stage::new();
        stage.ticks(2).await;
        assert_eq!(stage.times_told("DISARMED"), 0, "{:?}", stage.told());
        stage.controller.environment.mode = Mode::Shadow;
        stage.ticks(3).await;
        assert_eq!(stage.times_told("DISARMED"), 1, "{:?}", stage.told());
        assert!(stage.mail().contains("the mode of egress-prod was armed and is shadow now"), "{}", stage.mail());
        stage.controller.environment.mode = Mode::Armed;
        stage.ticks(2).await;
        stage.controller.environment.staging = true;
        stage.ticks(2).await;
        assert_eq!(stage.times_told("DISARMED"), 2, "staging disarms too: {:?}", stage.told());
    });
}

#[test]
fn a_stack_that_was_never_armed_is_not_told_as_disarmed() {
    run(async {
        let mut stage = Stage::new();
        stage.controller.environment.mode = Mode::Shadow;
        stage.ticks(3).await;
        assert_eq!(stage.times_told("DISARMED"), 0, "{:?}", stage.told());
    });
}

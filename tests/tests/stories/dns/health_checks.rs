//! Health checks as evidence.

use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_route53::{Route53Account, sandbox::Watches};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    dns::{ALARM_HOME, ALARM_STANDBY, Way},
    stage::Stage,
};

use super::{alarm, run};

/// A stage whose standby's health check is made so.
fn with_check(change: impl FnOnce(&mut crossover_route53::sandbox::HealthCheck)) -> Stage {
    let mut account = Way::Failover.account();
    change(&mut account.route53_mut().health_checks[1]);
    Stage::with(account, &Way::Failover.topology())
}

fn checkers(passing: usize) -> Watches {
    Watches::Endpoint((0..15).map(|checker| checker < passing).collect())
}

#[test]
fn the_majority_of_the_checkers_decides_whether_a_side_can_serve() {
    run(async {
        for (passing, outcome) in [(0, Outcome::Held), (7, Outcome::Held), (8, Outcome::Completed), (15, Outcome::Completed)] {
            let mut stage = with_check(|check| check.watches = checkers(passing));
            let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(answer.outcome, outcome, "{passing}: {answer:?}");
            if outcome == Outcome::Held {
                let words = format!("health check hc-standby: {passing} of 15 checkers report it healthy");
                assert!(answer.reason.contains(&words), "{}", answer.reason);
            }
        }
        let mut inverted = with_check(|check| (check.inverted, check.watches) = (true, checkers(0)));
        assert_eq!(alarm(&mut inverted, ALARM_HOME, AlarmState::Alarm).await.outcome, Outcome::Completed);
    });
}

#[test]
fn a_disabled_health_check_is_no_evidence() {
    run(async {
        let mut stage = with_check(|check| (check.disabled, check.watches) = (true, checkers(0)));
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Completed, "its alarms say that it is healthy: {answer:?}");
        assert!(
            answer.remarks.iter().any(|remark| remark.contains("hc-standby is no evidence: it is disabled")),
            "{:?}",
            answer.remarks
        );

        let mut stage = with_check(|check| (check.disabled, check.watches) = (true, checkers(15)));
        stage.set_alarm(ALARM_STANDBY, AlarmState::InsufficientData);
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Held, "nothing says that it is healthy: {answer:?}");
    });
}

#[test]
fn where_alarms_can_not_tell_the_checkers_do() {
    run(async {
        let mut stage = Way::Failover.stage();
        stage.set_alarm(ALARM_STANDBY, AlarmState::InsufficientData);
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
    });
}

#[test]
fn health_checks_that_can_not_be_read_leave_it_to_the_alarms() {
    run(async {
        let mut stage = Way::Failover.stage();
        stage.faults([FaultRule::every("route53:GetHealthCheck", Fault::Refuse)]);
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
        assert!(answer.remarks.iter().any(|remark| remark.contains("could not be read")), "{:?}", answer.remarks);
    });
}

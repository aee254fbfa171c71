//! The rights of the role, which are checked before the first call of a promotion.

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, answer::TargetAnswer, hold::Held, outcome::Outcome};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, Kind, TARGET, alarm, command},
    stage::{Stage, tick},
};
use serde_json::json;

use super::{changes, killed_before_it_promotes, mails, run};

/// A replica, and a role whose policies do not allow this.
fn without(action: &str) -> Stage {
    let mut account = Kind::Replica.account();
    account.denied.insert(action.to_owned());
    Stage::with(account, &Kind::Replica.topology(""))
}

fn asked(stage: &Stage) -> usize {
    stage.count("iam:SimulatePrincipalPolicy")
}

#[test]
fn a_role_that_may_not_promote_fences_nothing_and_that_is_told_at_once() {
    let actions = ["rds:PromoteReadReplica", "rds:ModifyDBInstance", "route53:ChangeResourceRecordSets", "route53:GetChange"];
    for action in actions {
        run(async {
            let mut stage = without(action);
            stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
            let plan = stage.reconcile(&json!({ "command": "plan", "target": TARGET })).await;
            assert_eq!(plan.held, Some(Held::NotAllowed), "a plan says the same: {plan:?}");
            let answer: TargetAnswer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!((answer.outcome, answer.held), (Outcome::Held, Some(Held::NotAllowed)), "{action}: {answer:?}");
            stage.ticks(5).await;
            assert_eq!(changes(&stage), Vec::<&str>::new(), "{action}");
            let told = mails(&stage);
            assert_eq!(told.matches("HELD").count(), 1, "{action}: {told}");
            assert!(told.contains("--accept-data-loss --away-from orders-use1 --force"), "{told}");
            assert!(
                told.contains(action) && told.contains("no policy allows it") && told.contains("allow these calls in a policy"),
                "{told}"
            );
            assert_eq!(stage.sandbox.account().dynamodb().journal[TARGET].memory.open, None, "{action}");

            // Once the right is there, it goes on by itself.
            stage.sandbox.change(|account, _| account.denied.clear());
            stage.ticks(10).await;
            assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]), "{action}");
        });
    }
}

#[test]
fn rights_that_can_not_be_checked_delay_a_promotion_by_no_more_than_two_seconds() {
    let faults = [Fault::Refuse, Fault::ServerError, Fault::Throttle, Fault::Timeout];
    for fault in faults {
        let call = "iam:SimulatePrincipalPolicy";
        run(async {
            let mut stage = Kind::Replica.stage();
            stage.faults([FaultRule::every(call, fault)]);
            let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(answer.outcome, Outcome::Pending, "{call} {fault:?}: {answer:?}");
            let told = mails(&stage);
            assert!(told.contains("whether our rights suffice could not be checked"), "{call} {fault:?}: {told}");
            let mut other = Kind::Replica.stage();
            let undisturbed = alarm(&mut other, ALARM_HOME, AlarmState::Alarm).await;
            assert!(answer.took_ms <= undisturbed.took_ms + 2_000, "{call} {fault:?}: {} ms", answer.took_ms);
        });
    }
}

#[test]
fn a_forced_order_goes_on_without_a_right_and_the_notice_names_it() {
    run(async {
        let mut stage = without("route53:GetChange");
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        let order = json!({ "away_from": "orders-use1", "accept_data_loss": true, "force": true });
        let answer = stage.reconcile(&command("failover", &order)).await;
        assert_eq!(answer.outcome, Outcome::Pending, "{answer:?}");
        assert!(mails(&stage).contains("route53:GetChange on "), "{}", mails(&stage));
    });
}

#[test]
fn what_is_half_done_goes_on_without_the_question() {
    run(async {
        let mut stage = killed_before_it_promotes().await;
        let before = asked(&stage);
        assert!(before > 0, "asked before the fence");
        stage.sandbox.change(|account, _| _ = account.denied.insert("rds:PromoteReadReplica".to_owned()));
        stage.ticks(3).await;
        assert_eq!(asked(&stage), before);
        assert!(!mails(&stage).contains("may not make every call"), "{}", mails(&stage));
    });
}

#[test]
fn a_move_that_can_be_undone_asks_nothing() {
    run(async {
        let mut stage = Kind::Aurora.stage();
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(3).await;
        let mut routes = Stage::new();
        routes.set_alarm(crossover_tests::stage::ALARM_A, AlarmState::Alarm);
        routes.reconcile(&tick()).await;
        for stage in [&stage, &routes] {
            assert_eq!((asked(stage), stage.count("sts:GetCallerIdentity")), (0, 0));
        }
    });
}

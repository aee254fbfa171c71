//! A promotion is told when it begins, as it can't be undone and takes minutes.

use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, Kind, alarm, command},
    stage::{ALARM_A, Stage, alarm_event},
};
use serde_json::json;

use super::{killed_before_it_promotes, mails, run};

const BEGINS: &str = "failover begins";

#[test]
fn a_promotion_is_announced_before_rds_is_asked_and_only_once() {
    run(async {
        let mut stage = killed_before_it_promotes().await;
        assert_eq!(stage.times_told(BEGINS), 1, "{:?}", stage.told());
        let mail = mails(&stage);
        assert!(mail.contains("crossover abort"), "{mail}");
        assert!(mail.contains("Worst loss"), "{mail}");
        stage.ticks(8).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]));
        assert_eq!((stage.times_told(BEGINS), stage.times_told("failover completed")), (1, 1), "{:?}", stage.told());
    });
}

#[test]
fn an_announcement_that_can_not_be_sent_holds_nothing_up() {
    run(async {
        for fault in [Fault::Refuse, Fault::ServerError] {
            let mut stage = Kind::Replica.stage();
            stage.faults([FaultRule::every("sns:Publish", fault)]);
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            stage.ticks(8).await;
            assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]), "{fault:?}");
            stage.faults([]);
            stage.ticks(1).await;
            assert_eq!((stage.times_told(BEGINS), stage.times_told("failover completed")), (0, 1), "{:?}", stage.told());
        }
    });
}

#[test]
fn what_is_held_tried_or_can_be_undone_is_not_announced() {
    run(async {
        let mut without_a_journal = Kind::Replica.stage();
        without_a_journal.faults([FaultRule::every("dynamodb:*", Fault::ServerError)]);
        alarm(&mut without_a_journal, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(without_a_journal.times_told(BEGINS), 0, "{:?}", without_a_journal.told());

        let mut tried = Kind::Replica.stage();
        tried.set_alarm(ALARM_HOME, AlarmState::Alarm);
        let answer =
            tried.reconcile(&command("failover", &json!({ "away_from": "orders-use1", "force": true, "dry_run": true }))).await;
        assert_eq!((answer.outcome, tried.told().len()), (Outcome::DryRun, 0), "{answer:?}");

        let mut routes = Stage::new();
        let event = alarm_event(ALARM_A, AlarmState::Alarm, routes.sandbox.now());
        routes.set_alarm(ALARM_A, AlarmState::Alarm);
        routes.invoke(&event).await.expect("an answer");
        assert_eq!((routes.times_told(BEGINS), routes.times_told("failover completed")), (0, 1), "{:?}", routes.told());
    });
}

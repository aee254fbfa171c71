//! Changes that wait for the maintenance window are not made by a failover.

use std::collections::BTreeSet;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, hold::Held, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_tests::{
    database::{ALARM_HOME, Kind, TARGET, alarm, command},
    stage::{Stage, tick},
};

use serde_json::json;

use super::{changes, killed_before_it_promotes, mails, run};

const PENDING: &str = "DBInstanceClass = db.r6g.4xlarge";

fn pend(stage: &Stage, index: usize) {
    stage.sandbox.change(|account, _| account.rds_mut().instances[index].pending = [PENDING.to_owned()].into());
}

fn pending(stage: &Stage, index: usize) -> BTreeSet<String> {
    stage.sandbox.account().rds().instances[index].pending.clone()
}

#[test]
fn neither_a_fence_nor_its_removal_makes_pending_changes() {
    run(async {
        let mut stage = killed_before_it_promotes().await;
        pend(&stage, 0);
        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        stage.ticks(2).await;
        assert!(stage.sandbox.account().rds().instances[0].security_groups.contains("sg-clients"), "{}", mails(&stage));
        assert_eq!(pending(&stage, 0).len(), 1);
    });
    run(async {
        let mut stage = Kind::Replica.stage();
        pend(&stage, 0);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(8).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]));
        assert_eq!(pending(&stage, 0).len(), 1);
    });
}

#[test]
fn a_standby_is_not_turned_on_with_other_changes_that_are_pending() {
    run(async {
        let mut stage = Kind::Replica.stage();
        pend(&stage, 1);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        let held = stage.ticks(8).await;
        assert_eq!(held.targets[0].held, Some(Held::PendingChanges), "{held:?}");
        assert!(mails(&stage).contains(PENDING), "{}", mails(&stage));
        assert_eq!(pending(&stage, 1).len(), 1);
        let new = stage.sandbox.account().rds().instances[1].clone();
        assert_eq!((new.backup_retention_days, new.multi_az), (7, false), "the promotion has turned on the backups");

        stage.sandbox.change(|account, _| account.rds_mut().instances[1].pending.clear());
        stage.ticks(4).await;
        assert!(stage.sandbox.account().rds().instances[1].multi_az);
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
        let account = stage.sandbox.account();
        assert_eq!(account.dynamodb().crossovers[0].outcome, Outcome::Completed);
        assert!(account.dynamodb().journal[TARGET].memory.open.is_none());
    });
}

#[test]
fn a_replica_in_its_backup_window_is_promoted_only_for_a_writer_that_has_failed() {
    // It is 03:12.
    let windows =
        [("03:00-03:30", true), ("03:20-03:50", true), ("23:50-03:15", true), ("05:00-05:30", false), ("02:00-03:10", false)];
    for (window, waits) in windows {
        run(async {
            let stage = || {
                let stage = Kind::Replica.stage();
                stage.sandbox.change(|account, _| {
                    let replica = &mut account.rds_mut().instances[1];
                    (replica.backup_retention_days, replica.backup_window) = (7, Some(window.to_owned()));
                });
                stage
            };
            let order = json!({ "to": Kind::Replica.sides()[1], "accept_data_loss": true });
            let mut planned = stage();
            let answer = planned.reconcile(&command("failover", &order)).await;
            assert_eq!(answer.held, waits.then_some(Held::NoSideAble), "{window}: {answer:?}");
            assert_eq!(changes(&planned).is_empty(), waits, "{window}");
            let mut forced = stage();
            let order = json!({ "to": Kind::Replica.sides()[1], "accept_data_loss": true, "force": true });
            assert_eq!(forced.reconcile(&command("failover", &order)).await.held, None, "{window}");
            let mut failed = stage();
            assert_eq!(alarm(&mut failed, ALARM_HOME, AlarmState::Alarm).await.held, None, "{window}");
        });
    }
}

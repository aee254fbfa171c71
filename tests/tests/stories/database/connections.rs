//! Connections that are older than a fence.

use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, Kind, alarm, command, is_quarantine, record},
    stage::{Stage, tick},
};

use serde_json::json;

use super::{changes, mails, run};

/// Whether clients write to home, by connections that are open.
fn home_takes_writes(stage: &Stage) -> bool {
    let account = stage.sandbox.account();
    account.rds().takes_writes(&account.rds().instances[0], is_quarantine)
}

#[test]
fn an_old_writer_is_restarted_so_that_no_connection_goes_on() {
    run(async {
        let mut stage = Kind::Replica.stage();
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert!(!home_takes_writes(&stage));
        stage.ticks(8).await;
        assert!(!home_takes_writes(&stage));
        assert_eq!(changes(&stage).iter().filter(|call| **call == "RebootDBInstance").count(), 1);
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

#[test]
fn a_restart_that_fails_is_tried_again_and_one_that_is_refused_is_told_with_the_time_that_connections_last() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.faults([FaultRule::every("rds:RebootDBInstance", Fault::ServerError)]);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1, "it delays nothing");
        assert!(home_takes_writes(&stage), "by connections that were open");
        stage.faults([]);
        stage.ticks(1).await;
        assert!(!home_takes_writes(&stage), "{}", mails(&stage));
        stage.ticks(8).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]));
    });
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.faults([FaultRule::every("rds:RebootDBInstance", Fault::Refuse)]);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(14).await;
        assert!(home_takes_writes(&stage));
        assert!(mails(&stage).contains("has been idle for 350 s to 5 days"), "{}", mails(&stage));
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled, "it can't do more");
    });
}

#[test]
fn an_old_writer_is_restarted_also_when_its_fence_could_not_be_recorded() {
    run(async {
        let mut stage = Kind::Replica.stage();
        let out = FaultRule::every("dynamodb:*", Fault::ServerError);
        stage.faults([out, FaultRule::every("rds:RebootDBInstance", Fault::ServerError)]);
        let order = json!({ "away_from": Kind::Replica.sides()[0], "accept_data_loss": true, "force": true });
        stage.reconcile(&command("failover", &order)).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1);
        assert!(home_takes_writes(&stage), "by connections that were open");
        stage.faults([]);
        stage.ticks(12).await;
        assert!(!home_takes_writes(&stage), "{}", mails(&stage));
        assert!(record(&stage.sandbox.account()).starts_with("orders-usw2."), "{}", mails(&stage));
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

#[test]
fn an_old_writer_is_restarted_once_where_rds_describes_it_late() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.sandbox.change(|account, _| {
            account.rds_mut().reads_lag_ms.insert("us-east-1".to_owned(), 20_000);
            account.rds_mut().failover_ms = 15_000;
        });
        stage.faults([FaultRule::every("rds:RebootDBInstance", Fault::ServerError)]);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(8).await;
        stage.faults([]);
        let before = stage.count("rds:RebootDBInstance");
        stage.ticks(4).await;
        assert!(!home_takes_writes(&stage));
        assert_eq!(stage.count("rds:RebootDBInstance"), before + 1, "{}", mails(&stage));
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

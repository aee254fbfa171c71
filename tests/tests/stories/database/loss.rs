//! What may be lost, and what it takes to go on all the same.

use crossover_model::{alarm::AlarmState, hold::Held, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, Kind, alarm, command},
    stage::Stage,
};
use jiff::SignedDuration;
use serde_json::json;

use super::{changes, mails, run};

const OTHER: &str = "arn:aws:rds:us-west-2:111122223333:db:orders-usw2";

/// The answer to the alarm, and whether anything was changed.
async fn held(account: Account, lines: &str) -> String {
    let mut stage = Stage::with(account, &Kind::Replica.topology(lines));
    let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
    assert_eq!(answer.outcome, Outcome::Held, "{answer:?}");
    assert_eq!(changes(&stage), [""; 0], "nothing is fenced either");
    assert!(mails(&stage).contains(&answer.reason), "it is told: {}", mails(&stage));
    // It stands, and is told once an hour.
    stage.ticks(5).await;
    assert_eq!(stage.told().len(), 1, "{:?}", stage.told());
    answer.reason
}

/// An account whose replica is so far behind each minute; none for no samples.
fn behind(lag: Option<f64>) -> Account {
    let mut account = Kind::Replica.account();
    account.rds_mut().lags[0].each_minute = lag;
    account
}

#[test]
fn a_loss_is_refused_unless_it_was_accepted_and_the_refusal_says_the_command() {
    run(async {
        let reason = held(behind(Some(2.0)), "data_loss = \"refuse\"").await;
        assert!(reason.contains("2 s behind") && reason.contains("data_loss = \"refuse\""), "{reason}");
        assert!(reason.ends_with(&format!("crossover failover orders --to {OTHER} --accept-data-loss --reason WHY")), "{reason}");

        let reason = held(behind(Some(31.0)), "").await;
        assert!(reason.contains("31 s behind") && reason.contains("more than max_lag = 30 s"), "{reason}");
        assert!(reason.ends_with("--accept-data-loss --reason WHY"), "{reason}");
    });
}

#[test]
fn what_nobody_knows_is_refused_unless_forced() {
    let too_old = || {
        let mut account = behind(Some(0.0));
        let ago = account.time - jiff::SignedDuration::from_mins(7);
        account.rds_mut().set_lag("orders-usw2", None, ago);
        account
    };
    for (account, why) in [
        (behind(Some(-1.0)), "ReplicaLag was -1"),
        (behind(None), "ReplicaLag has no sample"),
        (too_old(), "the last valid sample of ReplicaLag is 8 min 40 s old, more than max_sample_age = 5 min 0 s"),
    ] {
        run(async {
            let reason = held(account, "").await;
            assert!(reason.contains(why), "{reason}");
            assert!(reason.ends_with(&format!("--to {OTHER} --accept-data-loss --force --reason WHY")), "{reason}");
        });
    }
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.faults([FaultRule::every("cloudwatch:GetMetricData", Fault::Refuse)]);
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Held, "{answer:?}");
        assert!(answer.reason.contains("could not be read"), "{}", answer.reason);
    });
}

#[test]
fn the_command_of_a_refusal_goes_on() {
    run(async {
        for (lag, flags) in [
            (Some(31.0), json!({ "to": OTHER, "accept_data_loss": true })),
            (None, json!({ "to": OTHER, "accept_data_loss": true, "force": true })),
        ] {
            let mut stage = Stage::with(behind(lag), &Kind::Replica.topology("data_loss = \"refuse\""));
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            let answer = stage.reconcile(&command("failover", &flags)).await;
            assert_eq!(answer.outcome, Outcome::Pending, "{answer:?}");
            stage.ticks(8).await;
            assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(OTHER));
            assert!(mails(&stage).contains("--accept-data-loss"), "who accepted it is told");
        }
        // Half of what it takes is not enough.
        let mut stage = Stage::with(behind(None), &Kind::Replica.topology(""));
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        for flags in
            [json!({ "to": OTHER }), json!({ "to": OTHER, "accept_data_loss": true }), json!({ "to": OTHER, "force": true })]
        {
            let answer = stage.reconcile(&command("failover", &flags)).await;
            assert_eq!(answer.outcome, Outcome::Held, "{flags}: {answer:?}");
        }
        assert_eq!(changes(&stage), [""; 0]);
    });
}

#[test]
fn a_good_sample_before_the_broken_ones_counts_while_it_is_recent() {
    run(async {
        let mut stage = Kind::Replica.stage();
        // The primary dies, and replication with it; the alarm takes two minutes.
        stage.sandbox.change(|account, now| account.rds_mut().set_lag("orders-usw2", Some(-1.0), now));
        stage.wait(std::time::Duration::from_mins(2)).await;
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Pending, "{answer:?}");
        assert!(mails(&stage).contains("what was written in 3 min 42 s"), "the lag, and all since: {}", mails(&stage));
    });
}

#[test]
fn a_writer_that_aws_is_at_work_on_is_waited_for() {
    run(async {
        let mut account = Kind::Replica.account();
        "upgrading".clone_into(&mut account.rds_mut().instances[0].status);
        let reason = held(account, "").await;
        assert!(reason.contains("orders-use1 is upgrading and may return without data loss"), "{reason}");
    });
}

#[test]
fn without_the_journal_nobody_is_promoted_unless_a_person_forces_it() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.faults([FaultRule::every("dynamodb:*", Fault::ServerError)]);
        let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert_eq!(held.held, Some(Held::NoJournal), "{held:?}");
        assert!(held.reason.contains("--force"), "{}", held.reason);
        assert_eq!(changes(&stage), [""; 0]);

        let forced = json!({ "away_from": "orders-use1", "accept_data_loss": true, "force": true });
        stage.reconcile(&command("failover", &forced)).await;
        assert_eq!(changes(&stage), ["ModifyDBInstance", "PromoteReadReplica", "RebootDBInstance"]);
        stage.faults([]);
        stage.ticks(8).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(OTHER));
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1);
    });
    // The lease was taken, and then the journal is gone: the plan can't be written.
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.faults([FaultRule::every("dynamodb:TransactWriteItems", Fault::ServerError)]);
        let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert_eq!(changes(&stage), [""; 0], "{held:?}");
        stage.faults([]);
        stage.ticks(9).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(OTHER));
    });
    // What can be taken back needs none.
    run(async {
        let mut stage = Kind::Aurora.stage();
        stage.faults([FaultRule::every("dynamodb:*", Fault::ServerError)]);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(changes(&stage), ["FailoverDBCluster"]);
    });
}

/// A replica of PostgreSQL that was two seconds behind when it replayed something last, so many minutes ago.
fn silent_for(minutes: i64) -> Account {
    let mut account = Kind::Replica.account();
    let since = account.time - SignedDuration::from_mins(minutes);
    account.rds_mut().instances.iter_mut().for_each(|instance| "postgres".clone_into(&mut instance.engine));
    account.rds_mut().stop_replication("orders-usw2", since);
    account
}

#[test]
fn a_replica_of_postgresql_is_judged_by_what_it_replayed_before_its_writer_failed() {
    // The alarm takes three minutes, and nobody wrote in the five minutes before.
    for minutes in [1, 3, 8] {
        run(async {
            let mut stage = Stage::with(silent_for(minutes), &Kind::Replica.topology(""));
            let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(answer.outcome, Outcome::Pending, "{minutes}: {answer:?}");
            assert_eq!(stage.count("rds:PromoteReadReplica"), 1, "{minutes}");
            assert!(mails(&stage).contains("2 s behind at"), "{minutes}: {}", mails(&stage));
        });
    }
    run(async {
        let text = held(silent_for(12), "").await;
        let why = "sample of ReplicaLag is 11 min 40 s old, more than max_sample_age = 5 min 0 s + 5 min 0 s idle";
        assert!(text.contains(why), "{text}");
    });
}

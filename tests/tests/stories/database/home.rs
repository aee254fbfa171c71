//! The way home after a promotion.

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, direction::Direction, outcome::Outcome};
use crossover_rds::{LagMetric, RdsAccount};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, Kind, TARGET, alarm, command, endpoint, is_quarantine, lag, record},
    stage::{Stage, tick},
};
use serde_json::json;

use super::{changes, mails, run};

/// The replica was promoted, and the old writer is healthy again.
async fn promoted() -> Stage {
    let mut stage = Kind::Replica.stage();
    alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
    stage.ticks(8).await;
    stage.set_alarm(ALARM_HOME, AlarmState::Ok);
    stage.ticks(2).await;
    stage
}

/// A person has saved what was needed of the old writer, and deleted it.
fn delete_old(stage: &Stage) {
    stage.sandbox.change(|account, _| {
        let loaded = account.time;
        account.rds_mut().instances.retain(|instance| instance.id != "orders-use1");
        account.rds_mut().lags.push(lag("us-east-1", LagMetric::ReplicaLag, "orders-use1", 900.0));
        account.cloudwatch_mut().set_alarm(ALARM_HOME, AlarmState::InsufficientData, loaded);
    });
}

#[test]
fn the_old_writer_is_never_overwritten() {
    run(async {
        let mut stage = promoted().await;
        let before = changes(&stage).len();
        let held = stage.reconcile(&command("failback", &json!({}))).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert!(
            held.reason.contains("--db-instance-identifier orders-use1 --new-db-instance-identifier orders-use1-old"),
            "{held:?}"
        );
        stage.ticks(3).await;
        assert_eq!(changes(&stage).len(), before, "and nothing by itself");
    });
}

#[test]
fn a_new_replica_is_made_and_waited_for_and_takes_over_when_a_person_says_so() {
    run(async {
        let mut stage = promoted().await;
        delete_old(&stage);
        let first = stage.reconcile(&command("failback", &json!({}))).await;
        assert_eq!(first.outcome, Outcome::Pending, "{first:?}");
        assert_eq!(changes(&stage).last(), Some(&"CreateDBInstanceReadReplica"));
        let status = async |stage: &mut Stage| {
            let answer = stage.reconcile(&json!({ "command": "status", "target": TARGET })).await;
            serde_json::to_value(answer.status.expect("a status")).expect("JSON")
        };
        assert_eq!(status(&mut stage).await["open"]["steps"][0]["step"], "create-read-replica");

        stage.ticks(14).await;
        let shown = status(&mut stage).await;
        assert_eq!(shown["open"]["steps"][0]["result"], "done", "{shown:#}");
        assert_eq!(shown["open"]["steps"][1]["result"], "pending", "15 min behind: {shown:#}");

        stage.sandbox.change(|account, now| account.rds_mut().set_lag("orders-use1", Some(1.0), now));
        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        stage.ticks(3).await;
        let account = stage.sandbox.account();
        let last = account.dynamodb().crossovers.last().expect("a crossover");
        assert_eq!(
            (last.direction, last.outcome, account.dynamodb().crossovers.len()),
            (Direction::Failback, Outcome::Completed, 2)
        );
        assert_eq!(stage.count("rds:CreateDBInstanceReadReplica"), 1);
        let told = stage.mail();
        assert!(told.contains("crossover failover orders --to orders-use1 --accept-data-loss"), "{told}");
        assert_eq!(Kind::Replica.writer(&account), Some(Kind::Replica.sides()[1]), "not by itself");

        let order = json!({ "to": "orders-use1", "accept_data_loss": true });
        let over = stage.reconcile(&command("failover", &order)).await;
        assert_eq!(over.outcome, Outcome::Pending, "{over:?}");
        stage.ticks(9).await;
        let account = stage.sandbox.account();
        assert_eq!(Kind::Replica.writer(&account), Some("orders-use1"));
        assert_eq!(record(&account), endpoint("us-east-1", "orders-use1"));
        assert!(
            account.dynamodb().journal[TARGET].memory.away.is_empty(),
            "{:?}",
            account.dynamodb().journal[TARGET].memory.away
        );
        let old = account.rds().instances.iter().find(|instance| instance.id == "orders-usw2").expect("the old writer");
        assert!(!account.rds().takes_writes(old, is_quarantine), "it is fenced in its turn");
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled, "{}", mails(&stage));
    });
}

#[test]
fn an_encrypted_replica_in_another_region_is_made_with_the_key_that_is_declared_for_it() {
    run(async {
        let replica = "replica = { kms_key = \"alias/orders\", subnet_group = \"orders\", security_groups = [\"sg-clients\"] }";
        for (encrypted, key) in [(true, None), (true, Some(replica)), (false, Some(replica))] {
            let mut account = Kind::Replica.account();
            account.rds_mut().instances.iter_mut().for_each(|instance| instance.encrypted = encrypted);
            let plain = Kind::Replica.topology("");
            let member = "member = \"orders-use1\"";
            assert!(plain.contains(member), "{plain}");
            let topology = key.map_or(plain.clone(), |key| plain.replace(member, &format!("{member}\n{key}")));
            let mut stage = Stage::with(account, &topology);
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            stage.ticks(8).await;
            stage.set_alarm(ALARM_HOME, AlarmState::Ok);
            delete_old(&stage);
            let answer = stage.reconcile(&command("failback", &json!({}))).await;
            if key.is_none() {
                assert_eq!(answer.outcome, Outcome::Held, "{answer:?}");
                assert!(answer.reason.contains("add replica = { kms_key = \"alias/…\" } to the side orders-use1"), "{answer:?}");
                assert_eq!(stage.count("rds:CreateDBInstanceReadReplica"), 0);
                continue;
            }
            assert_eq!(answer.outcome, Outcome::Pending, "{answer:?}");
            let account = stage.sandbox.account();
            let made = account.rds().instances.iter().find(|instance| instance.id == "orders-use1").expect("the new replica");
            assert!(made.encrypted == encrypted && made.security_groups.contains("sg-clients"), "{made:?}");
        }
    });
}

/// The writer in the other Region, with a parameter group of its own, after the failover; the old one is deleted.
async fn tuned(engine: &str, lines: &str) -> Stage {
    let mut account = Kind::Replica.account();
    for instance in &mut account.rds_mut().instances {
        engine.clone_into(&mut instance.engine);
        instance.parameter_group = Some("tuned".to_owned());
    }
    let member = "member = \"orders-use1\"";
    let topology = Kind::Replica.topology("").replace(member, &format!("{member}\n{lines}"));
    let mut stage = Stage::with(account, &topology);
    alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
    stage.ticks(8).await;
    stage.set_alarm(ALARM_HOME, AlarmState::Ok);
    delete_old(&stage);
    stage
}

#[test]
fn a_new_replica_has_the_declared_parameters_and_otherwise_a_person_is_told_that_they_differ() {
    let declared = "replica = { parameter_group = \"tuned-use1\" }";
    for (engine, lines, expected) in [
        ("mysql", declared, Some("tuned-use1")),
        ("mysql", "", Some("default.mysql")),
        ("mariadb", "", Some("default.mariadb")),
        ("db2-se", declared, Some("tuned-use1")),
        ("db2-se", "", None),
    ] {
        run(async {
            let mut stage = tuned(engine, lines).await;
            let answer = stage.reconcile(&command("failback", &json!({}))).await;
            let account = stage.sandbox.account();
            let made = account.rds().instances.iter().find(|instance| instance.id == "orders-use1");
            let group = made.and_then(|made| made.parameter_group.as_deref());
            assert_eq!(group, expected, "{engine}: {answer:?}");
            if expected.is_none() {
                assert!(
                    answer.reason.contains("add replica = { parameter_group = \"…\" } to the side orders-use1"),
                    "{answer:?}"
                );
                return;
            }
            stage.sandbox.change(|account, now| account.rds_mut().set_lag("orders-use1", Some(1.0), now));
            stage.ticks(15).await;
            let is_told = mails(&stage).contains("It has the default parameters, and the writer those of tuned");
            assert_eq!(is_told, lines.is_empty(), "{engine}: {}", mails(&stage));
        });
    }
}

#[test]
fn every_fault_on_every_call_makes_one_replica() {
    let mut broken = Vec::new();
    let mut cases = 0;
    for fault in Fault::ALL {
        for skip in 0..24 {
            cases += 1;
            run(async {
                let mut stage = promoted().await;
                delete_old(&stage);
                stage.sandbox.change(|account, now| account.rds_mut().set_lag("orders-use1", Some(1.0), now));
                stage.faults([FaultRule::once("*", skip, fault)]);
                let order = command("failback", &json!({}));
                let first = stage.invoke(&order).await;
                stage.faults([]);
                stage.wait(std::time::Duration::from_secs(61)).await;
                let given_up = first.is_none_or(|answer| matches!(answer.outcome, Outcome::Failed | Outcome::Held));
                stage.invoke(&if given_up { order } else { tick() }).await.expect("alive");
                stage.ticks(15).await;
                let account = stage.sandbox.account();
                let made = account.rds().instances.iter().filter(|instance| instance.id == "orders-use1").count();
                let open = account.dynamodb().journal[TARGET].memory.open.is_some();
                if made != 1 || open || account.dynamodb().crossovers.len() != 2 {
                    broken.push(format!(
                        "{fault:?} on call {skip}: {made} made, open: {open}, {} crossovers",
                        account.dynamodb().crossovers.len()
                    ));
                }
            });
        }
    }
    println!("{cases} cases of one fault on one call");
    assert!(broken.is_empty(), "{} of {cases} cases:\n{}", broken.len(), broken.join("\n"));
}

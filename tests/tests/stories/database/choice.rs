//! Who takes over is chosen once.

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, answer::TargetAnswer, outcome::Outcome};
use crossover_rds::{LagMetric, RdsAccount};
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, ALARM_OTHER, Kind, TARGET, THIRD, alarm, command, lag, three_replicas},
    stage::{Stage, alarm_event, tick},
};
use futures::join;
use serde_json::{Value, json};

use super::{changes, mails, run};

const OTHER: &str = "arn:aws:rds:us-west-2:111122223333:db:orders-usw2";

/// An invocation chose the nearer replica, wrote that down, and died before it was promoted.
async fn chosen_and_killed() -> Stage {
    let (account, topology) = three_replicas("");
    let mut stage = Stage::with(account, &topology);
    stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
    stage.faults([FaultRule::once("rds:ModifyDBInstance", 0, Fault::KillAfter)]);
    let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
    assert!(stage.invoke(&event).await.is_none(), "killed");
    stage.faults([]);
    stage.wait(Duration::from_secs(61)).await;
    assert_eq!(stage.count("rds:PromoteReadReplica"), 0);
    stage
}

fn promoted(stage: &Stage) -> Vec<String> {
    let calls = stage.sandbox.calls();
    calls.iter().filter(|call| call.call == "rds:PromoteReadReplica").map(|call| call.resource.clone()).collect()
}

#[test]
fn two_invocations_at_the_same_time_promote_one() {
    run(async {
        for apart in [0, 10, 45, 100, 700, 5_000, 30_000] {
            let (mut account, topology) = three_replicas("");
            // To one of them the one looks better, to the other one the other.
            let now = account.time;
            account.rds_mut().set_lag("orders-euw1", Some(2.0), now);
            let mut stage = Stage::with(account, &topology);
            stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
            let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
            let invocations = [stage.invocation(), stage.invocation()];
            let late = async {
                stage.wait(Duration::from_millis(apart)).await;
                stage.sandbox.change(|account, now| {
                    account.rds_mut().set_lag("orders-usw2", Some(20.0), now);
                    account.rds_mut().set_lag("orders-euw1", Some(0.0), now);
                });
                stage.invoke_as(&invocations[1], &tick()).await
            };
            let (first, second) = join!(stage.invoke_as(&invocations[0], &event), late);
            assert!(first.is_some() && second.is_some());
            stage.ticks(9).await;
            assert_eq!(promoted(&stage).len(), 1, "{apart} ms apart: {:?}", promoted(&stage));
            assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1, "{apart} ms apart");
        }
    });
}

#[test]
fn the_one_that_loses_least_takes_over() {
    run(async {
        let (account, topology) = three_replicas("");
        let mut stage = Stage::with(account, &topology);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(promoted(&stage), ["orders-usw2"]);
    });
    run(async {
        let (mut account, topology) = three_replicas("");
        account.rds_mut().lags[1] = lag("eu-west-1", LagMetric::ReplicaLag, "orders-euw1", 0.0);
        let mut stage = Stage::with(account, &topology);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(promoted(&stage), ["orders-euw1"]);
        stage.ticks(8).await;
        let writer = Kind::Replica.writer(&stage.sandbox.account());
        assert_eq!(writer, None, "none of the two sides that this knows");
    });
    // Of Aurora's readers the one whose tier says so.
    run(async {
        let mut stage = Kind::Aurora.stage();
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(2).await;
        assert_eq!(Kind::Aurora.writer(&stage.sandbox.account()), Some("orders-3"));
    });
}

#[test]
fn a_choice_stands_even_if_another_one_looks_better_by_then() {
    run(async {
        let mut stage = chosen_and_killed().await;
        stage.sandbox.change(|account, now| {
            account.rds_mut().set_lag("orders-usw2", Some(25.0), now);
            account.rds_mut().set_lag("orders-euw1", Some(0.0), now);
        });
        stage.ticks(9).await;
        assert_eq!(promoted(&stage), ["orders-usw2"]);
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1);
    });
    // Nor does it fall back when its lag can't be told any more: the loss was allowed when it was chosen.
    run(async {
        let mut stage = chosen_and_killed().await;
        stage.sandbox.change(|account, now| account.rds_mut().set_lag("orders-usw2", Some(-1.0), now));
        stage.wait(Duration::from_mins(10)).await;
        stage.ticks(9).await;
        assert_eq!(promoted(&stage), ["orders-usw2"]);
    });
}

#[test]
fn what_was_allowed_long_ago_is_asked_for_again_where_clients_could_go_on_writing() {
    run(async {
        let mut stage = Stage::with(Kind::Replica.account(), &Kind::Replica.topology("fence = \"none\""));
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        stage.faults([FaultRule::once("rds:PromoteReadReplica", 0, Fault::KillBefore)]);
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        assert!(stage.invoke(&event).await.is_none(), "killed");
        stage.faults([]);
        // Neither can it be promoted, nor does anybody know how the writer is.
        stage.set_alarm(ALARM_OTHER, AlarmState::Alarm);
        stage.set_alarm(ALARM_HOME, AlarmState::InsufficientData);
        stage.sandbox.change(|account, now| account.rds_mut().set_lag("orders-usw2", Some(-1.0), now));
        stage.wait(Duration::from_secs(61)).await;
        stage.ticks(20).await;
        stage.set_alarm(ALARM_OTHER, AlarmState::Ok);
        stage.ticks(5).await;
        assert_eq!(promoted(&stage), [""; 0]);
        assert!(mails(&stage).contains("is behind by an unknown time"), "{}", mails(&stage));
    });
    // A minute later it is the same failover, and the minute is told.
    run(async {
        let mut stage = Stage::with(Kind::Replica.account(), &Kind::Replica.topology("fence = \"none\""));
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        stage.faults([FaultRule::once("rds:PromoteReadReplica", 0, Fault::KillBefore)]);
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        assert!(stage.invoke(&event).await.is_none(), "killed");
        stage.faults([]);
        stage.ticks(9).await;
        assert_eq!(promoted(&stage), ["orders-usw2"]);
        assert!(mails(&stage).contains("and what was written to orders-use1 since 2026-03-14T03:12:40Z"), "{}", mails(&stage));
    });
}

#[test]
fn nobody_is_taken_in_the_place_of_one_that_was_chosen_but_by_a_person() {
    run(async {
        let mut stage = chosen_and_killed().await;
        stage.set_alarm(ALARM_OTHER, AlarmState::Alarm);
        stage.ticks(3).await;
        assert_eq!(promoted(&stage), [""; 0]);
        let told = mails(&stage);
        assert!(told.contains("has chosen it. To choose another side:"), "{told}");

        let order = json!({ "to": THIRD, "accept_data_loss": true });
        let answer = stage.reconcile(&command("failover", &order)).await;
        assert_eq!(answer.outcome, Outcome::Pending, "{answer:?}");
        stage.ticks(9).await;
        assert_eq!(promoted(&stage), ["orders-euw1"]);
        assert_eq!(changes(&stage).iter().filter(|call| call.starts_with("Promote")).count(), 1);
    });
}

#[test]
fn once_a_promotion_is_begun_not_even_a_person_gets_a_second_one() {
    run(async {
        let (account, topology) = three_replicas("");
        let mut stage = Stage::with(account, &topology);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(promoted(&stage), ["orders-usw2"]);
        stage.wait(Duration::from_mins(1)).await;
        for force in [false, true] {
            let order = command("failover", &json!({ "to": THIRD, "accept_data_loss": true, "force": force }));
            let answer = stage.reconcile(&order).await;
            let said = |remark: &String| {
                remark.contains("was not carried out and is not kept; this comes first: the remaining steps of orders-")
            };
            assert!(answer.remarks.iter().any(said), "{answer:?}");
            assert_eq!(stage.sandbox.account().dynamodb().journal[TARGET].memory.intent, None, "{answer:?}");
        }
        stage.ticks(10).await;
        assert_eq!(promoted(&stage), ["orders-usw2"]);
        let account = stage.sandbox.account();
        assert!(account.rds().instances.iter().any(|instance| instance.arn == OTHER && instance.source.is_none()));
    });
}

/// Forbids or allows all reads of RDS in a Region.
fn unreachable(stage: &Stage, region: Option<&str>) {
    stage.sandbox.change(|account, _| account.rds_mut().unreachable = region.map(str::to_owned).into_iter().collect());
}

#[test]
fn a_promotion_that_was_accepted_and_cannot_be_read_is_not_replaced_by_another_one() {
    for order in [
        json!({ "to": THIRD, "accept_data_loss": true, "force": true }),
        json!({ "to": THIRD, "accept_data_loss": true }),
        json!({ "away_from": OTHER, "accept_data_loss": true, "force": true }),
    ] {
        run(async {
            let (account, topology) = three_replicas("");
            let mut stage = Stage::with(account, &topology);
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(promoted(&stage), ["orders-usw2"]);
            stage.wait(Duration::from_mins(1)).await;
            stage.reconcile(&command("failover", &order)).await;
            unreachable(&stage, Some("us-west-2"));
            // Given again, now that the Region of the one that was chosen is gone.
            let held = stage.reconcile(&command("failover", &order)).await;
            assert_eq!(held.outcome, Outcome::Held, "{order}: {held:?}");
            assert!(held.reason.contains("No other member is promoted meanwhile"), "{order}: {}", held.reason);
            stage.ticks(3).await;
            assert_eq!(promoted(&stage), ["orders-usw2"], "{order}");
            unreachable(&stage, None);
            stage.ticks(8).await;
            assert_eq!(promoted(&stage), ["orders-usw2"], "{order}");
            let account = stage.sandbox.account();
            assert!(account.rds().instances.iter().any(|instance| instance.arn == OTHER && instance.source.is_none()));
        });
    }
}

#[test]
fn a_promotion_whose_response_was_lost_counts_until_rds_has_had_time_to_show_it() {
    for fault in [Fault::KillAfter, Fault::Timeout] {
        run(async {
            let (account, topology) = three_replicas("");
            let mut stage = Stage::with(account, &topology);
            stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
            stage.faults([FaultRule::every("rds:PromoteReadReplica", fault)]);
            let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
            stage.invoke(&event).await;
            stage.faults([]);
            unreachable(&stage, Some("us-west-2"));
            stage.wait(Duration::from_secs(61)).await;
            let order = json!({ "to": THIRD, "accept_data_loss": true, "force": true });
            let held = stage.reconcile(&command("failover", &order)).await;
            assert_eq!(held.outcome, Outcome::Held, "{fault:?}: {held:?}");
            assert!(!promoted(&stage).contains(&"orders-euw1".to_owned()), "{fault:?}");
            unreachable(&stage, None);
            stage.ticks(10).await;
            let account = stage.sandbox.account();
            let writers =
                account.rds().instances.iter().filter(|instance| instance.source.is_none() && instance.id != "orders-use1");
            assert_eq!(writers.count(), 1, "{fault:?}");
        });
    }
}

#[test]
fn a_forced_order_that_is_repeated_without_the_journal_promotes_no_second_member() {
    for fence in ["", "fence = \"none\""] {
        for minutes in [1, 6] {
            run(async {
                let (mut account, topology) = three_replicas(fence);
                account.rds_mut().promotion_ms = 240_000;
                let mut stage = Stage::with(account, &topology);
                let order = command("failover", &json!({ "away_from": "orders-use1", "accept_data_loss": true, "force": true }));
                stage.reconcile(&order).await;
                assert_eq!(stage.count("rds:PromoteReadReplica"), 1);
                stage.faults([FaultRule::every("dynamodb:*", Fault::ServerError)]);
                stage.wait(Duration::from_mins(minutes)).await;
                let again = stage.reconcile(&order).await;
                assert_eq!(stage.count("rds:PromoteReadReplica"), 1, "{fence} after {minutes} min: {again:?}");
            });
        }
    }
}

#[test]
fn a_cluster_without_instances_never_takes_over() {
    run(async {
        let mut account = Kind::Global.account();
        account.rds_mut().clusters[1].members.clear();
        let mut stage = Stage::with(account, &Kind::Global.topology(""));
        let why = "orders-usw2 in us-west-2 has no instance: it stores the data, and serves nobody";
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert!(answer.outcome == Outcome::Held && answer.reason.contains(why), "{answer:?}");
        let more = json!({ "away_from": Kind::Global.sides()[0], "accept_data_loss": true, "force": true });
        let forced = stage.reconcile(&command("failover", &more)).await;
        assert!(forced.outcome == Outcome::Held && forced.reason.contains(why), "{forced:?}");
        assert_eq!(stage.count("rds:FailoverGlobalCluster"), 0);
    });
}

#[test]
fn a_writer_whose_cluster_has_no_instance_is_told_with_the_one_that_can_take_over() {
    run(async {
        let mut account = Kind::Global.account();
        account.rds_mut().clusters[0].members.clear();
        let mut stage = Stage::with(account, &Kind::Global.topology(""));
        let answer = stage.reconcile(&tick()).await;
        assert!(answer.reason.contains("it is a cluster without instances, and its alarms don't say so"), "{answer:?}");
        assert!(mails(&stage).contains("NOBODY CAN WRITE"), "{}", mails(&stage));
    });
}

/// An order that takes any loss and is forced, and the answer.
async fn forced(kind: Kind, account: Account) -> (TargetAnswer, Stage) {
    let mut stage = Stage::with(account, &kind.topology(""));
    stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
    let mut more = json!({ "away_from": kind.sides()[0], "force": true });
    if kind == Kind::Global {
        more["accept_data_loss"] = json!(true);
    }
    let answer = stage.reconcile(&command("failover", &more)).await;
    (answer, stage)
}

#[test]
fn no_failover_is_begun_to_a_cluster_of_another_engine_version() {
    for (version, is_held) in [("8.0.mysql_aurora.3.09.0", true), ("8.0.mysql_aurora.3.08.2", false)] {
        run(async {
            let mut account = Kind::Global.account();
            version.clone_into(&mut account.rds_mut().clusters[1].engine_version);
            let (answer, stage) = forced(Kind::Global, account).await;
            assert_eq!(answer.outcome == Outcome::Held, is_held, "{answer:?}");
            assert_eq!(stage.count("rds:FailoverGlobalCluster"), usize::from(!is_held));
            assert!(!is_held || answer.reason.contains("has the engine version 8.0.mysql_aurora.3.09.0"), "{answer:?}");
        });
    }
}

#[test]
fn no_failover_is_begun_in_a_multi_az_cluster_of_mysql() {
    run(async {
        let mut account = Kind::Aurora.account();
        account.rds_mut().instances.iter_mut().for_each(|instance| "mysql".clone_into(&mut instance.engine));
        "mysql".clone_into(&mut account.rds_mut().clusters[0].engine);
        let (answer, stage) = forced(Kind::Aurora, account).await;
        assert!(answer.outcome == Outcome::Held && answer.reason.contains("RDS chooses the new writer itself"), "{answer:?}");
        assert_eq!(stage.count("rds:FailoverDBCluster"), 0);
    });
}

/// A chain of replicas, of which the middle one is lost.
fn chain() -> Stage {
    let (mut account, topology) = three_replicas("");
    let middle = Some("arn:aws:rds:us-west-2:111122223333:db:orders-usw2".to_owned());
    account.rds_mut().instances[2].source = middle;
    account.rds_mut().unreachable.insert("us-west-2".to_owned());
    let stage = Stage::with(account, &topology);
    stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
    stage.set_alarm(ALARM_OTHER, AlarmState::Alarm);
    stage
}

#[test]
fn the_last_of_a_chain_whose_middle_is_lost_is_promoted_only_by_force_and_by_name() {
    let order = |more: Value| async move {
        let mut stage = chain();
        let answer = stage.reconcile(&command("failover", &more)).await;
        (answer, stage.count("rds:PromoteReadReplica"), mails(&stage))
    };
    run(async {
        let mut stage = chain();
        let answer = stage.reconcile(&tick()).await;
        let command = format!("crossover failover orders --to {THIRD} --accept-data-loss --force --reason WHY");
        assert!(answer.outcome == Outcome::Held && answer.reason.contains(&command), "{answer:?}");
        for more in [
            json!({ "away_from": Kind::Replica.sides()[0], "accept_data_loss": true, "force": true }),
            json!({ "to": THIRD, "accept_data_loss": true }),
        ] {
            let (answer, promotions, _) = order(more).await;
            assert_eq!((answer.outcome, promotions), (Outcome::Held, 0), "{answer:?}");
        }
        let (answer, promotions, mails) = order(json!({ "to": THIRD, "accept_data_loss": true, "force": true })).await;
        assert_eq!((answer.outcome, promotions), (Outcome::Pending, 1), "{answer:?}");
        assert!(mails.contains("behind by an unknown time: it replicates from orders-usw2"), "{mails}");
    });
}

#[test]
fn the_standby_of_a_multi_az_cluster_with_the_least_lag_takes_over() {
    run(async {
        let mut account = Kind::Aurora.account();
        let rds = account.rds_mut();
        rds.instances.iter_mut().for_each(|instance| "postgres".clone_into(&mut instance.engine));
        "postgres".clone_into(&mut rds.clusters[0].engine);
        rds.clusters[0].members.iter_mut().for_each(|member| member.promotion_tier = 1);
        let lags = [("orders-2", 40.0), ("orders-3", 1.0)];
        rds.lags = lags.map(|(id, behind)| lag("us-east-1", LagMetric::ReplicaLag, id, behind)).into();
        let mut stage = Stage::with(account, &Kind::Aurora.topology(""));
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(4).await;
        assert_eq!(Kind::Aurora.writer(&stage.sandbox.account()), Some("orders-3"));
        assert!(mails(&stage).contains("a commit waits for one of the standbys"), "{}", mails(&stage));
    });
}

#[test]
fn an_alarm_promotes_no_second_member_beside_a_forced_promotion_that_could_not_be_recorded() {
    run(async {
        let (mut account, topology) = three_replicas("");
        account.rds_mut().promotion_ms = 840_000;
        let mut stage = Stage::with(account, &topology);
        stage.faults([FaultRule::every("dynamodb:TransactWriteItems", Fault::ServerError)]);
        let order = json!({ "to": OTHER, "accept_data_loss": true, "force": true });
        stage.reconcile(&command("failover", &order)).await;
        assert_eq!(promoted(&stage), ["orders-usw2"]);
        stage.faults([]);
        stage.wait(Duration::from_mins(2)).await;
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(25).await;
        assert_eq!(promoted(&stage), ["orders-usw2"], "{}", mails(&stage));
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled, "{}", mails(&stage));
    });
}

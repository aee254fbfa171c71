//! What counts as evidence, and what does not: the memory of unhealthy sides, the services' own word, and missing data.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_cloudwatch::CloudWatchAccount;
use crossover_ec2::Ec2Account;
use crossover_model::{
    alarm::{
        AlarmData,
        AlarmState::{Alarm, InsufficientData, Ok},
    },
    hold::Held,
    outcome::Outcome,
};
use crossover_rds::RdsAccount;
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::{
    database::{self, Kind},
    dns::{self, Way},
    stage::{ALARM_A, ALARM_B, Stage, account, command, three_sides, tick, topology},
};
use serde_json::json;

const READS: &str = "cloudwatch:DescribeAlarms";

/// The ways of which no health check is read that could vouch for a side.
const WITHOUT_CHECKS: [Way; 3] = [Way::BeaconObject, Way::BeaconMetric, Way::RoutingControl];

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

#[test]
fn a_side_that_was_unhealthy_is_not_moved_to_while_its_alarms_cannot_be_read() {
    for way in WITHOUT_CHECKS {
        run(async {
            let (home, other) = (dns::ALARM_HOME, dns::ALARM_STANDBY);
            let mut stage = Stage::with(way.account(), &way.topology());
            assert_eq!(stage.alarm(other, Alarm).await.outcome, Outcome::Settled, "{way:?}");
            stage.faults([FaultRule::every(READS, Fault::ServerError)]);
            let held = stage.alarm(home, Alarm).await;
            assert_eq!(held.outcome, Outcome::Held, "{way:?}: {held:?}");
            assert!(held.sides.iter().any(|side| side.evidence.contains("it was unhealthy since")), "{way:?}: {held:?}");
            // However long nobody can say otherwise.
            stage.ticks(90).await;
            assert_eq!(stage.alarm(home, Alarm).await.outcome, Outcome::Held, "{way:?}");
        });
    }
}

#[test]
fn a_side_whose_alarms_say_ok_again_may_take_over() {
    for way in WITHOUT_CHECKS {
        run(async {
            let (home, other) = (dns::ALARM_HOME, dns::ALARM_STANDBY);
            let mut stage = Stage::with(way.account(), &way.topology());
            stage.alarm(other, Alarm).await;
            stage.faults([FaultRule::every(READS, Fault::ServerError)]);
            stage.alarm(other, Ok).await;
            let answer = stage.alarm(home, Alarm).await;
            assert!(matches!(answer.outcome, Outcome::Completed | Outcome::Pending), "{way:?}: {answer:?}");
        });
    }
}

#[test]
fn a_side_that_was_unhealthy_during_a_hold_is_remembered_too() {
    run(async {
        let mut stage = Stage::new();
        stage.invoke(&command("pause", &json!({}))).await.expect("alive");
        stage.alarm(ALARM_B, Alarm).await;
        stage.invoke(&command("resume", &json!({}))).await.expect("alive");
        stage.faults([FaultRule::every(READS, Fault::ServerError)]);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Held);
        let order = command("failover", &json!({ "away_from": "us-east-1a" }));
        assert_eq!(stage.reconcile(&order).await.outcome, Outcome::Held, "an order does not vouch for it either");
        let forced = command("failover", &json!({ "away_from": "us-east-1a", "force": true }));
        assert_eq!(stage.reconcile(&forced).await.outcome, Outcome::Completed, "but force does");
    });
}

/// Somebody deletes the first gateway, stops the instance or detaches the interface in its place, or its routes become blackholes.
fn dead_gateways() -> Vec<(&'static str, Account)> {
    ["failed", "deleting", "deleted", "gone"]
        .into_iter()
        .map(|state| {
            let mut account = account();
            if state == "gone" {
                account.ec2_mut().nat_gateways.remove(0);
            } else {
                state.clone_into(&mut account.ec2_mut().nat_gateways[0].state);
            }
            (state, account)
        })
        .collect()
}

#[test]
fn a_dead_gateway_that_serves_is_told_at_once_whatever_its_alarm_says() {
    for alarm in [InsufficientData, Ok] {
        for (state, account) in dead_gateways() {
            run(async {
                let mut stage = Stage::with(account, &topology());
                stage.set_alarm(ALARM_A, alarm);
                let held = stage.reconcile(&tick()).await;
                assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::CannotServe)), "{state}: {held:?}");
                assert_eq!(stage.told().len(), 1, "{state}: {:?}", stage.told());
                for words in
                    ["us-east-1a", "nat-0a1b2c3d4e5f60001", "crossover failover egress-prod --away-from us-east-1a --reason WHY"]
                {
                    assert!(stage.mail().contains(words), "{state}: {words} is not in {}", stage.mail());
                }
                stage.ticks(5).await;
                assert_eq!(stage.told().len(), 1, "{state}: it is not repeated within the hour");
                let order = command("failover", &json!({ "away_from": "us-east-1a" }));
                assert_eq!(stage.reconcile(&order).await.outcome, Outcome::Completed, "{state}");
                assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled, "{state}: nothing leads to it any more");
            });
        }
    }
}

#[test]
fn each_hold_names_the_sides_that_cannot_serve() {
    run(async {
        let (_, account) = dead_gateways().remove(0);
        let mut stage = Stage::with(account, &topology());
        stage.set_alarm(ALARM_A, InsufficientData);
        let held = stage.alarm(ALARM_B, Alarm).await;
        assert_eq!(held.held, Some(Held::AllSidesUnhealthy), "{held:?}");
        let words =
            "nat-use1a-unreachable INSUFFICIENT_DATA since 2026-03-14T03:12:40Z; it can't serve, by its service's own word";
        assert!(stage.mail().contains(words), "{}", stage.mail());
    });
}

#[test]
fn each_dead_gateway_is_told_and_one_that_dies_again_is_told_again() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        let becomes = |stage: &Stage, at: usize, state: &str| {
            stage.sandbox.change(|account, _| state.clone_into(&mut account.ec2_mut().nat_gateways[at].state));
        };
        let mut told = 0;
        for (at, state) in [(0, "deleted"), (1, "failed"), (0, "available"), (0, "failed")] {
            becomes(&stage, at, state);
            stage.ticks(1).await;
            let now = stage.told().len();
            assert!(now > told || state == "available", "{at} is {state}: {:?}", stage.told());
            let mail = stage.mail();
            assert!(state == "available" || mail.contains(&format!("nat-0a1b2c3d4e5f6000{} is {state}", at + 1)), "{mail}");
            told = now;
            stage.ticks(3).await;
            assert_eq!(stage.told().len(), told, "it is not repeated within the hour: {:?}", stage.told());
        }
        // Also while it is paused.
        stage.reconcile(&command("pause", &json!({}))).await;
        stage.ticks(1).await;
        told = stage.told().len();
        becomes(&stage, 2, "failed");
        stage.ticks(1).await;
        assert!(stage.told().len() > told, "{:?}", stage.told());
    });
}

#[test]
fn a_gateway_that_dies_again_is_told_again_after_an_order_that_saw_it_mended() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        let becomes = |stage: &Stage, state: &str| {
            stage.sandbox.change(|account, _| state.clone_into(&mut account.ec2_mut().nat_gateways[0].state));
        };
        becomes(&stage, "failed");
        stage.ticks(1).await;
        becomes(&stage, "available");
        let order = command("failover", &json!({ "away_from": "us-east-1b" }));
        assert_eq!(stage.reconcile(&order).await.outcome, Outcome::Completed);
        let told = stage.told().len();
        becomes(&stage, "failed");
        let held = stage.reconcile(&tick()).await;
        assert_eq!((held.held, stage.told().len()), (Some(Held::CannotServe), told + 1), "{held:?}: {:?}", stage.told());
    });
}

#[test]
fn an_acknowledgement_does_not_make_a_dead_gateway_news() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        // The side of another gateway flaps, of which a note reminds people.
        for state in [Alarm, Ok, Alarm, Ok, Alarm, Ok] {
            stage.alarm(ALARM_B, state).await;
        }
        stage.sandbox.change(|account, _| "failed".clone_into(&mut account.ec2_mut().nat_gateways[0].state));
        stage.ticks(1).await;
        stage.reconcile(&command("ack", &json!({}))).await;
        stage.ticks(3).await;
        let published = stage.sandbox.account().sns().published.clone();
        let told = published.iter().filter(|notice| notice.bodies["email"].contains("by EC2's own word"));
        assert_eq!(told.count(), 1, "{:?}", stage.told());
    });
}

#[test]
fn a_gateway_that_is_being_created_is_not_dead() {
    run(async {
        let mut account = account();
        "pending".clone_into(&mut account.ec2_mut().nat_gateways[0].state);
        let mut stage = Stage::with(account, &topology());
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

const CHILDREN: [&str; 2] = ["orders-no-connections", "orders-no-writes"];

/// The home alarm of a database becomes a composite one of two children that fire without data.
fn with_children(account: &mut Account, without_data: [bool; 2]) {
    let now = account.time;
    for (child, is_missing) in CHILDREN.into_iter().zip(without_data) {
        account.cloudwatch_mut().set_alarm(child, Alarm, now);
        set_data(account, child, AlarmData { missing_breaches: true, is_missing, ..AlarmData::default() });
    }
    let children = CHILDREN.map(str::to_owned).into();
    set_data(account, database::ALARM_HOME, AlarmData { children, ..AlarmData::default() });
}

fn set_data(account: &mut Account, name: &str, data: AlarmData) {
    account.cloudwatch_mut().alarms.iter_mut().find(|alarm| alarm.name == name).expect("the alarm").data = data;
}

#[test]
fn a_gap_in_the_metrics_does_not_promote_away_from_an_available_writer() {
    run(async {
        let mut account = Kind::Replica.account();
        with_children(&mut account, [true, true]);
        let mut stage = Stage::with(account, &Kind::Replica.topology(""));
        let held = stage.alarm(database::ALARM_HOME, Alarm).await;
        assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::MissingData)), "{held:?}");
        assert!(held.reason.contains("crossover failover orders --away-from orders-use1 --accept-data-loss"), "{}", held.reason);
        assert_eq!(stage.told().len(), 1, "{:?}", stage.told());
        stage.ticks(3).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 0);

        // A person knows better.
        let order = database::command("failover", &json!({ "away_from": "orders-use1", "accept_data_loss": true }));
        stage.reconcile(&order).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1);
    });
}

#[test]
fn one_alarm_with_data_is_evidence_and_so_is_a_status_that_rds_reports() {
    for (without_data, status, fault) in [
        ([true, false], "available", None),
        ([true, true], "storage-full", None),
        // The children can't be read: what is not known is not held against the alarm.
        ([true, true], "available", Some(FaultRule { skip: 1, ..FaultRule::every(READS, Fault::ServerError) })),
    ] {
        run(async {
            let mut account = Kind::Replica.account();
            with_children(&mut account, without_data);
            account.rds_mut().instances[0].status = status.to_owned();
            let mut stage = Stage::with(account, &Kind::Replica.topology(""));
            stage.faults(fault);
            let answer = stage.alarm(database::ALARM_HOME, Alarm).await;
            assert_eq!(stage.count("rds:PromoteReadReplica"), 1, "{without_data:?} {status}: {answer:?}");
        });
    }
}

#[test]
fn a_reversible_move_on_missing_data_is_made() {
    run(async {
        let mut stage = Stage::new();
        let data = AlarmData { missing_breaches: true, is_missing: true, ..AlarmData::default() };
        stage.sandbox.change(|account, _| set_data(account, ALARM_A, data));
        stage.sandbox.change(|account, now| {
            let alarm = account.cloudwatch_mut().alarms.iter_mut().find(|alarm| alarm.name == ALARM_A).expect("the alarm");
            (alarm.state, alarm.since) = (Alarm, now);
        });
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Completed);
    });
}

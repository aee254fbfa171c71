//! A thousand targets in one sweep, within EC2's limits.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{
    alarm::AlarmState::{Alarm, Ok},
    answer::TargetAnswer,
    outcome::Outcome,
};
use crossover_sandbox::{Account, Fault, FaultRule, Limit};
use crossover_sns::SnsAccount;
use crossover_tests::{
    fleet::{alarm, fleet, moved, name, zones},
    stage::{Stage, tick},
};

const TARGETS: usize = 1000;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// EC2's request limits (EC2 API Reference, "Request throttling") and that of CloudWatch (CloudWatch User Guide, "CloudWatch
/// service quotas").
fn limit(account: &mut Account) {
    account.limits.insert("cloudwatch:DescribeAlarms".to_owned(), Limit { burst: 9, per_second: 9 });
    account.limits.insert("ec2:ReplaceRoute".to_owned(), Limit { burst: 50, per_second: 5 });
    for call in ["RouteTables", "Subnets", "NatGateways"] {
        account.limits.insert(format!("ec2:Describe{call}"), Limit { burst: 100, per_second: 20 });
    }
}

/// The targets whose first zone is this one.
fn at_home_in(zone: &str) -> Vec<usize> {
    (0..TARGETS).filter(|number| zones(*number)[0] == zone).collect()
}

#[test]
fn a_thousand_quiet_targets_cost_a_few_calls() {
    run(async {
        let (mut account, topology) = fleet(TARGETS, "");
        limit(&mut account);
        let mut stage = Stage::with(account, &topology);
        let mut looked_at = BTreeSet::new();
        for minute in 0..10 {
            let before = stage.sandbox.calls().len();
            let began = stage.sandbox.now();
            let answer = stage.invoke(&tick()).await.expect("alive");
            let took = stage.sandbox.now().duration_since(began);
            assert!(took.as_secs() < 20, "{took:?}");
            assert_eq!(answer.outcome, Outcome::Settled, "{answer:?}");
            let calls = stage.sandbox.calls().split_off(before);
            let count = |name: &str| calls.iter().filter(|call| call.call == name).count();
            assert_eq!((count("cloudwatch:DescribeAlarms"), count("dynamodb:BatchGetItem")), (20, 11));
            assert!((60..=140).contains(&answer.targets.len()), "{} had their turn in minute {minute}", answer.targets.len());
            looked_at.extend(answer.targets.into_iter().map(|target| target.target));
            let left = Duration::from_mins(1).saturating_sub(took.unsigned_abs());
            stage.wait(left).await;
        }
        assert_eq!(looked_at.len(), TARGETS, "each has its turn within ten minutes");
        assert!(stage.told().is_empty());
    });
}

#[test]
fn alarms_without_a_turn_in_time_are_left_unread_and_delay_no_others() {
    run(async {
        // 150 calls, of which CloudWatch takes 144 in the time of a sweep for its reading.
        let (mut account, topology) = fleet(7_500, "");
        limit(&mut account);
        let mut stage = Stage::with(account, &topology);
        let answer = stage.invoke(&tick()).await.expect("alive");
        assert_eq!(
            answer.outcome,
            Outcome::Settled,
            "{:?}",
            answer.targets.iter().find(|target| target.outcome != Outcome::Settled)
        );
        let calls = stage.sandbox.calls();
        let reads: Vec<_> = calls.iter().filter(|call| call.call == "cloudwatch:DescribeAlarms").collect();
        assert!((140..=144).contains(&reads.len()) && reads.iter().all(|read| !read.failed), "{} reads", reads.len());
        // They are not the same in each minute: whichever target has failed is found, though nobody said so.
        let failed = [0, 3_750, 7_499];
        for number in failed {
            stage.set_alarm(&alarm(number, zones(number)[0]), Alarm);
        }
        stage.ticks(3).await;
        assert_eq!(moved(&stage.sandbox.account()), failed.len());
    });
}

#[test]
fn a_zone_of_a_thousand_targets_is_left_within_a_few_ticks() {
    run(async {
        let (mut account, topology) = fleet(TARGETS, "");
        limit(&mut account);
        let mut stage = Stage::with(account, &topology);
        let lost = at_home_in("us-east-1a");
        assert_eq!(lost.len(), 334);
        for number in &lost {
            stage.set_alarm(&alarm(*number, "us-east-1a"), Alarm);
        }
        let mut ticks = 0;
        let mut left_over = false;
        while moved(&stage.sandbox.account()) < lost.len() {
            ticks += 1;
            assert!(ticks <= 4, "{} of {} are moved", moved(&stage.sandbox.account()), lost.len());
            let began = stage.sandbox.now();
            let answer = stage.invoke(&tick()).await.expect("alive");
            let took = stage.sandbox.now().duration_since(began);
            assert!(took.as_secs() < 60, "it was ended: {took:?}");
            let out_of_time = |target: &TargetAnswer| {
                let steps = target.steps.iter().filter_map(|step| step.detail.as_deref());
                steps.chain([target.reason.as_str()]).any(|said| said.contains("not started: the time ran out"))
            };
            let pending = answer.targets.iter().filter(|target| target.outcome == Outcome::Pending);
            assert!(pending.clone().all(out_of_time), "pending, and it is not said why: {answer:?}");
            left_over |= pending.count() > 0;
            let failed: Vec<&str> = answer
                .targets
                .iter()
                .filter(|target| target.outcome == Outcome::Failed)
                .map(|target| target.reason.as_str())
                .collect();
            assert!(failed.is_empty(), "tick {ticks}: {} failed: {}", failed.len(), failed[0]);
            stage.wait(Duration::from_mins(1).saturating_sub(took.unsigned_abs())).await;
        }
        // What is left: nothing that is open or untold.
        for _ in 0..3 {
            stage.invoke(&tick()).await.expect("alive");
            stage.wait(Duration::from_mins(1)).await;
        }
        let account = stage.sandbox.account();
        assert_eq!((moved(&account), account.dynamodb().crossovers.len()), (lost.len(), lost.len()));
        assert!(account.dynamodb().crossovers.iter().all(|crossover| crossover.outcome == Outcome::Completed));
        for number in lost {
            let memory = &account.dynamodb().journal[&name(number)].memory;
            assert!(memory.open.is_none() && memory.unsent.is_empty(), "{memory:?}");
            let told = account.sns().published.iter().filter(|told| told.attributes["target"] == name(number));
            assert_eq!(told.filter(|told| told.subject.contains("failover completed")).count(), 1);
        }
        assert!(ticks == 1 || left_over, "what was left over was not said");
    });
}

#[test]
fn the_first_to_come_do_not_starve_the_last() {
    run(async {
        // Every look at the first hundred fails for as long as it may.
        let (mut account, topology) = fleet(300, "");
        limit(&mut account);
        let mut stage = Stage::with(account, &topology);
        stage.faults((0..100).map(|number| FaultRule {
            resource: Some(format!("vpc-{number}")),
            ..FaultRule::every("ec2:DescribeSubnets", Fault::ServerError)
        }));
        let lost: Vec<usize> = (0..300).filter(|number| zones(*number)[0] == "us-east-1a").collect();
        for number in &lost {
            stage.set_alarm(&alarm(*number, "us-east-1a"), Alarm);
        }
        stage.ticks(6).await;
        let well = lost.iter().filter(|number| **number >= 100).count();
        assert_eq!(moved(&stage.sandbox.account()), well, "the last ones starve");
        stage.faults([]);
        for number in &lost {
            stage.set_alarm(&alarm(*number, "us-east-1a"), Alarm);
        }
        stage.ticks(2).await;
        assert_eq!(moved(&stage.sandbox.account()), lost.len());
    });
}

#[test]
fn a_recovery_of_all_at_once_goes_home_within_the_limits_too() {
    run(async {
        let defaults = "failback = \"automatic\"\nstable_for = \"5m\"\nblock = \"1m\"";
        let (mut account, topology) = fleet(400, defaults);
        limit(&mut account);
        let mut stage = Stage::with(account, &topology);
        let lost: Vec<usize> = (0..400).filter(|number| zones(*number)[0] == "us-east-1a").collect();
        for becomes in [Alarm, Ok] {
            for number in &lost {
                stage.set_alarm(&alarm(*number, "us-east-1a"), becomes);
            }
            stage.ticks(if becomes == Alarm { 2 } else { 8 }).await;
            assert_eq!(moved(&stage.sandbox.account()), if becomes == Alarm { lost.len() } else { 0 });
        }
        let told = stage.sandbox.account().sns().published.clone();
        assert_eq!(told.iter().filter(|told| told.subject.contains("failback completed")).count(), lost.len());
    });
}

//! What a tick sees to, target by target.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use crossover_dynamodb::{DynamoDbAccount, SandboxJournal};
use crossover_engine::ports::{Change, Journal, LeaseAnswer, Written};
use crossover_model::{
    alarm::AlarmState::{Alarm, Ok as Well},
    crossover::Crossover,
    error::{CloudError, Fault as Why},
    journal::{Lease, TargetRecord},
    outcome::Outcome,
    stop::Stop,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    fleet::{alarm, fleet, moved, name},
    stage::{ALARM_A, Stage, account, command, tick, topology_with},
};
use serde_json::json;

const NAT_A: &str = "nat-0a1b2c3d4e5f60001";
const NAT_B: &str = "nat-0a1b2c3d4e5f60002";
const AUTOMATIC: [(&str, &str); 3] = [("failback", "\"automatic\""), ("stable_for", "\"5m\""), ("block", "\"1m\"")];

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// A journal in which one target's item can't be understood.
struct Unreadable {
    journal: SandboxJournal,
    target: String,
}

impl Unreadable {
    fn check(&self, target: &str) -> Result<(), CloudError> {
        let error = || CloudError::new("dynamodb:GetItem", Why::Refused, "the item is not a record");
        if target == self.target { Err(error()) } else { Ok(()) }
    }
}

#[async_trait]
impl Journal for Unreadable {
    async fn take_lease(&self, target: &str, lease: &Lease) -> Result<LeaseAnswer, CloudError> {
        self.check(target)?;
        self.journal.take_lease(target, lease).await
    }

    async fn read(&self, target: &str) -> Result<TargetRecord, CloudError> {
        self.check(target)?;
        self.journal.read(target).await
    }

    async fn records(&self, targets: &[String]) -> Result<BTreeMap<String, Result<TargetRecord, CloudError>>, CloudError> {
        let mut records = self.journal.records(targets).await?;
        for (target, record) in &mut records {
            if let Err(error) = self.check(target) {
                *record = Err(error);
            }
        }
        Ok(records)
    }

    async fn stop(&self, target: &str, stop: &Stop) -> Result<Stop, CloudError> {
        self.journal.stop(target, stop).await
    }

    async fn write(&self, target: &str, epoch: u64, change: Change<'_>) -> Result<Written, CloudError> {
        self.journal.write(target, epoch, change).await
    }

    async fn crossovers(&self, target: &str, limit: usize) -> Result<Vec<Crossover>, CloudError> {
        self.journal.crossovers(target, limit).await
    }
}

#[test]
fn a_tick_finishes_a_crossover_that_is_open() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 1, Fault::Refuse)]);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Partial);
        let finished = stage.ticks(1).await;
        assert_eq!(finished.outcome, Outcome::Completed);
        assert_eq!(finished.reason.as_deref(), Some("1 of 1 targets had to be reconciled"));
        let crossovers = stage.sandbox.account().dynamodb().crossovers.clone();
        assert_eq!((crossovers.len(), crossovers[0].steps.len(), stage.memory().open), (1, 2, None));
        assert_eq!((stage.times_told("PARTIAL"), stage.times_told("failover completed")), (1, 1), "{:?}", stage.told());
    });
}

#[test]
fn a_tick_closes_a_crossover_that_nobody_wants_any_more() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 1, Fault::Refuse)]);
        stage.alarm(ALARM_A, Alarm).await;
        stage.set_alarm(ALARM_A, Well);
        assert_eq!(stage.ticks(1).await.outcome, Outcome::Partial);
        assert_eq!(stage.memory().open, None);
        assert_eq!(
            stage.times_told("failover stopped, 1 of 2 steps done, the rest is no longer needed"),
            1,
            "{:?}",
            stage.told()
        );
        assert_eq!(stage.ticks(1).await.outcome, Outcome::Settled);
    });
}

#[test]
fn a_tick_takes_up_what_an_invocation_died_over_once_its_lease_has_ended() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        stage.set_alarm(ALARM_A, Alarm);
        assert!(stage.invoke(&tick()).await.is_none());
        stage.faults([]);
        stage.wait(Duration::from_secs(30)).await;
        let held = stage.reconcile(&tick()).await;
        assert!(held.reason.starts_with("crossover-nat/1 holds the lease until"), "{}", held.reason);
        stage.wait(Duration::from_secs(30)).await;
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Completed);
        assert!(stage.sandbox.account().dynamodb().crossovers[0].resumed);
    });
}

#[test]
fn a_tick_sends_what_could_not_be_sent() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every("sns:*", Fault::ServerError)]);
        stage.alarm(ALARM_A, Alarm).await;
        assert!(stage.told().is_empty());
        stage.faults([]);
        stage.ticks(1).await;
        assert_eq!(stage.times_told("failover completed"), 1, "{:?}", stage.told());
        assert!(stage.memory().unsent.is_empty());
    });
}

#[test]
fn a_tick_does_the_failback_that_is_due() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&AUTOMATIC));
        stage.alarm(ALARM_A, Alarm).await;
        stage.set_alarm(ALARM_A, Well);
        stage.ticks(4).await;
        assert_eq!(stage.routes()["app-a"], NAT_B);
        stage.ticks(2).await;
        assert_eq!(stage.routes()["app-a"], NAT_A);
        assert_eq!(stage.times_told("failback completed"), 1);
    });
}

#[test]
fn a_tick_finds_an_alarm_whose_event_was_lost() {
    run(async {
        let (account, topology) = fleet(10, "");
        let mut stage = Stage::with(account, &topology);
        stage.ticks(2).await;
        stage.set_alarm(&alarm(4, "us-east-1b"), Alarm);
        let answer = stage.ticks(1).await;
        let moving: Vec<&str> = answer
            .targets
            .iter()
            .filter(|target| target.outcome == Outcome::Completed)
            .map(|target| target.target.as_str())
            .collect();
        assert_eq!(moving, ["egress-0004"]);
    });
}

#[test]
fn a_crossover_that_nobody_has_looked_at_is_reminded_of_until_somebody_has() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("review", "\"2h\"")]));
        stage.alarm(ALARM_A, Alarm).await;
        stage.ticks(118).await;
        assert_eq!(stage.times_told("nobody has acknowledged"), 0);
        stage.ticks(3).await;
        assert_eq!(stage.times_told("nobody has acknowledged egress-prod-20260314T031240.000Z yet"), 1, "{:?}", stage.told());
        for command in ["history", "ack"] {
            assert!(stage.mail().contains(&format!("\"command\":\"{command}\"")), "{}", stage.mail());
        }
        stage.ticks(121).await;
        assert_eq!(stage.times_told("nobody has acknowledged"), 2);
        stage.reconcile(&command("ack", &json!({}))).await;
        stage.ticks(180).await;
        assert_eq!(stage.times_told("nobody has acknowledged"), 2);
    });
}

#[test]
fn what_a_person_ordered_needs_no_review() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("review", "\"1h\"")]));
        stage.reconcile(&command("failover", &json!({ "to": "us-east-1b" }))).await;
        stage.ticks(120).await;
        assert_eq!(stage.times_told("nobody has acknowledged"), 0);
    });
}

#[test]
fn one_bad_target_never_stops_the_others() {
    run(async {
        let refused =
            |call: &str, resource: String| FaultRule { resource: Some(resource), ..FaultRule::every(call, Fault::Refuse) };
        for bad in [
            refused("ec2:DescribeSubnets", "vpc-3".to_owned()),
            refused("ec2:ReplaceRoute", "rtb-3-us-east-1a".to_owned()),
            refused("dynamodb:*", name(3)),
            FaultRule { fault: Fault::Timeout, ..refused("dynamodb:*", name(3)) },
            FaultRule { fault: Fault::Throttle, ..refused("ec2:DescribeSubnets", "vpc-3".to_owned()) },
        ] {
            let (account, topology) = fleet(9, "");
            let mut stage = Stage::with(account, &topology);
            stage.faults([bad.clone()]);
            for number in (0..9).filter(|number| number % 3 == 0) {
                stage.set_alarm(&alarm(number, "us-east-1a"), Alarm);
            }
            let answer = stage.ticks(1).await;
            assert!(moved(&stage.sandbox.account()) >= 2, "{bad:?}: {answer:?}");
            let others = answer.targets.iter().filter(|target| target.outcome == Outcome::Completed && target.target != name(3));
            assert_eq!(others.count(), 2, "{bad:?}: {answer:?}");
            stage.faults([]);
            stage.ticks(2).await;
            assert_eq!(moved(&stage.sandbox.account()), 3, "{bad:?}");
        }
    });
}

#[test]
fn a_record_that_can_not_be_understood_stops_neither_its_target_nor_the_others() {
    run(async {
        let (account, topology) = fleet(9, "");
        let mut stage = Stage::with(account, &topology);
        let journal = Unreadable { journal: SandboxJournal(stage.sandbox.clone()), target: name(3) };
        stage.controller.environment.ports.journal = Arc::new(journal);
        for number in (0..9).filter(|number| number % 3 == 0) {
            stage.set_alarm(&alarm(number, "us-east-1a"), Alarm);
        }
        let answer = stage.ticks(1).await;
        assert_eq!(moved(&stage.sandbox.account()), 3, "{answer:?}");
        let bad = answer.targets.iter().find(|target| target.target == name(3)).expect("the bad one");
        assert!(bad.remarks.iter().any(|remark| remark.contains("the item is not a record")), "{:?}", bad.remarks);
        let told = stage.told().len();
        stage.ticks(30).await;
        assert_eq!(stage.told().len(), told, "{:?}", stage.told());
    });
}

#[test]
fn without_cloudwatch_and_without_the_journal_a_tick_ends_in_time_and_moves_nothing() {
    run(async {
        for down in [vec!["cloudwatch:*"], vec!["dynamodb:*"], vec!["cloudwatch:*", "dynamodb:*"]] {
            for fault in [Fault::ServerError, Fault::Timeout] {
                let (account, topology) = fleet(50, "");
                let mut stage = Stage::with(account, &topology);
                stage.faults(down.iter().map(|call| FaultRule::every(call, fault)));
                let began = stage.sandbox.now();
                let answer = stage.invoke(&tick()).await.expect("alive");
                let took = stage.sandbox.now().duration_since(began).as_secs();
                assert!(took < 55, "{down:?} {fault:?}: {took} s");
                assert_eq!(stage.count("ec2:ReplaceRoute"), 0, "{down:?} {fault:?}");
                assert!(answer.targets.iter().all(|target| target.outcome == Outcome::Settled), "{down:?} {fault:?}: {answer:?}");
            }
        }
    });
}

//! Many records: batches, pages and limits.

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, outcome::Outcome, step::StepResult};
use crossover_route53::{RecordAnswer, RecordSet, Role, Route53Account, Routing};
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{
    dns::{ALARM_HOME, HOME, STANDBY, Way, command},
    stage::{Stage, tick},
};
use serde_json::json;

use super::{alarm, look, run};

/// A target of so many names beside the others of its zone, each a failover pair of so many values.
fn large(names: usize, values: usize) -> (Account, String) {
    let mut account = Way::Failover.account();
    let zone = &mut account.route53_mut().hosted_zones[0].record_sets;
    let pair: Vec<RecordSet> = zone.iter().filter(|set| set.name == "www.example.com.").cloned().collect();
    let addresses = |side: usize| (0..values).map(|value| format!("192.0.2.{}", side + 2 * value)).collect();
    for number in 0..names {
        for (side, set) in pair.iter().enumerate() {
            let answer = RecordAnswer::Values { ttl: 30, values: addresses(side) };
            zone.push(RecordSet { name: format!("n{number:04}.example.com."), answer, ..set.clone() });
        }
    }
    let records = (0..names).map(|number| format!("{{ name = \"n{number:04}.example.com\", type = \"A\" }}"));
    let records = format!("records = [{}]\n", records.collect::<Vec<_>>().join(", "));
    let kept = |line: &&str| !line.starts_with("records = ");
    let topology = Way::Failover.topology().lines().filter(kept).collect::<Vec<_>>().join("\n");
    (account, topology.replace("switch =", &format!("{records}switch =")))
}

fn primaries(account: &Account, id: &str) -> usize {
    let is = |set: &&RecordSet| {
        set.set_id.as_deref() == Some(id) && set.routing == Routing::Failover(Role::Primary) && set.name.starts_with('n')
    };
    account.route53().hosted_zones[0].record_sets.iter().filter(is).count()
}

#[test]
fn twelve_hundred_records_of_one_zone_move_in_as_few_batches_as_they_fit_into() {
    run(async {
        let (mut account, topology) = large(1_200, 1);
        account.route53_mut().control_plane.busy_ms = 100;
        account.limits.insert("route53:*".to_owned(), crossover_sandbox::Limit { burst: 5, per_second: 5 });
        let mut stage = Stage::with(account, &topology);
        let over = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(over.outcome, Outcome::Completed, "{over:?}");
        assert_eq!(primaries(&stage.sandbox.account(), STANDBY), 1_200);
        assert_eq!(over.steps.len(), 5, "1,200 pairs have 4,800 values to delete and create, and a batch takes 1,000");
        let calls = stage.sandbox.calls();
        let pages = calls.iter().filter(|call| call.call.ends_with(":ListResourceRecordSets") && !call.failed).count();
        assert!(pages <= 18, "2,400 record sets are 8 pages, read before and after, and {pages} were read");
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Settled);

        alarm(&mut stage, ALARM_HOME, AlarmState::Ok).await;
        stage.wait(Duration::from_mins(10)).await;
        let home = look(&mut stage, &command("failback", &json!({}))).await;
        assert_eq!(home.outcome, Outcome::Completed, "{home:?}");
        assert_eq!(primaries(&stage.sandbox.account(), HOME), 1_200);
    });
}

#[test]
fn a_batch_that_is_refused_leaves_its_records_as_they_were_and_the_others_move() {
    run(async {
        let (account, topology) = large(600, 1);
        let mut stage = Stage::with(account, &topology);
        let batches = |fault: Fault| FaultRule::once("route53:ChangeResourceRecordSets", 1, fault);
        stage.faults([batches(Fault::Refuse)]);
        let partial = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(partial.outcome, Outcome::Partial, "{partial:?}");
        let results: Vec<StepResult> = partial.steps.iter().map(|step| step.result).collect();
        assert_eq!(results, [StepResult::Done, StepResult::Refused, StepResult::Done]);
        assert_eq!(primaries(&stage.sandbox.account(), HOME), 250, "the batch is whole, on the old side");
        stage.faults([]);
        let rest = look(&mut stage, &tick()).await;
        assert_eq!(rest.outcome, Outcome::Completed, "{rest:?}");
        assert_eq!(primaries(&stage.sandbox.account(), STANDBY), 600);
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1, "one crossover, the same one");
    });
}

#[test]
fn only_the_pages_that_hold_the_targets_records_are_read() {
    run(async {
        let (account, _) = large(1_200, 2);
        let mut stage = Stage::with(account, &Way::Failover.topology());
        let over = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(over.outcome, Outcome::Completed, "{over:?}");
        let calls = stage.sandbox.calls();
        let before = calls.iter().position(|call| call.call.ends_with(":ChangeResourceRecordSets")).expect("a change");
        let pages = calls[..before].iter().filter(|call| call.call.ends_with(":ListResourceRecordSets")).count();
        assert_eq!(pages, 2, "one for the first two names, one for www, and none of the seven between");
    });
}

#[test]
fn an_invocation_that_has_too_little_time_leaves_the_rest_to_the_next() {
    run(async {
        let (mut account, topology) = large(1_200, 1);
        account.slow_ms.insert("route53:ChangeResourceRecordSets".to_owned(), 20_000);
        let mut stage = Stage::with(account, &topology);
        let first = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_ne!(first.outcome, Outcome::Completed, "{first:?}");
        for _ in 0..4 {
            stage.wait(Duration::from_secs(5)).await;
            look(&mut stage, &tick()).await;
        }
        assert_eq!(primaries(&stage.sandbox.account(), STANDBY), 1_200);
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Settled);
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1);
    });
}

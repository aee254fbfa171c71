//! DNS where its records, its health checks or its people are not as one would expect.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_route53::{
    RecordAnswer, RecordSet, Role, Route53, Route53Account, Routing,
    sandbox::{HealthCheck, Watches},
};
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{
    dns::{ALARM_HOME, ALARM_STANDBY, HOME, STANDBY, TARGET, Way, command, serving},
    stage::{Stage, alarm_event, tick},
};
use serde_json::json;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn of_side<'a>(account: &'a mut Account, name: &str, side: &str) -> &'a mut RecordSet {
    let is_it = |set: &&mut RecordSet| set.name == name && set.set_id.as_deref() == Some(side);
    account.route53_mut().hosted_zones[0].record_sets.iter_mut().find(is_it).expect("the record set")
}

fn values_of(account: &mut Account, name: &str, side: &str) -> Vec<String> {
    match &of_side(account, name, side).answer {
        RecordAnswer::Values { values, .. } => values.clone(),
        RecordAnswer::Alias(_) => Vec::new(),
    }
}

#[test]
fn a_pair_that_route_53_would_refuse_does_not_stop_the_others() {
    run(async {
        let mut account = Way::Failover.account();
        of_side(&mut account, "www.example.com.", STANDBY).health_check = None;
        let before = account.route53().hosted_zones[0].record_sets.clone();
        let mut stage = Stage::with(account, &Way::Failover.topology());
        let answer = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Partial, "one declared record stays: {answer:?}");
        assert_eq!(answer.steps[0].card.resource, "*.api.example.com CNAME and 1 more");
        let why = "www.example.com A can't be switched: its record set us west 2 has no health check";
        assert!(answer.remarks.iter().any(|remark| remark.starts_with(why)), "{:?}", answer.remarks);
        assert!(stage.mail().contains(why), "{}", stage.mail());
        let after = stage.sandbox.account().route53().hosted_zones[0].record_sets.clone();
        assert_eq!(after.iter().filter(|set| !before.contains(set)).count(), 4);
    });
}

#[test]
fn home_has_failed_and_nothing_can_be_switched_which_is_told() {
    for way in [Way::Failover, Way::Weighted, Way::Simple, Way::Latency] {
        run(async {
            let mut account = way.account();
            account.route53_mut().hosted_zones[0].record_sets.clear();
            let mut stage = Stage::with(account, &way.topology());
            assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled, "{way:?}: nobody has to go");
            let answer = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(answer.outcome, Outcome::Held, "{way:?}: {answer:?}");
            assert!(answer.reason.contains("www.example.com A can't be switched: does not exist"), "{}", answer.reason);
            assert_eq!(stage.told().len(), 1, "{way:?}: {:?}", stage.told());
        });
    }
}

#[test]
fn a_member_of_a_set_that_somebody_has_edited_does_not_stop_the_others() {
    run(async {
        let mut account = Way::Latency.account();
        let edited = RecordAnswer::Values { ttl: 60, values: vec!["198.51.100.99".to_owned()] };
        of_side(&mut account, "www.example.com.", STANDBY).answer = edited;
        let mut stage = Stage::with(account, &Way::Latency.topology());
        let answer = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
        let mut account = stage.sandbox.account();
        assert_eq!(values_of(&mut account, "www.example.com.", "us east 1"), ["192.0.2.2"]);
        assert_eq!(values_of(&mut account, "www.example.com.", STANDBY), ["198.51.100.99"], "the edit stays");
    });
}

/// The topology of failover pairs, for these records.
fn with_records(records: &[String]) -> String {
    let topology = Way::Failover.topology();
    let kept: Vec<&str> = topology.lines().filter(|line| !line.starts_with("records =")).collect();
    kept.join("\n").replace("switch =", &format!("records = [{}]\nswitch =", records.join(", ")))
}

/// A third side, with an alarm of this name in this state.
fn with_a_third(way: Way, more: &str, state: AlarmState) -> Stage {
    let mut account = way.account();
    let since = account.time - jiff::SignedDuration::from_hours(9);
    account.cloudwatch_mut().set_alarm("www-euw1-5xx", state, since);
    let third = format!("\n[[dns.side]]\nid = \"eu west 1\"\nalarms = [\"www-euw1-5xx\"]\n{more}\n");
    Stage::with(account, &(way.topology() + &third))
}

#[test]
fn force_takes_a_side_in_doubt_only_where_no_other_is_healthy() {
    for doubtful in [AlarmState::Alarm, AlarmState::InsufficientData] {
        run(async {
            let mut stage = with_a_third(Way::Simple, "values = [\"192.0.2.3\"]", AlarmState::Ok);
            stage.set_alarm(ALARM_STANDBY, doubtful);
            let order = command("failover", &json!({ "away_from": HOME, "force": true }));
            let answer = stage.reconcile(&order).await;
            assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
            assert_eq!(answer.steps[0].card.to, "eu west 1", "{doubtful:?}");

            let mut stage = with_a_third(Way::Simple, "values = [\"192.0.2.3\"]", doubtful);
            stage.set_alarm(ALARM_STANDBY, doubtful);
            let answer = stage.reconcile(&order).await;
            assert_eq!((answer.outcome, answer.steps[0].card.to.as_str()), (Outcome::Completed, STANDBY), "{answer:?}");
        });
    }
}

#[test]
fn a_failback_that_homes_health_check_speaks_against_is_held_and_not_forgotten() {
    for way in [Way::Failover, Way::Weighted] {
        run(async {
            let mut stage = way.stage();
            let over = stage.reconcile(&command("failover", &json!({ "away_from": HOME }))).await;
            assert_eq!(over.outcome, Outcome::Completed, "{over:?}");
            stage
                .sandbox
                .change(|account, _| account.route53_mut().health_checks[0].watches = Watches::Endpoint(vec![false; 15]));
            stage.wait(std::time::Duration::from_mins(2)).await;
            let held = stage.reconcile(&command("failback", &json!({}))).await;
            assert_eq!(held.outcome, Outcome::Held, "{way:?}: {held:?}");
            assert!(
                held.reason.contains("us east 1: health check hc-home: 0 of 15 checkers report it healthy"),
                "{}",
                held.reason
            );
            assert!(stage.mail().contains("hc-home"), "{}", stage.mail());
            let account = stage.sandbox.account();
            assert!(account.dynamodb().journal[TARGET].memory.intent.is_some(), "what was wanted before stands");
            assert_eq!(serving(&account), [STANDBY].into());

            stage.sandbox.change(|account, _| account.route53_mut().health_checks[0].watches = Watches::Endpoint(vec![true; 15]));
            assert_eq!(stage.reconcile(&command("failback", &json!({}))).await.outcome, Outcome::Completed, "{way:?}");
        });
    }
}

#[test]
fn of_many_health_checks_those_of_every_side_are_read() {
    run(async {
        let mut account = Way::Failover.account();
        let Route53 { hosted_zones, health_checks, .. } = account.route53_mut();
        let zone = &mut hosted_zones[0].record_sets;
        let pair: Vec<RecordSet> = zone.iter().filter(|set| set.name == "www.example.com.").cloned().collect();
        let mut names = Vec::new();
        for number in 0..9 {
            for (side, set) in ["a", "b"].iter().zip(&pair) {
                let id = format!("hc-{side}{number}");
                zone.push(RecordSet { name: format!("n{number}.example.com."), health_check: Some(id.clone()), ..set.clone() });
                let watches = Watches::Endpoint(vec![*side == "a"; 15]);
                health_checks.push(HealthCheck { id, disabled: false, inverted: false, watches });
            }
            names.push(format!("{{ name = \"n{number}.example.com\", type = \"A\" }}"));
        }
        let mut stage = Stage::with(account, &with_records(&names));
        let held = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(held.outcome, Outcome::Held, "every health check of the standby fails: {held:?}");
        assert_eq!(stage.count("route53:GetHealthCheckStatus"), 8);
    });
}

#[test]
fn aliases_count_in_a_batch_too() {
    run(async {
        let mut account = Way::Failover.account();
        let zone = &mut account.route53_mut().hosted_zones[0].record_sets;
        let pair: Vec<RecordSet> = zone.iter().filter(|set| set.name == "example.com.").cloned().collect();
        let mut names = Vec::new();
        for number in 0..300 {
            zone.extend(pair.iter().map(|set| RecordSet { name: format!("n{number}.example.com."), ..set.clone() }));
            names.push(format!("{{ name = \"n{number}.example.com\", type = \"AAAA\" }}"));
        }
        let mut stage = Stage::with(account, &with_records(&names));
        let over = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!((over.outcome, over.steps.len()), (Outcome::Completed, 2), "1,200 to delete and create: {over:?}");
    });
}

#[test]
fn values_that_come_back_in_another_order_are_no_conflict() {
    run(async {
        let topology = Way::Simple.topology().replace("[\"192.0.2.2\"]", "[\"192.0.2.2\", \"192.0.2.4\"]");
        let mut stage = Stage::with(Way::Simple.account(), &topology);
        let sandbox = stage.sandbox.clone();
        let reorder = async {
            crossover_engine::ports::Clock::sleep(&sandbox, std::time::Duration::from_secs(10)).await;
            sandbox.change(|account, _| {
                let www = account.route53_mut().hosted_zones[0].record_sets.iter_mut().find(|set| set.name == "www.example.com.");
                let RecordAnswer::Values { values, .. } = &mut www.expect("the record set").answer else { unreachable!() };
                values.reverse();
                assert_eq!(*values, ["192.0.2.4", "192.0.2.2"]);
            });
        };
        let (over, ()) = futures::join!(stage.alarm(ALARM_HOME, AlarmState::Alarm), reorder);
        assert_eq!(over.outcome, Outcome::Completed, "{over:?}");
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
    });
}

#[test]
fn what_is_told_of_stages_says_where_they_lead() {
    run(async {
        let topology = Way::Weighted.topology().replace("switch =", "stages = [50, 100]\nswitch =");
        let mut stage = Stage::with(Way::Weighted.account(), &topology);
        let first = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(first.outcome, Outcome::Pending, "{first:?}");
        let last = stage.reconcile(&tick()).await;
        assert_eq!(last.outcome, Outcome::Completed, "{last:?}");
        assert!(last.reason.contains("to us east 1 0, us west 2 200, because"), "{}", last.reason);
        assert!(!last.reason.contains("next reconcile"), "{}", last.reason);
    });
}

/// An account of so many failover pairs, as many values each as need two batches, and its topology.
fn of_two_batches() -> (Account, String) {
    let mut account = Way::Failover.account();
    account.route53_mut().control_plane.in_sync_after_ms = 200;
    let zone = &mut account.route53_mut().hosted_zones[0].record_sets;
    let pair: Vec<RecordSet> = zone.iter().filter(|set| set.name == "www.example.com.").cloned().collect();
    let mut names = vec!["{ name = \"www.example.com\", type = \"A\" }".to_owned()];
    for number in 0..40 {
        let values = |set: &RecordSet| match &set.answer {
            RecordAnswer::Values { ttl, values } => {
                let values = (0..12).map(|value| values[0].replace("192.0", &format!("10.{value}"))).collect();
                RecordAnswer::Values { ttl: *ttl, values }
            }
            RecordAnswer::Alias(_) => set.answer.clone(),
        };
        zone.extend(pair.iter().map(|set| RecordSet {
            name: format!("n{number}.example.com."),
            answer: values(set),
            ..set.clone()
        }));
        names.push(format!("{{ name = \"n{number}.example.com\", type = \"A\" }}"));
    }
    (account, with_records(&names))
}

#[test]
fn a_process_that_dies_between_two_batches_leaves_nothing_that_the_next_ticks_do_not_finish() {
    let mut cases = 0;
    for fault in Fault::ALL {
        for skip in 0..16 {
            run(async {
                let (account, topology) = of_two_batches();
                let mut stage = Stage::with(account, &topology);
                stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
                let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
                stage.faults([FaultRule::once("*", skip, fault)]);
                let first = stage.invoke(&event).await;
                stage.faults([]);
                let what = format!("{fault:?} on call {skip}: {first:?}");
                for _ in 0..2 {
                    stage.wait(std::time::Duration::from_secs(61)).await;
                    stage.invoke(&tick()).await.expect("nobody is killed");
                }
                let last = stage.reconcile(&tick()).await;
                assert_eq!(last.outcome, Outcome::Settled, "{what}: {last:?}");
                let account = stage.sandbox.account();
                let is_primary =
                    |set: &&RecordSet| set.routing == Routing::Failover(Role::Primary) && set.set_id.as_deref() == Some(STANDBY);
                assert_eq!(account.route53().hosted_zones[0].record_sets.iter().filter(is_primary).count(), 41, "{what}");
                let crossovers = &account.dynamodb().crossovers;
                assert_eq!((crossovers.len(), crossovers[0].outcome), (1, Outcome::Completed), "{what}: {crossovers:?}");
                assert_eq!(crossovers[0].steps.len(), 2, "{what}: {crossovers:?}");
            });
            cases += 1;
        }
    }
    println!("{cases} cases");
}

#[test]
fn two_targets_of_one_zone_wait_for_one_another() {
    run(async {
        let one = Way::Failover.topology();
        let other = one.replace("\"www\"", "\"shop\"").replace("\"www.example.com\"", "\"shop.example.com\"");
        let others: Vec<&str> = other.lines().filter(|line| !line.starts_with("records =")).collect();
        let records = "records = [{ name = \"shop.example.com\", type = \"A\" }]\nswitch =";
        let topology = format!("{one}\n{}", others.join("\n").replace("switch =", records));
        let mut account = Way::Failover.account();
        account.route53_mut().control_plane.busy_ms = 3_000;
        let zone = &mut account.route53_mut().hosted_zones[0].record_sets;
        let pair: Vec<RecordSet> = zone.iter().filter(|set| set.name == "www.example.com.").cloned().collect();
        zone.extend(pair.into_iter().map(|set| RecordSet { name: "shop.example.com.".to_owned(), ..set }));
        let mut stage = Stage::with(account, &topology);
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        let answer = stage.invoke(&event).await.expect("nobody is killed");
        let outcomes: Vec<Outcome> = answer.targets.iter().map(|target| target.outcome).collect();
        assert_eq!(outcomes, [Outcome::Completed, Outcome::Completed], "{answer:?}");
    });
}

#[test]
fn stages_that_are_not_wanted_any_more_are_not_told_as_completed() {
    run(async {
        let topology = Way::Weighted.topology().replace("switch =", "block = \"1m\"\nstages = [10, 50, 100]\nswitch =");
        let mut stage = Stage::with(Way::Weighted.account(), &topology);
        assert_eq!(stage.alarm(ALARM_HOME, AlarmState::Alarm).await.outcome, Outcome::Pending);
        let over = stage.alarm(ALARM_HOME, AlarmState::Ok).await;
        assert_eq!(over.outcome, Outcome::Partial, "{over:?}");
        assert!(stage.mail().starts_with("www: failover stopped"), "{}", stage.mail());

        // Home again in stages, and the standby fails meanwhile: what it has left goes at once.
        stage.wait(std::time::Duration::from_mins(2)).await;
        stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(2).await;
        stage.alarm(ALARM_HOME, AlarmState::Ok).await;
        stage.wait(std::time::Duration::from_mins(2)).await;
        let home = stage.reconcile(&command("failback", &json!({}))).await;
        assert_eq!(home.outcome, Outcome::Pending, "{home:?}");
        stage.alarm(ALARM_STANDBY, AlarmState::Alarm).await;
        stage.ticks(3).await;
        let account = stage.sandbox.account();
        assert_eq!(serving(&account), [HOME].into());
        let outcomes: Vec<Outcome> = account.dynamodb().crossovers.iter().map(|crossover| crossover.outcome).collect();
        assert_eq!(outcomes, [Outcome::Partial, Outcome::Completed, Outcome::Partial, Outcome::Completed]);
        assert!(account.dynamodb().journal[TARGET].memory.open.is_none());
    });
}

#[test]
fn the_last_stage_of_a_process_that_died_is_told_as_completed() {
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for skip in 0..12 {
            run(async {
                let topology = Way::Weighted.topology().replace("switch =", "stages = [50, 100]\nswitch =");
                let mut stage = Stage::with(Way::Weighted.account(), &topology);
                stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
                stage.faults([FaultRule::once("*", skip, fault)]);
                stage.invoke(&tick()).await;
                stage.faults([]);
                for _ in 0..3 {
                    stage.wait(std::time::Duration::from_secs(61)).await;
                    stage.invoke(&tick()).await.expect("nobody is killed");
                }
                let account = stage.sandbox.account();
                let outcomes: Vec<Outcome> = account.dynamodb().crossovers.iter().map(|crossover| crossover.outcome).collect();
                assert_eq!(outcomes, [Outcome::Completed], "{fault:?} on call {skip}");
                assert_eq!(serving(&account), [STANDBY].into());
            });
        }
    }
}

#[test]
fn the_ttl_that_is_told_is_that_of_what_was_moved() {
    run(async {
        let mut stage = Way::Failover.stage();
        stage.faults([FaultRule::every("route53:ChangeResourceRecordSets", Fault::Refuse)]);
        assert_eq!(stage.alarm(ALARM_HOME, AlarmState::Alarm).await.outcome, Outcome::Failed);
        stage.faults([]);
        stage.sandbox.change(|account, _| {
            let www = of_side(account, "www.example.com.", HOME);
            www.answer = RecordAnswer::Values { ttl: 3_600, values: vec!["192.0.2.1".to_owned()] };
        });
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Completed);
        assert!(stage.mail().contains("for up to 3600 s (TTL)"), "{}", stage.mail());
    });
}

#[test]
fn a_side_that_route_53_finds_unhealthy_and_whose_alarm_says_nothing_is_told_at_once() {
    for way in [Way::Failover, Way::Weighted] {
        run(async {
            let mut stage = way.stage();
            let home = |account: &mut Account, passed: bool| {
                account.route53_mut().health_checks[0].watches = Watches::Endpoint(vec![passed; 15]);
            };
            stage.sandbox.change(|account, _| home(account, false));
            stage.set_alarm(ALARM_HOME, AlarmState::InsufficientData);
            stage.ticks(3).await;
            assert_eq!(stage.times_told("HELD"), 1, "{way:?}: {:?}", stage.told());
            let mail = stage.mail();
            assert!(mail.contains("by Route 53's own word (health check hc-home: 0 of 15 checkers"), "{mail}");
            assert!(mail.contains("crossover failover www --away-from 'us east 1' --reason WHY"), "{mail}");
            assert_eq!(stage.count("route53:ChangeResourceRecordSets"), 0, "unknown is no reason to move");

            stage.sandbox.change(|account, _| home(account, true));
            stage.ticks(2).await;
            assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled, "{way:?}");
        });
    }
}

//! DNS where its records, its health checks or its people are not as one would expect.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_controller::{
    cloud::{AlarmState, RecordAnswer, RecordSet},
    crossover::Outcome,
};
use crossover_sandbox::{Account, HealthCheck, Watches};
use crossover_tests::{
    dns::{ALARM_HOME, ALARM_STANDBY, HOME, STANDBY, TARGET, Way, command, serving},
    stage::{Stage, tick},
};
use serde_json::json;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn of_side<'a>(account: &'a mut Account, name: &str, side: &str) -> &'a mut RecordSet {
    let is_it = |set: &&mut RecordSet| set.name == name && set.set_id.as_deref() == Some(side);
    account.hosted_zones[0].record_sets.iter_mut().find(is_it).expect("the record set")
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
        let before = account.hosted_zones[0].record_sets.clone();
        let mut stage = Way::Failover.stage_with(account, &Way::Failover.topology());
        let answer = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
        assert_eq!(answer.steps[0].card.resource, "*.api.example.com CNAME and 1 more");
        let why = "www.example.com A can't be switched: its record set us west 2 has no health check";
        assert!(answer.remarks.iter().any(|remark| remark.starts_with(why)), "{:?}", answer.remarks);
        assert!(stage.mail().contains(why), "{}", stage.mail());
        let after = stage.sandbox.account().hosted_zones[0].record_sets.clone();
        assert_eq!(after.iter().filter(|set| !before.contains(set)).count(), 4);
    });
}

#[test]
fn home_has_failed_and_nothing_can_be_switched_which_is_told() {
    for way in [Way::Failover, Way::Weighted, Way::Simple, Way::Latency] {
        run(async {
            let mut account = way.account();
            account.hosted_zones[0].record_sets.clear();
            let mut stage = way.stage_with(account, &way.topology());
            assert_eq!(stage.look(&tick()).await.outcome, Outcome::Settled, "{way:?}: nobody has to go");
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
        let mut stage = Way::Latency.stage_with(account, &Way::Latency.topology());
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
    account.set_alarm("www-euw1-5xx", state, since);
    let third = format!("\n[[dns.side]]\nid = \"eu west 1\"\nalarms = [\"www-euw1-5xx\"]\n{more}\n");
    way.stage_with(account, &(way.topology() + &third))
}

#[test]
fn force_takes_a_side_in_doubt_only_where_no_other_is_well() {
    for doubtful in [AlarmState::Alarm, AlarmState::InsufficientData] {
        run(async {
            let mut stage = with_a_third(Way::Simple, "values = [\"192.0.2.3\"]", AlarmState::Ok);
            stage.set_alarm(ALARM_STANDBY, doubtful);
            let order = command("failover", &json!({ "away_from": HOME, "force": true }));
            let answer = stage.look(&order).await;
            assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
            assert_eq!(answer.steps[0].card.to, "eu west 1", "{doubtful:?}");

            let mut stage = with_a_third(Way::Simple, "values = [\"192.0.2.3\"]", doubtful);
            stage.set_alarm(ALARM_STANDBY, doubtful);
            let answer = stage.look(&order).await;
            assert_eq!((answer.outcome, answer.steps[0].card.to.as_str()), (Outcome::Completed, STANDBY), "{answer:?}");
        });
    }
}

#[test]
fn a_failback_that_homes_health_check_speaks_against_is_held_and_not_forgotten() {
    for way in [Way::Failover, Way::Weighted] {
        run(async {
            let mut stage = way.stage();
            let over = stage.look(&command("failover", &json!({ "away_from": HOME }))).await;
            assert_eq!(over.outcome, Outcome::Completed, "{over:?}");
            stage.sandbox.change(|account, _| account.health_checks[0].watches = Watches::Endpoint(vec![false; 15]));
            stage.wait(std::time::Duration::from_mins(2)).await;
            let held = stage.look(&command("failback", &json!({}))).await;
            assert_eq!(held.outcome, Outcome::Held, "{way:?}: {held:?}");
            assert!(held.reason.contains("us east 1: health check hc-home: 0 of 15 checkers find it well"), "{}", held.reason);
            assert!(stage.mail().contains("hc-home"), "{}", stage.mail());
            let account = stage.sandbox.account();
            assert!(account.journal[TARGET].memory.intent.is_some(), "what was wanted before stands");
            assert_eq!(serving(&account), [STANDBY].into());

            stage.sandbox.change(|account, _| account.health_checks[0].watches = Watches::Endpoint(vec![true; 15]));
            assert_eq!(stage.look(&command("failback", &json!({}))).await.outcome, Outcome::Completed, "{way:?}");
        });
    }
}

#[test]
fn of_many_health_checks_those_of_every_side_are_read() {
    run(async {
        let mut account = Way::Failover.account();
        let zone = &mut account.hosted_zones[0].record_sets;
        let pair: Vec<RecordSet> = zone.iter().filter(|set| set.name == "www.example.com.").cloned().collect();
        let mut names = Vec::new();
        for number in 0..9 {
            for (side, set) in ["a", "b"].iter().zip(&pair) {
                let health_check = Some(format!("hc-{side}{number}"));
                zone.push(RecordSet { name: format!("n{number}.example.com."), health_check: health_check.clone(), ..set.clone() });
                let watches = Watches::Endpoint(vec![*side == "a"; 15]);
                let id = health_check.expect("an id");
                account.health_checks.push(HealthCheck { id, disabled: false, inverted: false, watches });
            }
            names.push(format!("{{ name = \"n{number}.example.com\", type = \"A\" }}"));
        }
        let mut stage = Way::Failover.stage_with(account, &with_records(&names));
        let held = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(held.outcome, Outcome::Held, "every health check of the standby fails: {held:?}");
        assert_eq!(stage.count("route53:GetHealthCheckStatus"), 8);
    });
}

#[test]
fn aliases_count_in_a_batch_too() {
    run(async {
        let mut account = Way::Failover.account();
        let zone = &mut account.hosted_zones[0].record_sets;
        let pair: Vec<RecordSet> = zone.iter().filter(|set| set.name == "example.com.").cloned().collect();
        let mut names = Vec::new();
        for number in 0..300 {
            zone.extend(pair.iter().map(|set| RecordSet { name: format!("n{number}.example.com."), ..set.clone() }));
            names.push(format!("{{ name = \"n{number}.example.com\", type = \"AAAA\" }}"));
        }
        let mut stage = Way::Failover.stage_with(account, &with_records(&names));
        let over = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!((over.outcome, over.steps.len()), (Outcome::Completed, 2), "1,200 to delete and create: {over:?}");
    });
}

#[test]
fn values_that_come_back_in_another_order_are_no_conflict() {
    run(async {
        let topology = Way::Simple.topology().replace("[\"192.0.2.2\"]", "[\"192.0.2.2\", \"192.0.2.4\"]");
        let mut stage = Way::Simple.stage_with(Way::Simple.account(), &topology);
        let sandbox = stage.sandbox.clone();
        let reorder = async {
            crossover_controller::cloud::Clock::sleep(&sandbox, std::time::Duration::from_secs(10)).await;
            sandbox.change(|account, _| {
                let www = account.hosted_zones[0].record_sets.iter_mut().find(|set| set.name == "www.example.com.");
                let RecordAnswer::Values { values, .. } = &mut www.expect("the record set").answer else { unreachable!() };
                values.reverse();
                assert_eq!(*values, ["192.0.2.4", "192.0.2.2"]);
            });
        };
        let (over, ()) = futures::join!(stage.alarm(ALARM_HOME, AlarmState::Alarm), reorder);
        assert_eq!(over.outcome, Outcome::Completed, "{over:?}");
        assert_eq!(stage.look(&tick()).await.outcome, Outcome::Settled);
    });
}

#[test]
fn what_is_told_of_stages_says_where_they_lead() {
    run(async {
        let topology = Way::Weighted.topology().replace("switch =", "stages = [50, 100]\nswitch =");
        let mut stage = Way::Weighted.stage_with(Way::Weighted.account(), &topology);
        let first = stage.alarm(ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(first.outcome, Outcome::Pending, "{first:?}");
        let last = stage.look(&tick()).await;
        assert_eq!(last.outcome, Outcome::Completed, "{last:?}");
        assert!(last.reason.contains("to us east 1 0, us west 2 200, because"), "{}", last.reason);
        assert!(!last.reason.contains("next look"), "{}", last.reason);
    });
}

//! DNS where its records, its health checks or its people are not as one would expect.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_controller::{
    cloud::{AlarmState, RecordAnswer, RecordSet},
    crossover::Outcome,
};
use crossover_sandbox::Account;
use crossover_tests::{
    dns::{ALARM_HOME, STANDBY, Way},
    stage::tick,
};

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

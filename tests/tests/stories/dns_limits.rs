//! Route 53's limits, and what its health checks can't tell, as the sandbox keeps them.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use RecordChange::Create;
use crossover_engine::ports::Clock;
use crossover_model::error::{CloudError, Fault};
use crossover_route53::{
    AliasTarget, HealthChecks, RecordAnswer, RecordChange, RecordPosition, RecordSet, Records, Role, Route53Account, Routing,
    sandbox::{HealthCheck, HostedZone, Watches},
};
use crossover_sandbox::{Account, Limit, Sandbox};
use crossover_tests::stage::account;

const ZONE: &str = "Z0001";

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn values(name: &str, kind: &str, values: &[&str]) -> RecordSet {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    RecordSet {
        name: name.to_owned(),
        kind: kind.to_owned(),
        set_id: None,
        routing: Routing::Simple,
        health_check: None,
        answer: RecordAnswer::Values { ttl: 60, values },
    }
}

fn with(record_sets: Vec<RecordSet>) -> Account {
    let zone = HostedZone {
        id: ZONE.to_owned(),
        name: "example.com.".to_owned(),
        private: false,
        accelerated_recovery: false,
        record_sets,
        ..HostedZone::default()
    };
    let check = |id: &str, watches| HealthCheck { id: id.to_owned(), disabled: false, inverted: false, watches };
    let mut account = account();
    account.route53_mut().hosted_zones = vec![zone];
    account.route53_mut().health_checks =
        vec![check("hc-1", Watches::Endpoint(vec![true, true, false])), check("hc-2", Watches::Control("c".to_owned()))];
    account
}

fn start() -> RecordPosition {
    RecordPosition { name: "example.com.".to_owned(), kind: "A".to_owned(), set_id: None }
}

fn is_invalid(result: &Result<String, CloudError>, words: &str) -> bool {
    let fits =
        |error: &CloudError| error.fault == Fault::Refused && error.code == "InvalidChangeBatch" && error.message.contains(words);
    result.as_ref().is_err_and(fits)
}

#[test]
fn the_limits_of_a_batch_hold_for_all_of_its_values_and_an_alias_counts_with_one() {
    run(async {
        let sandbox = Sandbox::new(with(Vec::new()));
        let set = |number: usize| values(&format!("n{number}.example.com."), "A", &["192.0.2.1"]);
        let many = |count: usize| (0..count).map(|number| Create(set(number))).collect::<Vec<_>>();
        assert!(is_invalid(&sandbox.change_records(ZONE, &many(1001)).await, "records limit"));
        assert!(sandbox.change_records(ZONE, &many(1000)).await.is_ok());

        let long = "x".repeat(4_001);
        let text = |number: usize| Create(values(&format!("t{number}.example.com."), "TXT", &[long.as_str()]));
        let result = sandbox.change_records(ZONE, &(0..8).map(text).collect::<Vec<_>>()).await;
        assert!(is_invalid(&result, "characters limit"), "{result:?}");

        let target = AliasTarget { zone: "Z9".to_owned(), name: "x.example.net.".to_owned(), evaluate_target_health: true };
        let alias = |number: usize| {
            Create(RecordSet {
                answer: RecordAnswer::Alias(target.clone()),
                ..values(&format!("a{number}.example.com."), "A", &[])
            })
        };
        let aliases = |count: usize| (0..count).map(alias).collect::<Vec<_>>();
        assert!(is_invalid(&sandbox.change_records(ZONE, &aliases(1_001)).await, "records limit"));
        assert!(sandbox.change_records(ZONE, &aliases(1_000)).await.is_ok());
    });
}

#[test]
fn a_primary_needs_a_health_check_unless_it_is_an_alias() {
    run(async {
        let sandbox = Sandbox::new(with(Vec::new()));
        let set = |id: &str, role| RecordSet {
            set_id: Some(id.to_owned()),
            routing: Routing::Failover(role),
            ..values("www.example.com.", "A", &["192.0.2.1"])
        };
        let bare = sandbox.change_records(ZONE, &[Create(set("one", Role::Primary))]).await;
        assert!(is_invalid(&bare, "must have an associated health check"), "{bare:?}");
        let checked = RecordSet { health_check: Some("hc-1".to_owned()), ..set("one", Role::Primary) };
        assert!(sandbox.change_records(ZONE, &[Create(checked), Create(set("two", Role::Secondary))]).await.is_ok());
        let target = AliasTarget { zone: "Z9".to_owned(), name: "x.example.net.".to_owned(), evaluate_target_health: true };
        let alias =
            RecordSet { name: "a.example.com.".to_owned(), answer: RecordAnswer::Alias(target), ..set("one", Role::Primary) };
        assert!(sandbox.change_records(ZONE, &[Create(alias)]).await.is_ok());
    });
}

#[test]
fn a_zone_that_is_busy_and_an_account_that_calls_too_often_are_told_to_wait() {
    run(async {
        let mut account = with(Vec::new());
        account.route53_mut().control_plane.busy_ms = 500;
        account.limits.insert("route53:*".to_owned(), Limit { burst: 5, per_second: 5 });
        let sandbox = Sandbox::new(account);
        let create = |name: &str| [Create(values(name, "A", &["192.0.2.1"]))];
        sandbox.change_records(ZONE, &create("a.example.com.")).await.expect("the first");
        let second = sandbox.change_records(ZONE, &create("b.example.com.")).await.expect_err("busy");
        assert_eq!((second.code.as_str(), second.fault), ("PriorRequestNotComplete", Fault::Throttled));
        let place = start();
        let calls = futures::future::join_all((0..9).map(|_| sandbox.record_sets(ZONE, &place))).await;
        let refused = calls.into_iter().find_map(Result::err).expect("one is refused");
        assert_eq!((refused.code.as_str(), refused.message.as_str()), ("Throttling", "Rate exceeded"));
        sandbox.sleep(Duration::from_secs(2)).await;
        sandbox.change_records(ZONE, &create("b.example.com.")).await.expect("later");
    });
}

#[test]
fn a_health_check_says_what_each_checker_saw_and_a_calculated_one_nothing() {
    run(async {
        let sandbox = Sandbox::new(with(Vec::new()));
        let reports = sandbox.checker_reports("hc-1").await.expect("reports");
        assert_eq!(reports.iter().filter(|report| report.passed).count(), 2);
        assert!(reports[2].status.starts_with("Failure"), "{reports:?}");
        assert!(sandbox.checker_reports("hc-2").await.expect("no error").is_empty());
        let setting = sandbox.health_check("hc-1").await.expect("no error").expect("it is there");
        assert!(!setting.disabled && !setting.inverted);
    });
}

//! What the controller relies on of Route 53, of beacons and of routing controls, in its own words, so
//! that every backend can be held to it.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeMap, time::Duration};

use crossover_controller::cloud::{
    AliasTarget, BeaconMetric, BeaconObject, Beacons, ChangeStatus, Clock, CloudError, ClusterEndpoint, ControlState, Fault,
    HealthChecks, RecordAnswer, RecordChange, RecordPlace, RecordSet, Records, Role, Routing, RoutingControls,
};
use crossover_sandbox::{Account, Bucket, HealthCheck, HostedZone, Limit, SafetyRule, Sandbox, Watches};
use crossover_tests::stage::account;

use RecordChange::{Create, Delete};

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

fn member(set: RecordSet, id: &str, routing: Routing) -> RecordSet {
    RecordSet { set_id: Some(id.to_owned()), routing, ..set }
}

fn with(record_sets: Vec<RecordSet>) -> Account {
    let zone = HostedZone { id: ZONE.to_owned(), name: "example.com.".to_owned(), private: false, record_sets };
    let check = |id: &str, watches| HealthCheck { id: id.to_owned(), disabled: false, inverted: false, watches };
    Account {
        hosted_zones: vec![zone],
        health_checks: vec![
            check("hc-1", Watches::Endpoint(vec![true, true, false])),
            check("hc-2", Watches::Control("c".to_owned())),
        ],
        ..account()
    }
}

fn start() -> RecordPlace {
    RecordPlace { name: "example.com.".to_owned(), kind: "A".to_owned(), set_id: None }
}

async fn all(records: &dyn Records) -> Vec<RecordSet> {
    let mut read = Vec::new();
    let mut from = Some(start());
    while let Some(place) = from {
        let page = records.record_sets(ZONE, &place).await.expect("a page");
        assert!(page.next.as_ref().is_none_or(|next| *next > place), "paging goes on");
        read.extend(page.record_sets);
        from = page.next;
    }
    read
}

fn is_invalid(result: &Result<String, CloudError>, words: &str) -> bool {
    let fits =
        |error: &CloudError| error.fault == Fault::Refused && error.code == "InvalidChangeBatch" && error.message.contains(words);
    result.as_ref().is_err_and(fits)
}

#[test]
fn a_batch_is_made_whole_and_is_seen_at_once_and_in_sync_later() {
    run(async {
        let old = values("www.example.com.", "A", &["192.0.2.1"]);
        let new = values("www.example.com.", "A", &["192.0.2.2"]);
        let sandbox = Sandbox::new(with(vec![old.clone()]));
        let change = sandbox.change_records(ZONE, &[Delete(old), Create(new.clone())]).await.expect("accepted");
        assert_eq!(all(&sandbox).await, [new]);
        assert_eq!(sandbox.change_status(&change).await.expect("a status"), ChangeStatus::Pending);
        sandbox.sleep(Duration::from_mins(1)).await;
        assert_eq!(sandbox.change_status(&change).await.expect("a status"), ChangeStatus::InSync);
    });
}

#[test]
fn a_batch_that_is_refused_changes_nothing() {
    run(async {
        let [a, b] = ["a.example.com.", "b.example.com."].map(|name| values(name, "A", &["192.0.2.1"]));
        let before = vec![a.clone(), b.clone()];
        let sandbox = Sandbox::new(with(before.clone()));
        let stale = RecordSet { answer: RecordAnswer::Values { ttl: 61, values: vec!["192.0.2.1".to_owned()] }, ..b.clone() };
        let gone = values("c.example.com.", "A", &["192.0.2.1"]);
        let elsewhere = values("www.example.org.", "A", &["192.0.2.1"]);
        let cases = [
            (vec![Delete(a.clone()), Delete(stale)], "do not match the current values"),
            (vec![Delete(a.clone()), Delete(gone)], "was not found"),
            (vec![Delete(a.clone()), Delete(a.clone())], "was not found"),
            (vec![Delete(a.clone()), Create(b.clone())], "already exists"),
            (vec![Delete(a.clone()), Create(elsewhere)], "not permitted in zone"),
            (vec![Delete(a.clone()), Create(member(a.clone(), "x", Routing::Simple))], "SetIdentifier"),
            (vec![Create(values("a.example.com.", "CNAME", &["x.example.com."]))], "CNAME stands alone"),
        ];
        for (changes, words) in cases {
            let result = sandbox.change_records(ZONE, &changes).await;
            assert!(is_invalid(&result, words), "{words}: {result:?}");
            assert_eq!(all(&sandbox).await, before);
        }
    });
}

#[test]
fn a_pair_has_one_primary_and_one_policy() {
    run(async {
        let plain = values("www.example.com.", "A", &["192.0.2.1"]);
        let one = member(plain.clone(), "use 1", Routing::Failover(Role::Primary));
        let sandbox = Sandbox::new(with(vec![one]));
        for routing in [Routing::Failover(Role::Primary), Routing::Weighted(1)] {
            let result = sandbox.change_records(ZONE, &[Create(member(plain.clone(), "usw 2", routing))]).await;
            assert!(is_invalid(&result, ""), "{result:?}");
        }
        let two = member(plain, "usw 2", Routing::Failover(Role::Secondary));
        sandbox.change_records(ZONE, &[Create(two)]).await.expect("a secondary is welcome");
    });
}

#[test]
fn a_health_check_must_exist() {
    run(async {
        let sandbox = Sandbox::new(with(Vec::new()));
        let set = RecordSet { health_check: Some("hc-9".to_owned()), ..values("www.example.com.", "A", &["192.0.2.1"]) };
        let result = sandbox.change_records(ZONE, &[Create(set)]).await;
        assert!(result.as_ref().is_err_and(|error| error.code == "NoSuchHealthCheck"), "{result:?}");
    });
}

#[test]
fn the_limits_of_a_batch_hold_for_all_of_its_values_and_an_alias_has_none() {
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
        assert!(sandbox.change_records(ZONE, &(0..1_200).map(alias).collect::<Vec<_>>()).await.is_ok());
    });
}

#[test]
fn pages_go_on_within_the_sets_of_one_name() {
    run(async {
        let plain = values("www.example.com.", "A", &["192.0.2.1"]);
        let mut sets: Vec<RecordSet> =
            (0..450).map(|number| member(plain.clone(), &format!("set {number:03}"), Routing::Weighted(1))).collect();
        sets.push(values("\\052.example.com.", "A", &["192.0.2.1"]));
        sets.push(values("zzz.example.com.", "A", &["192.0.2.1"]));
        let sandbox = Sandbox::new(with(sets));
        let page = sandbox.record_sets(ZONE, &start()).await.expect("a page");
        assert_eq!(page.record_sets.len(), 300);
        assert_eq!(page.record_sets[0].name, "\\052.example.com.", "a wildcard is escaped, and sorted so");
        let next = page.next.expect("a second page");
        assert_eq!((next.name.as_str(), next.set_id.as_deref()), ("www.example.com.", Some("set 299")));
        assert_eq!(all(&sandbox).await.len(), 452);
        let beyond = RecordPlace { name: "zzzz.example.com.".to_owned(), ..start() };
        assert!(sandbox.record_sets(ZONE, &beyond).await.expect("a page").record_sets.is_empty());
    });
}

#[test]
fn a_zone_that_is_busy_and_an_account_that_calls_too_often_are_told_to_wait() {
    run(async {
        let mut account = with(Vec::new());
        account.route53.busy_ms = 500;
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
fn what_is_not_there_is_not_found() {
    run(async {
        let sandbox = Sandbox::new(with(Vec::new()));
        let zone = sandbox.record_sets("Z9", &start()).await;
        assert!(zone.as_ref().is_err_and(|error| error.fault == Fault::NotFound), "{zone:?}");
        assert!(sandbox.change_status("C9").await.is_err_and(|error| error.fault == Fault::NotFound));
        assert_eq!(sandbox.health_check("hc-9").await.expect("no error"), None);
    });
}

#[test]
fn a_health_check_says_what_each_checker_saw_and_a_calculated_one_nothing() {
    run(async {
        let sandbox = Sandbox::new(with(Vec::new()));
        let reports = sandbox.checker_reports("hc-1").await.expect("reports");
        assert_eq!(reports.iter().filter(|report| report.passed).count(), 2);
        assert!(reports[2].says.starts_with("Failure"), "{reports:?}");
        assert!(sandbox.checker_reports("hc-2").await.expect("no error").is_empty());
        let setting = sandbox.health_check("hc-1").await.expect("no error").expect("it is there");
        assert!(!setting.disabled && !setting.inverted);
    });
}

#[test]
fn an_object_is_seen_once_it_is_put_and_gone_once_it_is_deleted() {
    run(async {
        let bucket = Bucket { name: "b".to_owned(), region: "us-west-2".to_owned(), objects: BTreeMap::new() };
        let sandbox = Sandbox::new(Account { buckets: vec![bucket], ..account() });
        let object = BeaconObject { region: "us-west-2".to_owned(), bucket: "b".to_owned(), key: "k".to_owned() };
        for _ in 0..2 {
            sandbox.put_object(&object, "text").await.expect("put");
            assert!(sandbox.has_object(&object).await.expect("read"));
        }
        for _ in 0..2 {
            sandbox.delete_object(&object).await.expect("deleted");
            assert!(!sandbox.has_object(&object).await.expect("read"));
        }
        let elsewhere = BeaconObject { bucket: "c".to_owned(), ..object };
        assert!(sandbox.has_object(&elsewhere).await.is_err_and(|error| error.fault == Fault::NotFound));
    });
}

#[test]
fn a_metric_has_the_value_that_was_put_last() {
    run(async {
        let sandbox = Sandbox::new(account());
        let metric = BeaconMetric { region: "us-west-2".to_owned(), namespace: "n".to_owned(), metric: "m".to_owned() };
        assert_eq!(sandbox.metric_value(&metric).await.expect("read"), None);
        for value in [1.0, 0.0, 1.0] {
            sandbox.put_metric_value(&metric, value).await.expect("put");
            assert_eq!(sandbox.metric_value(&metric).await.expect("read"), Some(value));
        }
        let other = BeaconMetric { region: "us-east-1".to_owned(), ..metric };
        assert_eq!(sandbox.metric_value(&other).await.expect("read"), None);
    });
}

#[test]
fn routing_controls_are_set_all_at_once_or_not_at_all() {
    run(async {
        let mut account = account();
        account.routing_controls = [("a".to_owned(), ControlState::On), ("b".to_owned(), ControlState::Off)].into();
        let rule = SafetyRule { name: "one-on".to_owned(), controls: vec!["a".to_owned(), "b".to_owned()], at_least: 1 };
        account.safety_rules = vec![rule];
        let sandbox = Sandbox::new(account);
        let at = ClusterEndpoint { region: "us-east-1".to_owned(), url: "https://host".to_owned() };
        let set = |a, b| BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]);
        let refused = sandbox.set_control_states(&at, &set(ControlState::Off, ControlState::Off)).await;
        assert!(refused.as_ref().is_err_and(|error| error.fault == Fault::Refused), "{refused:?}");
        assert_eq!(sandbox.control_state(&at, "a").await.expect("read"), ControlState::On);
        sandbox.set_control_states(&at, &set(ControlState::Off, ControlState::On)).await.expect("both in one call");
        assert_eq!(sandbox.control_state(&at, "a").await.expect("read"), ControlState::Off);
        assert_eq!(sandbox.control_state(&at, "b").await.expect("read"), ControlState::On);
        assert!(sandbox.control_state(&at, "c").await.is_err_and(|error| error.fault == Fault::NotFound));
    });
}

//! What a check finds, and that it finds nothing where there is nothing to find.

#![expect(clippy::expect_used, reason = "tests")]

use std::sync::Arc;

use crossover_controller::{
    audit::{Severity, audit},
    cloud::{AlarmState, RecordAnswer, RecordSet, Role, Routing},
    rule,
};
use crossover_sandbox::{Account, Fault, FaultRule, Sandbox, Watches};
use crossover_sweep::{Clouds, kinds};
use crossover_tests::{
    database::Kind,
    dns::{ALARM_HOME, HOME, STANDBY, Way},
    stage,
};

/// What is found, as in `error: www.example.com A does not exist`.
fn found(account: Account, topology: &str) -> Vec<String> {
    let checked = async {
        let sandbox = Sandbox::new(account);
        let kinds = kinds(|_| Clouds::of(Arc::new(sandbox.clone())), topology).expect("a good topology");
        audit(&kinds, &sandbox, &sandbox).await
    };
    let findings = crossover_sandbox::run(checked).expect("a runtime");
    let line = |finding: &crossover_controller::audit::Finding| {
        assert!(!finding.fix.is_empty(), "{finding:?}");
        assert_ne!(rule::of(finding), rule::OTHER, "its sort has no name: {finding:?}");
        format!("{}: {} {}", finding.severity.as_str(), finding.resource, finding.what)
    };
    findings.values().flatten().map(line).collect()
}

fn dns(way: Way, change: impl FnOnce(&mut Account)) -> Vec<String> {
    let mut account = way.account();
    account.hosted_zones[0].accelerated_recovery = true;
    for zone in &mut account.hosted_zones {
        for set in &mut zone.record_sets {
            if let RecordAnswer::Values { ttl, .. } = &mut set.answer {
                *ttl = 60;
            }
        }
    }
    change(&mut account);
    let account = Account::parse(&account.print().expect("an account file")).expect("an account file");
    found(account, &way.topology())
}

fn www<'a>(account: &'a mut Account, side: &str) -> &'a mut RecordSet {
    let sets = &mut account.hosted_zones[0].record_sets;
    let is_it = |set: &&mut RecordSet| set.name == "www.example.com." && set.set_id.as_deref() == Some(side);
    sets.iter_mut().find(is_it).expect("the record set")
}

const CONTROL_PLANE: &str =
    "warning: zone Z0001 the only switch of this target needs Route 53's control plane, which is in one Region";

/// What is found in an account in which one thing was changed, and would not be without that.
#[track_caller]
fn finds(way: Way, change: impl FnOnce(&mut Account), expected: &str) {
    let (before, after) = (dns(way, |_| ()), dns(way, change));
    assert!(after.iter().any(|line| line.starts_with(expected)), "{way:?}: {after:#?}");
    assert!(!before.iter().any(|line| line.starts_with(expected)), "{way:?}: {before:#?}");
}

#[test]
fn a_target_that_is_in_order_has_nothing_to_mend() {
    for way in [Way::BeaconObject, Way::BeaconMetric, Way::RoutingControl] {
        assert_eq!(dns(way, |_| ()), Vec::<String>::new(), "{way:?}");
    }
    for way in [Way::Failover, Way::Weighted, Way::Simple, Way::Latency] {
        assert_eq!(dns(way, |_| ()), [CONTROL_PLANE], "{way:?}");
    }
    let topology = include_str!("../../../topology/topology.toml");
    assert_eq!(found(stage::account(), topology), Vec::<String>::new());
}

#[test]
fn a_long_ttl_is_found() {
    for way in Way::ALL {
        let slow = |account: &mut Account| {
            let set = account.hosted_zones[0].record_sets.iter_mut().find(|set| set.name == "www.example.com.");
            let values = vec!["192.0.2.1".to_owned()];
            set.expect("a record set").answer = RecordAnswer::Values { ttl: 61, values };
        };
        finds(way, slow, "warning: www.example.com A has a TTL of 61 s");
    }
}

#[test]
fn a_record_set_without_a_health_check_is_found() {
    for way in [Way::Failover, Way::Weighted, Way::Latency] {
        finds(
            way,
            |account| www(account, STANDBY).health_check = None,
            "warning: www.example.com A has no health check at us west 2",
        );
    }
    for way in [Way::BeaconObject, Way::BeaconMetric, Way::RoutingControl] {
        finds(way, |account| www(account, HOME).health_check = None, "error: www.example.com A has no health check at us east 1");
    }
    let by_alias = dns(Way::Failover, |account| {
        for set in &mut account.hosted_zones[0].record_sets {
            if set.name == "example.com." {
                set.health_check = None;
            }
        }
    });
    assert_eq!(by_alias, [CONTROL_PLANE], "an alias can take over the health of what it leads to");
}

#[test]
fn a_health_check_that_two_sides_share_is_found() {
    let share = |account: &mut Account| www(account, STANDBY).health_check = Some("hc-home".to_owned());
    finds(Way::Failover, share, "warning: www.example.com A has the same health check hc-home at us east 1 and us west 2");
}

#[test]
fn a_health_check_that_tells_nothing_is_found() {
    finds(
        Way::Failover,
        |account| account.health_checks[0].disabled = true,
        "warning: zone Z0001 health check hc-home is no evidence: it is disabled",
    );
    finds(
        Way::RoutingControl,
        |account| account.health_checks[0].disabled = true,
        "warning: zone Z0001 health check hc-home is no evidence: it is disabled",
    );
    finds(
        Way::Failover,
        |account| www(account, HOME).health_check = Some("hc-9".to_owned()),
        "warning: zone Z0001 health check hc-9 is no evidence: it does not exist",
    );
}

#[test]
fn a_side_that_could_not_take_over_is_found() {
    let fails = |account: &mut Account| account.health_checks[1].watches = Watches::Endpoint(vec![false; 15]);
    finds(Way::Failover, fails, "error: us west 2 can't take over: health check hc-standby");
}

#[test]
fn a_record_set_that_is_not_there_is_found() {
    let remove = |account: &mut Account| {
        let is_other = |set: &RecordSet| set.name != "www.example.com." || set.set_id.as_deref() == Some(HOME);
        account.hosted_zones[0].record_sets.retain(is_other);
    };
    for way in [Way::Failover, Way::Weighted, Way::BeaconObject] {
        finds(way, remove, "error: www.example.com A has no record set with the identifier \"us west 2\"");
    }
    let empty = |account: &mut Account| account.hosted_zones[0].record_sets.clear();
    finds(Way::Simple, empty, "error: www.example.com A does not exist");
}

#[test]
fn a_record_set_that_can_not_be_switched_is_found() {
    let route = |to: Routing| move |account: &mut Account| www(account, STANDBY).routing = to;
    finds(
        Way::Failover,
        route(Routing::Weighted(0)),
        "error: www.example.com A can't be switched: its record set us west 2 is not one of a failover pair",
    );
    finds(
        Way::Weighted,
        route(Routing::Failover(Role::Secondary)),
        "error: www.example.com A can't be switched: its record set us west 2 is not a weighted one",
    );
    finds(
        Way::Failover,
        |account| www(account, STANDBY).health_check = None,
        "error: www.example.com A can't be switched: its record set us west 2 has no health check",
    );
    let elsewhere = |account: &mut Account| {
        account.hosted_zones[0].record_sets[0].answer = RecordAnswer::Values { ttl: 60, values: vec!["192.0.2.9".to_owned()] };
    };
    finds(Way::Simple, elsewhere, "error: www.example.com A can't be switched: it answers with the addresses of none");
    finds(
        Way::Latency,
        elsewhere,
        "error: www.example.com A can't be switched: its record set us east 1 answers with the addresses of none",
    );
}

#[test]
fn a_public_zone_without_accelerated_recovery_is_found() {
    let slow = |account: &mut Account| account.hosted_zones[0].accelerated_recovery = false;
    finds(Way::Failover, slow, "warning: zone Z0001 has no accelerated recovery");
    let private = dns(Way::Simple, slow);
    assert_eq!(private, [CONTROL_PLANE], "a private zone can't have it");
}

#[test]
fn an_alarm_that_is_not_there_or_has_no_data_is_found() {
    finds(
        Way::Failover,
        |account| account.alarms.retain(|alarm| alarm.name != ALARM_HOME),
        "error: alarm www-use1-5xx does not exist, and says nothing of us east 1",
    );
    let silent = |account: &mut Account| {
        let now = account.time;
        account.set_alarm(ALARM_HOME, AlarmState::InsufficientData, now);
    };
    finds(Way::Failover, silent, "warning: alarm www-use1-5xx has no data, and says nothing of us east 1");
}

#[test]
fn what_can_not_be_read_is_found() {
    for (call, resource) in [
        ("route53:GetHostedZone", "zone Z0001"),
        ("route53:ListResourceRecordSets", "zone Z0001"),
        ("cloudwatch:DescribeAlarms", "alarm www-use1-5xx"),
    ] {
        let fails = |account: &mut Account| account.faults = vec![FaultRule::every(call, Fault::Refuse)];
        finds(Way::Failover, fails, &format!("error: {resource} could not be read"));
    }
    for (way, call, resource) in [
        (Way::BeaconObject, "s3:HeadObject", "s3://example-beacon/www"),
        (Way::BeaconMetric, "cloudwatch:GetMetricData", "Crossover www"),
        (Way::RoutingControl, "route53-recovery-cluster:GetRoutingControlState", "routing controls home standby"),
    ] {
        let fails = |account: &mut Account| account.faults = vec![FaultRule::every(call, Fault::Refuse)];
        finds(way, fails, &format!("error: {resource} could not be read"));
    }
    let gone = |account: &mut Account| account.routing_controls.clear();
    finds(Way::RoutingControl, gone, "error: routing controls home standby could not be read");
}

#[test]
fn a_gateway_that_carries_nothing_and_a_table_without_a_home_are_found() {
    let topology = include_str!("../../../topology/topology.toml");
    let mut account = stage::account();
    "deleted".clone_into(&mut account.nat_gateways[1].state);
    let lines = found(account, topology);
    assert!(lines[0].starts_with("error: gateway of us-east-1b can carry no traffic"), "{lines:#?}");

    let mut account = stage::account();
    for table in account.route_tables.iter_mut().filter(|table| !table.main) {
        table.subnets.clear();
    }
    let lines = found(account, topology);
    assert!(lines.iter().all(|line| line.starts_with("warning: rtb-") && line.contains("home is not known")), "{lines:#?}");
    assert!(!lines.is_empty());

    let lines = found(Account { route_tables: Vec::new(), ..stage::account() }, topology);
    assert!(lines.iter().any(|line| line.contains("nothing to move")), "{lines:#?}");
    assert_eq!(Severity::Error.as_str(), "error");
}

#[test]
fn what_would_keep_a_replica_from_taking_over_is_found() {
    for kind in Kind::ALL {
        assert_eq!(found(kind.account(), &kind.topology("")), Vec::<String>::new(), "{kind:?}");
    }
    let finds = |kind: Kind, change: &dyn Fn(&mut Account), expected: &str| {
        let mut account = kind.account();
        change(&mut account);
        let lines = found(account, &kind.topology(""));
        assert!(lines.iter().any(|line| line.starts_with("error: ") && line.contains(expected)), "{kind:?}: {lines:#?}");
    };
    finds(Kind::Replica, &|account| _ = account.rds.instances.pop(), "does not exist");
    finds(Kind::Replica, &|account| "storage-full".clone_into(&mut account.rds.instances[1].status), "is storage-full, and not");
    finds(Kind::Replica, &|account| account.rds.lags.clear(), "could not take over without a person");
    finds(Kind::Replica, &|account| account.rds.lags[0].each_minute = Some(31.0), "could not take over without a person");
    finds(Kind::Global, &|account| account.rds.lags.clear(), "could not take over without a person");
    finds(Kind::MultiAz, &|account| account.rds.instances[0].multi_az = false, "has no standby");
    finds(Kind::Aurora, &|account| account.hosted_zones[0].record_sets.clear(), "can't be moved");
    finds(Kind::Replica, &|account| _ = account.rds.unreachable.insert("us-west-2".to_owned()), "could not be read");
}

#[test]
fn an_encrypted_home_that_could_not_be_made_anew_is_found() {
    let mut account = Kind::Replica.account();
    account.rds.instances[0].encrypted = true;
    let (plain, member) = (Kind::Replica.topology(""), "member = \"orders-use1\"");
    let with_key = plain.replace(member, &format!("{member}\nreplica = {{ kms_key = \"alias/orders\" }}"));
    let lines = found(account.clone(), &plain);
    assert!(lines[0].starts_with("warning: orders-use1") && lines[0].contains("KMS key"), "{lines:#?}");
    assert_eq!(found(account, &with_key), Vec::<String>::new());
}

//! What a check finds, and that it finds nothing where there is nothing to find.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

mod databases;
mod declared;
mod held;
mod rights;
mod twins;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crossover_arc::ArcAccount;
use crossover_cloudwatch::{CloudWatchAccount, SandboxAlarms};
use crossover_ec2::{
    Ec2Account,
    sandbox::{NatGateway, RouteTable},
};
use crossover_engine::{
    audit::{Actors, Audit, Auditor, Stores, audit},
    ports::Permissions,
};
use crossover_iam::SandboxPermissions;
use crossover_kinds::{Backend, registry};
use crossover_model::{
    alarm::{AlarmActions, AlarmState},
    estimate::Estimate,
    finding::Finding,
    topology::{Document, Mode, Role},
};
use crossover_rds::{ClusterMember, GlobalMember, RdsAccount};
use crossover_route53::{RecordAnswer, RecordSet, Role as Place, Route53Account, Routing, sandbox::Watches};
use crossover_sandbox::{Account, Fault, FaultRule, Sandbox};
use crossover_tests::{
    database::{self, Kind},
    dns::{ALARM_HOME, HOME, STANDBY, Way},
    fixture,
    layout::Layout,
    stage,
};

type Estimates = BTreeMap<String, Vec<Estimate>>;

const NAT: &str = include_str!("../../../topology/topology.toml");

/// What is found; see [`line`].
pub(crate) fn found(account: Account, topology: &str) -> Vec<String> {
    lines(&findings(account, topology))
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(line).collect()
}

/// As in `error missing: www.example.com A`.
pub(crate) fn line(finding: &Finding) -> String {
    format!("{} {}: {}", finding.severity.as_str(), finding.rule.id, finding.resource)
}

/// The same with all that each finding says.
pub(crate) fn findings(account: Account, topology: &str) -> Vec<Finding> {
    looked(account, topology, &Vec::new(), None).0
}

/// What findings say, each in a line of its own.
fn told(findings: &[Finding]) -> String {
    let told: Vec<String> = findings.iter().map(|finding| format!("{}: {}", line(finding), finding.what)).collect();
    told.join("\n")
}

/// What is found for crossovers that these would make, and how long those would take.
fn looked(account: Account, topology: &str, actors: &Actors, mode: Option<Mode>) -> (Vec<Finding>, Estimates) {
    let checked = async {
        let sandbox = Sandbox::new(account);
        let kinds = registry().groups(|_| Backend::sandbox(&sandbox), &Document::new(topology)).expect("a good topology");
        let permissions: Arc<dyn Permissions> = Arc::new(SandboxPermissions(sandbox.clone()));
        let permissions = |_: Option<&Role>| Some(permissions.clone());
        let until = sandbox.now() + jiff::SignedDuration::from_mins(1);
        let (alarms, clock, stores) = (&SandboxAlarms(sandbox.clone()), &sandbox, &Stores::default());
        let auditor = Auditor { alarms, clock, permissions: &permissions, actors, stores, mode, until };
        audit(&kinds, &auditor).await
    };
    let Audit { findings, estimates } = crossover_sandbox::run(checked).expect("a runtime");
    for (target, findings) in &findings {
        let mut keys = BTreeSet::new();
        for finding in findings {
            let is_first = keys.insert((finding.rule.id, &finding.resource));
            assert!(is_first, "two findings of {target} can't be told from each other: {finding:?}");
        }
    }
    let rules = registry().rules();
    for finding in findings.values().flatten() {
        assert!(!finding.fix.is_empty(), "{finding:?}");
        assert!(rules.contains(&finding.rule), "its rule is not listed: {finding:?}");
        let is_of_its_rule = finding.severity == finding.rule.severity || finding.rule.warning_when.is_some();
        assert!(is_of_its_rule, "its rule does not name the case: {finding:?}");
    }
    (findings.into_values().flatten().collect(), estimates)
}

fn dns(way: Way, change: impl FnOnce(&mut Account)) -> Vec<Finding> {
    let mut account = way.account();
    account.route53_mut().hosted_zones[0].accelerated_recovery = true;
    for zone in &mut account.route53_mut().hosted_zones {
        for set in &mut zone.record_sets {
            if let RecordAnswer::Values { ttl, .. } = &mut set.answer {
                *ttl = 60;
            }
        }
    }
    change(&mut account);
    let account = Account::parse(&account.print().expect("an account file"), &registry().sections()).expect("an account file");
    findings(account, &way.topology())
}

fn www<'a>(account: &'a mut Account, side: &str) -> &'a mut RecordSet {
    let sets = &mut account.route53_mut().hosted_zones[0].record_sets;
    let is_it = |set: &&mut RecordSet| set.name == "www.example.com." && set.set_id.as_deref() == Some(side);
    sets.iter_mut().find(is_it).expect("the record set")
}

const CONTROL_PLANE: &str = "warning control-plane: zone Z0001";

/// What is found in an account in which one thing was changed, and would not be without that; and what it says.
#[track_caller]
fn finds(way: Way, change: impl FnOnce(&mut Account), expected: &str) -> String {
    let (before, after) = (dns(way, |_| ()), dns(way, change));
    assert!(!before.iter().any(|finding| line(finding) == expected), "{way:?}: {before:#?}");
    let found = after.iter().find(|finding| line(finding) == expected);
    found.map_or_else(|| panic!("{way:?}: {expected}: {after:#?}"), |finding| finding.what.clone())
}

#[test]
fn a_target_that_is_in_order_has_nothing_to_mend() {
    for way in [Way::BeaconObject, Way::BeaconMetric, Way::RoutingControl] {
        assert_eq!(dns(way, |_| ()), Vec::new(), "{way:?}");
    }
    for way in [Way::Failover, Way::Weighted, Way::Simple, Way::Latency] {
        assert_eq!(lines(&dns(way, |_| ())), [CONTROL_PLANE], "{way:?}");
    }
    assert_eq!(found(stage::account(), NAT), Vec::<String>::new());
}

#[test]
fn a_long_ttl_is_found() {
    for way in Way::ALL {
        let slow = |account: &mut Account| {
            let set = account.route53_mut().hosted_zones[0].record_sets.iter_mut().find(|set| set.name == "www.example.com.");
            let values = vec!["192.0.2.1".to_owned()];
            set.expect("a record set").answer = RecordAnswer::Values { ttl: 61, values };
        };
        finds(way, slow, "warning long-ttl: www.example.com A");
    }
}

#[test]
fn a_record_set_without_a_health_check_is_found() {
    for way in [Way::Failover, Way::Weighted, Way::Latency] {
        finds(
            way,
            |account| www(account, STANDBY).health_check = None,
            "warning health-check-missing: www.example.com A at us west 2",
        );
    }
    for way in [Way::BeaconObject, Way::BeaconMetric, Way::RoutingControl] {
        finds(
            way,
            |account| www(account, HOME).health_check = None,
            "error health-check-missing: www.example.com A at us east 1",
        );
    }
    let by_alias = dns(Way::Failover, |account| {
        for set in &mut account.route53_mut().hosted_zones[0].record_sets {
            if set.name == "example.com." {
                set.health_check = None;
            }
        }
    });
    assert_eq!(lines(&by_alias), [CONTROL_PLANE], "an alias can take over the health of what it leads to");
}

/// What tells a finding from others is its target, its sort and its resource: see `looked`.
#[test]
fn what_two_sides_lack_are_two_findings() {
    let count = |all: &[Finding], expected: &str| lines(all).iter().filter(|line| line.starts_with(expected)).count();
    let all = dns(Way::Failover, |account| {
        for side in [HOME, STANDBY] {
            www(account, side).health_check = None;
        }
    });
    for side in [HOME, STANDBY] {
        let of_side = format!("warning health-check-missing: www.example.com A at {side}");
        assert_eq!(count(&all, &of_side), 1, "{side}: {all:#?}");
    }
    let gone = dns(Way::Weighted, |account| {
        account.route53_mut().hosted_zones[0].record_sets.retain(|set| set.name != "www.example.com.");
    });
    assert_eq!(count(&gone, "error missing: www.example.com A at "), 2, "{gone:#?}");
    dns(Way::Failover, |account| account.route53_mut().health_checks.iter_mut().for_each(|check| check.disabled = true));
    dns(Way::Failover, |account| account.route53_mut().health_checks.clear());
    let strange = dns(Way::Failover, |account| {
        for id in ["third", "fourth"] {
            let set = RecordSet { set_id: Some(id.to_owned()), ..www(account, STANDBY).clone() };
            account.route53_mut().hosted_zones[0].record_sets.push(set);
        }
    });
    assert_eq!(count(&strange, "warning undeclared: www.example.com A at "), 2, "{strange:#?}");
}

#[test]
fn findings_of_every_example_can_be_told_from_each_other() {
    let read = |file: &str| std::fs::read_to_string(fixture(file)).expect("a file");
    let mut examples = vec![(read("accounts/two-zones.json"), NAT.to_owned())];
    for name in ["databases", "single-points", "two-regions"] {
        examples.push((read(&format!("accounts/{name}.json")), read(&format!("accounts/{name}.toml"))));
    }
    for (account, topology) in examples {
        let account = Account::parse(&account, &registry().sections()).expect("an account");
        found(account.clone(), &topology);
        // With nothing as it should be.
        let mut broken = account;
        broken
            .denied
            .extend(["ec2:ReplaceRoute", "route53:ChangeResourceRecordSets", "rds:PromoteReadReplica"].map(str::to_owned));
        broken.cloudwatch_mut().alarms.clear();
        broken.ec2_mut().nat_gateways.iter_mut().for_each(|gateway| "failed".clone_into(&mut gateway.state));
        broken.route53_mut().health_checks.clear();
        for set in broken.route53_mut().hosted_zones.iter_mut().flat_map(|zone| &mut zone.record_sets) {
            set.health_check = None;
        }
        assert!(!found(broken, &topology).is_empty());
    }
}

#[test]
fn a_health_check_that_two_sides_share_is_found() {
    let share = |account: &mut Account| www(account, STANDBY).health_check = Some("hc-home".to_owned());
    finds(Way::Failover, share, "warning health-check-shared: www.example.com A at us east 1 and us west 2");
}

#[test]
fn a_health_check_that_tells_nothing_is_found() {
    let disabled = |account: &mut Account| account.route53_mut().health_checks[0].disabled = true;
    let gone = |account: &mut Account| www(account, HOME).health_check = Some("hc-9".to_owned());
    let told = [
        finds(Way::Failover, disabled, "warning no-evidence: health check hc-home"),
        finds(Way::RoutingControl, disabled, "warning no-evidence: health check hc-home"),
        finds(Way::Failover, gone, "error missing: health check hc-9"),
        finds(Way::BeaconObject, gone, "error missing: health check hc-9"),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_side_that_could_not_take_over_is_found() {
    let fails = |account: &mut Account| account.route53_mut().health_checks[1].watches = Watches::Endpoint(vec![false; 15]);
    finds(Way::Failover, fails, "error side-unable: us west 2");
}

#[test]
fn a_record_set_that_is_not_there_is_found() {
    let remove = |account: &mut Account| {
        let is_other = |set: &RecordSet| set.name != "www.example.com." || set.set_id.as_deref() == Some(HOME);
        account.route53_mut().hosted_zones[0].record_sets.retain(is_other);
    };
    for way in [Way::Failover, Way::Weighted, Way::BeaconObject] {
        finds(way, remove, "error missing: www.example.com A at us west 2");
    }
    let empty = |account: &mut Account| account.route53_mut().hosted_zones[0].record_sets.clear();
    finds(Way::Simple, empty, "error missing: www.example.com A");
}

#[test]
fn a_record_set_that_can_not_be_switched_is_found() {
    let route = |to: Routing| move |account: &mut Account| www(account, STANDBY).routing = to;
    let unchecked = |account: &mut Account| www(account, STANDBY).health_check = None;
    let elsewhere = |account: &mut Account| {
        account.route53_mut().hosted_zones[0].record_sets[0].answer =
            RecordAnswer::Values { ttl: 60, values: vec!["192.0.2.9".to_owned()] };
    };
    let unfit = "error record-unfit: www.example.com A";
    let told = [
        finds(Way::Failover, route(Routing::Weighted(0)), unfit),
        finds(Way::Weighted, route(Routing::Failover(Place::Secondary)), unfit),
        finds(Way::Failover, unchecked, unfit),
        finds(Way::Simple, elsewhere, unfit),
        finds(Way::Latency, elsewhere, unfit),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_public_zone_without_accelerated_recovery_is_found() {
    let slow = |account: &mut Account| account.route53_mut().hosted_zones[0].accelerated_recovery = false;
    finds(Way::Failover, slow, "warning accelerated-recovery: zone Z0001");
    let private = dns(Way::Simple, slow);
    assert_eq!(lines(&private), [CONTROL_PLANE], "a private zone can't have it");
}

#[test]
fn an_alarm_that_is_not_there_or_has_no_data_is_found() {
    finds(
        Way::Failover,
        |account| account.cloudwatch_mut().alarms.retain(|alarm| alarm.name != ALARM_HOME),
        "error alarm-missing: alarm www-use1-5xx",
    );
    let silent = |account: &mut Account| {
        let now = account.time;
        account.cloudwatch_mut().set_alarm(ALARM_HOME, AlarmState::InsufficientData, now);
    };
    let told = finds(Way::Failover, silent, "warning alarm-without-data: alarm www-use1-5xx");
    insta::assert_snapshot!(told);
}

#[test]
fn an_alarm_that_nobody_hears_is_found() {
    let calls = |actions| {
        move |account: &mut Account| {
            let alarm = account.cloudwatch_mut().alarms.iter_mut().find(|alarm| alarm.name == ALARM_HOME);
            alarm.expect("the alarm").actions = actions;
        }
    };
    finds(Way::Failover, calls(AlarmActions::None), "warning alarm-unheard: alarm www-use1-5xx");
    finds(Way::Failover, calls(AlarmActions::Disabled), "warning alarm-actions-disabled: alarm www-use1-5xx");
    let disabled = dns(Way::Failover, calls(AlarmActions::Disabled));
    let fix = disabled.iter().find(|finding| finding.rule.id == "alarm-actions-disabled").map(|finding| finding.fix.as_str());
    let command = "aws cloudwatch enable-alarm-actions --alarm-names www-use1-5xx";
    assert_eq!(fix, Some(format!("enable its actions once the reason for disabling them is over: {command}").as_str()));
    assert_eq!(lines(&dns(Way::Failover, calls(AlarmActions::Enabled))), [CONTROL_PLANE]);
}

#[test]
fn what_nobody_declared_is_found() {
    let mut account = stage::account();
    let other = NatGateway { id: "nat-9".to_owned(), state: "available".to_owned(), ..NatGateway::default() };
    account.ec2_mut().nat_gateways.push(other);
    let table =
        account.ec2_mut().route_tables.iter_mut().find(|table| !table.main && !table.subnets.is_empty()).expect("a table");
    let id = table.id.clone();
    table.routes.insert("0.0.0.0/0".to_owned(), "nat-9".to_owned());
    let all = findings(account.clone(), NAT);
    let expected = "warning undeclared: nat-9";
    assert!(all.iter().any(|finding| line(finding) == expected && finding.what.contains(&id)), "{all:#?}");
    // Another target has it.
    let more = ["a", "b"].map(|zone| {
        let gateway = if zone == "a" { "nat-9" } else { "nat-8" };
        format!("[[nat.side]]\nzone = \"us-east-1{zone}\"\ngateway = \"{gateway}\"\nalarms = [\"nat-use1{zone}-unreachable\"]\n")
    });
    let vpc = &account.ec2().subnets[0].vpc;
    let two = format!("{NAT}\n[[nat]]\nname = \"other\"\nowner = \"tests\"\nvpc = \"{vpc}\"\n{}", more.concat());
    assert!(!found(account, &two).iter().any(|line| line == expected));

    let third = |account: &mut Account| {
        let set = RecordSet { set_id: Some("third".to_owned()), ..www(account, STANDBY).clone() };
        account.route53_mut().hosted_zones[0].record_sets.push(set);
    };
    for way in [Way::Failover, Way::Weighted, Way::BeaconObject] {
        finds(way, third, "warning undeclared: www.example.com A at third");
    }

    let strange = |kind: Kind, change: &dyn Fn(&mut Account), expected: &str| {
        let mut account = kind.account();
        change(&mut account);
        let lines = found(account, &kind.topology(""));
        assert!(lines.iter().any(|line| line == expected), "{kind:?}: {lines:#?}");
    };
    let replica =
        |region: &str, id: &str| database::instance(region, id, Some("arn:aws:rds:us-east-1:111122223333:db:orders-use1"));
    strange(
        Kind::Replica,
        &|account| account.rds_mut().instances.push(replica("us-east-1", "reports")),
        "warning undeclared: reports",
    );
    let far = "warning undeclared: arn:aws:rds:eu-west-1:111122223333:db:reports";
    strange(Kind::Replica, &|account| account.rds_mut().instances.push(replica("eu-west-1", "reports")), far);
    let member = |instance: &str| ClusterMember { instance: instance.to_owned(), writer: false, promotion_tier: 15 };
    strange(
        Kind::Aurora,
        &|account| account.rds_mut().clusters[0].members.push(member("reports")),
        "warning undeclared: reports",
    );
    let part = "arn:aws:rds:eu-west-1:111122223333:cluster:reports";
    let cluster = |account: &mut Account| {
        account.rds_mut().global_clusters[0].members.push(GlobalMember { cluster: part.to_owned(), writer: false });
    };
    strange(Kind::Global, &cluster, &format!("warning undeclared: {part}"));
}

#[test]
fn it_is_said_how_long_a_crossover_would_take() {
    let estimates = |account: Account, topology: &str| {
        let all = looked(account, topology, &Vec::new(), None).1;
        all.values().flatten().map(Estimate::in_words).collect::<Vec<_>>()
    };
    assert_eq!(
        estimates(stage::account(), NAT),
        ["leaving us-east-1a: 2 calls, done within seconds", "leaving us-east-1b: 2 calls, done within seconds"]
    );
    let failover = Way::Failover;
    assert_eq!(
        estimates(failover.account(), &failover.topology()),
        ["leaving us east 1: 1 call, about 1 min, clients see the change within 2 min"]
    );
    let of = |kind: Kind| estimates(kind.account(), &kind.topology(""));
    assert_eq!(of(Kind::MultiAz), ["leaving us-east-1a: 1 call, about 2 min"]);
    assert_eq!(of(Kind::Aurora).len(), 1);
    assert_eq!(of(Kind::Replica).len(), 1);
    assert!(of(Kind::Global)[0].contains("about 6 min"), "{:?}", of(Kind::Global));
    let mut account = Kind::Replica.account();
    account.rds_mut().lags.clear();
    let held = estimates(account, &Kind::Replica.topology(""));
    assert!(held[0].contains("nothing would be moved now: "), "{held:?}");
}

#[test]
fn a_crossover_that_the_meter_makes_slow_is_found() {
    let of = |tables| {
        let layout = Layout { targets: 1, sides: 2, tables };
        findings(layout.account(), &layout.topology(&[]))
    };
    assert_eq!(of(100), Vec::new());
    let slow = of(101);
    assert_eq!(lines(&slow), ["warning slow: leaving us-east-1b"]);
    insta::assert_snapshot!(told(&slow));
}

#[test]
fn what_can_not_be_read_is_found() {
    for (call, resource) in [
        ("route53:GetHostedZone", "zone Z0001"),
        ("route53:ListResourceRecordSets", "zone Z0001"),
        ("cloudwatch:DescribeAlarms", "alarm www-use1-5xx"),
    ] {
        let fails = |account: &mut Account| account.faults = vec![FaultRule::every(call, Fault::Refuse)];
        finds(Way::Failover, fails, &format!("error unreadable: {resource}"));
    }
    for (way, call, resource) in [
        (Way::BeaconObject, "s3:HeadObject", "s3://example-beacon/www"),
        (Way::BeaconMetric, "cloudwatch:GetMetricData", "Crossover www"),
        (Way::RoutingControl, "route53-recovery-cluster:GetRoutingControlState", "routing controls home standby"),
    ] {
        let fails = |account: &mut Account| account.faults = vec![FaultRule::every(call, Fault::Refuse)];
        finds(way, fails, &format!("error unreadable: {resource}"));
    }
    let gone = |account: &mut Account| account.arc_mut().routing_controls.clear();
    finds(Way::RoutingControl, gone, "error unreadable: routing controls home standby");
    // The alarms say more of a side than its health checks.
    let unread = |account: &mut Account| account.faults = vec![FaultRule::every("route53:GetHealthCheck*", Fault::Refuse)];
    finds(Way::Failover, unread, "warning unreadable: zone Z0001");
    let mut account = Kind::Replica.account();
    account.faults = vec![FaultRule::every("cloudwatch:GetMetricData", Fault::Refuse)];
    let both = ["error would-be-held: leaving orders-use1", "error unreadable: orders-usw2 in us-west-2"];
    assert_eq!(found(account, &placed(Kind::Replica)), both);
}

#[test]
fn a_gateway_that_carries_nothing_and_a_table_without_a_home_are_found() {
    let mut account = stage::account();
    "deleted".clone_into(&mut account.ec2_mut().nat_gateways[1].state);
    let lines = found(account, NAT);
    assert_eq!(lines[0], "error gateway-unable: gateway of us-east-1b", "{lines:#?}");

    let mut account = stage::account();
    for table in account.ec2_mut().route_tables.iter_mut().filter(|table| !table.main) {
        table.subnets.clear();
    }
    let lines = found(account, NAT);
    assert!(lines.iter().all(|line| line.starts_with("warning home-unknown: rtb-")), "{lines:#?}");
    assert!(!lines.is_empty());

    let mut account = stage::account();
    account.ec2_mut().route_tables.clear();
    let lines = found(account, NAT);
    assert!(lines.iter().any(|line| line.starts_with("error nothing-to-move: vpc-")), "{lines:#?}");
}

#[test]
fn naming_a_table_as_its_finding_advises_takes_no_home_from_the_others() {
    let mut account = stage::account();
    let is_used = |table: &&mut RouteTable| table.routes.values().any(|via| via.starts_with("nat-"));
    let homeless = account.ec2_mut().route_tables.iter_mut().find(is_used).expect("a table");
    homeless.subnets.clear();
    let id = homeless.id.clone();
    assert_eq!(found(account.clone(), NAT), [format!("warning home-unknown: {id}")]);
    let advised = NAT.replacen("gateway =", &format!("tables = [\"{id}\"]\ngateway ="), 1);
    assert_eq!(found(account, &advised), Vec::<String>::new());
}

/// The topology of a kind, which says of each member where it is.
fn placed(kind: Kind) -> String {
    let member = "member = \"orders-use1\"\n";
    kind.topology("").replace(member, &format!("{member}region = \"us-east-1\"\n"))
}

//! What makes Route 53 refuse changes: protections and guardrails.

use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_route53::{Route53Account, sandbox::Protected};
use crossover_sandbox::Account;
use crossover_tests::{
    database,
    dns::{ALARM_HOME, Way},
    stage::Stage,
};

use super::{alarm, run};
use crate::audit::{findings, line};

fn protect(account: &mut Account, name: &str, kind: &str) {
    let protected = Protected { name: name.to_owned(), kind: kind.to_owned() };
    account.route53_mut().hosted_zones[0].protections.push(protected);
}

fn found(account: Account, topology: &str) -> Vec<String> {
    findings(account, topology).iter().map(line).collect()
}

#[test]
fn a_protected_record_is_found_and_named_when_route_53_refuses() {
    for way in [Way::Failover, Way::Weighted, Way::Simple, Way::Latency] {
        let mut account = way.account();
        protect(&mut account, "www.example.com.", "A");
        let lines = found(account.clone(), &way.topology());
        assert!(lines.contains(&"error record-protected: www.example.com A".to_owned()), "{way:?}: {lines:#?}");
        run(async {
            let mut stage = Stage::with(account, &way.topology());
            let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(answer.outcome, Outcome::Failed, "{answer:?}");
            let mail = stage.mail();
            assert!(mail.contains("[name='www.example.com.', type='A'") && mail.contains("protected"), "{mail}");
        });
    }
    for way in [Way::BeaconObject, Way::BeaconMetric, Way::RoutingControl] {
        let mut account = way.account();
        protect(&mut account, "www.example.com.", "A");
        assert!(!found(account, &way.topology()).iter().any(|line| line.contains("protected")), "{way:?} changes no record");
    }
}

#[test]
fn a_guardrail_is_found_and_named_when_route_53_refuses() {
    let way = Way::Simple;
    let mut account = way.account();
    account.route53_mut().hosted_zones[0].guardrails = ["ACTIVE_RECORD_CHECK".to_owned(), "NS_FORMAT_CHECK".to_owned()].into();
    let lines = found(account.clone(), &way.topology());
    assert!(lines.contains(&"warning change-guardrail: zone Z0001".to_owned()), "{lines:#?}");
    run(async {
        let mut stage = Stage::with(account, &way.topology());
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Failed, "{answer:?}");
        assert!(stage.mail().contains("ACTIVE_RECORD_CHECK"), "{}", stage.mail());
    });
}

#[test]
fn a_writers_record_that_is_protected_is_found() {
    let kind = database::Kind::Aurora;
    let mut account = kind.account();
    protect(&mut account, database::RECORD, "CNAME");
    let lines = found(account, &kind.topology(""));
    assert!(lines.contains(&"error record-protected: orders-db.internal.example.com CNAME".to_owned()), "{lines:#?}");
}

#[test]
fn protections_that_the_check_may_not_read_are_a_warning() {
    let mut account = Way::Failover.account();
    account.denied.insert("route53:ListResourceRecordSetProtections".to_owned());
    let lines = found(account, &Way::Failover.topology());
    assert!(lines.contains(&"warning unreadable: protections of zone Z0001".to_owned()), "{lines:#?}");
}

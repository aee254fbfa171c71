//! The address record that nobody declared, of a name whose other one is switched.

use crossover_route53::{AliasTarget, RecordAnswer, RecordSet, Route53Account, Routing};
use crossover_sandbox::Account;
use crossover_tests::dns::{Way, ZONE};

use super::{dns, finds, line};

const TWIN: &str = "warning undeclared: www.example.com AAAA";

/// The same record sets for IPv6.
fn twin(account: &mut Account) {
    let sets = &mut account.route53_mut().hosted_zones[0].record_sets;
    let of_www = sets.iter().filter(|set| set.name == "www.example.com.").cloned();
    let over_ipv6 = |set: RecordSet| RecordSet {
        kind: "AAAA".to_owned(),
        answer: RecordAnswer::Values { ttl: 60, values: vec!["2001:db8::1".to_owned()] },
        ..set
    };
    let twins: Vec<RecordSet> = of_www.map(over_ipv6).collect();
    sets.extend(twins);
}

#[test]
fn an_undeclared_twin_of_a_switched_address_record_is_found() {
    for way in [Way::Failover, Way::Weighted, Way::Simple, Way::Latency] {
        let what = finds(way, twin, TWIN);
        assert!(what.contains("clients that use IPv6 stay where it leads"), "{what}");
    }
    // The other way: of a declared AAAA record, the A record.
    let of_apex = |account: &mut Account| {
        let set = &account.route53().hosted_zones[0].record_sets[0];
        let set = RecordSet { name: "example.com.".to_owned(), set_id: None, routing: Routing::Simple, ..set.clone() };
        account.route53_mut().hosted_zones[0].record_sets.push(set);
    };
    finds(Way::Failover, of_apex, "warning undeclared: example.com A");
}

#[test]
fn a_twin_that_is_switched_with_its_record_is_in_order() {
    for way in [Way::BeaconObject, Way::BeaconMetric, Way::RoutingControl] {
        assert!(dns(way, twin).iter().all(|finding| line(finding) != TWIN), "{way:?}: by the same health checks");
        let unchecked = |account: &mut Account| {
            twin(account);
            let sets = &mut account.route53_mut().hosted_zones[0].record_sets;
            sets.iter_mut()
                .filter(|set| set.kind == "AAAA" && set.name == "www.example.com.")
                .for_each(|set| set.health_check = None);
        };
        finds(way, unchecked, TWIN);
    }
    let alias = |account: &mut Account| {
        let to = AliasTarget { zone: ZONE.to_owned(), name: "example.com".to_owned(), evaluate_target_health: true };
        let set = RecordSet {
            name: "www.example.com.".to_owned(),
            kind: "AAAA".to_owned(),
            set_id: None,
            routing: Routing::Simple,
            health_check: None,
            answer: RecordAnswer::Alias(to),
        };
        account.route53_mut().hosted_zones[0].record_sets.push(set);
    };
    assert!(dns(Way::Failover, alias).iter().all(|finding| line(finding) != TWIN), "an alias of a declared AAAA record");
}

//! The rules of a check: each has an id of its own, and texts for the reference page.

use std::collections::{BTreeMap, BTreeSet};

use crossover_kinds::registry;

/// The ids by which topologies accept findings. A published id must not change.
const IDS: &[&str] = &[
    "accelerated-recovery",
    "alarm-actions-disabled",
    "alarm-dependent",
    "alarm-missing",
    "alarm-muted",
    "alarm-not-evaluated",
    "alarm-unheard",
    "alarm-without-data",
    "balancer-zone",
    "bucket-replication",
    "bucket-versions",
    "cache-alone",
    "cache-failover",
    "cache-zones",
    "change-guardrail",
    "cluster-alone",
    "control-plane",
    "cross-zone",
    "database-alone",
    "engine-version",
    "fence-group",
    "fence-open",
    "gateway-unable",
    "group-health",
    "group-room",
    "group-zone",
    "health-check-missing",
    "health-check-shared",
    "home-unknown",
    "image-region",
    "journal-unusable",
    "long-ttl",
    "missing",
    "no-destination",
    "no-evidence",
    "no-instance",
    "no-probe",
    "no-rollback",
    "no-standby",
    "not-allowed",
    "not-available",
    "not-looked-at",
    "nothing-to-move",
    "one-administrator",
    "one-listener",
    "one-nat",
    "one-origin",
    "pending-changes",
    "place-unknown",
    "probe-elsewhere",
    "probe-not-alone",
    "record-protected",
    "record-unfit",
    "replica-behind",
    "replica-key",
    "replica-parameters",
    "rights-unknown",
    "root-keys",
    "root-mfa",
    "side-unable",
    "slow",
    "snapshot-old",
    "snapshot-region",
    "table-recovery",
    "table-replica",
    "undeclared",
    "undeclared-side",
    "undeclared-target",
    "unreadable",
    "unused-key",
    "unused-user",
    "vpn-customer-gateway",
    "vpn-tunnel",
    "would-be-held",
];

#[test]
fn every_rule_has_an_id_of_its_own() {
    let mut ids = BTreeSet::new();
    for rule in registry().rules() {
        assert!(ids.insert(rule.id), "there are two rules {}", rule.id);
    }
    assert!(IDS.iter().copied().eq(ids.iter().copied()), "{ids:#?}");
}

#[test]
fn only_kinds_share_a_rule() {
    let kinds = registry().words();
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (owner, rules) in registry().rule_groups() {
        for rule in rules {
            owners.entry(rule.id).or_default().push(owner);
        }
    }
    for (rule, owners) in owners {
        let are_kinds = owners.iter().all(|owner| kinds.contains(owner));
        let are_different = owners.iter().collect::<BTreeSet<_>>().len() == owners.len();
        assert!(owners.len() == 1 || are_kinds && are_different, "{rule} is of {owners:?}");
    }
}

#[test]
fn every_rule_explains_itself() {
    for rule in registry().rules() {
        assert!(!rule.title.is_empty() && !rule.title.ends_with('.'), "{rule:?}: {}", rule.title);
        for text in [rule.meaning, rule.remedy] {
            assert!(text.ends_with('.') && !text.contains("  "), "{rule:?}: {text}");
        }
        assert!(rule.warning_when.is_none_or(|when| !when.is_empty() && !when.ends_with('.')), "{rule:?}");
    }
}

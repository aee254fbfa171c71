//! What makes Route 53 refuse changes of record sets, whoever makes them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::{
    error::CloudError,
    finding::{Finding, Rule},
    rules::UNREADABLE,
};

use crate::HostedZone;

const PROTECTIONS: &str = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/rrset-protection.html";
const GUARDRAILS: &str = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-change-guardrails.html";

/// The guardrails that reject deleting a record set that is in use (Route 53 API Reference, `ChangeGuardrail`).
const OF_DELETIONS: [&str; 2] = ["ACTIVE_RECORD_CHECK", "ALIAS_TARGET_CHECK"];

/// A protected record.
pub const RECORD_PROTECTED: Rule = Rule::error(
    "record-protected",
    "A DNS record is protected from changes",
    "The hosted zone has a protection for the name and type of the record. Route 53 rejects each change of it, whoever makes it, until \
     the protection is deleted, and so each batch of a crossover with this record.",
    "Delete the protection (`aws route53 delete-resource-record-set-protections`), or switch the record through a beacon or a routing \
     control, which changes no record.",
);
/// A zone whose guardrails may refuse a crossover.
pub const CHANGE_GUARDRAIL: Rule = Rule::warning(
    "change-guardrail",
    "A guardrail of a hosted zone may reject a crossover",
    "The guardrail rejects deleting a record that is in use. Crossover deletes each record set as it was read and creates it again, in \
     one batch, so that no other edit is overwritten. AWS does not document whether the guardrail accepts a deletion that the same \
     batch makes up for.",
    "Try a switchover in a quiet hour. If Route 53 rejects it, turn the guardrail off for this zone.",
);

/// The finding for protections that could not be read: a crossover does not read them.
#[must_use]
pub fn unread_protections(zone: &str, error: &CloudError) -> Finding {
    let fix = "allow route53:ListResourceRecordSetProtections on the zone to the role of the check";
    UNREADABLE.finding(format!("protections of {zone}"), format!("could not be read: {error}"), fix).lowered()
}

/// Findings on records that a crossover changes, each by its name as Route 53 writes it and its type, with its name for people.
#[must_use]
pub fn refusals(
    id: &str,
    zone: &HostedZone,
    protected: &BTreeSet<(String, String)>,
    changed: &BTreeMap<(String, String), String>,
) -> Vec<Finding> {
    let of_record = |(record, shown): (&(String, String), &String)| {
        let what = "has a protection, so Route 53 rejects each change of it";
        let fix = format!(
            "aws route53 delete-resource-record-set-protections --hosted-zone-id {id} --protections 'RecordName={},RecordType={}'",
            record.0, record.1
        );
        protected.contains(record).then(|| RECORD_PROTECTED.finding(shown, what, fix).see(PROTECTIONS))
    };
    let on: Vec<&str> = OF_DELETIONS.into_iter().filter(|name| zone.guardrails.contains(*name)).collect();
    let guarded = (!on.is_empty() && !changed.is_empty()).then(|| {
        let what = format!(
            "has {} on, which may reject a crossover: it deletes each record set and creates it again in one batch",
            on.join(" and ")
        );
        let fix = "try a switchover in a quiet hour, and turn the guardrail off for this zone if Route 53 rejects it";
        CHANGE_GUARDRAIL.finding(format!("zone {id}"), what, fix).see(GUARDRAILS)
    });
    changed.iter().filter_map(of_record).chain(guarded).collect()
}

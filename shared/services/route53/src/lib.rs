//! Route 53: record sets, the step that changes them, and health checks.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
mod failures;
mod health_checks;
mod name;
mod record;
mod records;
mod refusals;
mod rights;
mod rules;
pub mod sandbox;
mod section;
mod step;

#[cfg(feature = "aws")]
pub use aws::{Route53HealthChecks, Route53Records};
pub use failures::HealthCheckFails;
pub use health_checks::{CheckerReport, HealthCheck, HealthChecks};
pub use name::as_route53_writes;
pub use record::Route53Notes;
pub use records::{
    AliasTarget, BATCH_CHARACTERS, BATCH_VALUES, ChangeStatus, HostedZone, PAGE_RECORD_SETS, RecordAnswer, RecordChange,
    RecordPage, RecordPosition, RecordSet, Records, Role, Routing,
};
pub use refusals::{CHANGE_GUARDRAIL, RECORD_PROTECTED, refusals, unread_protections};
pub use rights::records_rights;
pub use rules::RECORD_UNFIT;
pub use sandbox::{Route53, Route53Account};
pub use step::{RecordsStep, read_record_sets};

//! Route 53: record sets, the step that changes them, and health checks.

mod health_checks;
mod record;
mod records;
mod rights;
pub mod sandbox;
mod step;

pub use health_checks::{CheckerReport, HealthCheck, HealthChecks};
pub use record::{Named, Route53Notes};
pub use records::{
    AliasTarget, BATCH_CHARACTERS, BATCH_VALUES, ChangeStatus, HostedZone, PAGE_RECORD_SETS, RecordAnswer, RecordChange,
    RecordPage, RecordPlace, RecordSet, Records, Role, Routing,
};
pub use rights::records_rights;
pub use sandbox::{Route53, Route53Account};
pub use step::{RecordsStep, read_record_sets};

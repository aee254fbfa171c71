//! Route 53 on the AWS SDK.

mod health_checks;
mod raw;
mod read;
mod records;

#[cfg(all(test, feature = "canned"))]
mod tests;
mod write;

pub use health_checks::Route53HealthChecks;
pub use records::Route53Records;

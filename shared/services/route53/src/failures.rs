//! The failures of Route 53 in a drill.

use crossover_sandbox::{Account, rehearsal::Failure};
use jiff::Timestamp;

use crate::sandbox::{Route53Account, Watches};

/// The number of checkers of an endpoint, if the account does not state it.
const CHECKERS: usize = 15;

/// A health check whose endpoint no longer responds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheckFails(pub String);

impl Failure for HealthCheckFails {
    fn in_words(&self) -> Option<String> {
        Some(format!("health check {} fails", self.0))
    }

    fn apply(&self, account: &mut Account, _: Timestamp) {
        for check in account.route53_mut().health_checks.iter_mut().filter(|check| check.id == self.0) {
            // An inverted health check fails while its endpoint passes.
            if let Watches::Endpoint(reports) = &mut check.watches {
                *reports = vec![check.inverted; if reports.is_empty() { CHECKERS } else { reports.len() }];
            }
        }
    }

    fn restore(&self, account: &mut Account, before: &Account, _: Timestamp) {
        for check in account.route53_mut().health_checks.iter_mut().filter(|check| check.id == self.0) {
            if let Some(was) = before.route53().health_checks.iter().find(|was| was.id == self.0) {
                check.watches.clone_from(&was.watches);
            }
        }
    }
}

//! The result of a kind's audit of one target.

use crossover_model::{estimate::Estimate, finding::Finding, permission::Right};

/// The result of a kind's audit of one target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Audited {
    /// The findings, without those on alarms and permissions.
    pub findings: Vec<Finding>,
    /// The permissions that its crossovers need; empty where the caller is not known.
    pub rights: Vec<Right>,
    /// The estimates of its crossovers.
    pub estimates: Vec<Estimate>,
}

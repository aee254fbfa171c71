//! What a kind has to say of one target in a check.

use crossover_model::{estimate::Estimate, finding::Finding, permission::Right};

/// What a kind has to say of one target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Audited {
    /// What is found, but for its alarms and its rights.
    pub findings: Vec<Finding>,
    /// What has to be allowed for its crossovers; nothing where it is not known who would make them.
    pub rights: Vec<Right>,
    /// How long they would take.
    pub estimates: Vec<Estimate>,
}

//! Reads of alarms.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::{
    alarm::{AlarmReading, Muted},
    error::CloudError,
};

/// The limits of the service for reads of alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlarmReads {
    /// The operation, as errors name it.
    pub operation: &'static str,
    /// Calls a second that the service accepts, in each account and Region.
    pub per_second: u32,
}

/// Reads of alarms.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// The operation that reads alarms, and its limits.
    fn reads(&self) -> AlarmReads;

    /// The command that enables the actions of an alarm of this name or ARN.
    fn enable_actions(&self, alarm: &str) -> String;

    /// The alarms of all types of these names or ARNs, by the name as given. An alarm that does not exist is
    /// missing from the answer. At most [`crossover_model::correlation::ALARMS_A_CALL`] alarms, of one Region.
    async fn read_alarms(&self, names: &BTreeSet<String>) -> Result<BTreeMap<String, AlarmReading>, CloudError>;

    /// Those of these names or ARNs whose actions a rule mutes now. Of any number of alarms and Regions.
    async fn read_muted(&self, names: &BTreeSet<String>) -> Result<Muted, CloudError>;
}

//! Reads of alarms.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_model::{alarm::AlarmReading, error::CloudError};

/// Reads of alarms.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// The alarms (metric and composite) of these names or ARNs, by the name as given; one that
    /// does not exist is missing from the answer. At most 100, of one Region (`DescribeAlarms`).
    async fn read_alarms(&self, names: &BTreeSet<String>) -> Result<BTreeMap<String, AlarmReading>, CloudError>;
}

//! The notice topic.

use async_trait::async_trait;
use crossover_model::{error::CloudError, notice::Publication};

/// Sends notices.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Publishes and returns the message id.
    async fn publish(&self, publication: &Publication) -> Result<String, CloudError>;
}

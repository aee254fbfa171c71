//! Lambda: invoking functions.

#[cfg(feature = "aws")]
mod aws;

use async_trait::async_trait;
use crossover_model::error::CloudError;

#[cfg(feature = "aws")]
pub use aws::LambdaFunctions;

/// Invokes functions, and waits for what they answer.
#[async_trait]
pub trait Functions: Send + Sync {
    /// Invokes a function by its name, with its alias or version, or by its ARN (`Invoke`). That the function failed is in
    /// what the invocation came to.
    async fn invoke(&self, function: &str, payload: &[u8]) -> Result<Invoked, CloudError>;
}

/// What an invocation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// What the function answered, or what Lambda says of its failure.
    pub payload: Vec<u8>,
    /// Whether the function failed (`X-Amz-Function-Error`); the payload is Lambda's own then.
    pub failed: bool,
}

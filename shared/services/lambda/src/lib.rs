//! Lambda: invoking functions.

#[cfg(feature = "aws")]
mod aws;

use async_trait::async_trait;
use crossover_model::error::CloudError;

#[cfg(feature = "aws")]
pub use aws::LambdaFunctions;

/// Invokes functions, and waits for their responses.
#[async_trait]
pub trait Functions: Send + Sync {
    /// Invokes a function by its name, with its alias or version, or by its ARN (`Invoke`). A failure of the function is in
    /// the result, not an error.
    async fn invoke(&self, function: &str, payload: &[u8]) -> Result<Invoked, CloudError>;
}

/// The result of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// The function's response, or Lambda's description of its failure.
    pub payload: Vec<u8>,
    /// Whether the function failed (`X-Amz-Function-Error`); the payload is then Lambda's own.
    pub failed: bool,
}

//! Rate limits of calls.

use serde::{Deserialize, Serialize};

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Calls at once.
    pub burst: u32,
    /// Calls a second after that.
    pub per_second: u32,
}

//! Parsing of payloads.

use crossover_model::trigger::{Own, Parsed};
use serde_json::Value;

/// Parses the payloads of a function.
pub trait Payloads: Send + Sync {
    /// Parses a payload. A malformed record does not affect the records beside it. An alarm of an account or Region other
    /// than `own` is identified only by its ARN, as an alarm of ours may have the same name.
    fn parse(&self, payload: &Value, own: Option<&Own>) -> Parsed;

    /// A description of the accepted payloads, for errors.
    fn understood(&self) -> String;
}

//! Payloads, understood.

use crossover_model::trigger::{Own, Parsed};
use serde_json::Value;

/// Understands the payloads of a function.
pub trait Payloads: Send + Sync {
    /// Reads a payload. Nothing in it can stop the records beside it from being understood. An alarm of another account or
    /// Region than `own` is known by its ARN alone, as one of ours may bear the same name.
    fn parse(&self, payload: &Value, own: Option<&Own>) -> Parsed;

    /// What a payload can be, for those who sent something else.
    fn understood(&self) -> String;
}

//! Payloads that are not JSON still reach the controller, which refuses and tells them.

use lambda_runtime::LambdaInvocation;
use serde_json::Value;

/// How much of such a payload is kept, in characters.
const KEPT: usize = 4096;

/// Puts a JSON string that quotes the body in the place of one that is not JSON.
pub(crate) fn readable(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if let Some(quoted) = quoted(&invocation.body) {
        invocation.body = quoted.into();
    }
    invocation
}

fn quoted(body: &[u8]) -> Option<String> {
    // Read as what the runtime will read it as: some texts are JSON, but not for a `Value`.
    if serde_json::from_slice::<Value>(body).is_ok() {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let mut kept: String = text.chars().take(KEPT).collect();
    if kept.len() < text.len() {
        // So marked, it can never be JSON that the whole was not.
        kept.push('…');
    }
    Some(Value::String(kept).to_string())
}

#[cfg(test)]
mod tests;

//! Payloads that are not JSON still reach the controller, which refuses and reports them.

use lambda_runtime::LambdaInvocation;
use serde_json::Value;

/// The most characters of such a payload that are kept.
const KEPT: usize = 4096;

/// Replaces a body that is not JSON by a JSON string that quotes it.
pub(crate) fn readable(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if let Some(quoted) = quoted(&invocation.body) {
        invocation.body = quoted.into();
    }
    invocation
}

fn quoted(body: &[u8]) -> Option<String> {
    // Parsed as the runtime parses it: some texts are JSON, but not a valid `Value`.
    if serde_json::from_slice::<Value>(body).is_ok() {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let mut kept: String = text.chars().take(KEPT).collect();
    if kept.len() < text.len() {
        // The mark prevents a truncated body from being valid JSON.
        kept.push('…');
    }
    Some(Value::String(kept).to_string())
}

#[cfg(test)]
mod tests;

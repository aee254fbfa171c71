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
    let error = serde_json::from_slice::<Value>(body).err()?;
    let text: String = String::from_utf8_lossy(body).chars().take(KEPT).collect();
    Some(Value::String(format!("not JSON ({error}): {text}")).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_as_it_is() {
        assert_eq!(quoted(br#"{"command":"plan"}"#), None);
    }

    #[test]
    fn anything_else_becomes_a_string() {
        let deep = "[".repeat(100_000);
        for body in [&br#"{"source":"aws.clo"#[..], b"", b"\xff\xfe{", b"1e999", b"{} {}", deep.as_bytes()] {
            let quoted = quoted(body).unwrap();
            assert!(serde_json::from_str::<String>(&quoted).unwrap().starts_with("not JSON ("), "{quoted}");
            assert!(quoted.len() < 2 * KEPT);
        }
    }
}

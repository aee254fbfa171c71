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
mod tests {
    use super::*;

    #[test]
    fn json_stays_as_it_is() {
        assert_eq!(quoted(br#"{"command":"plan"}"#), None);
    }

    #[test]
    fn anything_else_becomes_a_string() {
        let deep = "[".repeat(100_000);
        let padded = format!(r#"{{"command":"plan"}}{}x"#, " ".repeat(KEPT));
        for body in [&br#"{"source":"aws.clo"#[..], b"", b"\xff\xfe{", b"1e999", b"{} {}", deep.as_bytes(), padded.as_bytes()] {
            let quoted = quoted(body).unwrap();
            let text: String = serde_json::from_str(&quoted).unwrap();
            assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
            assert!(quoted.len() < 2 * KEPT);
        }
    }
}

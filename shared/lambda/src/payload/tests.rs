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

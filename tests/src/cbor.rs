//! JSON as CBOR (RFC 8949), as CloudWatch speaks it.

use serde_json::Value;

/// Encodes a value. Whole numbers alone; what is named `…Timestamp` is one of seconds since 1970.
pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(value, &mut bytes);
    bytes
}

fn write(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::Null => to.push(0xf6),
        Value::Bool(false) => to.push(0xf4),
        Value::Bool(true) => to.push(0xf5),
        Value::Number(number) => head(0, number.as_u64().expect("a whole number"), to),
        Value::String(text) => write_text(text, to),
        Value::Array(values) => {
            head(4, values.len() as u64, to);
            for value in values {
                write(value, to);
            }
        }
        Value::Object(pairs) => {
            head(5, pairs.len() as u64, to);
            for (key, value) in pairs {
                write_text(key, to);
                if key.ends_with("Timestamp") {
                    head(6, 1, to);
                }
                write(value, to);
            }
        }
    }
}

fn write_text(text: &str, to: &mut Vec<u8>) {
    head(3, text.len() as u64, to);
    to.extend(text.as_bytes());
}

/// The type and its number, which is written in as many bytes as it takes.
fn head(kind: u8, number: u64, to: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let (mark, length) = match number {
        0..=23 => (bytes[7], 0),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    to.push(kind << 5 | mark);
    to.extend(&bytes[8 - length..]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_texts_are_as_long_as_they_must_be() {
        // RFC 8949, appendix A.
        assert_eq!(encode(&json!(23)), [0x17]);
        assert_eq!(encode(&json!(1_000_000)), [0x1a, 0x00, 0x0f, 0x42, 0x40]);
        assert_eq!(encode(&json!({ "a": 1, "b": [2, 3] })), [0xa2, 0x61, 0x61, 0x01, 0x61, 0x62, 0x82, 0x02, 0x03]);
        assert_eq!(encode(&json!({ "aTimestamp": 24 }))[12..], [0xc1, 0x18, 0x18]);
        assert_eq!(encode(&json!("x".repeat(256)))[..3], [0x79, 0x01, 0x00]);
    }
}

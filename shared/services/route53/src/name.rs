//! Names as Route 53 writes them (Route 53 Developer Guide, "DNS domain name format").

use std::fmt::Write;

/// The name as Route 53 writes it: in lower case, with a final dot, and every character except
/// letters, digits, `-` and `_` as an octal escape, as in `\052.example.com.`
#[must_use]
pub fn as_route53_writes(name: &str) -> String {
    let mut written = String::new();
    let mut rest = name.trim_end_matches('.').as_bytes().iter();
    while let Some(&byte) = rest.next() {
        let escaped = (byte == b'\\').then(|| octal(rest.as_slice())).flatten();
        if escaped.is_some() {
            rest.nth(2);
        }
        let plain = escaped.unwrap_or(byte).to_ascii_lowercase();
        if (plain == b'.' && escaped.is_none()) || plain.is_ascii_alphanumeric() || b"-_".contains(&plain) {
            written.push(char::from(plain));
        } else {
            // Writing to a string can't fail.
            let _ = write!(written, "\\{plain:03o}");
        }
    }
    written + "."
}

/// The byte of an octal escape, from its three digits.
fn octal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits.get(..3)?).ok()?;
    u8::from_str_radix(digits, 8).ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()))
}

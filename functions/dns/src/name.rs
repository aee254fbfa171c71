//! Names as Route 53 writes them, and as people do (Route 53 Developer Guide, "DNS domain name format").

use std::fmt::Write;

/// The name as Route 53 writes it: in lower case, with a final dot, and every character except
/// letters, digits, `-` and `_` as an octal escape, as in `\052.example.com.`
#[must_use]
pub(crate) fn as_route53_writes(name: &str) -> String {
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

/// The name as people write it: without the final dot, a wildcard as `*`.
#[must_use]
pub(crate) fn as_people_write(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*")
}

/// The byte of an octal escape, from its three digits.
fn octal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits.get(..3)?).ok()?;
    u8::from_str_radix(digits, 8).ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Whether DNS allows the name: labels of 1 to 63 bytes, 255 in all, a wildcard only as the whole first label.
///
/// # Errors
/// The problem, in words.
pub(crate) fn check(name: &str) -> Result<(), String> {
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    if name.len() > 255 || labels.iter().any(|label| label.is_empty() || label.len() > 63) {
        return Err("is not a DNS name: a label has 1 to 63 characters, a name at most 255".to_owned());
    }
    if labels.len() < 2 {
        return Err("has only one label; expected a full name, as in \"www.example.com\"".to_owned());
    }
    let stray = |(index, label): (usize, &&str)| label.contains('*') && (index > 0 || **label != *"*");
    if labels.iter().enumerate().any(stray) {
        return Err("has a * that is not the whole first label; expected a wildcard as in \"*.example.com\"".to_owned());
    }
    if !name.is_ascii() || name.contains(char::is_whitespace) {
        return Err("has characters that DNS encodes; use Route 53's form, as in \"xn--…\"".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;

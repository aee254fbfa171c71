//! Names as Route 53 writes them, and as people do (Route 53 Developer Guide, "DNS domain name format").

pub(crate) use crossover_route53::as_route53_writes;

/// The name as people write it: without the final dot, a wildcard as `*`.
#[must_use]
pub(crate) fn as_people_write(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*")
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

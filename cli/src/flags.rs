//! The flags of this command that the next one needs too, to work in the same place. Pure but for the environment.

/// A flag, its value when it was given, and the variable that may say the same.
pub(crate) type Flag<'a> = (&'a str, Option<String>, Option<&'a str>);

/// The flags as they follow a command that is printed. What a variable says is left out, as it says it to the next command too.
pub(crate) fn flags<'a>(all: impl IntoIterator<Item = Flag<'a>>) -> String {
    let said = |variable: Option<&str>, value: &str| variable.and_then(std::env::var_os).is_some_and(|said| said == value);
    let mut flags = String::new();
    for (flag, value, variable) in all {
        if let Some(value) = value.filter(|value| !said(variable, value)) {
            flags.extend([" ", flag, " ", &quoted(&value)]);
        }
    }
    flags
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@%+=,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A name that was given: an empty variable names nothing.
pub(crate) fn named(name: Option<&String>) -> Option<&str> {
    name.map(String::as_str).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_is_given_again() {
        let file = |name: &str| Some(name.to_owned());
        assert_eq!(flags([]), "");
        assert_eq!(
            flags([("--account", file("my account's.json"), None), ("--topology", file("t.toml"), Some("NO_SUCH_VARIABLE"))]),
            r" --account 'my account'\''s.json' --topology t.toml"
        );
        assert_eq!(flags([("--account", None, None), ("--stack", file(""), None)]), " --stack ''");
    }

    #[test]
    fn what_a_variable_says_is_not_repeated() {
        let path = std::env::var_os("PATH").and_then(|path| path.into_string().ok());
        assert_eq!(flags([("--topology", path.clone(), Some("PATH"))]), "");
        assert!(path.is_some());
    }
}

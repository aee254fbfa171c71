//! The flags that a suggested command needs to use the same backend. Pure, except that it reads the environment.

use crossover_model::text::quoted;

/// A flag, its value if given, and the environment variable that may set it.
pub(crate) type Flag<'a> = (&'a str, Option<String>, Option<&'a str>);

/// The flags to append to a printed command. Values that the environment already sets are left out.
pub(crate) fn flags<'a>(all: impl IntoIterator<Item = Flag<'a>>) -> String {
    let is_set = |variable: Option<&str>, value: &str| variable.and_then(std::env::var_os).is_some_and(|set| set == value);
    let mut flags = String::new();
    for (flag, value, variable) in all {
        if let Some(value) = value.filter(|value| !is_set(variable, value)) {
            flags.extend([" ", flag, " ", &quoted(&value)]);
        }
    }
    flags
}

/// A name that was given; an empty one, as from an empty variable, counts as none.
pub(crate) fn named(name: Option<&String>) -> Option<&str> {
    name.map(String::as_str).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_flags_are_repeated() {
        let file = |name: &str| Some(name.to_owned());
        assert_eq!(flags([]), "");
        assert_eq!(
            flags([("--account", file("my account's.json"), None), ("--topology", file("t.toml"), Some("NO_SUCH_VARIABLE"))]),
            r" --account 'my account'\''s.json' --topology t.toml"
        );
        assert_eq!(flags([("--account", None, None), ("--stack", file(""), None)]), " --stack ''");
    }

    #[test]
    fn values_from_the_environment_are_not_repeated() {
        let path = std::env::var_os("PATH").and_then(|path| path.into_string().ok());
        assert_eq!(flags([("--topology", path.clone(), Some("PATH"))]), "");
        assert!(path.is_some());
    }
}

//! Logs: one line of JSON for each event, on standard output.

use tracing_subscriber::EnvFilter;

/// Starts the logs at the level of `AWS_LAMBDA_LOG_LEVEL`, else of `RUST_LOG`, else `info`.
pub fn init(variable: impl Fn(&str) -> Option<String>) {
    let filter = EnvFilter::try_new(directives(variable)).unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        // Events name the target that is crossed over in a field of that name.
        .with_target(false)
        .with_env_filter(filter);
    // A second start keeps the first.
    let _ = logs.try_init();
}

fn directives(variable: impl Fn(&str) -> Option<String>) -> String {
    let filled = |name| variable(name).filter(|value| !value.trim().is_empty());
    match filled("AWS_LAMBDA_LOG_LEVEL").or_else(|| filled("RUST_LOG")) {
        // Lambda knows a level above error.
        Some(level) if level.eq_ignore_ascii_case("fatal") => "error".to_owned(),
        Some(level) => level.to_lowercase(),
        None => "info".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> String {
        directives(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn lambdas_own_setting_comes_first() {
        assert_eq!(of(&[]), "info");
        assert_eq!(of(&[("RUST_LOG", "info,hyper=warn")]), "info,hyper=warn");
        assert_eq!(of(&[("RUST_LOG", "trace"), ("AWS_LAMBDA_LOG_LEVEL", "DEBUG")]), "debug");
        assert_eq!(of(&[("AWS_LAMBDA_LOG_LEVEL", "FATAL")]), "error");
    }
}

//! Logs: one line of JSON for each event, on standard output.

use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    registry,
    util::SubscriberInitExt,
};

/// Starts the logs at the level of `AWS_LAMBDA_LOG_LEVEL`, else of `RUST_LOG`, else `info`.
pub fn init(variable: impl Fn(&str) -> Option<String>) {
    let logs = fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        // Events have the crossover's target in a field of that name.
        .with_target(false)
        .with_filter(filter(&directives(variable)));
    // Starting twice keeps the first subscriber.
    let _ = registry().with(logs).try_init();
}

/// Levels by module, as in `info,hyper=warn`. An `EnvFilter` would link a regex engine into every function.
fn filter(directives: &str) -> Targets {
    directives.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO))
}

fn directives(variable: impl Fn(&str) -> Option<String>) -> String {
    let filled = |name| variable(name).filter(|value| !value.trim().is_empty());
    match filled("AWS_LAMBDA_LOG_LEVEL").or_else(|| filled("RUST_LOG")) {
        // Lambda has a level above error.
        Some(level) if level.eq_ignore_ascii_case("fatal") => "error".to_owned(),
        Some(level) => level.to_lowercase(),
        None => "info".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

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

    #[test]
    fn levels_are_those_of_the_module_and_info_when_they_are_not_understood() {
        let lets = |directives: &str, module: &str, level| filter(directives).would_enable(module, &level);
        assert!(lets("info", "crossover_lambda", Level::INFO) && !lets("info", "crossover_lambda", Level::DEBUG));
        assert!(
            lets("debug,hyper=warn", "crossover_lambda", Level::DEBUG) && !lets("debug,hyper=warn", "hyper::client", Level::INFO)
        );
        assert!(
            lets("debug,hyper=loud", "crossover_lambda", Level::INFO)
                && !lets("debug,hyper=loud", "crossover_lambda", Level::DEBUG)
        );
    }
}

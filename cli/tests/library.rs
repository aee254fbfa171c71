//! The command as a library, for tests and other programs without a separate process.

use std::process::ExitCode;

use crossover_kinds::registry;

#[test]
fn the_library_returns_the_output_of_the_binary() {
    let printed =
        crossover::answer(&registry(), ["crossover", "schema"]).map(|(text, code)| (text.contains("\"$schema\""), code));
    assert_eq!(printed, Ok((true, ExitCode::SUCCESS)));
}

#[test]
fn an_error_is_returned_as_text() {
    let refused = crossover::answer(&registry(), ["crossover", "check", "no-such-file.toml"]);
    assert!(matches!(&refused, Err(why) if why.starts_with("no-such-file.toml: ")), "{refused:?}");
    let unknown = crossover::answer(&registry(), ["crossover", "no-such-verb"]);
    assert!(matches!(&unknown, Err(why) if why.contains("no-such-verb")), "{unknown:?}");
}

//! The command as a library: what a test or another program gets without a process of its own.

use std::process::ExitCode;

use crossover_kinds::registry;

#[test]
fn a_command_line_is_answered_as_the_binary_prints_it() {
    let printed =
        crossover::answer(&registry(), ["crossover", "schema"]).map(|(text, code)| (text.contains("\"$schema\""), code));
    assert_eq!(printed, Ok((true, ExitCode::SUCCESS)));
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let refused = crossover::answer(&registry(), ["crossover", "check", "no-such-file.toml"]);
    assert!(matches!(&refused, Err(why) if why.starts_with("no-such-file.toml: ")), "{refused:?}");
    let unknown = crossover::answer(&registry(), ["crossover", "no-such-verb"]);
    assert!(matches!(&unknown, Err(why) if why.contains("no-such-verb")), "{unknown:?}");
}

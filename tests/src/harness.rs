//! A test target that prints what it counted, whether or not its output is asked for: a small stand-in
//! for the one that captures it (`harness = false`).

use std::process::ExitCode;

/// A test with its name; it says what is broken.
pub type Test = (&'static str, fn() -> Vec<String>);

/// Runs the tests that the arguments choose, as `cargo test` passes them.
#[must_use]
pub fn main(tests: &[Test]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let chosen: Vec<&Test> = tests.iter().filter(|(name, _)| is_chosen(name, &arguments)).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        for (name, _) in chosen {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    let mut code = ExitCode::SUCCESS;
    for (name, test) in chosen {
        let broken = test();
        if broken.is_empty() {
            println!("test {name} ... ok");
        } else {
            println!("{}\ntest {name} ... FAILED", broken.join("\n"));
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn is_chosen(name: &str, arguments: &[String]) -> bool {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let matches = |filter: &str| if has("--exact") { name == filter } else { name.contains(filter) };
    let (mut filters, mut skips) = (Vec::new(), Vec::new());
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        match argument {
            "--skip" => skips.extend(rest.next()),
            "--test-threads" | "--format" | "--color" | "--logfile" | "-Z" => _ = rest.next(),
            flag if flag.starts_with('-') => {}
            filter => filters.push(filter),
        }
    }
    !has("--ignored") && !skips.into_iter().any(matches) && (filters.is_empty() || filters.into_iter().any(matches))
}

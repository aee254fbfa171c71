//! A test target of its own main: `libtest-mimic` takes the arguments of `cargo test` and of nextest and runs the cases, and
//! what these print is seen whether or not it is asked for.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed};

pub use libtest_mimic::Trial;

/// A case with its name; it says what is broken.
pub fn case(name: impl Into<String>, test: impl FnOnce() -> Vec<String> + Send + 'static) -> Trial {
    Trial::test(name, || {
        let broken = test();
        if broken.is_empty() { Ok(()) } else { Err(Failed::from(broken.join("\n"))) }
    })
}

/// Runs the cases that the arguments choose.
#[must_use]
pub fn main(cases: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), cases).exit_code()
}

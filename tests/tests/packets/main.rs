//! Real packets: two zones, two NAT instances and the Internet as network namespaces, the real probes in the private
//! hosts, the emulator's route tables mirrored into the hosts' own, and what it all comes to for a download.
//!
//! It begins itself anew in namespaces of its own, which end with it, however it ends: there is nothing to clean up.

#![expect(clippy::expect_used, clippy::unwrap_in_result, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod cloudwatch;
mod net;
mod outside;
mod probes;
mod story;
mod traffic;

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, ExitCode},
};

use crossover_tests::{
    harness,
    namespaces::{self, Turn, UNSHARE},
};

/// Set in the process that is in them.
const WITHIN: &str = "CROSSOVER_WITHIN_NAMESPACES";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["outside", folder] => runtime().block_on(outside::serve(Path::new(folder))),
        ["traffic"] => traffic::run(),
        _ => {}
    }
    if std::env::var_os(WITHIN).is_some() || arguments.iter().any(|argument| argument == "--list") {
        return harness::main(vec![
            harness::case("an_alarm_is_what_its_last_period_says", cloudwatch::an_alarm_is_what_its_last_period_says),
            harness::case(
                "a_lost_path_is_left_and_what_is_no_lost_path_is_not",
                story::a_lost_path_is_left_and_what_is_no_lost_path_is_not,
            ),
        ]);
    }
    let untested = match namespaces::turn_here() {
        Turn::Test => None,
        Turn::Skip(told) => Some((told, ExitCode::SUCCESS)),
        Turn::Fail(told) => Some((told, ExitCode::FAILURE)),
    };
    if let Some((told, code)) = untested {
        println!("{told}");
        return code;
    }
    let myself = std::env::current_exe().expect("a test's path");
    let error = Command::new("unshare").args(UNSHARE).arg(myself).args(arguments).env(WITHIN, "yes").exec();
    println!("namespaces could not be entered: {error}");
    ExitCode::FAILURE
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

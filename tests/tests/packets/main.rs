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

use crossover_tests::harness;

/// What makes namespaces that are gone as soon as whoever asked for them is.
const UNSHARE: [&str; 6] = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
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
        return harness::main(&[
            ("an_alarm_is_what_its_last_period_says", cloudwatch::an_alarm_is_what_its_last_period_says),
            ("a_lost_path_is_left_and_what_is_no_lost_path_is_not", story::a_lost_path_is_left_and_what_is_no_lost_path_is_not),
        ]);
    }
    if let Err(why) = namespaces_are_permitted() {
        // Where everything else is as it must be, silence would hide that nothing was tested.
        let must = std::env::var_os("CI").is_some() && cfg!(target_os = "linux") && is_root();
        println!("real packets were NOT tested: {why}");
        return if must { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let myself = std::env::current_exe().expect("a test's path");
    let error = Command::new("unshare").args(UNSHARE).arg(myself).args(arguments).env(WITHIN, "yes").exec();
    println!("namespaces could not be entered: {error}");
    ExitCode::FAILURE
}

fn namespaces_are_permitted() -> Result<(), String> {
    let script =
        "mount -t tmpfs none /run && ip link set lo up && ip netns add probe && ip -n probe link add name bridge type bridge";
    let tried = Command::new("unshare").args(UNSHARE).args(["sh", "-c", script]).output();
    let tried = tried.map_err(|error| format!("unshare (util-linux) can't be run: {error}"))?;
    let why =
        || format!("namespaces are not permitted, or iproute2 is missing: {}", String::from_utf8_lossy(&tried.stderr).trim());
    if tried.status.success() { Ok(()) } else { Err(why()) }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

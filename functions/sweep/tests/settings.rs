//! The binary without its settings. Cargo builds a binary for the tests of the workspace only if its own crate has a test.

#![expect(clippy::expect_used, reason = "tests")]

use std::process::Command;

#[test]
fn a_missing_setting_is_named() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossover-sweep"));
    command.env_clear().env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true");
    let output = command.output().expect("the binary");
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && log.contains("CROSSOVER_TABLE is not set"), "{output:?}");
}

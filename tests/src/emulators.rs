//! The AWS emulators, started once for a test process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::LazyLock,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::config::Credentials;
use serde_json::Value;

use crate::top;

/// Where the emulators listen.
pub struct Emulators {
    /// moto, right about EC2.
    pub moto: String,
    /// ministack, right about the rest.
    pub ministack: String,
    // They end when their standard input does, and so with this process, however it ends.
    _process: Child,
}

/// The emulators of this test process.
pub static EMULATORS: LazyLock<Emulators> = LazyLock::new(start);

fn start() -> Emulators {
    let python = top().join(".venv/bin/python");
    assert!(python.exists(), "the emulators are not set up: run the tests by make test");
    let mut process = Command::new(python)
        .arg(top().join("tests/tools/emulators.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the emulators can be started");
    let mut line = String::new();
    let output = process.stdout.take().expect("a pipe");
    BufReader::new(output).read_line(&mut line).expect("the emulators say where they listen");
    let addresses: Value = serde_json::from_str(&line).expect("the emulators came up");
    let address = |name: &str| addresses[name].as_str().expect("an address").to_owned();
    Emulators { moto: address("moto"), ministack: address("ministack"), _process: process }
}

/// A configuration for whatever listens at `endpoint`.
pub async fn config(endpoint: &str) -> SdkConfig {
    crossover_aws::config::load()
        .await
        .into_builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(aws_sdk_ec2::config::SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "tests")))
        .endpoint_url(endpoint)
        .build()
}

//! The AWS emulators, started once for a test process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider};
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

/// Crossover's own configuration, for whatever listens at `endpoint`.
pub async fn config(endpoint: &str) -> SdkConfig {
    let builder = crossover_aws::config::load().await.into_builder();
    builder.region(Region::new("us-east-1")).credentials_provider(credentials()).endpoint_url(endpoint).build()
}

/// A configuration for setting tests up, with all the patience that a busy machine asks for.
pub async fn patient_config(endpoint: &str) -> SdkConfig {
    let limits = TimeoutConfig::builder().operation_timeout(Duration::from_mins(1)).build();
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).region(Region::new("us-east-1"));
    loader.credentials_provider(credentials()).endpoint_url(endpoint).timeout_config(limits).load().await
}

fn credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "tests"))
}

//! What the integration tests share.

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that can't set itself up fails")]

#[cfg(feature = "http")]
pub mod actions;
#[cfg(feature = "wire")]
pub mod arc;
#[cfg(feature = "http")]
mod cbor;
pub mod changes;
pub mod database;
#[cfg(feature = "wire")]
pub mod database_world;
pub mod dns;
#[cfg(feature = "wire")]
pub mod dns_world;
#[cfg(feature = "wire")]
pub mod emulators;
#[cfg(feature = "http")]
mod errors;
pub mod examples;
pub mod fleet;
pub mod harness;
pub mod inputs;
#[cfg(feature = "http")]
pub mod lambda;
#[cfg(feature = "wire")]
pub mod lambda_api;
pub mod layout;
pub mod namespaces;
#[cfg(feature = "http")]
pub mod proxy;
#[cfg(feature = "wire")]
mod rds_world;
#[cfg(feature = "http")]
pub mod replay;
pub mod simulation;
pub mod stage;
#[cfg(feature = "http")]
pub mod stub;
pub mod sweep;
#[cfg(feature = "http")]
pub mod tls;
pub mod verified;
pub mod watch;
#[cfg(feature = "wire")]
pub mod world;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The top of the checkout.
#[must_use]
pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is a folder of the checkout")
}

/// A fixture's path, from its name below `events/`.
#[must_use]
pub fn fixture(name: &str) -> PathBuf {
    top().join("events").join(name)
}

/// A fixture as a payload.
#[must_use]
pub fn payload(name: &str) -> Value {
    let text = std::fs::read_to_string(fixture(name)).expect("a fixture");
    serde_json::from_str(&text).expect("a fixture of JSON")
}

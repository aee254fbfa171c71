//! The real binaries, driven through the Lambda runtime API against the emulators.

#![expect(clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod by_function;
mod check;
mod database;
mod deployed;
mod dns;
mod function;
mod nat;
mod posture;
mod probe;
mod rights;
mod snapshot;

use function::{TIME, respond, topology_file};

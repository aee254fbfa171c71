//! The scheduled check on the sandbox: what it tells, when, and what it does while something is down.

#![expect(clippy::expect_used, reason = "tests")]

mod desk;
mod faults;
mod news;
mod rights;

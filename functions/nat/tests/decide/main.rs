//! The properties of `decide`, over accounts, healths and wishes of every shape, and what it says.

#![expect(clippy::expect_used, reason = "tests")]

mod case;
mod properties;
mod words;

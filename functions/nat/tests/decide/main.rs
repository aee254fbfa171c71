//! The properties of `decide`, over accounts, healths and intents of every shape, and its texts.

#![expect(clippy::expect_used, reason = "tests")]

mod case;
mod properties;
mod words;

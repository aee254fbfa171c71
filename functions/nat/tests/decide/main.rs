//! The properties of `decide`, over arbitrary accounts, healths and intents, and its texts.

#![expect(clippy::expect_used, reason = "tests")]

mod case;
mod properties;
mod words;

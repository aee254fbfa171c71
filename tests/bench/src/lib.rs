//! What the benchmark and its regression tests share.

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a benchmark that can't set itself up fails")]

pub mod figure;
pub mod modelled;
pub mod money;
pub mod parts;

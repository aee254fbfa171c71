//! DynamoDB: the journal.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
pub mod sandbox;
mod store;

#[cfg(feature = "aws")]
pub use aws::DynamoJournal;
pub use sandbox::{DynamoDb, DynamoDbAccount, SandboxJournal};
pub use store::store;

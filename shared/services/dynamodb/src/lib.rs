//! DynamoDB: the journal.

pub mod sandbox;

pub use sandbox::{DynamoDb, DynamoDbAccount, SandboxJournal};

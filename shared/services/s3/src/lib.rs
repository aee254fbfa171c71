//! S3: objects.

mod objects;
mod record;
pub mod sandbox;

pub use objects::{Object, Objects};
pub use record::S3Notes;
pub use sandbox::{S3, S3Account};

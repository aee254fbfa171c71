//! S3: objects.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
mod objects;
mod record;
pub mod sandbox;
mod section;

#[cfg(feature = "aws")]
pub use aws::S3Objects;
pub use objects::{Object, Objects};
pub use record::S3Notes;
pub use sandbox::{S3, S3Account};

//! SNS: notices.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
pub mod sandbox;
mod store;

#[cfg(feature = "aws")]
pub use aws::SnsNotices;
pub use sandbox::{SandboxNotices, Sns, SnsAccount};
pub use store::store;

//! SNS: notices.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
pub mod sandbox;

#[cfg(feature = "aws")]
pub use aws::SnsNotices;
pub use sandbox::{SandboxNotices, Sns, SnsAccount};

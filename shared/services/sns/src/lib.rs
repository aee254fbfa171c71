//! SNS: notices.

pub mod sandbox;

pub use sandbox::{SandboxNotices, Sns, SnsAccount};

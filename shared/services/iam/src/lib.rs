//! IAM and STS: who calls, and what they may do.

pub mod sandbox;

pub use sandbox::SandboxPermissions;

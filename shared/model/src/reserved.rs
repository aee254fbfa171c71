//! Reserved names: records of the journal that are about more than one target.

/// The record that is about all targets. No target can have this name.
pub const EVERYTHING: &str = "*";

/// The record of checks. No target can have this name.
pub const CHECKS: &str = "*checks";

/// The record of the targets' names. No target can have this name.
pub const TARGETS: &str = "*targets";

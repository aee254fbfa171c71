//! Reserved names: records of the journal that are about more than one target.

/// The record that is about all targets; no target can bear this name.
pub const EVERYTHING: &str = "*";

/// The record of checks; no target can bear this name either.
pub const CHECKS: &str = "*checks";

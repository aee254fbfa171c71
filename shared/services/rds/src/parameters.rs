//! The parameter groups of new replicas in another Region than their source (RDS API Reference, `CreateDBInstanceReadReplica`,
//! `DBParameterGroupName`).

/// Whether a parameter group is one of RDS's own, which every Region has.
#[must_use]
pub fn is_default_group(name: &str) -> bool {
    name.starts_with("default.")
}

/// Whether RDS takes a parameter group for a new replica of this engine in another Region.
#[must_use]
pub fn takes_parameter_group(engine: &str) -> bool {
    engine == "mysql" || engine.starts_with("oracle") || engine.starts_with("db2")
}

/// Whether RDS requires one: that of Db2 with one's own license has the ids of the customer and the site.
#[must_use]
pub fn needs_parameter_group(engine: &str, sources: Option<&str>) -> bool {
    engine.starts_with("db2") && sources.is_some_and(|name| !is_default_group(name))
}

//! What RDS describes: with eventual consistency, what was true some time before the call.

use jiff::Timestamp;

use crate::{DbCluster, DbInstance, GlobalCluster};

/// The resources from a time on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Since {
    pub(super) at: Timestamp,
    pub(super) instances: Vec<DbInstance>,
    pub(super) clusters: Vec<DbCluster>,
    pub(super) global_clusters: Vec<GlobalCluster>,
}

/// The resources as a call describes them.
#[derive(Debug, Clone, Copy)]
pub struct Described<'r> {
    /// DB instances of all Regions.
    pub instances: &'r [DbInstance],
    /// Aurora clusters of all Regions.
    pub clusters: &'r [DbCluster],
    /// Aurora global databases.
    pub global_clusters: &'r [GlobalCluster],
}

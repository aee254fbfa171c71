//! Steps that several kinds can use.

mod records;
mod route;

pub use records::{RecordsStep, read_record_sets};
pub use route::{RouteStep, resource as route_resource};

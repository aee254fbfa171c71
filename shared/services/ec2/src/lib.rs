//! EC2: route tables, gateways, the step that replaces a route, and security groups.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
mod failures;
mod record;
mod routes;
pub mod sandbox;
mod section;
mod security_groups;
mod step;

#[cfg(feature = "aws")]
pub use aws::{Ec2Routes, Ec2SecurityGroups};
pub use failures::GatewayFails;
pub use record::Ec2Notes;
pub use routes::{Flaw, Gateway, GatewayIs, Place, Route, RouteTable, Routes, Subnet, Tables};
pub use sandbox::{Ec2, Ec2Account};
pub use security_groups::{SecurityGroup, SecurityGroups};
pub use step::{RouteStep, route_resource};

//! EC2: route tables, what they lead to, and the step that replaces a route.

mod record;
mod routes;
pub mod sandbox;
mod step;

pub use record::Ec2Notes;
pub use routes::{Gateway, Route, RouteTable, Routes, Subnet, Tables};
pub use sandbox::{Ec2, Ec2Account};
pub use step::{RouteStep, route_resource};

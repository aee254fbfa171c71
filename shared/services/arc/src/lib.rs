//! Amazon Application Recovery Controller (ARC): routing controls.

mod record;
mod routing_controls;
pub mod sandbox;

pub use record::ArcNotes;
pub use routing_controls::{ClusterEndpoint, ControlState, RoutingControls};
pub use sandbox::{Arc, ArcAccount};

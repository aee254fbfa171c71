//! Amazon Application Recovery Controller (ARC): routing controls.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contract")]
pub mod contract;
mod failures;
mod record;
mod routing_controls;
pub mod sandbox;
mod section;

#[cfg(feature = "aws")]
pub use aws::ArcRoutingControls;
pub use failures::EndpointFails;
pub use record::ArcNotes;
pub use routing_controls::{ClusterEndpoint, ControlState, RoutingControls};
pub use sandbox::{Arc, ArcAccount};

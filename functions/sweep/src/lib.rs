//! All kinds at once. The function `crossover-sweep` goes over every target once a minute and on
//! services' events: it takes up what was left open, sends what could not be sent, and finds what an
//! event that was lost would have told. The command line works with the same kinds.

use std::sync::Arc;

use crossover_controller::{
    cloud::Routes,
    declared::{Declared, Targets},
    topology::{Problems, Topology},
};
use crossover_nat::Nat;

/// What all kinds need of a cloud.
#[derive(Clone)]
pub struct Clouds {
    /// EC2.
    pub routes: Arc<dyn Routes>,
}

/// Every kind with its targets of this topology.
///
/// # Errors
/// All problems of the topology.
pub fn kinds(clouds: Clouds, topology: &str) -> Result<Vec<Box<dyn Targets>>, Problems> {
    let nat = Declared { kind: Nat::new(clouds.routes), topology: Topology::parse(topology)? };
    Ok(vec![Box::new(nat)])
}

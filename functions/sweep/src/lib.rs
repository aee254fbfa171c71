//! All kinds at once. The function `crossover-sweep` goes over every target once a minute and on
//! services' events: it takes up what was left open, sends what could not be sent, and finds what an
//! event that was lost would have told. The command line works with the same kinds.

use std::sync::Arc;

use crossover_controller::{
    cloud::Routes,
    declared::{Declared, Targets},
    topology::{Problem, Problems, Topology},
};
use crossover_dns::{Dns, DnsSpec};
use crossover_nat::Nat;

pub use crossover_dns::DnsClouds;

/// What all kinds need of a cloud.
#[derive(Clone)]
pub struct Clouds {
    /// EC2.
    pub routes: Arc<dyn Routes>,
    /// Route 53, beacons and ARC; none where they are not connected, and then no target may need them.
    pub dns: Option<DnsClouds>,
}

/// Every kind with its targets of this topology.
///
/// # Errors
/// All problems of the topology.
pub fn kinds(clouds: Clouds, topology: &str) -> Result<Vec<Box<dyn Targets>>, Problems> {
    let (nat, dns) = match (Topology::parse(topology), Topology::<DnsSpec>::parse(topology)) {
        (Ok(nat), Ok(dns)) => (nat, dns),
        (nat, dns) => return Err(together(nat.err().into_iter().chain(dns.err()))),
    };
    let mut kinds: Vec<Box<dyn Targets>> = vec![Box::new(Declared { kind: Nat::new(clouds.routes), topology: nat })];
    match clouds.dns {
        Some(clouds) => kinds.push(Box::new(Declared { kind: Dns::new(clouds), topology: dns })),
        None if dns.targets().is_empty() => {}
        None => return Err(not_connected(topology)),
    }
    Ok(kinds)
}

/// Each problem once: every kind finds those of the whole file.
fn together(all: impl Iterator<Item = Problems>) -> Problems {
    let mut together: Vec<Problem> = Vec::new();
    for problem in all.flat_map(|problems| problems.0) {
        if !together.contains(&problem) {
            together.push(problem);
        }
    }
    together.sort_by_key(|problem| problem.line);
    Problems(together)
}

/// A target that nobody would look after must not go unnoticed.
fn not_connected(topology: &str) -> Problems {
    let is_declared = |(_, line): &(usize, &str)| line.trim_start().starts_with("[[dns]]");
    let line = topology.lines().enumerate().find(is_declared).map_or(1, |(number, _)| number + 1);
    let what = "targets of this kind are understood on sandbox accounts alone, as yet; remove them to go on".to_owned();
    Problems(vec![Problem { line, key: "dns".to_owned(), what }])
}

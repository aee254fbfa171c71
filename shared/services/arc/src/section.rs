//! ARC's section of a sandbox account: its keys, and its part of a snapshot.

use crossover_sandbox::{Section, Service, Taken, keys, record::Notes};

use crate::{record::ArcNotes, sandbox::Arc};

impl Section for Arc {
    const SERVICES: &'static [Service] =
        &[Service { word: "arc", ..Service::new("route53-recovery-cluster", "Application Recovery Controller") }];

    keys!(routing_controls, safety_rules);

    fn taken(notes: &Notes, _: &Taken<'_>) -> Self {
        notes.take::<ArcNotes>().section()
    }
}

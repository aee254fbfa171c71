//! The rehearsal of a NAT target: its gateways fail.

use std::collections::BTreeSet;

use crossover_ec2::{Ec2, Ec2Account, Ec2Notes, GatewayFails};
use crossover_model::topology::Target;
use crossover_sandbox::{
    Account, Sections,
    record::Notes,
    rehearsal::{Failure, Rehearsed},
};

use crate::{
    Nat,
    spec::{NatSpec, TablesOf},
};

impl Rehearsed for Nat {
    fn sections(sections: Sections) -> Sections {
        sections.with::<Ec2>()
    }

    /// What is in a lost zone fails, and what is declared for it if it is not known where that is.
    fn failures(target: &Target<NatSpec>, lost: &BTreeSet<String>, account: &Account) -> Vec<Box<dyn Failure>> {
        let ec2 = account.ec2();
        let declared = |zone: &String| target.spec.sides.get(zone).map(|side| side.gateway.clone());
        let of_zone = |zone: &String| {
            let here = target.spec.sides.values().map(|side| &side.gateway);
            let here = here.filter(|gateway| ec2.zone_of(gateway).is_some_and(|is_in| is_in == zone)).cloned();
            let unknown = declared(zone).filter(|gateway| ec2.zone_of(gateway).is_none());
            here.chain(unknown).collect::<Vec<_>>()
        };
        lost.iter().flat_map(of_zone).map(|gateway| Box::new(GatewayFails(gateway)) as Box<dyn Failure>).collect()
    }

    /// The sides that routes of the VPC lead to, besides those of probes.
    fn serving(target: &Target<NatSpec>, account: &Account) -> BTreeSet<String> {
        let spec = &target.spec;
        let is_probed = |id: &String| spec.sides.values().any(|side| side.probe_table.as_ref() == Some(id));
        let tables = account.ec2().route_tables.iter().filter(|table| table.vpc == spec.vpc && !is_probed(&table.id));
        let routes = tables.flat_map(|table| &table.routes).filter(|(to, _)| spec.destinations.contains(*to));
        let gateways: BTreeSet<&String> = routes.map(|(_, gateway)| gateway).collect();
        spec.sides.iter().filter(|(_, side)| gateways.contains(&side.gateway)).map(|(name, _)| name.clone()).collect()
    }

    /// Takes only the tags by which a side selects its tables: other tags may contain anything.
    fn select(target: &Target<NatSpec>, notes: &Notes) {
        for side in target.spec.sides.values() {
            if let TablesOf::Tagged(tags) = &side.tables {
                notes.of(|notes: &mut Ec2Notes| tags.keys().for_each(|key| notes.select_tag(key)));
            }
        }
    }
}

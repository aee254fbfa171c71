//! How a lamp is rehearsed: its bulbs break.

use std::collections::BTreeSet;

use crossover_model::topology::Target;
use crossover_sandbox::{
    Account, Sections,
    rehearsal::{Failure, Rehearsed},
};

use super::{
    Lamp, lit,
    service::{BulbBreaks, Lamps},
    spec::LampSpec,
};

impl Rehearsed for Lamp {
    fn sections(sections: Sections) -> Sections {
        sections.with::<Lamps>()
    }

    fn failures(target: &Target<LampSpec>, lost: &BTreeSet<String>, _: &Account) -> Vec<Box<dyn Failure>> {
        let bulbs = lost.iter().filter_map(|side| target.spec.bulbs.get(side));
        let breaks = |bulb: &String| BulbBreaks { house: target.spec.house.clone(), bulb: bulb.clone() };
        bulbs.map(|bulb| Box::new(breaks(bulb)) as Box<dyn Failure>).collect()
    }

    fn serving(target: &Target<LampSpec>, account: &Account) -> BTreeSet<String> {
        let house = account.section::<Lamps>().lighthouses.get(&target.spec.house);
        house.map(|house| lit(&target.spec, house)).unwrap_or_default()
    }

    fn violation(_: &Target<LampSpec>, serving: &BTreeSet<String>) -> Option<&'static str> {
        serving.is_empty().then_some("it is dark")
    }
}

//! The declaration of a lamp.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::topology::{
    Spec, TableReader,
    key::{Key, Section, Shape},
};

const TARGETS: Section = Section::targets(
    "lamp",
    "A lighthouse: when the bulb that is lit fails, another one is.",
    &[Key::new("house", Shape::Text, "The lighthouse.").required().example("\"fastnet\""), Key::sides(&SIDES)],
);

const SIDES: Section = Section::sides(
    "A bulb and the zone that feeds it. The first one is home.",
    &[
        Key::new("zone", Shape::Text, "The side's name, and its Availability Zone.").required().example("\"us-east-1a\""),
        Key::new("bulb", Shape::Text, "The bulb.").required().example("\"bulb-1\""),
    ],
);

/// The keys of `[[lamp]]` beyond those of every target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LampSpec {
    pub(crate) house: String,
    /// The side whose bulb is lit while every side is healthy.
    pub(crate) home: String,
    /// Each side's bulb.
    pub(crate) bulbs: BTreeMap<String, String>,
}

impl Spec for LampSpec {
    const SECTION: &'static Section = &TARGETS;

    fn read(target: &TableReader<'_, '_>, sides: &[(String, &TableReader<'_, '_>)]) -> Option<Self> {
        let house = target.text("house");
        let mut bulbs = BTreeMap::new();
        for (zone, reader) in sides {
            let bulb = reader.text("bulb").filter(|bulb| {
                let is_bulb = bulb.starts_with("bulb-");
                if !is_bulb {
                    reader.report("bulb", format!("\"{bulb}\" is not a bulb; expected one as in \"bulb-1\""));
                }
                is_bulb
            });
            bulbs.extend(bulb.map(|bulb| (zone.clone(), bulb)));
        }
        let home = sides.first().map(|(zone, _)| zone.clone())?;
        Some(Self { house: house?, home, bulbs })
    }

    fn resources(&self) -> BTreeSet<String> {
        self.bulbs.values().cloned().collect()
    }

    fn claims(&self) -> BTreeSet<String> {
        BTreeSet::from([self.house.clone()])
    }
}

//! The kind `lamp`: which bulb of a lighthouse is lit.

mod clouds;
mod decide;
mod events;
mod rehearsal;
mod rules;
mod service;
mod spec;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use clouds::LampClouds;
use crossover_engine::{kind::Kind, retry::Patience};
use crossover_model::{
    decision::{Decision, Situation},
    error::CloudError,
    finding::{Finding, Rule},
    pace::Pace,
    permission::{Caller, Context, Right},
    rules::unreadable,
    step::{Applied, Seen},
    topology::{Target, Topology},
    trigger::EventSource,
};
use service::House;
pub(crate) use service::Lamps;
use spec::LampSpec;
use step::LightStep;

/// The kind `lamp`.
pub(crate) struct Lamp {
    clouds: LampClouds,
}

impl Kind for Lamp {
    type Spec = LampSpec;
    type Observed = House;
    type Step = LightStep;
    type Clouds = LampClouds;

    const PACE: Pace = Pace { burst: 10, per_second: 5 };
    const RULES: &'static [&'static Rule] = rules::RULES;
    const RANK: u8 = 1;
    const EVENTS: &'static [&'static EventSource] = &[&events::LAMPS];

    fn new(clouds: LampClouds) -> Self {
        Self { clouds }
    }

    async fn observe(&self, target: &Target<LampSpec>, patience: &Patience<'_>) -> Result<House, CloudError> {
        let house = &target.spec.house;
        patience.call(house, || self.clouds.switchboard.house(house)).await
    }

    fn decide(situation: &Situation<'_, Target<LampSpec>, House>) -> Decision<LightStep> {
        decide::decide(situation)
    }

    async fn apply(&self, step: &LightStep, _: &Patience<'_>) -> Result<Applied, CloudError> {
        step.apply(self.clouds.switchboard.as_ref()).await
    }

    async fn verify(&self, steps: &[LightStep], patience: &Patience<'_>) -> Result<Vec<Seen>, CloudError> {
        let mut seen = Vec::new();
        for step in steps {
            seen.push(step.verify(self.clouds.switchboard.as_ref(), patience).await?);
        }
        Ok(seen)
    }

    async fn audit(
        &self,
        _: &Topology<LampSpec>,
        target: &Target<LampSpec>,
        observed: Result<&House, &CloudError>,
        _: &Patience<'_>,
    ) -> Vec<Finding> {
        match observed {
            Ok(house) => rules::findings(&target.spec, house),
            Err(error) => vec![unreadable(&target.spec.house, error)],
        }
    }

    fn rights(target: &Target<LampSpec>, _: &House, caller: &Caller) -> Vec<Right> {
        let resource = caller.arn("lamps", &caller.region, &format!("house/{}", target.spec.house));
        vec![Right { action: "lamps:LightBulb", resource, context: Context::new() }]
    }
}

/// The sides whose bulb can't be lit, each with the reason.
fn unable(spec: &LampSpec, house: &House) -> BTreeMap<String, String> {
    let why = |(side, bulb): (&String, &String)| match house.bulbs.get(bulb) {
        None => Some((side.clone(), format!("{bulb} is not in {}", spec.house))),
        Some(false) => Some((side.clone(), format!("{bulb} is broken"))),
        Some(true) => None,
    };
    spec.bulbs.iter().filter_map(why).collect()
}

/// The side whose bulb is lit.
fn lit(spec: &LampSpec, house: &House) -> BTreeSet<String> {
    spec.bulbs.iter().filter(|(_, bulb)| **bulb == house.lit).map(|(side, _)| side.clone()).collect()
}

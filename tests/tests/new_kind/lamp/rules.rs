//! The rules of lamps.

use crossover_model::finding::{Finding, Rule};

use super::{service::House, spec::LampSpec, unable};

/// All of them.
pub(super) const RULES: &[&Rule] = &[&BULB_UNABLE];

const BULB_UNABLE: Rule = Rule::error(
    "bulb-unable",
    "A bulb can't be lit",
    "The bulb of a side is broken or missing. No crossover moves the light to it.",
    "Replace the bulb, or declare another one for the side.",
);

pub(super) fn findings(spec: &LampSpec, house: &House) -> Vec<Finding> {
    let finding = |(side, why)| BULB_UNABLE.finding(format!("bulb of {side}"), format!("can't be lit: {why}"), "replace it");
    unable(spec, house).into_iter().map(finding).collect()
}

//! Whether the locations of a target's sides are known.

use crossover_model::{evacuation::is_location, finding::Finding, rules::LOCATION_UNKNOWN, text::list, topology::Side};

/// The most sides that a finding names.
const LISTED: usize = 3;

/// The finding for a target with the location of some sides and not of others. Without any location, an evacuation does
/// not apply to the target.
pub(super) fn without_location(sides: &[Side]) -> Option<Finding> {
    let (known, unknown): (Vec<&Side>, Vec<&Side>) = sides.iter().partition(|side| is_location(&side.location));
    if known.is_empty() || unknown.is_empty() {
        return None;
    }
    let resource = list(unknown.iter().map(|side| side.name.as_str()), LISTED);
    let what = "has no location in the topology: an evacuation of a zone or a Region skips this target";
    Some(LOCATION_UNKNOWN.finding(resource, what, "declare where the side is, by its `region` or by the ARN of its resource"))
}

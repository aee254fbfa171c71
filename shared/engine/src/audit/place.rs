//! Whether it is known where the sides of a target are.

use crossover_model::{evacuation::is_place, finding::Finding, rules::PLACE_UNKNOWN, text::list, topology::Side};

/// Sides to name before the rest is counted.
const LISTED: usize = 3;

/// What is found where the topology says of some sides where they are, and of others not. Where it says it of none, as of an
/// Aurora cluster's members, there is nothing to leave.
pub(super) fn unplaced(sides: &[Side]) -> Option<Finding> {
    let (placed, unplaced): (Vec<&Side>, Vec<&Side>) = sides.iter().partition(|side| is_place(&side.place));
    if placed.is_empty() || unplaced.is_empty() {
        return None;
    }
    let resource = list(unplaced.iter().map(|side| side.name.as_str()), LISTED);
    let what = "has no location in the topology: an evacuation of a zone or a Region skips this target";
    Some(PLACE_UNKNOWN.finding(resource, what, "declare where the side is, by its `region` or by the ARN of its resource"))
}

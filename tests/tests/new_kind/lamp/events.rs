//! The events that name a bulb.

use crossover_model::trigger::EventSource;

/// Bulbs that break.
pub(super) const LAMPS: EventSource = EventSource {
    source: "example.lamps",
    service: "Lamps",
    names: &["/detail/bulb"],
    what: |detail_type, detail| match detail_type {
        "Bulb State Change" => Some(format!("{} {}", detail("bulb")?, detail("state")?)),
        _ => None,
    },
    about_a_place: false,
};

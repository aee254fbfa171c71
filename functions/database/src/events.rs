//! The events of databases.

use crossover_model::trigger::EventSource;

/// RDS: events of instances and clusters (Amazon RDS User Guide, "Amazon RDS event categories and event messages").
pub(crate) const RDS: EventSource = EventSource {
    source: "aws.rds",
    service: "RDS",
    names: &["/detail/SourceArn", "/detail/SourceIdentifier"],
    what: |_, detail| detail("EventID"),
    about_a_place: false,
};

//! The events that name a gateway.

use crossover_model::trigger::EventSource;

/// EC2: instances that change their state or are interrupted (Amazon EC2 User Guide, "State change events", "Spot Instance
/// interruption notices").
pub(crate) const EC2: EventSource = EventSource {
    source: "aws.ec2",
    service: "EC2",
    names: &["/detail/instance-id"],
    what: |detail_type, detail| match detail_type {
        "EC2 Instance State-change Notification" => {
            let (id, state) = detail("instance-id").zip(detail("state"))?;
            Some(format!("{id} {state}"))
        }
        "EC2 Spot Instance Interruption Warning" => {
            let (id, action) = detail("instance-id").zip(detail("instance-action"))?;
            Some(format!("{id} spot interruption ({action})"))
        }
        _ => None,
    },
    about_a_place: false,
};

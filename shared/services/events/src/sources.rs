//! The sources of events that belong to no kind.

use crossover_model::trigger::EventSource;

/// AWS Health: the service, zone or Region with a problem, and the affected resources (AWS Health User Guide,
/// "Amazon EventBridge schema").
pub const HEALTH: EventSource = EventSource {
    source: "aws.health",
    service: "AWS Health",
    names: &[],
    what: |_, detail| {
        let code = detail("eventTypeCode")?;
        match detail("statusCode").as_deref() {
            Some(status @ ("closed" | "upcoming")) => Some(format!("{code} {status}")),
            _ => Some(code),
        }
    },
    about_a_place: false,
};

/// Auto Scaling: launches and terminations, successful or not (Amazon EC2 Auto Scaling User Guide, "EventBridge event
/// reference").
pub const AUTO_SCALING: EventSource = EventSource {
    source: "aws.autoscaling",
    service: "Auto Scaling",
    names: &["/detail/EC2InstanceId", "/detail/AutoScalingGroupName"],
    what: |_, _| None,
    about_a_place: false,
};

/// Zonal autoshift names a zone by its id, whose zone name differs by account (ARC Developer Guide, "Using Amazon
/// EventBridge with zonal autoshift").
pub const ZONAL_AUTOSHIFT: EventSource = EventSource {
    source: "aws.arc-zonal-shift",
    service: "zonal autoshift",
    names: &["/detail/metadata/awayFrom"],
    what: |_, _| None,
    about_a_place: true,
};

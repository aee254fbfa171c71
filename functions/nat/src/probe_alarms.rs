//! The findings of a check for the alarms of probes. Pure.

use crossover_model::{
    alarm::{AlarmReading, PROBE_METRIC},
    finding::Finding,
    health::Readings,
    topology::Side,
};

use crate::rules::{NO_PROBE, PROBE_ELSEWHERE};

const DIMENSIONS: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension";

/// The sides without an alarm of a probe. The parts of a composite alarm are unknown.
pub(crate) fn without_probe(sides: &[Side], readings: &Readings) -> Vec<Finding> {
    let is_another = |side: &Side, alarm: &String| {
        let reading = readings.now.get(alarm);
        reading.is_some_and(|it| !it.metrics.is_empty() && it.metrics.iter().all(|metric| metric.name != PROBE_METRIC))
            || reading.is_some_and(|it| other_zone(side, it).is_some())
    };
    let finding = |side: &Side| {
        let what = "no probe watches it, and AWS publishes no metric for the health of a gateway's path";
        NO_PROBE.finding(&side.name, what, "deploy a probe into the zone (docs/probe.md), and add its alarm to the side")
    };
    let unwatched = |side: &&Side| side.alarms.iter().all(|alarm| is_another(side, alarm));
    sides.iter().filter(unwatched).map(finding).collect()
}

/// The alarms of sides that watch the probe of another zone.
pub(crate) fn on_other_probes(sides: &[Side], readings: &Readings) -> Vec<Finding> {
    let of_side = |side: &Side| {
        let others = side.alarms.iter().filter_map(|alarm| Some((alarm, other_zone(side, readings.now.get(alarm)?)?)));
        let finding = |(alarm, zone): (&String, &str)| {
            let resource = format!("alarm {alarm} at {}", side.name);
            let what = format!("watches the probe of {zone}, which doesn't test {}", side.name);
            let fix = format!("use the alarm of the probe in {} (docs/probe.md)", side.name);
            PROBE_ELSEWHERE.finding(resource, what, fix).see(DIMENSIONS)
        };
        others.map(finding).collect::<Vec<_>>()
    };
    sides.iter().flat_map(of_side).collect()
}

/// The zone whose probe an alarm watches, if that is another side's.
fn other_zone<'r>(side: &Side, reading: &'r AlarmReading) -> Option<&'r str> {
    let probes = reading.metrics.iter().filter(|metric| metric.name == PROBE_METRIC);
    let zones: Vec<Option<&str>> = probes.map(|metric| metric.zone.as_deref()).collect();
    // Without that dimension the zone is unknown.
    let none_is_its_own = zones.iter().all(|zone| zone.is_some_and(|zone| zone != side.name));
    if none_is_its_own { zones.first().copied().flatten() } else { None }
}

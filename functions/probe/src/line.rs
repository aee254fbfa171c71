//! The output of a round: one line in CloudWatch's embedded metric format, on the function's own log stream.
//! Lambda delivers it, so it needs neither the tested path nor a VPC endpoint.

use crossover_model::alarm::PROBE_METRIC;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{ask::Round, verdict::Reach};

/// The line for a round that ended at `at`; without a verdict it has no metric.
#[must_use]
pub fn line(namespace: &str, zone: &str, round: &Round, reach: Reach, at: Timestamp) -> String {
    let failed: Vec<Value> =
        round.failures.iter().map(|(target, why)| json!({ "target": target, "why": why.to_string() })).collect();
    let mut line = json!({
        "zone": zone,
        "reach": reach.as_str(),
        "answered": round.answered(),
        "asked": round.asked,
        "failed": failed,
    });
    let value = match reach {
        Reach::Unknown => return line.to_string(),
        Reach::Reachable => 1,
        Reach::Unreachable => 0,
    };
    line[PROBE_METRIC] = json!(value);
    line["_aws"] = json!({
        "Timestamp": at.as_millisecond(),
        "CloudWatchMetrics": [{
            "Namespace": namespace,
            "Dimensions": [["zone"]],
            "Metrics": [{ "Name": PROBE_METRIC, "Unit": "None", "StorageResolution": 1 }],
        }],
    });
    line.to_string()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

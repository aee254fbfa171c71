//! A check as SARIF 2.1.0, which code hosts show at the topology's lines.

use std::fmt::Write;

use crossover_model::{
    finding::{Finding, Severity},
    topology::Accepted,
};
use serde_json::{Value, json};

use super::checked::Checked;
use crate::failure::Failure;

/// The rules about the topology itself: errors and warnings.
const TOPOLOGY: (&str, &str) = ("topology", "The topology is invalid");
const WARNING: (&str, &str) = ("topology-warning", "A setting of the topology is risky");

pub(super) fn write(checked: &Checked) -> Result<String, Failure> {
    let suppressed = &checked.suppressed;
    let problems = checked.problems.0.iter().map(|problem| {
        let message = format!("{}: {}", problem.key, problem.what);
        result(TOPOLOGY.0, "error", &message, &location(checked, problem.line, None))
    });
    let warn = |text: &str, line| result(WARNING.0, "warning", text, &location(checked, line, None));
    let of_targets =
        checked.target_warnings().map(|(target, warning)| warn(&format!("{target}: {warning}"), checked.line_of(target)));
    let warnings = of_targets.chain(suppressed.warnings.iter().map(|warning| warn(&warning.text, warning.line)));
    let remaining = suppressed
        .remaining
        .iter()
        .flat_map(|(target, found)| found.iter().map(move |finding| of(checked, target, finding, None)));
    let accepted = suppressed.accepted.iter().map(|(target, finding, by)| of(checked, target, finding, Some(by)));
    let results: Vec<Value> = problems.chain(warnings).chain(remaining).chain(accepted).collect();
    let own = [TOPOLOGY, WARNING].map(|(id, title)| json!({ "id": id, "shortDescription": { "text": title } }));
    let rules = checked.rules.iter().map(|rule| json!({ "id": rule.id, "shortDescription": { "text": rule.title } }));
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "crossover",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": own.into_iter().chain(rules).collect::<Vec<Value>>(),
            } },
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn of(checked: &Checked, target: &str, finding: &Finding, by: Option<&Accepted>) -> Value {
    let Finding { severity, resource, what, fix, link, rule } = finding;
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let more = if link.is_empty() { String::new() } else { format!(" See {link}") };
    let message = format!("{resource} {what}. To fix it: {fix}.{more}");
    let id = rule.id;
    let mut result = result(id, level, &message, &location(checked, checked.line_of(target), Some((target, resource))));
    // Code hosts recognize the finding by this, even if its text or its line has changed.
    result["partialFingerprints"] = json!({ "finding/v1": format!("{target}/{id}/{resource}") });
    if let Some(by) = by {
        let justification = format!("{}, until {}", by.reason, by.until);
        result["suppressions"] = json!([{ "kind": "inSource", "status": "accepted", "justification": justification }]);
    }
    result
}

fn result(rule: &str, level: &str, message: &str, location: &Value) -> Value {
    json!({ "ruleId": rule, "level": level, "message": { "text": message }, "locations": [location] })
}

fn location(checked: &Checked, line: usize, about: Option<(&str, &str)>) -> Value {
    let uri = uri(&checked.topology.path);
    let physical = json!({ "artifactLocation": { "uri": uri }, "region": { "startLine": line } });
    match about {
        None => json!({ "physicalLocation": physical }),
        Some((target, resource)) => json!({
            "physicalLocation": physical,
            "logicalLocations": [{ "name": resource, "fullyQualifiedName": format!("{target}/{resource}"), "kind": "resource" }],
        }),
    }
}

/// A path as a URI reference, as the specification requires.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

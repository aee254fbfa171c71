//! A check as JSON.

use serde_json::{Map, Value, json};

use super::{checked::Checked, screen::rows};
use crate::failure::Failure;

pub(super) fn write(checked: &Checked) -> Result<String, Failure> {
    let problems: Vec<Value> = checked
        .problems
        .0
        .iter()
        .map(|problem| json!({ "line": problem.line, "key": problem.key, "what": problem.what }))
        .collect();
    let targets = rows(&checked.kinds)
        .into_iter()
        .map(|row| json!({ "target": row[0], "kind": row[1], "sides": row[2], "failback": row[3], "owner": row[4] }));
    let mut out = json!({ "targets": targets.collect::<Vec<Value>>(), "problems": problems, "warnings": checked.warnings() });
    if checked.checks_account {
        let mut findings = Map::new();
        for (target, found) in &checked.suppressed.remaining {
            findings.insert(target.clone(), serde_json::to_value(found)?);
        }
        out["findings"] = Value::Object(findings);
        out["estimates"] = serde_json::to_value(&checked.estimates)?;
        let accepted = checked.suppressed.accepted.iter().map(|(target, found, by)| {
            let mut value = serde_json::to_value(found)?;
            value["target"] = json!(target);
            value["reason"] = json!(by.reason);
            value["until"] = json!(by.until);
            Ok(value)
        });
        out["accepted"] = accepted.collect::<Result<Value, serde_json::Error>>()?;
    }
    Ok(serde_json::to_string_pretty(&out)? + "\n")
}

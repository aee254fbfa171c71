//! Metrics as log lines in CloudWatch's embedded metric format.
//!
//! Zero values are not written, because a custom metric costs for each hour with a value. The findings of a check are
//! the exception, once a day: otherwise a check without findings would look like no check.

use crossover_model::{
    answer::{Answer, TargetAnswer},
    finding::Severity,
    health::State,
    outcome::Outcome,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const NAMESPACE: &str = "Crossover";

/// The namespace of a stack's metrics, so that those of a staging stack stay apart.
#[must_use]
pub fn namespace(stack: Option<&str>) -> String {
    stack.map_or_else(|| NAMESPACE.to_owned(), |stack| format!("{NAMESPACE}/{stack}"))
}

/// The lines for an answer of a function of this kind, given at `at`, in this namespace.
#[must_use]
pub fn lines(kind: &str, namespace: &str, answer: &Answer, at: Timestamp) -> Vec<String> {
    let mut lines: Vec<String> = answer.targets.iter().filter_map(|target| line(namespace, target, at)).collect();
    lines.extend(checked(kind, namespace, answer, at));
    if answer.journal_unread {
        let unread = [directive(namespace, &[&["kind"]], &[("JournalUnread", "Count")])];
        lines.push(json!({ "_aws": metadata(&unread, at), "kind": kind, "JournalUnread": 1 }).to_string());
    }
    if answer.outcome == Outcome::Failed && answer.reason.is_some() {
        let refused = [directive(namespace, &[&["kind"]], &[("Refused", "Count")])];
        lines.push(json!({ "_aws": metadata(&refused, at), "kind": kind, "Refused": 1 }).to_string());
    }
    lines
}

/// The lines for a completed check, with its findings by severity. None for one that could neither send nor store its
/// findings, that another check displaced, or that was a dry run.
fn checked(kind: &str, namespace: &str, answer: &Answer, at: Timestamp) -> Option<String> {
    let check = answer.check.as_ref().filter(|_| !answer.retry_can_help)?;
    if !matches!(answer.outcome, Outcome::Recorded | Outcome::Settled) {
        return None;
    }
    let all = || check.findings.values().flatten();
    let count = |severity| all().filter(|target| target.found.severity == severity).count();
    let metrics = [("CheckDone", "Count"), ("FindingErrors", "Count"), ("FindingWarnings", "Count")];
    let done = [directive(namespace, &[&["kind"]], &metrics)];
    let line = json!({
        "_aws": metadata(&done, at),
        "kind": kind,
        "CheckDone": 1,
        "FindingErrors": count(Severity::Error),
        "FindingWarnings": count(Severity::Warning),
    });
    Some(line.to_string())
}

/// Writes lines to the log, where CloudWatch reads them.
pub fn print(lines: &[String]) {
    for line in lines {
        println!("{line}");
    }
}

fn line(namespace: &str, target: &TargetAnswer, at: Timestamp) -> Option<String> {
    // A sweep that ran out of time has started nothing.
    let begun = target.outcome == Outcome::Pending && target.crossover_id.is_some();
    let crossed = begun || matches!(target.outcome, Outcome::Completed | Outcome::Partial | Outcome::Failed);
    let mut values = json!({ "kind": target.kind, "target": target.target, "outcome": target.outcome.as_str() });
    if let Some(crossover) = &target.crossover_id {
        values["crossover"] = json!(crossover);
    }
    let mut directives = Vec::new();
    if crossed {
        values["Crossovers"] = json!(1);
        directives.push(directive(
            namespace,
            &[&["kind", "outcome"], &["kind", "target", "outcome"]],
            &[("Crossovers", "Count")],
        ));
    }
    let others = [
        ("TimeToCrossOver", "Milliseconds", (target.outcome == Outcome::Completed).then_some(target.took_ms)),
        ("Held", "Count", (target.outcome == Outcome::Held).then_some(1)),
        ("NoticesUnsent", "Count", some(target.unsent)),
        ("SidesUnhealthy", "Count", some(target.sides.iter().filter(|side| side.health == State::Unhealthy).count())),
        ("NotMoved", "Count", target.in_need.then_some(1)),
        ("Away", "Count", some(target.away)),
        ("Paused", "Count", target.paused.then_some(1)),
    ];
    let mut metrics = Vec::new();
    for (name, unit, value) in others.into_iter().filter_map(|(name, unit, value)| Some((name, unit, value?))) {
        values[name] = json!(value);
        metrics.push((name, unit));
    }
    if !metrics.is_empty() {
        directives.push(directive(namespace, &[&["kind"], &["kind", "target"]], &metrics));
    }
    if directives.is_empty() {
        return None;
    }
    values["_aws"] = metadata(&directives, at);
    Some(values.to_string())
}

fn some(count: usize) -> Option<u64> {
    u64::try_from(count).ok().filter(|count| *count > 0)
}

fn metadata(directives: &[Value], at: Timestamp) -> Value {
    json!({ "Timestamp": at.as_millisecond(), "CloudWatchMetrics": directives })
}

fn directive(namespace: &str, dimensions: &[&[&str]], metrics: &[(&str, &str)]) -> Value {
    let metrics: Vec<Value> = metrics.iter().map(|(name, unit)| json!({ "Name": name, "Unit": unit })).collect();
    json!({ "Namespace": namespace, "Dimensions": dimensions, "Metrics": metrics })
}

#[cfg(test)]
mod tests;

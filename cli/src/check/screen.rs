//! A check as people read it.

use crossover_engine::audit::ACCOUNT;
use crossover_model::{
    correlation::TargetRef,
    finding::{Finding, Severity},
    topology::Failback,
};

use super::{
    around::Kinds,
    checked::{Checked, FailOn},
};
use crate::{
    layout::{Style, paint, prose, table},
    output::outln,
};

pub(super) fn write(checked: &Checked, style: Style) -> String {
    let mut out = String::new();
    let targets = table(&["TARGET", "KIND", "SIDES", "FAILBACK", "OWNER"], rows(&checked.kinds), style);
    outln!(out, "The form of {} is in order.\n\n{targets}", checked.topology.path);
    let warnings = checked.warnings();
    for warning in &warnings {
        out += &prose("warning: ", warning, style);
    }
    if !warnings.is_empty() {
        outln!(out, "");
    }
    if checked.looked {
        findings(&mut out, checked, style);
    }
    out + &prose("", &counts(checked, warnings.len()), style)
}

/// What was found in the account, and what of that is accepted.
fn findings(out: &mut String, checked: &Checked, style: Style) {
    // The account last: the targets are what a crossover is about.
    let (of_account, of_targets): (Vec<_>, Vec<_>) =
        checked.suppressed.standing.iter().partition(|(target, _)| *target == ACCOUNT);
    for (target, findings) in of_targets.into_iter().chain(of_account) {
        if findings.is_empty() {
            outln!(out, "{target}: nothing to mend.");
        } else {
            outln!(out, "{target}:");
        }
        for finding in findings {
            show(out, finding, style);
        }
        for estimate in checked.estimates.get(target).into_iter().flatten() {
            *out += &prose("  takes    ", &estimate.in_words(), style);
        }
        outln!(out, "");
    }
    let accepted = &checked.suppressed.accepted;
    if accepted.is_empty() {
        return;
    }
    outln!(out, "Accepted:");
    for (target, finding, by) in accepted {
        let what = format!("{} {}; until {}: {}", finding.resource, finding.what, by.until, by.reason);
        *out += &prose(&format!("  {target}: "), &what, style);
    }
    outln!(out, "");
}

/// What it comes to, and what a script learns of it.
fn counts(checked: &Checked, of_topology: usize) -> String {
    let standing = || checked.suppressed.standing.values().flatten();
    let errors = standing().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = standing().count() - errors + of_topology;
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let code = match (checked.fails(), checked.fail_on) {
        (false, _) => "",
        (true, FailOn::Error) => "; the exit code is 1: errors fail the check",
        (true, FailOn::Warning) => "; the exit code is 1: errors and warnings fail the check",
    };
    format!("{}, {}{code}.", count(errors, "error"), count(warnings, "warning"))
}

fn show(out: &mut String, finding: &Finding, style: Style) {
    let Finding { severity, resource, what, fix, link, rule } = finding;
    let word = severity.as_str();
    let line = prose(&format!("  {word:<8} "), &format!("{resource} {what} [{}]", rule.id), style);
    *out += &line.replacen(word, &paint(word, style), 1);
    *out += &prose("           To fix it: ", fix, style);
    if !link.is_empty() {
        outln!(out, "           {link}");
    }
}

/// The targets that are declared.
pub(super) fn rows(kinds: &Kinds) -> Vec<Vec<String>> {
    let row = |kind: &str, target: TargetRef<'_>| {
        let sides: Vec<&str> = target.sides.iter().map(|side| side.name.as_str()).collect();
        let failback = match target.policy.failback {
            Failback::Manual => "manual".to_owned(),
            Failback::Automatic { stable_for } => {
                let hours = target.policy.window.map_or_else(String::new, |window| format!(", {window}"));
                format!("after {} s{hours}", stable_for.as_secs())
            }
        };
        vec![target.policy.name.clone(), kind.to_owned(), sides.join(" "), failback, target.policy.owner.clone()]
    };
    kinds
        .iter()
        .flat_map(|targets| targets.target_refs().into_iter().map(|target| row(targets.kind(), target)).collect::<Vec<_>>())
        .collect()
}

//! A check as text.

use crossover_engine::audit::ACCOUNT;
use crossover_model::{
    correlation::TargetRef,
    finding::{Finding, Severity},
    topology::Failback,
};

use super::{
    checked::{Checked, FailOn},
    posture::Kinds,
};
use crate::{
    layout::{Cell, Style, item, prose, table},
    output::outln,
};

pub(super) fn write(checked: &Checked, style: Style) -> String {
    let mut out = String::new();
    let rows = rows(&checked.kinds).into_iter().map(|row| row.into_iter().map(Cell::from).collect());
    let targets = table(&["TARGET", "KIND", "SIDES", "FAILBACK", "OWNER"], rows, style);
    outln!(out, "{} is valid.\n\n{targets}", checked.topology.path);
    let warnings = checked.warnings();
    for warning in &warnings {
        out += &prose("warning: ", warning, style);
    }
    if !warnings.is_empty() {
        outln!(out, "");
    }
    if checked.checks_account {
        findings(&mut out, checked, style);
    }
    out + &prose("", &counts(checked, warnings.len()), style)
}

/// The findings in the account, and the accepted ones.
fn findings(out: &mut String, checked: &Checked, style: Style) {
    // The account comes last, since crossovers are about the targets.
    let (of_account, of_targets): (Vec<_>, Vec<_>) =
        checked.suppressed.remaining.iter().partition(|(target, _)| *target == ACCOUNT);
    for (target, findings) in of_targets.into_iter().chain(of_account) {
        if findings.is_empty() {
            outln!(out, "{target}: no findings.");
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

/// The number of findings, and the exit code if the check fails.
fn counts(checked: &Checked, of_topology: usize) -> String {
    let remaining = || checked.suppressed.remaining.values().flatten();
    let errors = remaining().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = remaining().count() - errors + of_topology;
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
    *out += &item(&Cell::toned(severity.as_str(), *severity), 8, &format!("{resource} {what} [{}]", rule.id), style);
    *out += &prose("           To fix it: ", fix, style);
    if !link.is_empty() {
        outln!(out, "           {link}");
    }
}

/// The rows of the table of targets.
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

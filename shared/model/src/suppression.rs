//! Suppression of accepted findings. Pure.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    finding::{Finding, Rule},
    text::nearest,
    topology::Accepted,
};

/// The result of suppressions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// The remaining findings of each target.
    pub remaining: BTreeMap<String, Vec<Finding>>,
    /// The accepted findings, each with its target.
    pub accepted: Vec<(String, Finding, Accepted)>,
    /// The suppressions that have no effect.
    pub warnings: Vec<Ineffective>,
}

/// A suppression without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ineffective {
    /// The line of the topology that accepts it.
    pub line: usize,
    /// The reason, with the line.
    pub text: String,
}

/// Removes the findings that are accepted on this day, and lists the suppressions that name no known rule or match
/// nothing. `findings` is none when nothing was checked.
#[must_use]
pub fn suppress(
    findings: Option<BTreeMap<String, Vec<Finding>>>,
    accepted: &[Accepted],
    rules: &[&Rule],
    today: Date,
) -> Suppressed {
    let mut suppressed = Suppressed::default();
    let checked = findings.is_some();
    let mut used = vec![false; accepted.len()];
    for (target, findings) in findings.unwrap_or_default() {
        let remaining = suppressed.remaining.entry(target.clone()).or_default();
        for finding in findings {
            let fits = |accepted: &Accepted| accepted.until >= today && is_about(accepted, &target, &finding);
            match accepted.iter().position(fits) {
                Some(index) => {
                    used[index] = true;
                    suppressed.accepted.push((target.clone(), finding, accepted[index].clone()));
                }
                None => remaining.push(finding),
            }
        }
    }
    let ineffective = |(accepted, used): (&Accepted, bool)| {
        Some(Ineffective { line: accepted.line, text: ineffective(accepted, used || !checked, rules, today)? })
    };
    suppressed.warnings = accepted.iter().zip(used).filter_map(ineffective).collect();
    suppressed
}

fn is_about(accepted: &Accepted, target: &str, finding: &Finding) -> bool {
    accepted.finding == finding.rule.id
        && accepted.resource == finding.resource
        && accepted.target.as_deref().is_none_or(|only| only == target)
}

/// Why a suppression has no effect; none when it has one.
fn ineffective(accepted: &Accepted, used: bool, rules: &[&Rule], today: Date) -> Option<String> {
    let Accepted { finding, resource, until, line, .. } = accepted;
    let known = || rules.iter().map(|rule| rule.id);
    let what = format!("line {line}: accept {finding} of {resource}");
    if !known().any(|id| id == finding) {
        let near = nearest(finding, known()).map_or_else(String::new, |near| format!("did you mean {near}? "));
        return Some(format!("{what}: there is no such rule; {near}known rules are {}", known().collect::<Vec<_>>().join(", ")));
    }
    if *until < today {
        return Some(format!("{what}: expired on {until} and no longer applies; fix the finding, or accept it again"));
    }
    (!used).then(|| format!("{what}: it matches no finding; remove it, or correct its resource or target"))
}

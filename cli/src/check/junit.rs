//! A check as XML in the way of `JUnit`, which build servers show as tests: one for each finding, and one for a
//! target that has none.

use crossover_model::{
    finding::{Finding, Severity},
    rule,
};

use super::{Checked, FailOn};
use crate::outln;

/// A test.
struct Case {
    /// What it is about.
    class: String,
    name: String,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    /// Passed, and something is to be said.
    Said(String),
    /// Left out, with the reason.
    Skipped(String),
    /// Failed: its sort, and in words.
    Failed(String, String),
}

pub(super) fn write(checked: &Checked) -> String {
    let cases = cases(checked);
    let count = |is: fn(&Outcome) -> bool| cases.iter().filter(|case| is(&case.outcome)).count();
    let (failed, skipped) = (count(|it| matches!(it, Outcome::Failed(..))), count(|it| matches!(it, Outcome::Skipped(_))));
    let counts = format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\"", cases.len());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    outln!(out, "<testsuites name=\"crossover check\" {counts}>");
    outln!(out, "  <testsuite name=\"{}\" {counts}>", esc(&checked.topology.path));
    for Case { class, name, outcome } in &cases {
        let head = format!("    <testcase classname=\"{}\" name=\"{}\"", esc(class), esc(name));
        match outcome {
            Outcome::Passed => outln!(out, "{head}/>"),
            Outcome::Said(text) => outln!(out, "{head}><system-out>{}</system-out></testcase>", esc(text)),
            Outcome::Skipped(why) => outln!(out, "{head}><skipped message=\"{}\"/></testcase>", esc(why)),
            Outcome::Failed(sort, text) => {
                let first = text.lines().next().unwrap_or_default();
                outln!(
                    out,
                    "{head}><failure type=\"{}\" message=\"{}\">{}</failure></testcase>",
                    esc(sort),
                    esc(first),
                    esc(text)
                );
            }
        }
    }
    outln!(out, "  </testsuite>\n</testsuites>");
    out
}

fn cases(checked: &Checked) -> Vec<Case> {
    let case = |class: &str, name: &str, outcome| Case { class: class.to_owned(), name: name.to_owned(), outcome };
    let strict = checked.fail_on == FailOn::Warning;
    let topology = match &checked.problems.0[..] {
        [] => vec![case("topology", "is in order", Outcome::Passed)],
        problems => {
            problems.iter().map(|it| case("topology", &it.key, Outcome::Failed("topology".to_owned(), it.to_string()))).collect()
        }
    };
    let warnings = checked.warnings().into_iter().map(|warning| {
        let text = warning.clone();
        let outcome = if strict { Outcome::Failed("topology-warning".to_owned(), text) } else { Outcome::Said(text) };
        case("topology", &warning, outcome)
    });
    let mut cases: Vec<Case> = topology.into_iter().chain(warnings).collect();
    for (target, found) in &checked.judged.standing {
        if found.is_empty() {
            cases.push(case(target, "nothing to mend", Outcome::Passed));
        }
        for finding in found {
            let sort = rule::of(finding).id;
            let text = in_words(finding);
            let fails = strict || finding.severity == Severity::Error;
            let outcome = if fails { Outcome::Failed(sort.to_owned(), text) } else { Outcome::Said(text) };
            cases.push(case(target, &format!("{sort}: {}", finding.resource), outcome));
        }
    }
    for (target, finding, by) in &checked.judged.accepted {
        let why = format!("accepted until {}: {}; {}", by.until, by.reason, in_words(finding).replace('\n', "; "));
        cases.push(case(target, &format!("{}: {}", rule::of(finding).id, finding.resource), Outcome::Skipped(why)));
    }
    cases
}

fn in_words(finding: &Finding) -> String {
    let Finding { resource, what, fix, link, .. } = finding;
    let more = if link.is_empty() { String::new() } else { format!("\n{link}") };
    format!("{resource} {what}\nTo mend it: {fix}{more}")
}

/// Text that is only text in XML 1.0, which knows no control characters, not even escaped.
fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            '\n' => out += "&#10;",
            '\t' => out += "&#9;",
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

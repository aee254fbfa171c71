//! A check as `JUnit` XML, which build servers show as tests: one for each finding, and one for each target without
//! findings. `quick-junit` writes it, so that everything is escaped and the counts are right.

use crossover_model::finding::{Finding, Severity};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::checked::{Checked, FailOn};

enum Outcome {
    Passed,
    /// Passed, with a message.
    Message(String),
    /// Skipped, with the reason.
    Skipped(String),
    /// Failed, with the rule and the message.
    Failed(String, String),
}

pub(super) fn write(checked: &Checked) -> Result<String, SerializeError> {
    let mut suite = TestSuite::new(xml(&checked.topology.path));
    suite.add_test_cases(cases(checked));
    Report::new("crossover check").add_test_suite(suite).to_string()
}

/// A test case.
fn case(class: &str, name: &str, outcome: Outcome) -> TestCase {
    let (status, message) = match outcome {
        Outcome::Passed => (TestCaseStatus::success(), None),
        Outcome::Message(text) => (TestCaseStatus::success(), Some(text)),
        Outcome::Skipped(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(xml(&why));
            (status, None)
        }
        Outcome::Failed(rule, text) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let first = text.lines().next().unwrap_or_default();
            status.set_type(xml(&rule)).set_message(xml(first)).set_description(xml(&text));
            (status, None)
        }
    };
    let mut case = TestCase::new(xml(name), status);
    case.set_classname(xml(class));
    if let Some(text) = message {
        case.set_system_out(xml(&text));
    }
    case
}

fn cases(checked: &Checked) -> Vec<TestCase> {
    let strict = checked.fail_on == FailOn::Warning;
    let topology = match &checked.problems.0[..] {
        [] => vec![case("topology", "valid", Outcome::Passed)],
        problems => {
            problems.iter().map(|it| case("topology", &it.key, Outcome::Failed("topology".to_owned(), it.to_string()))).collect()
        }
    };
    let warnings = checked.warnings().into_iter().map(|warning| {
        let text = warning.clone();
        let outcome = if strict { Outcome::Failed("topology-warning".to_owned(), text) } else { Outcome::Message(text) };
        case("topology", &warning, outcome)
    });
    let mut cases: Vec<TestCase> = topology.into_iter().chain(warnings).collect();
    for (target, found) in &checked.suppressed.remaining {
        if found.is_empty() {
            cases.push(case(target, "no findings", Outcome::Passed));
        }
        for finding in found {
            let rule = finding.rule.id;
            let text = in_words(finding);
            let fails = strict || finding.severity == Severity::Error;
            let outcome = if fails { Outcome::Failed(rule.to_owned(), text) } else { Outcome::Message(text) };
            cases.push(case(target, &format!("{rule}: {}", finding.resource), outcome));
        }
    }
    for (target, finding, by) in &checked.suppressed.accepted {
        let why = format!("accepted until {}: {}; {}", by.until, by.reason, in_words(finding).replace('\n', "; "));
        cases.push(case(target, &format!("{}: {}", finding.rule.id, finding.resource), Outcome::Skipped(why)));
    }
    cases
}

fn in_words(finding: &Finding) -> String {
    let Finding { resource, what, fix, link, .. } = finding;
    let more = if link.is_empty() { String::new() } else { format!("\n{link}") };
    format!("{resource} {what}\nTo fix it: {fix}{more}")
}

/// Replaces the two characters that `quick-junit` accepts and XML 1.0 does not.
fn xml(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

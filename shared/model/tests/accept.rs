//! Properties of suppressions, and the reports of ineffective ones.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use crossover_model::{
    finding::{Finding, Rule},
    rules::{ALARM_MISSING, MISSING, RULES, UNDECLARED, UNREADABLE},
    suppression::suppress,
    topology::{Accepted, accepted},
};
use jiff::civil::{Date, date};
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 23);
const FOUND: [&Rule; 4] = [&MISSING, &ALARM_MISSING, &UNREADABLE, &UNDECLARED];

fn finding(rule: &'static Rule, resource: &str) -> Finding {
    rule.finding(resource, "does not exist", "mend it")
}

fn entry(finding: &str, resource: &str, target: Option<&str>, until: Date) -> Accepted {
    let (finding, resource, reason) = (finding.to_owned(), resource.to_owned(), "why".to_owned());
    Accepted { finding, resource, target: target.map(str::to_owned), reason, until, line: 1 }
}

fn any_findings() -> impl Strategy<Value = BTreeMap<String, Vec<Finding>>> {
    let one = (prop::sample::select(FOUND.to_vec()), prop::sample::select(vec!["a", "b"]));
    let one = one.prop_map(|(rule, resource)| finding(rule, resource));
    prop::collection::btree_map(
        prop::sample::select(vec!["x".to_owned(), "y".to_owned()]),
        prop::collection::vec(one, 0..4),
        0..3,
    )
}

fn any_accepted() -> impl Strategy<Value = Vec<Accepted>> {
    let target = prop::option::of(prop::sample::select(vec!["x", "y"]));
    let rule = prop::sample::select(vec!["missing", "alarm-missing", "unreadable", "nonsense"]);
    let one = (rule, prop::sample::select(vec!["a", "b"]), target, -2_i32..3);
    let one = one.prop_map(|(rule, resource, target, days)| {
        entry(rule, resource, target, TODAY.checked_add(jiff::Span::new().days(days)).expect("a day"))
    });
    prop::collection::vec(one, 0..5)
}

proptest! {
    #[test]
    fn findings_are_neither_lost_nor_invented(findings in any_findings(), accepted in any_accepted()) {
        let suppressed = suppress(Some(findings.clone()), &accepted, RULES, TODAY);
        let mut all: Vec<(String, Finding)> = suppressed.accepted.iter().map(|(target, finding, _)| (target.clone(), finding.clone())).collect();
        all.extend(suppressed.remaining.iter().flat_map(|(target, found)| found.iter().map(move |one| (target.clone(), one.clone()))));
        let mut before: Vec<(String, Finding)> =
            findings.iter().flat_map(|(target, found)| found.iter().map(move |one| (target.clone(), one.clone()))).collect();
        all.sort();
        before.sort();
        prop_assert_eq!(all, before);
        prop_assert!(suppressed.remaining.keys().eq(findings.keys()));
    }

    #[test]
    fn only_matching_findings_accepted_today_are_removed(findings in any_findings(), accepted in any_accepted()) {
        let suppressed = suppress(Some(findings), &accepted, RULES, TODAY);
        for (target, finding, by) in &suppressed.accepted {
            prop_assert!(by.until >= TODAY && by.resource == finding.resource && by.finding == finding.rule.id);
            prop_assert!(by.target.as_ref().is_none_or(|only| only == target));
        }
        let used = accepted.iter().filter(|entry| suppressed.accepted.iter().any(|(_, _, by)| by == *entry)).count();
        prop_assert!(suppressed.warnings.len() + used >= accepted.len(), "each is used or warned of");
    }
}

#[test]
fn ineffective_suppressions_are_reported() {
    let found = BTreeMap::from([("x".to_owned(), vec![finding(&MISSING, "a")])]);
    let entries = [
        entry("misssing", "a", None, TODAY),
        entry("missing", "a", None, TODAY.yesterday().expect("a day")),
        entry("missing", "b", None, TODAY),
        entry("missing", "a", Some("x"), TODAY),
    ];
    assert_eq!(suppress(None, &entries, RULES, TODAY).warnings.len(), 2, "nothing was looked at");
    let suppressed = suppress(Some(found), &entries, RULES, TODAY);
    assert_eq!((suppressed.accepted.len(), suppressed.remaining["x"].len()), (1, 0));
    let texts: Vec<&str> = suppressed.warnings.iter().map(|warning| warning.text.as_str()).collect();
    let [unknown, expired, unused] = texts[..] else { panic!("{:?}", suppressed.warnings) };
    assert!(unknown.contains("did you mean missing?"), "{unknown}");
    assert!(expired.contains("expired on 2026-11-22"), "{expired}");
    assert!(unused.contains("it matches no finding"), "{unused}");
}

#[test]
fn suppressions_are_read_from_a_topology() {
    let text = "[[accept]]\nfinding = \"long-ttl\"\nresource = \"www A\"\nreason = \"cheap\"\nuntil = \"2027-01-31\"\n";
    let [one] = &accepted(text)[..] else { panic!("not one") };
    assert_eq!((one.finding.as_str(), one.until, one.line, one.target.as_ref()), ("long-ttl", date(2027, 1, 31), 1, None));
    assert!(accepted("[[accept]]\nfinding = 3\nuntil = \"soon\"\n").is_empty());
}

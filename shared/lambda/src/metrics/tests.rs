use std::collections::BTreeMap;

use crossover_model::{
    check_answer::{CheckAnswer, FoundAnswer},
    finding::Finding,
    health::SideAnswer,
    rules::not_checked,
};

use super::*;

fn target(outcome: Outcome, unsent: usize) -> TargetAnswer {
    TargetAnswer {
        target: "egress".to_owned(),
        kind: "nat".to_owned(),
        outcome,
        reason: String::new(),
        crossover_id: (outcome == Outcome::Completed).then(|| "egress-1".to_owned()),
        sides: Vec::new(),
        steps: Vec::new(),
        worst_loss: None,
        could_lose: None,
        forecast: None,
        held: None,
        notice_id: None,
        status: None,
        crossovers: None,
        remarks: Vec::new(),
        took_ms: 740,
        unsent,
        lost: 0,
        away: 0,
        paused: false,
        in_need: outcome == Outcome::Held,
        busy: false,
        retry_can_help: false,
    }
}

fn lines_of(targets: Vec<TargetAnswer>, otherwise: Outcome, reason: Option<&str>) -> Vec<Value> {
    let answer = Answer::of(targets, otherwise, reason.map(str::to_owned));
    let lines = lines("nat", &namespace(Some("west")), &answer, Timestamp::from_millisecond(1_795_341_600_250).unwrap());
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_crossover_is_counted_and_timed() {
    let lines = lines_of(vec![target(Outcome::Completed, 2)], Outcome::Ignored, None);
    assert_eq!(
        lines,
        [json!({
            "_aws": {
                "Timestamp": 1_795_341_600_250_u64,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "Crossover/west",
                        "Dimensions": [["kind", "outcome"], ["kind", "target", "outcome"]],
                        "Metrics": [{ "Name": "Crossovers", "Unit": "Count" }]
                    },
                    {
                        "Namespace": "Crossover/west",
                        "Dimensions": [["kind"], ["kind", "target"]],
                        "Metrics": [
                            { "Name": "TimeToCrossOver", "Unit": "Milliseconds" },
                            { "Name": "NoticesUnsent", "Unit": "Count" }
                        ]
                    }
                ]
            },
            "kind": "nat", "target": "egress", "outcome": "completed", "crossover": "egress-1",
            "Crossovers": 1, "TimeToCrossOver": 740, "NoticesUnsent": 2
        })]
    );
}

#[test]
fn every_name_that_is_declared_has_its_value() {
    let all = [Outcome::Failed, Outcome::Partial, Outcome::Held, Outcome::Pending, Outcome::Completed, Outcome::Settled];
    for line in all.into_iter().flat_map(|outcome| lines_of(vec![target(outcome, 1)], Outcome::Failed, Some("refused"))) {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!(metrics.iter().all(|metric| line[metric["Name"].as_str().unwrap()].is_u64()), "{line}");
            let dimensions = directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap());
            assert!(dimensions.clone().all(|dimension| line[dimension.as_str().unwrap()].is_string()), "{line}");
        }
    }
}

#[test]
fn a_journal_that_a_sweep_could_not_read_is_counted() {
    let answer = Answer { journal_unread: true, ..Answer::of(Vec::new(), Outcome::Settled, Some("why".to_owned())) };
    let lines = lines("sweep", "Crossover", &answer, Timestamp::UNIX_EPOCH);
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!((lines.len(), &line["JournalUnread"], &line["kind"]), (1, &json!(1), &json!("sweep")));
}

#[test]
fn a_quiet_tick_writes_nothing() {
    let quiet = vec![target(Outcome::Settled, 0), target(Outcome::DryRun, 0)];
    assert_eq!(lines_of(quiet, Outcome::Ignored, None), Vec::<Value>::new());
}

#[test]
fn how_a_target_stands_is_counted_while_it_is_not_as_declared() {
    let side = |health| SideAnswer { side: "a".to_owned(), health, evidence: String::new() };
    let sides = vec![side(State::Unhealthy), side(State::Unhealthy), side(State::Unknown), side(State::Healthy)];
    let lines =
        lines_of(vec![TargetAnswer { sides, away: 3, paused: true, ..target(Outcome::Settled, 0) }], Outcome::Ignored, None);
    assert_eq!((&lines[0]["SidesUnhealthy"], &lines[0]["Away"], &lines[0]["Paused"]), (&json!(2), &json!(3), &json!(1)));
    assert_eq!(namespace(None), "Crossover");
}

fn check(outcome: Outcome, severities: &[Severity]) -> Answer {
    let of = |severity: &Severity| FoundAnswer { found: Finding { severity: *severity, ..not_checked("egress") }, new: true };
    let findings = BTreeMap::from([("egress".to_owned(), severities.iter().map(of).collect())]);
    let found = CheckAnswer { findings, gone: Vec::new(), accepted: 0, estimates: BTreeMap::new() };
    Answer { check: Some(found), ..Answer::of(vec![target(outcome, 0)], outcome, None) }
}

#[test]
fn only_a_completed_check_writes_its_findings() {
    let at = Timestamp::from_millisecond(1_795_341_600_250).unwrap();
    let done = |answer: &Answer| {
        let lines = lines("check", &namespace(Some("west")), answer, at);
        let values = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        values.filter(|line| !line["CheckDone"].is_null()).collect::<Vec<_>>()
    };
    assert_eq!(
        done(&check(Outcome::Recorded, &[Severity::Error, Severity::Warning, Severity::Warning])),
        [json!({
            "_aws": {
                "Timestamp": 1_795_341_600_250_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "Crossover/west",
                    "Dimensions": [["kind"]],
                    "Metrics": [
                        { "Name": "CheckDone", "Unit": "Count" },
                        { "Name": "FindingErrors", "Unit": "Count" },
                        { "Name": "FindingWarnings", "Unit": "Count" }
                    ]
                }]
            },
            "kind": "check", "CheckDone": 1, "FindingErrors": 1, "FindingWarnings": 2
        })]
    );
    assert_eq!(done(&check(Outcome::Settled, &[]))[0]["FindingErrors"], json!(0));
    for outcome in [Outcome::Failed, Outcome::Held, Outcome::DryRun] {
        assert_eq!(done(&check(outcome, &[])), Vec::<Value>::new(), "{outcome:?}");
    }
    let lost = Answer { retry_can_help: true, ..check(Outcome::Recorded, &[Severity::Error]) };
    assert_eq!(done(&lost), Vec::<Value>::new());
    assert_eq!(done(&Answer { check: None, ..check(Outcome::Settled, &[]) }), Vec::<Value>::new());
}

//! Every key of an answer and of a notice is on the page about answers.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeMap, fs, path::Path};

use crossover_model::{
    answer::{Answer, TargetAnswer},
    check_answer::{CheckAnswer, FoundAnswer},
    crossover::Crossover,
    direction::Direction,
    duty::Duty,
    estimate::Estimate,
    finding::Severity,
    findings_diff::KnownFinding,
    forecast::Forecast,
    health::{SideAnswer, State},
    hold::Held,
    later::{Format, Rest},
    loss::{DataLoss, Fenced, Loss, WrittenSince},
    notice::{FindingState, Next, Notice, NoticeFinding, NoticeSide, Severity as Urgency},
    outcome::Outcome,
    rules::RULES,
    serving::Serving,
    status::Status,
    step::{StepCard, StepReport, StepResult, Undo, Way},
    timeline::Timeline,
    topology::Mode,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const AT: Timestamp = Timestamp::UNIX_EPOCH;

/// Keys of values that the page describes as a whole, or whose keys are names.
const WHOLE: [&str; 9] = ["away", "serving", "reviews", "pause", "everything_paused", "intent", "lease", "order", "story"];

#[test]
fn every_key_is_documented() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/answers.md")).expect("the page");
    let losses = ["no_data", "nothing", "words"].map(|class| json!({ "class": class }));
    let losses = losses.into_iter().map(|loss| serde_json::from_value::<Loss>(loss).expect("a loss"));
    let losses: Vec<Value> = losses.map(|loss| serde_json::to_value(loss).expect("JSON")).collect();
    let mut values = vec![serde_json::to_value(answer()).expect("JSON"), serde_json::to_value(notice()).expect("JSON")];
    values.extend(losses);
    let mut keys = Vec::new();
    for value in &values {
        collect(value, &mut keys);
    }
    let missing: Vec<&String> = keys.iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(keys.len() > 90 && missing.is_empty(), "{} keys, and docs/answers.md does not name {missing:?}", keys.len());
}

fn collect(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter().filter(|(key, _)| *key != "NAME") {
                keys.push(key.clone());
                if !WHOLE.contains(&key.as_str()) {
                    collect(value, keys);
                }
            }
            fields.get("NAME").into_iter().for_each(|value| collect(value, keys));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, keys)),
        _ => {}
    }
}

fn text() -> String {
    "text".to_owned()
}

fn loss() -> Loss {
    let since = Some(WrittenSince { at: AT, to: text(), rest: Rest::new() });
    Loss::Data(DataLoss { within_ms: Some(1), evidence: text(), fenced: Fenced::Yes, fence: text(), since, rest: Rest::new() })
}

fn step() -> StepReport {
    let undo = Some(Undo::Restore { ids: [text()].into(), rest: Rest::new() });
    let card = StepCard { step: text(), resource: text(), from: text(), to: text(), way: Way::Away, undo };
    let result = StepResult::Done;
    StepReport {
        card,
        result,
        took_ms: 1,
        detail: Some(text()),
        began: Some(AT),
        ended: Some(AT),
        asked: Some(AT),
        rest: Rest::new(),
    }
}

fn crossover() -> Crossover {
    Crossover {
        v: Format::NOW,
        id: text(),
        target: text(),
        kind: text(),
        direction: Direction::Failover,
        trigger: text(),
        order: serde_json::from_value(json!({
            "command": "failover", "target": "t", "aim": "home", "reason": "r", "operator": "o"
        }))
        .expect("an order"),
        not_healthy: [text()].into(),
        left: [text()].into(),
        to: [text()].into(),
        continued_by: Some(text()),
        reason: text(),
        loss: text(),
        could_lose: Some(loss()),
        started: AT,
        ended: Some(AT),
        outcome: Outcome::Completed,
        steps: vec![step()],
        notified: Some((Outcome::Completed, AT)),
        resumed: true,
        continues: true,
        aborted: None,
        rest: Rest::new(),
        timeline: Timeline { sides: Vec::new(), notices: Vec::new(), remarks: vec![text()] },
    }
}

fn status() -> Status {
    let pause = json!({ "operator": "o", "reason": "r", "since": AT, "remind": AT });
    let intent = json!({ "aim": "home", "operator": "o", "reason": "r", "since": AT });
    let lease = json!({ "holder": "h", "taken": AT, "until": AT, "crossover_id": "c", "trigger": "t" });
    Status {
        mode: Mode::Armed,
        serving: BTreeMap::new(),
        away: BTreeMap::new(),
        since: Some(AT),
        pause: serde_json::from_value(pause.clone()).expect("a pause"),
        everything_paused: serde_json::from_value(pause).expect("a pause"),
        intent: serde_json::from_value(intent).expect("an intent"),
        blocked_until: Some(AT),
        lease: serde_json::from_value(lease).expect("a lease"),
        open: Some(crossover()),
        flapping: [text()].into(),
        muted: [(text(), text())].into(),
        ready: [text()].into(),
        reviews: [(text(), AT)].into(),
        unsent: 1,
        unsent_ids: vec![text()],
        next: vec![text()],
    }
}

fn known() -> KnownFinding {
    let (severity, since) = (Severity::Error, AT);
    KnownFinding { severity, target: text(), finding: text(), resource: text(), what: text(), fix: text(), since }
}

fn answer() -> Answer {
    let estimate = Estimate {
        leaving: text(),
        held: Some(text()),
        writes: 1,
        paced_s: 1,
        takes_s: 1,
        visible_s: 1,
        in_stages: true,
        one_way: false,
    };
    let found = FoundAnswer { found: RULES[0].finding(text(), text(), text()).see("a link"), new: true };
    let name = "NAME".to_owned();
    let check = CheckAnswer {
        findings: [(name.clone(), vec![found])].into(),
        gone: vec![known()],
        accepted: 1,
        estimates: [(name, vec![estimate])].into(),
    };
    let target = TargetAnswer {
        target: text(),
        kind: text(),
        outcome: Outcome::Held,
        reason: text(),
        crossover_id: Some(text()),
        sides: vec![SideAnswer { side: text(), health: State::Healthy, evidence: text() }],
        steps: vec![step()],
        worst_loss: Some(text()),
        could_lose: Some(loss()),
        forecast: Some(Forecast::Hold { held: Held::DataLoss, what: text() }),
        held: Some(Held::DataLoss),
        notice_id: Some(text()),
        status: Some(status()),
        crossovers: Some(vec![crossover()]),
        remarks: vec![text()],
        took_ms: 1,
        unsent: 0,
        lost: 0,
        away: 0,
        paused: false,
        in_need: false,
        busy: true,
        retry_can_help: false,
    };
    Answer {
        outcome: Outcome::Held,
        reason: Some(text()),
        targets: vec![target],
        check: Some(check),
        retry_can_help: false,
        journal_unread: false,
    }
}

fn notice() -> Notice {
    Notice {
        source: text(),
        id: text(),
        at: AT,
        target: text(),
        kind: text(),
        outcome: Outcome::Completed,
        severity: Urgency::Info,
        mode: Mode::Armed,
        headline: text(),
        what: text(),
        reason: Some(text()),
        trigger: text(),
        crossover_id: Some(text()),
        sides: vec![NoticeSide { side: text(), health: State::Healthy, evidence: text(), cannot_serve: true }],
        serving: Some(Serving { duty: Duty::Write, sides: [("NAME".to_owned(), 1)].into() }),
        steps: vec![step()],
        steps_in_all: 1,
        took_ms: Some(1),
        worst_loss: Some(text()),
        remarks: vec![text()],
        found: vec![NoticeFinding { state: FindingState::New, finding: known() }],
        next: vec![Next { what: text(), typed: Some(text()), command: Some(text()) }],
        owner: text(),
        runbook: Some(text()),
    }
}

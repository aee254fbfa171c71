//! The severity of a notice says what a person must do.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;

use crossover_model::{
    crossover::Crossover,
    direction::Direction,
    duty::Duty,
    hold::{Held, Hold},
    later::Rest,
    loss::Loss,
    notice::{About, Sender, Severity},
    outcome::Outcome,
    serving::Serving,
    topology::Mode,
    trigger::{Aim, Order},
};
use serde_json::json;

/// No side.
static NONE: BTreeSet<String> = BTreeSet::new();
static SENDER: Sender = Sender::CommandLine(String::new());

fn about(is_answer: bool, serves: usize) -> About<'static> {
    About {
        name: "orders",
        owner: "owner",
        runbook: None,
        kind: "database",
        mode: Mode::Armed,
        sender: &SENDER,
        trigger: "a tick",
        sides: Vec::new(),
        cannot_serve: &NONE,
        serving: Some(Serving { duty: Duty::Write, sides: [("a".to_owned(), serves)].into() }),
        remarks: Vec::new(),
        is_answer,
        wanted_away: false,
        leaving: None,
        still_away: 0,
        open: None,
        now: "2026-03-14T03:12:40Z".parse().expect("a time"),
    }
}

fn crossover(direction: Direction, outcome: Outcome, loss: Option<&Loss>, by_order: bool) -> Crossover {
    let record = json!({
        "id": "orders-20260314T031240.000Z", "target": "orders", "kind": "database", "direction": direction, "trigger": "tick",
        "reason": "why", "loss": "", "started": "2026-03-14T03:12:40Z", "outcome": outcome, "steps": [], "could_lose": loss,    });
    let mut crossover: Crossover = serde_json::from_value(record).expect("a record");
    crossover.order = by_order.then(|| Order {
        direction,
        target: "orders".to_owned(),
        aim: Aim::To("b".to_owned()),
        force: false,
        accept_data_loss: true,
        reason: "r".to_owned(),
        operator: "o".to_owned(),
        dry_run: false,
        rest: Rest::new(),
    });
    crossover.ended = (outcome == Outcome::Completed).then_some(crossover.started);
    crossover
}

fn data() -> Option<Loss> {
    serde_json::from_value(json!({ "class": "data", "within_ms": 1000, "evidence": "" })).ok()
}

#[test]
fn a_hold_needs_somebody_now_unless_it_only_answers_an_order() {
    let of = |why, is_answer, serves| about(is_answer, serves).held(&Hold { why, text: String::new() }, &[]).severity;
    assert_eq!(of(Held::Blocked, false, 1), Severity::Critical);
    assert_eq!(of(Held::Shadow, false, 1), Severity::Warning);
    assert_eq!(of(Held::NotHealthy, true, 1), Severity::Info);
    assert_eq!(of(Held::NotHealthy, true, 0), Severity::Critical, "nobody can write");
    assert_eq!(
        (about(false, 1).failed("why").severity, about(true, 1).failed("why").severity),
        (Severity::Critical, Severity::Info)
    );
}

#[test]
fn an_automatic_crossover_that_can_lose_data_needs_somebody_now() {
    use Outcome::{Completed, Failed, Partial, Pending};
    assert!(matches!(data(), Some(Loss::Data(_))), "{:?}", data());
    let of = |direction, outcome, loss: Option<Loss>, by_order| {
        about(false, 1).crossover(&crossover(direction, outcome, loss.as_ref(), by_order)).severity
    };
    for outcome in [Completed, Pending] {
        assert_eq!(of(Direction::Failover, outcome, data(), false), Severity::Critical, "{outcome}");
        assert_eq!(of(Direction::Failover, outcome, data(), true), Severity::Warning, "{outcome}");
        assert_eq!(of(Direction::Failover, outcome, None, false), Severity::Warning, "{outcome}");
    }
    assert_eq!(of(Direction::Failback, Completed, None, false), Severity::Info);
    for outcome in [Partial, Failed] {
        assert_eq!(of(Direction::Failback, outcome, None, true), Severity::Critical, "{outcome}");
    }
}

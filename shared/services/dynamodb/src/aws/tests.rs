use crossover_aws::canned::Canned;
use crossover_model::{direction::Direction, journal::Memory, outcome::Outcome};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn lease(holder: &str) -> Lease {
    Lease {
        holder: holder.to_owned(),
        taken: at("2026-11-22T10:00:00.25Z"),
        until: at("2026-11-22T10:01:00.0005Z"),
        crossover_id: "egress-20261122T100000250Z".to_owned(),
        trigger: "tick".to_owned(),
        order: None,
        rest: crossover_model::later::Rest::new(),
    }
}

fn crossover(id: &str) -> Crossover {
    Crossover {
        v: crossover_model::later::Format::NOW,
        id: id.to_owned(),
        target: "egress".to_owned(),
        kind: "nat".to_owned(),
        direction: Direction::Failover,
        trigger: "tick".to_owned(),
        order: None,
        not_healthy: std::collections::BTreeSet::new(),
        left: std::collections::BTreeSet::new(),
        to: std::collections::BTreeSet::new(),
        continued_by: None,
        loss: String::new(),
        could_lose: None,
        reason: "why".to_owned(),
        started: at("2026-11-22T10:00:00Z"),
        ended: Some(at("2026-11-22T10:00:02Z")),
        outcome: Outcome::Completed,
        steps: Vec::new(),
        notified: None,
        resumed: false,
        continues: false,
        aborted: None,
        timeline: crossover_model::timeline::Timeline::default(),
        rest: crossover_model::later::Rest::new(),
    }
}

fn journal(canned: &Canned) -> DynamoJournal {
    DynamoJournal::new(&canned.config(), "journal")
}

fn refused(item: &Value) -> String {
    json!({ "__type": "ConditionalCheckFailedException", "message": "The conditional request failed", "Item": item }).to_string()
}

fn state_held_by(holder: &Lease, before: Option<&Lease>) -> Value {
    let before = before.map_or(json!({ "NULL": true }), |lease| json!({ "S": serde_json::to_string(lease).unwrap() }));
    json!({
        "pk": { "S": "target#egress" },
        "sk": { "S": "state" },
        "epoch": { "N": "8" },
        "lease": { "S": serde_json::to_string(holder).unwrap() },
        "lease_until": { "N": "1" },
        "before_lease": before,
        "before_released": { "NULL": true },
    })
}

#[tokio::test]
async fn a_lost_reply_is_answered_as_the_first_time() {
    let died = lease("died");
    let canned = Canned::answering([(400, refused(&state_held_by(&lease("us"), Some(&died))).as_str())]);
    let answer = journal(&canned).take_lease("egress", &lease("us")).await.unwrap();
    let LeaseAnswer::Taken { epoch, before, .. } = answer else { panic!("{answer:?}") };
    assert_eq!((epoch, before.epoch), (8, 7));
    assert_eq!(before.interrupted(), Some(&died), "the lease before ours was interrupted, not ours");
}

#[tokio::test]
async fn a_lost_reply_of_the_first_lease_ever_leaves_nothing_interrupted() {
    let canned = Canned::answering([(400, refused(&state_held_by(&lease("us"), None)).as_str())]);
    let answer = journal(&canned).take_lease("egress", &lease("us")).await.unwrap();
    let LeaseAnswer::Taken { before, .. } = answer else { panic!("{answer:?}") };
    assert_eq!((before.lease.as_ref(), before.quiet_since()), (None, None));
}

#[tokio::test]
async fn held_needs_one_call() {
    let canned = Canned::answering([(400, refused(&state_held_by(&lease("other"), None)).as_str())]);
    let answer = journal(&canned).take_lease("egress", &lease("us")).await.unwrap();
    assert!(matches!(answer, LeaseAnswer::Held(record) if record.lease == Some(lease("other"))));
    let sent: Value = serde_json::from_str(&canned.sent()[0]).unwrap();
    let values = &sent["ExpressionAttributeValues"];
    assert_eq!(values[":until"]["N"], "1795341660000500000");
}

#[tokio::test]
async fn a_cancelled_transaction_is_stale_only_for_the_state() {
    let cancelled = |reasons: Value| {
        let body = json!({ "__type": "TransactionCanceledException", "message": "cancelled", "CancellationReasons": reasons });
        Canned::answering([(400, body.to_string().as_str())])
    };
    let ended = [crossover("egress-1")];
    let change = Change { ended: &ended, ..Change::default() };

    let stale = cancelled(json!([{ "Code": "ConditionalCheckFailed" }, { "Code": "None" }]));
    assert_eq!(journal(&stale).write("egress", 7, change).await.unwrap(), Written::StaleEpoch);

    let conflict = cancelled(json!([{ "Code": "None" }, { "Code": "TransactionConflict" }]));
    let error = journal(&conflict).write("egress", 7, change).await.unwrap_err();
    assert!(error.retry_can_help(), "{error}");
    assert_eq!(error.code, "TransactionConflict");
}

#[tokio::test]
async fn one_crossover_ended_twice_is_put_once() {
    let canned = Canned::answering([(200, "{}")]);
    let ended = [crossover("egress-1"), Crossover { outcome: Outcome::Partial, ..crossover("egress-1") }];
    let memory = Memory::default();
    let change = Change { memory: Some(&memory), ended: &ended, release: None };
    assert_eq!(journal(&canned).write("egress", 7, change).await.unwrap(), Written::Yes);
    let sent: Value = serde_json::from_str(&canned.sent()[0]).unwrap();
    assert_eq!(sent["TransactItems"].as_array().map(Vec::len), Some(2));
    let item = &sent["TransactItems"][1]["Put"]["Item"];
    assert!(item["crossover"]["S"].as_str().unwrap().contains("partial"));
    assert_eq!(item["expires"]["N"], (at("2026-11-22T10:00:02Z").as_second() + 400 * 86_400).to_string());
}

#[tokio::test]
async fn a_memory_that_is_not_understood_is_named() {
    let item = json!({ "Item": { "pk": { "S": "target#egress" }, "sk": { "S": "state" }, "memory": { "S": "{" } } });
    let error = journal(&Canned::answering([(200, item.to_string().as_str())])).read("egress").await.unwrap_err();
    assert!(error.to_string().contains("memory of journal item target#egress/state is not understood"), "{error}");
    assert!(!error.retry_can_help());
}

//! `verify` on account files: a journal that kept the promises, and one that did not.

#![expect(clippy::expect_used, reason = "tests")]

mod workspace;

use std::fs;

use serde_json::json;
use workspace::Workspace;

/// Routes that left a zone by an order.
fn moved(name: &str) -> Workspace {
    let workspace = Workspace::new(name);
    assert_eq!(workspace.code("failover egress-prod --away-from us-east-1a --reason packet-loss"), Some(0));
    workspace
}

fn verified(workspace: &Workspace, more: &[&str]) -> (Option<i32>, String) {
    let output = workspace.run(&[&["verify", "--account", "account.json"], more].concat());
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn a_journal_that_kept_the_promises() {
    let workspace = moved("verify-kept");
    assert_eq!(verified(&workspace, &[]), (Some(0), "1 target, 1 crossover, 0 calls: every promise is kept\n".to_owned()));
    let json = r#"{"targets":1,"crossovers":1,"calls":0,"violations":[]}"#;
    let (code, text) = verified(&workspace, &["--json"]);
    assert_eq!((code, text.split_whitespace().collect::<String>().as_str()), (Some(0), json));
}

#[test]
fn a_journal_that_did_not() {
    let workspace = moved("verify-broken");
    workspace.change(|account| account["crossovers"][0]["told"] = json!(null));
    let (code, text) = verified(&workspace, &["egress-prod"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("1 promise is BROKEN\n  told: egress-prod: nobody was told of egress-prod-"), "{text}");
    let (code, text) = verified(&workspace, &["--json"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("\"promise\": \"told\"") && text.contains("\"rule\": \"not-told\""), "{text}");
}

#[test]
fn a_trail_of_calls() {
    let workspace = moved("verify-calls");
    let call =
        |resource: &str| json!({ "at": "2026-03-14T03:12:40.01Z", "call": "rds:PromoteReadReplica", "resource": resource });
    fs::write(workspace.0.join("calls.jsonl"), format!("{}\n\n{}\n", call("a"), call("b"))).unwrap_or_default();
    let (code, text) = verified(&workspace, &["--calls", "calls.jsonl"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("2 calls: 1 promise is BROKEN") && text.contains("an irreversible call on a, and one on b"), "{text}");
    fs::write(workspace.0.join("calls.jsonl"), "{}").unwrap_or_default();
    let (code, text) = verified(&workspace, &["--calls", "calls.jsonl"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("calls.jsonl, line 1: missing field `at`"), "{text}");
}

//! The errors of invocations that failed.

#![expect(clippy::expect_used, clippy::unwrap_in_result, clippy::unnecessary_wraps, reason = "tests")]

use std::sync::Mutex;

use async_trait::async_trait;
use crossover_kinds::registry;
use crossover_model::outcome::Outcome;
use crossover_sandbox::{Account, Sandbox};
use serde_json::json;

use super::*;
use crate::sandbox_controller::ACCOUNT;

/// Returns these answers in turn, and repeats the last one.
struct Canned {
    answers: Mutex<Vec<Result<Invoked, CloudError>>>,
}

#[async_trait]
impl Functions for Canned {
    async fn invoke(&self, function: &str, payload: &[u8]) -> Result<Invoked, CloudError> {
        assert_eq!(function, "crossover-sweep:live");
        let command: Value = serde_json::from_slice(payload).expect("JSON");
        assert!(command["command"].is_string(), "{command}");
        let mut answers = self.answers.lock().expect("no panic");
        if answers.len() > 1 { answers.remove(0) } else { again(&answers[0]) }
    }
}

fn again(answer: &Result<Invoked, CloudError>) -> Result<Invoked, CloudError> {
    match answer {
        Ok(invoked) => Ok(Invoked { payload: invoked.payload.clone(), failed: invoked.failed }),
        Err(error) => Err(error.clone()),
    }
}

fn status(answers: Vec<Result<Invoked, CloudError>>) -> Result<Answer, Unanswered> {
    ask(&json!({ "command": "status" }), answers)
}

fn ask(command: &Value, answers: Vec<Result<Invoked, CloudError>>) -> Result<Answer, Unanswered> {
    crossover_sandbox::run(async {
        let clock = Arc::new(Sandbox::new(Account::parse(ACCOUNT, &registry().sections()).expect("the example")));
        let functions = Box::new(Canned { answers: Mutex::new(answers) });
        let function = Function { name: "crossover-sweep:live".to_owned(), functions, clock };
        function.ask(command).await
    })
    .expect("a runtime")
}

fn fails(fault: Fault) -> Result<Invoked, CloudError> {
    Err(CloudError::new("lambda:Invoke", fault, "as Lambda says it"))
}

fn answers(payload: &Value, failed: bool) -> Result<Invoked, CloudError> {
    Ok(Invoked { payload: payload.to_string().into_bytes(), failed })
}

fn settled() -> Value {
    json!({ "outcome": "settled", "targets": [], "of_a_later_version": { "more": 1 } })
}

#[test]
fn unknown_fields_of_a_later_version_are_accepted() {
    let target = json!({ "target": "egress-prod", "kind": "nat", "outcome": "held", "reason": "why", "busy": true, "new": 1 });
    let answer = status(vec![answers(&json!({ "outcome": "held", "targets": [target] }), false)]).expect("an answer");
    assert_eq!((answer.outcome, answer.targets[0].reason.as_str()), (Outcome::Held, "why"));
    assert!(answer.targets[0].busy && answer.targets[0].sides.is_empty());
    assert_eq!(status(vec![answers(&settled(), false)]).expect("an answer").outcome, Outcome::Settled);
}

#[test]
fn a_throttled_invocation_is_repeated_within_the_time() {
    let twice = vec![fails(Fault::Throttled), fails(Fault::Throttled), answers(&settled(), false)];
    assert_eq!(status(twice).expect("an answer").outcome, Outcome::Settled);
    let error = status(vec![fails(Fault::Throttled)]).expect_err("throttled for good");
    assert!(error.to_string().contains("throttled after 30 s") && !error.again(), "{error}");
}

#[test]
fn other_errors_are_not_repeated() {
    for fault in [Fault::Unavailable, Fault::TimedOut, Fault::Denied, Fault::NotFound, Fault::Refused] {
        let error = status(vec![fails(fault), answers(&settled(), false)]).expect_err("the first one counts");
        assert_eq!(error.again(), matches!(fault, Fault::TimedOut | Fault::Unavailable), "{error}");
    }
}

#[test]
fn each_error_gives_advice() {
    let timed_out = json!({ "errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 60.00 seconds" });
    let cases = [
        (fails(Fault::NotFound), "there is no function crossover-sweep:live", "pass one of the stack's"),
        (fails(Fault::Denied), "no permission to invoke", "lambda:InvokeFunction"),
        (fails(Fault::TimedOut), "did not answer in time", "crossover status"),
        (fails(Fault::Unavailable), "Lambda can't be reached", "--local"),
        (fails(Fault::Refused), "Lambda refuses", "as Lambda says it"),
        (answers(&timed_out, true), "Sandbox.Timedout: Task timed out after 60.00 seconds", "may continue"),
        (answers(&json!("no object"), true), "no object", "see its log"),
        (answers(&json!({ "hello": "world" }), false), "incompatible version", "missing field `outcome`"),
        (Ok(Invoked { payload: b"<html>".to_vec(), failed: false }), "incompatible version", "<html>"),
    ];
    for (answer, what, todo) in cases {
        let order = json!({ "command": "failover", "dry_run": false });
        let error = ask(&order, vec![answer]).expect_err("a failure").to_string();
        assert!(error.contains(what) && error.contains(todo), "{error}");
    }
}

#[test]
fn a_command_that_only_reads_needs_no_advice() {
    let reads = [
        json!({ "command": "status" }),
        json!({ "command": "history" }),
        json!({ "command": "plan" }),
        json!({ "command": "failover", "dry_run": true }),
    ];
    let lost = || [fails(Fault::TimedOut), fails(Fault::Unavailable), answers(&json!({}), true), answers(&json!({}), false)];
    for (command, answer) in reads.iter().flat_map(|command| lost().map(|answer| (command, answer))) {
        let error = ask(command, vec![answer]).expect_err("lost").to_string();
        assert!(!error.contains("may continue") && !error.contains("may have been executed") && !error.contains("  "), "{error}");
    }
    let order = json!({ "command": "failover" });
    for answer in lost() {
        let error = ask(&order, vec![answer]).expect_err("lost").to_string();
        assert!(error.contains("crossover status"), "{error}");
    }
}

#[test]
fn an_unsent_request_has_no_effect() {
    let order = json!({ "command": "failover" });
    let unsent = [
        (
            Fault::Unavailable,
            "dispatch failure: io error: client error (Connect): tcp connect error: Connection refused (os error 111)",
            "Lambda can't be reached, and nothing has begun: ",
            true,
        ),
        (
            Fault::TimedOut,
            "dispatch failure: timeout: client error (Connect): HTTP connect timeout occurred after 3s",
            "Lambda can't be reached, and nothing has begun: ",
            true,
        ),
        (
            Fault::Unavailable,
            "dispatch failure: other: the credential provider was not enabled: no providers in chain provided credentials",
            "there are no credentials to invoke crossover-sweep:live, and nothing has begun: ",
            false,
        ),
    ];
    for (fault, message, what, again) in unsent {
        let error = ask(&order, vec![Err(CloudError::new("lambda:Invoke", fault, message))]).expect_err("unsent");
        assert!(error.to_string().starts_with(what) && !error.to_string().contains("may continue"), "{error}");
        assert_eq!(error.again(), again, "{error}");
    }
}

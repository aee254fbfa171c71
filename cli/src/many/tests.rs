//! Leaving a zone through a deployed function, whose topology is its own.

#![expect(clippy::expect_used, clippy::panic, clippy::panic_in_result_fn, clippy::unwrap_in_result, reason = "tests")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use crossover_invoke::{Functions, Invoked};
use crossover_kinds::registry;
use crossover_model::{
    error::{CloudError, Fault},
    notice::Sender,
    topology::Mode,
};
use crossover_sandbox::{Account, Sandbox};

use super::*;
use crate::{
    confirm::Given,
    function::Function,
    sandbox_controller::{ACCOUNT, TIME_LIMIT_S, TOPOLOGY, controller},
    stack::keep_to,
};

const FUNCTION: &str = "crossover-sweep:live";

/// A replacement for the answer to a status of all targets.
type Instead = fn() -> Result<Invoked, CloudError>;

/// No answer at all: the invocation hangs.
const NOTHING: Instead = || Err(CloudError::new(HANGS, Fault::TimedOut, "no answer"));
const HANGS: &str = "hangs";

/// A function with its own topology, on an account that its invocations share.
#[derive(Clone)]
struct Deployed(Arc<Inner>);

struct Inner {
    topology: String,
    account: Mutex<Account>,
    instead: Option<Instead>,
    received: Mutex<Vec<Value>>,
}

impl Deployed {
    fn new(topology: &str, instead: Option<Instead>) -> Self {
        let account = Mutex::new(Account::parse(ACCOUNT, &registry().sections()).expect("the example"));
        Self(Arc::new(Inner { topology: topology.to_owned(), account, instead, received: Mutex::default() }))
    }

    /// Runs an invocation on its own runtime, as a separate process would.
    fn invocation(&self, payload: &Value) -> Vec<u8> {
        let mut account = self.0.account.lock().expect("no panic");
        let (answer, after) = crossover_sandbox::run(async {
            let sandbox = Sandbox::new(account.clone());
            let controller =
                controller(&registry(), &sandbox, &self.0.topology, Mode::Armed, Sender::Function(FUNCTION.to_owned()))
                    .expect("a topology");
            let deadline = controller.environment.ports.clock.now() + jiff::SignedDuration::from_secs(TIME_LIMIT_S);
            let invocation = crossover_engine::environment::Invocation {
                holder: "function/1".to_owned(),
                deadline,
                dry_run: false,
                own: None,
            };
            let answer = controller.handle(payload, &invocation).await;
            (serde_json::to_vec(&answer).expect("JSON"), sandbox.account())
        })
        .expect("a runtime");
        *account = after;
        answer
    }

    /// The targets for which the function received orders, as opposed to dry runs.
    fn ordered(&self) -> Vec<String> {
        let received = self.0.received.lock().expect("no panic");
        let orders = received.iter().filter(|command| command["command"] == "failover" && command["dry_run"] != true);
        orders.map(|command| command["target"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

#[async_trait]
impl Functions for Deployed {
    async fn invoke(&self, _: &str, payload: &[u8]) -> Result<Invoked, CloudError> {
        let command: Value = serde_json::from_slice(payload).expect("JSON");
        self.0.received.lock().expect("no panic").push(command.clone());
        if let Some(instead) = self.0.instead.filter(|_| command["command"] == "status") {
            let answer = instead();
            return if answer.as_ref().is_err_and(|error| error.call == HANGS) { std::future::pending().await } else { answer };
        }
        let function = self.clone();
        let payload = std::thread::spawn(move || function.invocation(&command)).join().expect("an answer");
        Ok(Invoked { payload, failed: false })
    }
}

/// The example topology with another name of its target.
fn called(name: &str) -> String {
    TOPOLOGY.replace("\"egress-prod\"", &format!("\"{name}\""))
}

/// A topology of two targets, the second in a VPC that the account does not have.
fn both(one: &str, other: &str) -> String {
    let (one, other) = (called(one), called(other).replace("0a1b2c3d", "9a1b2c3d"));
    one + &other[other.find("[[nat]]").expect("a target")..]
}

fn of_three_sides() -> String {
    let side =
        "\n[[nat.side]]\nzone = \"us-east-1c\"\ngateway = \"nat-0a1b2c3d4e5f60003\"\nalarms = [\"nat-use1c-unreachable\"]\n";
    TOPOLOGY.to_owned() + side
}

fn wanted() -> Wanted<'static> {
    Wanted {
        command: json!({ "command": "failover", "reason": "fire", "operator": "ann" }),
        location: Some("us-east-1a"),
        plan_only: false,
        given: Given { yes: true, accept_data_loss: false, can_ask: false },
        wait: Duration::ZERO,
        flags: String::new(),
    }
}

/// Plans and moves with this local topology, as the stack `east` if it names stacks.
fn left(here: &str, function: &Deployed) -> Result<(Plans, String, Value), Failure> {
    crossover_sandbox::run(async {
        let sandbox = Sandbox::new(Account::parse(ACCOUNT, &registry().sections()).expect("the example"));
        let mut kinds = controller(&registry(), &sandbox, here, Mode::Armed, Sender::Function(FUNCTION.to_owned()))
            .expect("a topology")
            .kinds;
        keep_to(&mut kinds, here.contains("stack = ").then_some("east"))?;
        let functions = Box::new(function.clone());
        let function = Function { name: FUNCTION.to_owned(), functions, clock: Arc::new(sandbox) };
        let (engine, wanted) = (Engine::of_function(&registry(), function, Some(kinds)), wanted());
        let plans = plan(&engine, &wanted).await?;
        let driven = waves(&engine, &plans, &wanted, Style::default()).await;
        let (shown, code) = screen::summary(&driven, &plans, &wanted, Style::default());
        let (json, same) = screen::summary_as_json(&driven, &plans)?;
        assert_eq!(code, same, "the JSON has the same exit code");
        assert_eq!(code, plans.outcome(&driven.iter().map(|one| &one.answer).collect::<Vec<_>>()).exit_code().into());
        Ok((plans, shown, serde_json::from_str(&json)?))
    })
    .expect("a runtime")
}

fn refused(here: &str, function: &Deployed) -> String {
    match left(here, function) {
        Ok((_, shown, _)) => panic!("not refused: {shown}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_target_that_the_function_defines_equally_is_moved() {
    let function = Deployed::new(TOPOLOGY, None);
    let (plans, shown, json) = left(TOPOLOGY, &function).expect("moved");
    assert!(plans.left_out.is_empty() && plans.warnings.is_empty(), "{:?}", plans.warnings);
    assert_eq!(function.ordered()[0], "egress-prod");
    assert!(shown.ends_with("1 of 1 targets are where they should be; the worst outcome is completed.\n"), "{shown}");
    assert_eq!((&json["outcome"], &json["left_out"]), (&json!("completed"), &json!([])));
}

#[test]
fn a_target_that_the_function_does_not_have_counts_as_failed() {
    let function = Deployed::new(TOPOLOGY, None);
    let (plans, shown, json) = left(&both("egress-prod", "egress-new"), &function).expect("one is moved");
    let line =
        "LEFT OUT egress-new: crossover-sweep:live does not have it: pass the function that does, or move it with --local\n";
    assert_eq!(screen::left_out(&plans, Style::default()), line);
    assert!(shown.contains(line), "{shown}");
    assert!(shown.contains("1 of 2 targets are where they should be; the worst outcome is failed; for the others"), "{shown}");
    assert_eq!((&json["outcome"], &json["left_out"][0]["target"]), (&json!("failed"), &json!("egress-new")));
    assert_eq!(json["targets"][0]["outcome"], "completed");
    assert!(!function.ordered().contains(&"egress-new".to_owned()), "it is not ordered");
    // A plan alone shows it too.
    let (plan, code) = screen::only_plans(&plans, &wanted(), Style::default());
    assert!(plan.ends_with(line) && code == Outcome::Failed.exit_code().into(), "{plan}");
    let (plan, code) = screen::plans_as_json(&plans).expect("JSON");
    assert!(plan.contains("egress-new") && code == Outcome::Failed.exit_code().into(), "{plan}");
}

#[test]
fn an_order_without_any_target_left_is_refused() {
    let function = Deployed::new(&called("egress-old"), None);
    let error = refused(TOPOLOGY, &function);
    assert!(error.starts_with("there is no target left to move away from us-east-1a, and nothing was changed:"), "{error}");
    assert!(error.contains("\n  egress-prod: crossover-sweep:live does not have it"), "{error}");
    assert!(error.contains("\n  crossover-sweep:live also has egress-old"), "{error}");
    let error = refused(TOPOLOGY, &Deployed::new(&of_three_sides(), None));
    assert!(error.contains("its sides are us-east-1a, us-east-1b, us-east-1c"), "{error}");
    assert!(function.ordered().is_empty());
}

#[test]
fn targets_that_only_the_function_has_are_a_warning() {
    let function = Deployed::new(&both("egress-prod", "egress-old"), None);
    let (plans, shown, _) = left(TOPOLOGY, &function).expect("moved");
    let warning = "crossover-sweep:live also has egress-old, not declared in the local topology: it is not moved";
    assert_eq!(plans.warnings, [warning]);
    assert!(shown.contains("1 of 1 targets are where they should be; the worst outcome is completed."), "{shown}");
}

#[test]
fn targets_of_another_stack_are_listed() {
    let owner = "owner = \"platform on-call\"";
    let here = both("egress-prod", "egress-old").replacen(owner, &format!("{owner}\nstack = \"east\""), 1);
    let here = format!("[defaults]\nstack = \"west\"\n{here}");
    let (plans, shown, _) = left(&here, &Deployed::new(&both("egress-prod", "egress-old"), None)).expect("moved");
    assert!(plans.warnings.is_empty() && plans.left_out.is_empty(), "{:?}", plans.warnings);
    assert!(shown.contains("Not moved: egress-old.\n1 of 1 targets are where they should be"), "{shown}");
}

#[test]
fn a_lost_status_does_not_stop_the_order() {
    let lost: [Instead; 3] = [
        || Err(CloudError::new("lambda:Invoke", Fault::TimedOut, "no answer")),
        || Err(CloudError::new("lambda:Invoke", Fault::Unavailable, "reset")),
        || Ok(Invoked { payload: b"{\"errorType\":\"Function.ResponseSizeTooLarge\"}".to_vec(), failed: true }),
    ];
    for instead in lost {
        let function = Deployed::new(TOPOLOGY, Some(instead));
        let (plans, shown, _) = left(TOPOLOGY, &function).expect("moved");
        assert!(plans.warnings[0].starts_with("the targets of crossover-sweep:live are not compared"), "{:?}", plans.warnings);
        assert!(shown.contains("1 of 1 targets are where they should be; the worst outcome is completed."), "{shown}");
    }
    let function = Deployed::new(TOPOLOGY, Some(NOTHING));
    let (plans, shown, _) = left(TOPOLOGY, &function).expect("moved");
    assert!(plans.warnings[0].ends_with("no answer within 10 seconds"), "{:?}", plans.warnings);
    assert!(!plans.warnings[0].contains("  "), "{:?}", plans.warnings);
    assert!(shown.contains("1 of 1 targets are where they should be"), "{shown}");
    // The function itself still refuses a target that it does not have.
    let function = Deployed::new(&called("egress-old"), Some(lost[0]));
    let (_, shown, _) = left(TOPOLOGY, &function).expect("an answer");
    assert!(shown.contains("\"egress-prod\" is not one of") && shown.contains("0 of 1"), "{shown}");
}

#[test]
fn an_unavailable_function_receives_no_order() {
    let dead: [(Instead, &str); 4] = [
        (|| Err(CloudError::new("lambda:Invoke", Fault::NotFound, "none")), "there is no function crossover-sweep:live"),
        (|| Err(CloudError::new("lambda:Invoke", Fault::Denied, "no")), "no permission to invoke"),
        (|| Ok(Invoked { payload: b"{}".to_vec(), failed: false }), "incompatible version"),
        (
            || {
                let payload = br#"{"outcome":"failed","reason":"command: not one of mine","targets":[]}"#.to_vec();
                Ok(Invoked { payload, failed: false })
            },
            "not one of mine",
        ),
    ];
    for (instead, what) in dead {
        let function = Deployed::new(TOPOLOGY, Some(instead));
        let error = refused(TOPOLOGY, &function);
        assert!(error.contains(what), "{error}");
        assert_eq!(function.0.received.lock().expect("no panic").len(), 1, "only its status was read");
    }
}

#[test]
fn an_answer_without_a_loss_counts_as_risky() {
    let plan = |outcome: &str, more: Value| {
        let mut answer = json!({ "target": "orders", "kind": "database", "outcome": outcome, "reason": "would cross over: it" });
        answer.as_object_mut().expect("a table").extend(more.as_object().expect("a table").clone());
        Box::new(serde_json::from_value::<TargetAnswer>(answer).expect("an answer"))
    };
    let moves = |loss: Value| plan("dry_run", json!({ "forecast": { "would": "cross_over", "what": "it" }, "could_lose": loss }));
    let risky = [
        plan("dry_run", json!({})),
        plan("dry_run", json!({ "worst_loss": "nothing: in the words of the version 0.1" })),
        plan("dry_run", json!({ "forecast": { "would": "in-a-later-version" } })),
        plan("dry_run", json!({ "forecast": "in-a-later-version" })),
        plan("in-a-later-version", json!({})),
        moves(json!(null)),
        moves(json!({ "class": "in-a-later-version" })),
        moves(json!({ "class": "data", "within_ms": 3, "fenced": "yes" })),
        moves(json!({ "class": "words", "text": "nothing" })),
    ];
    for plan in risky {
        assert!(is_risky(&plan), "{plan:?}");
    }
    let fine = [
        moves(json!({ "class": "no_more" })),
        moves(json!({ "class": "nothing", "because": "it is so" })),
        moves(json!({ "class": "no_data", "but": "connections are cut" })),
        plan("dry_run", json!({ "forecast": { "would": "stay", "what": "it is at home" } })),
        plan("dry_run", json!({ "forecast": { "would": "hold", "held": "paused", "what": "it is paused" } })),
        plan("dry_run", json!({ "forecast": { "would": "hold", "held": "in-a-later-version" } })),
        plan("failed", json!({})),
    ];
    for plan in fine {
        assert!(!is_risky(&plan), "{plan:?}");
    }
}

//! The command line's verbs through a deployed function: the real command, Lambda's API, the real function.

use std::process::Output;

use crossover_tests::{
    lambda::{Lambda, binary},
    lambda_api::{Fault, LambdaApi},
    world::World,
};
use serde_json::{Value, json};

use crate::topology_file;

const FUNCTION: &str = "crossover-sweep:live";

/// The command with what a person has who knows the function alone.
async fn command(api: &LambdaApi, arguments: &[&str], more: &[(&str, &str)]) -> Output {
    let environment = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL_LAMBDA", api.address.as_str()),
        ("CROSSOVER_FUNCTION", FUNCTION),
        ("USER", "ann"),
    ];
    let mut command = tokio::process::Command::new(binary("crossover"));
    command.args(arguments).env_clear().envs(environment).envs(more.iter().copied()).stdin(std::process::Stdio::null());
    command.output().await.expect("the command can be run")
}

fn answer(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no answer: {output:?}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_verb_is_given_to_the_function_which_knows_the_rest() {
    let world = World::new("wire-by-function").await;
    let topology = topology_file(&world, &world.topology());
    let sweep = Lambda::start("crossover-sweep", &world.environment(&topology)).await;
    let api = LambdaApi::start(FUNCTION, Some(sweep)).await;
    let target = world.name.as_str();

    let orders: [(&[&str], &str); 6] = [
        (&["status", "--json"], "dry_run"),
        (&["plan", target, "--away-from", "us-east-1a", "--json"], "dry_run"),
        (&["failover", target, "--away-from", "us-east-1a", "--reason", "test", "--yes", "--json"], "completed"),
        (&["pause", target, "--for", "1h", "--reason", "seen", "--json"], "recorded"),
        (&["failback", "--all", "--reason", "mended", "--yes", "--json"], "completed"),
        (&["history", target, "--json"], "settled"),
    ];
    for (arguments, outcome) in orders {
        let output = command(&api, arguments, &[]).await;
        let answer = answer(&output);
        assert_eq!((output.status.code(), answer["outcome"].as_str()), (Some(0), Some(outcome)), "{arguments:?}: {answer:#}");
        let moved = arguments[0] == "failover" || arguments[0] == "pause";
        let (first, second) = if moved { (1, 1) } else { (0, 1) };
        let expected = [first, first, second, second].map(|side| world.nats[side].clone());
        assert_eq!(world.routes().await, expected, "{arguments:?}");
    }
    let report = command(&api, &["report", target], &[]).await;
    assert!(report.status.success() && String::from_utf8_lossy(&report.stdout).contains("failback"), "{report:?}");

    // What is in a zone stands in the topology, which the function does not tell.
    let zone = ["failover", "--away-from", "us-east-1a", "--reason", "test", "--yes", "--json"];
    let refused = command(&api, &zone, &[]).await;
    assert!(refused.status.code() == Some(1) && said(&refused).contains("--topology is missing"), "{refused:?}");
    let left = command(&api, &zone, &[("CROSSOVER_TOPOLOGY", topology.to_str().expect("a plain path"))]).await;
    assert_eq!((left.status.code(), answer(&left)["outcome"].as_str()), (Some(0), Some("completed")), "{left:?}");
    assert_eq!(world.routes().await, [1, 1, 1, 1].map(|side| world.nats[side].clone()));

    // A target that the function does not have is left out and counts as failed; if no target is left, nothing begins.
    let stranger = world.topology().replace(&format!("name = \"{target}\""), "name = \"stranger\"");
    let stranger = stranger.replace(&world.vpc, "vpc-1").replace(&world.nats[0], "nat-1").replace(&world.nats[1], "nat-2");
    let file = topology.with_extension("strangers.toml");
    std::fs::write(&file, world.topology() + &stranger).expect("a file");
    let strangers = [("CROSSOVER_TOPOLOGY", file.to_str().expect("a plain path"))];
    let partly = command(&api, &zone, &strangers).await;
    assert!(partly.status.code() == Some(1) && said(&partly).contains("LEFT OUT stranger: crossover-sweep:live"), "{partly:?}");
    let told = answer(&partly);
    assert_eq!((&told["outcome"], &told["left_out"][0]["target"]), (&json!("failed"), &json!("stranger")), "{told:#}");
    assert_eq!((&told["targets"][0]["target"], &told["targets"][1]), (&json!(target), &Value::Null), "{told:#}");
    std::fs::write(&file, stranger).expect("a file");
    let refused = command(&api, &zone, &strangers).await;
    assert!(refused.status.code() == Some(1) && said(&refused).contains("there is no target left to move"), "{refused:?}");
    let more = format!("crossover-sweep:live also has {target}, not declared in the local topology");
    assert!(said(&refused).contains(&more), "{refused:?}");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn locally_it_works_while_lambda_does_not() {
    let world = World::new("wire-locally").await;
    let topology = topology_file(&world, &world.topology());
    let environment = world.environment(&topology);
    let mut environment: Vec<(&str, &str)> = environment.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    environment.push(("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9"));
    let api = LambdaApi::start(FUNCTION, None).await;

    let order = ["failover", &world.name, "--away-from", "us-east-1a", "--reason", "test", "--yes", "--json"];
    let down = command(&api, &order, &environment).await;
    assert!(down.status.code() == Some(1) && said(&down).contains("Lambda can't be reached"), "{down:?}");
    assert!(said(&down).contains("nothing has begun") && said(&down).contains("--local"), "{down:?}");
    let local = command(&api, &[&order[..], &["--local"]].concat(), &environment).await;
    assert_eq!((local.status.code(), answer(&local)["outcome"].as_str()), (Some(0), Some("completed")), "{local:?}");
    assert_eq!(world.routes().await, [1, 1, 1, 1].map(|side| world.nats[side].clone()));
    assert_eq!(api.invoked(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_said_with_what_to_do() {
    let world = World::new("wire-function-faults").await;
    let sweep = Lambda::start("crossover-sweep", &world.environment(&topology_file(&world, &world.topology()))).await;
    let api = LambdaApi::start(FUNCTION, Some(sweep)).await;
    let time_out = json!({ "errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 60.00 seconds" });
    let cases = [
        (Fault::Refused(403, "AccessDeniedException"), vec!["no permission to invoke", "lambda:InvokeFunction"]),
        (Fault::Refused(502, "ServiceException"), vec!["Lambda can't be reached", "--local"]),
        (Fault::Refused(400, "InvalidRequestContentException"), vec!["Lambda refuses", "InvalidRequestContentException"]),
        (Fault::Failed(time_out), vec!["Task timed out after 60.00 seconds", "see its log"]),
        (Fault::Answered("{\"hello\": 1}"), vec!["incompatible version", "missing field `outcome`"]),
        (Fault::Silence, vec!["did not answer in time", "--local"]),
    ];
    for (fault, words) in cases {
        api.faults([fault.clone()]);
        let output = command(&api, &["status"], &[]).await;
        assert_eq!(output.status.code(), Some(1), "{fault:?}: {output:?}");
        assert!(words.iter().all(|word| said(&output).contains(word)), "{fault:?}: {}", said(&output));
    }
    let other = command(&api, &["status", "--function", "crossover-swep:live"], &[]).await;
    assert!(said(&other).contains("there is no function crossover-swep:live"), "{other:?}");

    // What is throttled has not begun, and is given again.
    let before = api.invoked();
    api.faults([Fault::Refused(429, "TooManyRequestsException"), Fault::Refused(429, "TooManyRequestsException")]);
    let output = command(&api, &["status", "--json"], &[]).await;
    assert_eq!((output.status.code(), api.invoked() - before), (Some(0), 3), "{output:?}");

    // An order whose answer is lost is asked for again while it is waited for, and done once.
    api.faults([Fault::Failed(json!({ "errorMessage": "the environment was reclaimed" }))]);
    let order = ["failover", &world.name, "--away-from", "us-east-1a", "--reason", "test", "--wait", "1m", "--json"];
    // Accepted, so that the first thing given is the order, and no question about what it can lose.
    let output = command(&api, &[&order[..], &["--accept-data-loss"]].concat(), &[]).await;
    assert_eq!((output.status.code(), answer(&output)["outcome"].as_str()), (Some(0), Some("completed")), "{output:?}");
    assert_eq!(world.crossovers().await.len(), 1);
}

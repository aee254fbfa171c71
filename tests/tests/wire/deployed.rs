//! The template deployed into an emulator, with all its functions: alarms go off, and nobody calls a function by hand.

use std::{collections::BTreeSet, path::PathBuf, process::Command, time::Duration};

use crossover_tests::{
    database_world::DatabaseWorld,
    dns::{STANDBY, Way},
    dns_world::DnsWorld,
    emulators::EMULATORS,
    lambda::binary,
    payload, top,
    world::World,
};
use serde_json::{Value, json};

use crate::topology_file;

const PATIENCE: Duration = Duration::from_mins(2);

fn tool(arguments: &[&str]) -> Value {
    let output = Command::new(top().join(".venv/bin/python")).arg(top().join("tests/tools/deploy.py")).args(arguments).output();
    let output = output.expect("the tool runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// What `make deployed` has built with the SAM CLI, else what cargo has built for the tests.
fn folder_of_binaries() -> PathBuf {
    match std::env::var_os("SAM_BUILD") {
        Some(built) => PathBuf::from(built),
        None => binary("crossover-nat").parent().expect("a folder of binaries").to_owned(),
    }
}

/// Waits until it holds, as a person would who looks again and again.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "{what} did not come about within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A fixture as it would be sent now, in this account, for the alarm of the world's first side.
fn as_sent(fixture: &str, world: &World) -> String {
    let account = world.topic.split(':').nth(4).expect("an ARN");
    let now = (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(1)).strftime("%Y-%m-%dT%H:%M").to_string();
    payload(fixture)
        .to_string()
        .replace("nat-use1a-unreachable", &world.alarms[0])
        .replace("111122223333", account)
        .replace("2026-03-14T03:12", &now)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_reaches_each_function_of_the_deployed_stack_which_acts_and_tells() {
    let nat = Box::pin(World::new("wire-deployed-nat")).await;
    let dns = Box::pin(DnsWorld::new("wire-deployed-dns", Way::Failover)).await;
    let database = Box::pin(DatabaseWorld::aurora("wire-deployed-database")).await;
    let (by_action, by_rule) =
        (Box::pin(World::new("wire-deployed-action")).await, Box::pin(World::new("wire-deployed-rule")).await);
    let topologies = [nat.topology(), by_action.topology(), by_rule.topology(), dns.topology(), database.topology.clone()];
    let topology = topologies.join("\n");
    let topology = topology_file(&nat, &topology);
    let folder = folder_of_binaries();
    let folder = folder.to_str().expect("a plain path");
    let (ministack, moto) = (EMULATORS.ministack.as_str(), EMULATORS.moto.as_str());
    let outputs = tool(&["stack", ministack, moto, folder, topology.to_str().expect("a plain path")]);
    let output = |name: &str| outputs[name].as_str().expect("an output").to_owned();
    nat.hear(&output("NoticeTopicArn")).await;

    // Each alarm says what it has to say to the topic of the stack, as a team would set it up.
    for world in [&nat, &dns.world, &database.world] {
        world.let_alarms_tell(&output("AlarmTopicArn")).await;
        world.set_alarm(&world.alarms[0], "ALARM").await;
    }
    until("the routes' move", async || nat.routes().await.iter().all(|via| *via == nat.nats[1])).await;
    until("the switch of DNS", async || dns.serving().await == BTreeSet::from([STANDBY])).await;
    until("the writer's move", async || database.world.writer(&database.of).await == database.sides[1]).await;

    let mut completed = BTreeSet::new();
    until("a notice of each", async || {
        let told = nat.notices().await;
        completed
            .extend(told.iter().filter(|notice| notice["outcome"] == "completed").map(|notice| notice["target"].to_string()));
        completed.len() == 3
    })
    .await;

    // What the emulator does not bring by itself comes in the exact shape in which AWS sends it.
    for (world, fixture) in
        [(&by_action, "cloudwatch/nat-alarm-direct.json"), (&by_rule, "cloudwatch/nat-alarm-eventbridge.json")]
    {
        world.set_alarm(&world.alarms[0], "ALARM").await;
        assert_eq!(tool(&["deliver", ministack, "crossover-nat", &as_sent(fixture, world)]), json!({ "status": 202 }));
        until("the routes' move", async || world.routes().await.iter().all(|via| *via == world.nats[1])).await;
    }

    // The button first shows, and then does.
    nat.set_alarm(&nat.alarms[0], "OK").await;
    let target = format!("Target={}", nat.name);
    let button = ["press", ministack, "NatButton", "Command=failback", &target, "Reason=it is healthy again", "Operator=tests"];
    let shown = tool(&button);
    let steps = |answers: &Value| -> Vec<(Value, Value)> {
        answers.as_array().expect("steps").iter().map(|step| (step["step"].clone(), step["answer"]["outcome"].clone())).collect()
    };
    assert_eq!(steps(&shown), [(json!("showFailback"), json!("dry_run"))], "{shown:#}");
    assert!(nat.routes().await.iter().all(|via| *via == nat.nats[1]), "a dry run moves nothing");
    let done = tool(&[&button[..], &["Run=do"]].concat());
    assert_eq!(steps(&done).last(), Some(&(json!("doFailback"), json!("completed"))), "{done:#}");
    assert_eq!(nat.routes().await[0], nat.nats[0]);

    // The command gives what it is asked to the function of the stack, which has the topology and the journal.
    let history = Command::new(binary("crossover"))
        .args(["history", &nat.name, "--function", "crossover-sweep:live", "--json"])
        .env_clear()
        .envs([("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
        .env("AWS_ENDPOINT_URL", ministack)
        .output()
        .expect("the command can be run");
    let history: Value = serde_json::from_slice(&history.stdout).unwrap_or_else(|_| panic!("no answer: {history:?}"));
    let crossovers = history["targets"][0]["crossovers"].as_array().expect("crossovers");
    let verbs: Vec<&Value> = crossovers.iter().map(|crossover| &crossover["direction"]).collect();
    assert_eq!(verbs, ["failback", "failover"], "{history:#}");
}

//! NAT targets: the function, the sweep, the command line.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use crossover_aws::Accounts;
use crossover_cloudwatch::CloudWatchAlarms;
use crossover_engine::ports::Alarms;
use crossover_model::topology::Role;
use crossover_tests::{
    emulators::{EMULATORS, config},
    lambda::{Answer, Lambda, binary},
    proxy::{self, Watch},
    top,
    world::World,
};
use serde_json::{Value, json};

use crate::{TIME, respond, topology_file};

/// The folders of fixtures that the real binary is given.
const SOURCES: [&str; 9] = ["autoscaling", "cloudwatch", "ec2", "garbage", "health", "manual", "rds", "schedule", "zonal-shift"];

async fn function(world: &World) -> Lambda {
    Lambda::start("crossover-nat", &environment(world)).await
}

fn environment(world: &World) -> Vec<(String, String)> {
    world.environment(&topology_file(world, &world.topology()))
}

fn at(world: &World, first: usize, second: usize) -> Vec<String> {
    [first, first, second, second].map(|side| world.nats[side].clone()).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_moves_the_routes_tells_and_failback_brings_them_home() {
    let world = World::new("wire-failover").await;
    let mut lambda = function(&world).await;
    world.set_alarm(&world.alarms[0], "ALARM").await;

    let moved = respond(&mut lambda, &world.event(0, "ALARM")).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(world.routes().await, at(&world, 1, 1));
    let again = respond(&mut lambda, &world.event(0, "ALARM")).await;
    assert_eq!(again["outcome"], "settled", "{again:#}");

    world.set_alarm(&world.alarms[0], "OK").await;
    let recovered = respond(&mut lambda, &world.event(0, "OK")).await;
    assert_eq!(recovered["outcome"], "settled", "{recovered:#}");
    let command = json!({ "command": "failback", "target": world.name, "reason": "well again", "operator": "tests" });
    let home = respond(&mut lambda, &command).await;
    assert_eq!(home["outcome"], "completed", "{home:#}");
    assert_eq!(world.routes().await, at(&world, 0, 1));

    let told: Vec<(Value, Value)> =
        world.notices().await.into_iter().map(|n| (n["outcome"].clone(), n["headline"].clone())).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].1.as_str().expect("text").contains("failover completed, 2 routes from us-east-1a to us-east-1b"), "{told:?}");
    assert!(told[1].1.as_str().expect("text").contains("failback completed"), "{told:?}");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_of_another_account_are_moved_through_its_role() {
    let role = Role { arn: "arn:aws:iam::444455556666:role/crossover".to_owned(), external_id: "e-1".to_owned() };
    let world = World::in_account_of("wire-account", &role).await;
    let named = format!("name = \"{}\"\n", world.name);
    let declared = format!("{named}role = {{ arn = \"{}\", external_id = \"{}\" }}\n", role.arn, role.external_id);
    let topology = world.topology().replace(&named, &declared);
    let watch = Arc::new(Watch::default());
    let mut environment = world.environment(&topology_file(&world, &topology));
    environment.push(("AWS_ENDPOINT_URL_STS".to_owned(), proxy::start(&EMULATORS.moto, &watch).await));
    let mut lambda = Lambda::start("crossover-nat", &environment).await;

    world.set_alarm(&world.alarms[0], "ALARM").await;
    let moved = respond(&mut lambda, &world.event(0, "ALARM")).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(world.routes().await, at(&world, 1, 1));
    assert_eq!(watch.actions().into_iter().collect::<Vec<_>>(), ["sts:AssumeRole"]);
    assert_eq!(watch.calls(), 1, "the role is taken once, and kept");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_in_our_own_account_hides_none_of_its_alarms() {
    let world = World::new("wire-own-role").await;
    let account = world.topic.split(':').nth(4).expect("an ARN");
    let role = Role { arn: format!("arn:aws:iam::{account}:role/crossover"), external_id: "e-1".to_owned() };
    let alarms = CloudWatchAlarms::new(&Accounts::new(config(&EMULATORS.ministack).await, [role]).await);
    let by_arn = format!("arn:aws:cloudwatch:us-east-1:{account}:alarm:{}", world.alarms[1]);
    let names = BTreeSet::from([world.alarms[0].clone(), by_arn]);
    let read = alarms.read_alarms(&names).await.expect("the alarms");
    assert!(read.keys().eq(&names), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_finds_what_an_event_that_was_lost_would_have_told() {
    let world = World::new("wire-sweep").await;
    let mut lambda = Lambda::start("crossover-sweep", &environment(&world)).await;
    let tick = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" });
    let quiet = respond(&mut lambda, &tick).await;
    assert_eq!(quiet["outcome"], "settled", "{quiet:#}");

    world.set_alarm(&world.alarms[0], "ALARM").await;
    let moved = respond(&mut lambda, &tick).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(moved["reason"], "1 of 1 targets had to be reconciled", "{moved:#}");
    assert_eq!(world.routes().await, at(&world, 1, 1));
    assert_eq!(world.notices().await.len(), 1);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_pauses_asks_acknowledges_and_forces_through_lambda_and_by_the_command() {
    let world = World::new("wire-verbs").await;
    let environment = environment(&world);
    let mut lambda = Lambda::start("crossover-sweep", &environment).await;
    let pause = json!({ "command": "pause", "for": "2h", "reason": "maintenance", "operator": "tests" });
    assert_eq!(respond(&mut lambda, &pause).await["outcome"], "recorded");
    world.set_alarm(&world.alarms[0], "ALARM").await;
    let held = respond(&mut lambda, &world.event(0, "ALARM")).await;
    assert!(
        held["targets"][0]["reason"].as_str().is_some_and(|reason| reason.starts_with("everything is paused since")),
        "{held:#}"
    );

    let command = |arguments: &[&str]| {
        let run = tokio::process::Command::new(binary("crossover"))
            .args(arguments)
            .arg("--json")
            .env_clear()
            .envs(environment.clone())
            .output();
        async { run.await.expect("the command") }
    };
    let failover = ["failover", &world.name, "--away-from", "us-east-1a", "--force", "--reason", "r", "--operator", "tests"];
    let done = command(&failover).await;
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{done:?}"));
    assert_eq!((done.status.code(), &answer["outcome"]), (Some(0), &json!("completed")), "{answer:#}");
    assert_eq!(world.routes().await, at(&world, 1, 1));

    let status = command(&["status"]).await;
    let answer: Value = serde_json::from_slice(&status.stdout).unwrap_or_else(|_| panic!("{status:?}"));
    let status = &answer["targets"][0]["status"];
    assert_eq!(status["everything_paused"]["reason"], "maintenance", "{answer:#}");
    assert_eq!(status["intent"]["aim"], json!({ "away_from": "us-east-1a" }), "{answer:#}");
    let resumed = command(&["resume", "--reason", "r", "--operator", "tests"]).await;
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
    let history = command(&["history", &world.name]).await;
    let answer: Value = serde_json::from_slice(&history.stdout).unwrap_or_else(|_| panic!("{history:?}"));
    assert_eq!(answer["targets"][0]["crossovers"][0]["order"]["force"], true, "{answer:#}");

    let told: Vec<String> = world.notices().await.iter().map(|notice| notice["headline"].to_string()).collect();
    for word in ["paused by tests until", "HELD", "completed", "resumed by"] {
        assert!(told.iter().any(|headline| headline.contains(word)), "{word}: {told:#?}");
    }
    world.verify().await;
}

/// A fixture as it would be in this account: alarms of another one are not the function's own.
fn in_account(mut payload: Vec<u8>, account: &str) -> Vec<u8> {
    const FIXTURES: &[u8; 12] = b"111122223333";
    let mut begin = 0;
    while let Some(found) = payload[begin..].windows(FIXTURES.len()).position(|window| window == FIXTURES) {
        let end = begin + found + FIXTURES.len();
        payload[begin + found..end].copy_from_slice(account.as_bytes());
        begin = end;
    }
    payload
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fixture_is_answered_by_the_real_binary() {
    let world = World::new("wire-fixtures").await;
    let account = world.topic.split(':').nth(4).expect("an ARN");
    let mut lambda = Lambda::start("crossover-nat", &world.environment(&top().join("topology/topology.toml"))).await;
    let mut answered = 0;
    for source in SOURCES {
        let mut files: Vec<PathBuf> = std::fs::read_dir(top().join("events").join(source))
            .expect("fixtures")
            .map(|file| file.expect("a file").path())
            .collect();
        files.sort();
        for file in files {
            let name = format!("{source}/{}", file.file_name().expect("a name").to_string_lossy());
            let payload = in_account(std::fs::read(&file).expect("a fixture"), account);
            let answer = lambda.invoke(payload, TIME).await;
            let Some(Answer::Response(answer)) = answer else { panic!("{name}: {answer:?}") };
            let outcome = answer["outcome"].as_str().expect("an outcome");
            // The example target's alarms do not exist in this account, so nothing may be moved.
            let expected = match source {
                "garbage" => ["failed", "settled"].as_slice(),
                "schedule" => &["settled"],
                "manual" => &["failed", "settled", "held", "dry_run", "recorded"],
                _ => &["settled", "ignored", "failed"],
            };
            assert!(expected.contains(&outcome), "{name}: {answer:#}");
            assert_ne!(answer.get("reason"), Some(&Value::Null), "{name}: {answer:#}");
            answered += 1;
        }
    }
    println!("{answered} fixtures answered");
    assert!(answered >= 110, "only {answered} fixtures");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_topology_is_told_and_does_not_end_the_function() {
    let world = World::new("wire-bad-topology").await;
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bad-topology.toml");
    std::fs::write(&file, "[[nat]]\nname = \"x\"\n").expect("a file");
    let mut lambda = Lambda::start("crossover-nat", &world.environment(&file)).await;
    for _ in 0..2 {
        let answer = respond(&mut lambda, &world.event(0, "ALARM")).await;
        assert_eq!(answer["outcome"], "failed", "{answer:#}");
        assert!(answer["reason"].as_str().expect("text").contains("nat.owner: is missing"), "{answer:#}");
    }
    assert!(!world.notices().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_in_shadow_changes_nothing() {
    let world = World::new("wire-shadow").await;
    let mut environment = environment(&world);
    environment.retain(|(key, _)| key != "CROSSOVER_MODE");
    let mut lambda = Lambda::start("crossover-nat", &environment).await;
    world.set_alarm(&world.alarms[0], "ALARM").await;
    let answer = respond(&mut lambda, &world.event(0, "ALARM")).await;
    assert_eq!(answer["outcome"], "held", "{answer:#}");
    assert_eq!(world.routes().await, at(&world, 0, 1));
    assert_eq!(world.notices().await[0]["mode"], "shadow");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_json_lines_with_the_crossover_and_metrics_count_it() {
    let world = World::new("wire-logs").await;
    let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("wire-logs.jsonl");
    let file = std::fs::File::create(&log).expect("a file");
    let mut lambda = Lambda::start_logging("crossover-nat", &environment(&world), file).await;
    world.set_alarm(&world.alarms[0], "ALARM").await;
    let moved = respond(&mut lambda, &world.event(0, "ALARM")).await;
    let id = &moved["targets"][0]["crossover_id"];

    let text = std::fs::read_to_string(&log).expect("the log");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect();
    let steps: Vec<&Value> = lines.iter().filter(|line| line["message"] == "step").collect();
    assert_eq!(steps.len(), 2, "{text}");
    for step in steps {
        assert_eq!((&step["crossover"], &step["target"]), (id, &json!(world.name)), "{step:#}");
        assert!(step["trigger"].as_str().expect("text").starts_with("alarm "), "{step:#}");
    }
    let metrics: Vec<&Value> = lines.iter().filter(|line| line.get("_aws").is_some()).collect();
    assert!(metrics.iter().any(|line| line["Crossovers"] == 1 && line["outcome"] == "completed"), "{metrics:#?}");
    assert!(metrics.iter().any(|line| line["TimeToCrossOver"].as_u64().is_some_and(|ms| ms > 0)), "{metrics:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_makes_a_dry_run_on_the_account_and_writes_nothing() {
    let world = World::new("wire-command").await;
    world.set_alarm(&world.alarms[0], "ALARM").await;
    let topology = topology_file(&world, &world.topology());
    let event = topology.with_extension("json");
    std::fs::write(&event, world.event(0, "ALARM").to_string()).expect("a file");
    let output = tokio::process::Command::new(binary("crossover"))
        .args(["dry-run", "--aws", "--json", "--topology"])
        .args([&topology, &event])
        .env_clear()
        .envs(world.environment(&topology))
        .output()
        .await
        .expect("the command");
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("not an answer (is it built with its feature aws, as make test does?): {output:?}"));
    assert_eq!(answer["outcome"], "dry_run", "{answer:#}");
    assert_eq!(answer["targets"][0]["steps"].as_array().map(Vec::len), Some(2), "{answer:#}");
    assert_eq!(answer["targets"][0]["steps"][0]["result"], "planned", "{answer:#}");
    assert_eq!(world.routes().await, at(&world, 0, 1));
    assert!(world.notices().await.is_empty());
    assert_eq!(world.journal_items().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_ec2_is_down_lambda_is_asked_to_try_again_and_a_person_is_answered() {
    let world = World::new("wire-ec2-down").await;
    let mut environment = environment(&world);
    environment.retain(|(key, _)| key != "AWS_ENDPOINT_URL_EC2");
    environment.push(("AWS_ENDPOINT_URL_EC2".to_owned(), "http://127.0.0.1:9".to_owned()));
    let mut lambda = Lambda::start("crossover-nat", &environment).await;
    let time = Duration::from_secs(11);

    let asked = lambda.invoke(world.event(0, "ALARM").to_string(), time).await;
    let Some(Answer::Error(error)) = asked else { panic!("{asked:?}") };
    assert_eq!(error["errorType"], "Crossover.Retryable", "{error:#}");
    assert!(error["errorMessage"].as_str().expect("text").contains("could not be read"), "{error:#}");

    let command =
        json!({ "command": "failover", "target": world.name, "away_from": "us-east-1a", "reason": "r", "operator": "o" });
    let answered = lambda.invoke(command.to_string(), time).await;
    let Some(Answer::Response(answer)) = answered else { panic!("{answered:?}") };
    assert_eq!(answer["outcome"], "failed", "{answer:#}");
    assert_eq!(world.notices().await.len(), 2);
}

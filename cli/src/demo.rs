//! The main job, shown on a sandbox account.

use std::process::ExitCode;

use crossover_controller::{
    answer::{Answer, TargetAnswer},
    cloud::{AlarmState, Clock},
    health::short,
    notice::seconds,
};
use serde_json::{Value, json};

use crate::{Failure, screen, stage::Stage};

const EVENT: &str = include_str!("../../events/cloudwatch/nat-alarm-eventbridge.json");
const ALARM: &str = "nat-use1a-unreachable";
const THINKING: std::time::Duration = std::time::Duration::from_mins(5);
const OUTAGE: std::time::Duration = std::time::Duration::from_mins(20);

pub(crate) fn run() -> Result<ExitCode, Failure> {
    crossover_sandbox::run(story())??;
    Ok(ExitCode::SUCCESS)
}

async fn story() -> Result<(), Failure> {
    let mut stage = Stage::example().map_err(|error| Failure::Usage(error.to_string()))?;
    println!("Crossover: a NAT gateway fails, and the traffic moves.");
    println!("A sandbox account in memory: one VPC, two zones, a NAT gateway in each. Every call to it takes 30 ms.");
    println!("\nBefore\n{}", screen::routes(&stage.sandbox.account()));

    stage.set_alarm(ALARM, AlarmState::Alarm);
    println!("{}  The alarm {ALARM} goes off. EventBridge invokes crossover-nat.\n", time(&stage));
    let event: Value = serde_json::from_str(EVENT)?;
    let answer = stage.invoke(&event, false).await;
    crossover(&stage, &answer, 0);
    println!("After\n{}", screen::routes(&stage.sandbox.account()));
    println!("The notice, as it comes by mail\n{}", notice(&stage));

    stage.sandbox.sleep(OUTAGE).await;
    stage.set_alarm(ALARM, AlarmState::Ok);
    println!("{}  The alarm recovers.\n", time(&stage));
    let mut recovery = event.clone();
    recovery["detail"]["state"]["value"] = json!("OK");
    let answer = stage.invoke(&recovery, false).await;
    for target in &answer.targets {
        println!("  {}: {}", target.outcome, target.reason);
    }
    println!("  Told: {}\n", headline(&stage));

    stage.sandbox.sleep(THINKING).await;
    println!("{}  failback is \"manual\" for this target, so a person says when:\n", time(&stage));
    let command =
        json!({ "command": "failback", "target": "egress-prod", "reason": "us-east-1a is well again", "operator": "on-call" });
    println!("  {command}\n");
    let calls = stage.sandbox.calls().len();
    let answer = stage.invoke(&command, false).await;
    crossover(&stage, &answer, calls);
    println!("After failback\n{}", screen::routes(&stage.sandbox.account()));
    println!("  Told: {}\n", headline(&stage));
    println!("{NEXT}");
    Ok(())
}

const NEXT: &str = "\
Try next
  target/debug/crossover dry-run events/cloudwatch/nat-alarm-eventbridge.json   what that event would do, and not one write
  target/debug/crossover dry-run --json events/manual/failover.json             the same for a person's command, as JSON
  target/debug/crossover check topology/topology.toml                           is the declared topology in order?";

fn crossover(stage: &Stage, answer: &Answer, calls_before: usize) {
    for target in &answer.targets {
        print_target(target);
        println!("  {}; {} in all.\n", screen::counts(&stage.sandbox.calls()[calls_before..]), seconds(target.took_ms));
    }
}

fn print_target(target: &TargetAnswer) {
    println!("{}", screen::sides(target));
    println!("  Decision: {} ({})\n", target.reason, target.outcome);
    println!("{}", screen::steps(target));
}

fn notice(stage: &Stage) -> String {
    let published = stage.sandbox.account().published;
    let Some(last) = published.last() else { return "  nothing was published".to_owned() };
    let mail = format!("Subject: {}\n\n{}", last.subject, last.bodies.get("email").map_or("", String::as_str));
    mail.lines().map(|line| format!("  | {line}").trim_end().to_owned() + "\n").collect()
}

fn headline(stage: &Stage) -> String {
    stage.sandbox.account().published.last().map_or_else(|| "nothing".to_owned(), |last| last.subject.clone())
}

fn time(stage: &Stage) -> String {
    short(stage.sandbox.now())
}

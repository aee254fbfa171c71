//! The main job, shown on a sandbox account.

use std::process::ExitCode;

use crossover_engine::ports::Clock;
use crossover_model::{
    alarm::AlarmState,
    answer::{Answer, TargetAnswer},
    text::{seconds, short},
};
use crossover_sns::SnsAccount;
use serde_json::{Value, json};

use crate::{Failure, Output, layout::Style, outln, screen, stage::Stage};

const EVENT: &str = include_str!("../../events/cloudwatch/nat-alarm-eventbridge.json");
const ALARM: &str = "nat-use1a-unreachable";
const STABLE: std::time::Duration = std::time::Duration::from_mins(5);
const THINKING: std::time::Duration = std::time::Duration::from_mins(2);
const OUTAGE: std::time::Duration = std::time::Duration::from_mins(20);

pub(crate) fn run(json: bool, style: Style) -> Result<Output, Failure> {
    let mut out = String::new();
    let told = crossover_sandbox::run(story(&mut out, style))??;
    Ok((if json { serde_json::to_string_pretty(&told)? + "\n" } else { out }, ExitCode::SUCCESS))
}

/// Tells the story, and gives its answers and notices.
async fn story(out: &mut String, style: Style) -> Result<Value, Failure> {
    let mut stage = Stage::example().map_err(|error| Failure::Usage(error.to_string()))?;
    outln!(out, "Crossover: a NAT gateway fails, and the traffic moves.");
    outln!(out, "A sandbox account in memory: one VPC, two zones, a NAT gateway in each. Every call to it takes 30 ms.");
    outln!(out, "\nBefore\n{}", screen::routes(&stage.sandbox.account(), style));

    stage.set_alarm(ALARM, AlarmState::Alarm);
    outln!(out, "{}  The alarm {ALARM} goes off. EventBridge invokes crossover-nat.\n", time(&stage));
    let event: Value = serde_json::from_str(EVENT)?;
    let failed_over = stage.invoke(&event, false).await?;
    crossover(out, &stage, &failed_over, 0, style);
    outln!(out, "After\n{}", screen::routes(&stage.sandbox.account(), style));
    outln!(out, "The notice, as it comes by mail\n{}", notice(&stage));

    stage.sandbox.sleep(OUTAGE).await;
    stage.set_alarm(ALARM, AlarmState::Ok);
    outln!(out, "{}  The alarm recovers.\n", time(&stage));
    let mut recovery = event.clone();
    recovery["detail"]["state"]["value"] = json!("OK");
    let recovered = stage.invoke(&recovery, false).await?;
    for target in &recovered.targets {
        outln!(out, "  {}: {}\n", target.outcome, target.reason);
    }

    stage.sandbox.sleep(STABLE).await;
    outln!(out, "{}  It has been well for five minutes. A schedule's tick invokes crossover-sweep.\n", time(&stage));
    let reminded =
        stage.invoke(&json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" }), false).await?;
    outln!(out, "  Told: {}\n", headline(&stage));

    stage.sandbox.sleep(THINKING).await;
    outln!(out, "{}  failback is \"manual\" for this target, so a person says when:\n", time(&stage));
    let command =
        json!({ "command": "failback", "target": "egress-prod", "reason": "us-east-1a is well again", "operator": "on-call" });
    outln!(out, "  {command}\n");
    let calls = stage.sandbox.calls().len();
    let home = stage.invoke(&command, false).await?;
    crossover(out, &stage, &home, calls, style);
    outln!(out, "After failback\n{}", screen::routes(&stage.sandbox.account(), style));
    outln!(out, "  Told: {}\n", headline(&stage));
    outln!(out, "{NEXT}");
    let notices: Vec<Value> = stage
        .sandbox
        .account()
        .sns()
        .published
        .iter()
        .filter_map(|told| serde_json::from_str(told.bodies.get("sqs")?).ok())
        .collect();
    Ok(json!({ "answers": [failed_over, recovered, reminded, home], "notices": notices }))
}

const NEXT: &str = "\
Try next
  target/debug/crossover dry-run events/cloudwatch/nat-alarm-eventbridge.json   what that event would do, and not one write
  target/debug/crossover dry-run --json events/manual/failover.json             the same for a person's command, as JSON
  target/debug/crossover check topology/topology.toml                           is the declared topology in order?
  target/debug/crossover --help                                                 failover, failback, status, pause and the rest";

fn crossover(out: &mut String, stage: &Stage, answer: &Answer, calls_before: usize, style: Style) {
    for target in &answer.targets {
        print_target(out, target, style);
        outln!(out, "  {}; {} in all.\n", screen::counts(&stage.sandbox.calls()[calls_before..]), seconds(target.took_ms));
    }
}

fn print_target(out: &mut String, target: &TargetAnswer, style: Style) {
    outln!(out, "{}", screen::sides(target, style));
    outln!(out, "  Decision: {} ({})\n", target.reason, target.outcome);
    outln!(out, "{}", screen::steps(target, style));
}

fn notice(stage: &Stage) -> String {
    let account = stage.sandbox.account();
    let Some(last) = account.sns().published.last() else { return "  nothing was published".to_owned() };
    let mail = format!("Subject: {}\n\n{}", last.subject, last.bodies.get("email").map_or("", String::as_str));
    mail.lines().map(|line| format!("  | {line}").trim_end().to_owned() + "\n").collect()
}

fn headline(stage: &Stage) -> String {
    stage.sandbox.account().sns().published.last().map_or_else(|| "nothing".to_owned(), |last| last.subject.clone())
}

fn time(stage: &Stage) -> String {
    short(stage.sandbox.now())
}

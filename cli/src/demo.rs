//! The demonstration: a failover and a failback on a sandbox account.

use std::process::ExitCode;

use crossover_ec2::Ec2Account;
use crossover_engine::ports::Clock;
use crossover_kinds::Registry;
use crossover_model::{
    alarm::AlarmState,
    answer::{Answer, TargetAnswer},
    notice::Sender,
    text::{seconds, short},
};
use crossover_sandbox::{Account, Call, round_trips};
use crossover_sns::SnsAccount;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    layout::{Style, table},
    output::{Output, outln},
    sandbox_controller::SandboxController,
    screen,
};

/// The function that the event invokes.
const FUNCTION: &str = "crossover-nat";
const EVENT: &str = include_str!("../../events/cloudwatch/nat-alarm-eventbridge.json");
const ALARM: &str = "nat-use1a-unreachable";
const STABLE: std::time::Duration = std::time::Duration::from_mins(5);
const REACTION: std::time::Duration = std::time::Duration::from_mins(2);
const OUTAGE: std::time::Duration = std::time::Duration::from_mins(20);

pub(crate) fn run(registry: &Registry, json: bool, style: Style) -> Result<Output, Failure> {
    let mut out = String::new();
    let result = crossover_sandbox::run(play(registry, &mut out, style))??;
    Ok((if json { serde_json::to_string_pretty(&result)? + "\n" } else { out }, ExitCode::SUCCESS))
}

/// Plays the failure and the recovery, writes the screen, and returns the answers and notices.
async fn play(registry: &Registry, out: &mut String, style: Style) -> Result<Value, Failure> {
    let mut controller = SandboxController::example(registry, Sender::Function(format!("{FUNCTION}:live")))
        .map_err(|error| Failure::Usage(error.to_string()))?;
    outln!(out, "Crossover: a NAT gateway fails, and the traffic moves.");
    outln!(out, "This is a sandbox account in memory: one VPC, two zones, a NAT gateway in each. Every call takes 30 ms.");
    outln!(out, "\nBefore\n{}", routes(&controller.sandbox.account(), style));

    controller.set_alarm(ALARM, AlarmState::Alarm);
    outln!(out, "{}  The alarm {ALARM} fires. EventBridge invokes {FUNCTION}.\n", time(&controller));
    let event: Value = serde_json::from_str(EVENT)?;
    let failed_over = controller.invoke(&event, false).await?;
    crossover(out, &controller, &failed_over, 0, style);
    outln!(out, "After\n{}", routes(&controller.sandbox.account(), style));
    outln!(out, "The notice, as sent by email\n{}", notice(&controller));

    controller.sandbox.sleep(OUTAGE).await;
    controller.set_alarm(ALARM, AlarmState::Ok);
    outln!(out, "{}  The alarm recovers.\n", time(&controller));
    let mut recovery = event.clone();
    recovery["detail"]["state"]["value"] = json!("OK");
    let recovered = controller.invoke(&recovery, false).await?;
    for target in &recovered.targets {
        outln!(out, "  {}: {}\n", target.outcome, target.reason);
    }

    controller.sandbox.sleep(STABLE).await;
    outln!(out, "{}  The side has been healthy for five minutes. The schedule invokes crossover-sweep.\n", time(&controller));
    let reminded =
        controller.invoke(&json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" }), false).await?;
    outln!(out, "  Notice: {}\n", headline(&controller));

    controller.sandbox.sleep(REACTION).await;
    outln!(out, "{}  failback is \"manual\" for this target, so an operator orders it:\n", time(&controller));
    let command =
        json!({ "command": "failback", "target": "egress-prod", "reason": "us-east-1a is healthy again", "operator": "on-call" });
    outln!(out, "  {command}\n");
    let calls = controller.sandbox.calls().len();
    let home = controller.invoke(&command, false).await?;
    crossover(out, &controller, &home, calls, style);
    outln!(out, "After failback\n{}", routes(&controller.sandbox.account(), style));
    outln!(out, "  Notice: {}\n", headline(&controller));
    outln!(out, "{NEXT}");
    let notices: Vec<Value> = controller
        .sandbox
        .account()
        .sns()
        .published
        .iter()
        .filter_map(|notice| serde_json::from_str(notice.bodies.get("sqs")?).ok())
        .collect();
    Ok(json!({ "answers": [failed_over, recovered, reminded, home], "notices": notices }))
}

const NEXT: &str = "\
Try next
  target/debug/crossover dry-run events/cloudwatch/nat-alarm-eventbridge.json   what that event would cause, without any write
  target/debug/crossover dry-run --json events/manual/failover.json             the same for an operator's command, as JSON
  target/debug/crossover check topology/topology.toml                           check the topology file
  target/debug/crossover --help                                                 failover, failback, status, pause and the rest";

fn crossover(out: &mut String, controller: &SandboxController, answer: &Answer, calls_before: usize, style: Style) {
    for target in &answer.targets {
        print_target(out, target, style);
        let calls = &controller.sandbox.calls()[calls_before..];
        outln!(out, "  {}{}; {} in total.\n", screen::counts(calls), trips(calls), seconds(target.took_ms));
    }
}

fn print_target(out: &mut String, target: &TargetAnswer, style: Style) {
    outln!(out, "{}", screen::sides(target, style));
    outln!(out, "  Decision: {} ({})\n", target.reason, target.outcome);
    outln!(out, "{}", screen::steps(target, style));
}

/// The route tables of a sandbox account with a route to a NAT.
fn routes(account: &Account, style: Style) -> String {
    let zone_of =
        |id: &String| account.ec2().subnets.iter().find(|subnet| subnet.id == *id).map_or("-", |subnet| subnet.zone.as_str());
    let mut rows = Vec::new();
    for table in &account.ec2().route_tables {
        let name = table.tags.get("Name").cloned().unwrap_or_default();
        let zones: Vec<&str> = table.subnets.iter().map(zone_of).collect();
        for (destination, via) in &table.routes {
            if ["nat-", "i-", "eni-"].iter().any(|prefix| via.starts_with(prefix)) {
                rows.push([&table.id, &name, &zones.join(" "), destination, via].map(|text| text.as_str().into()).to_vec());
            }
        }
    }
    table(&["ROUTE TABLE", "NAME", "ZONE", "DESTINATION", "NEXT HOP"], rows, style)
}

/// The dependent round trips until the last route was replaced.
fn trips(calls: &[Call]) -> String {
    let last_route = calls.iter().filter(|call| call.call == "ec2:ReplaceRoute").map(|call| call.ended).max();
    let until_moved: Vec<Call> = calls.iter().filter(|call| last_route.is_some_and(|last| call.ended <= last)).cloned().collect();
    match round_trips(&until_moved) {
        0 => String::new(),
        trips => format!("; {trips} dependent round trips until the last route was replaced"),
    }
}

fn notice(controller: &SandboxController) -> String {
    let account = controller.sandbox.account();
    let Some(last) = account.sns().published.last() else { return "  nothing was published".to_owned() };
    let mail = format!("Subject: {}\n\n{}", last.subject, last.bodies.get("email").map_or("", String::as_str));
    mail.lines().map(|line| format!("  | {line}").trim_end().to_owned() + "\n").collect()
}

fn headline(controller: &SandboxController) -> String {
    controller.sandbox.account().sns().published.last().map_or_else(|| "nothing".to_owned(), |last| last.subject.clone())
}

fn time(controller: &SandboxController) -> String {
    short(controller.sandbox.now())
}

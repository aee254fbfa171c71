//! An operator without any experience: a NAT gateway fails, and a notice arrives by email. From then on, only commands
//! from the notice, the `--help` and the report are used, until all work is at home.
//!
//! A notice names its commands as `crossover …`, and as `aws lambda invoke … --payload '{…}'`. Both are the
//! same, and the help must show that: the payload's `command` is the verb, and every other key an argument or an option.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

mod workspace;

use std::fs;

use crossover_ec2::{Ec2Account, sandbox::RouteTable};
use crossover_engine::{
    controller::Controller,
    environment::{Environment, Invocation},
    told::Told,
};
use crossover_kinds::{Backend, registry};
use crossover_model::{
    answer::{Answer, TargetAnswer},
    forecast::Forecast,
    notice::Sender,
    outcome::Outcome,
    status::Status,
    topology::{Document, Mode},
};
use crossover_sandbox::{Account, Sandbox};
use crossover_sns::SnsAccount;
use jiff::ToSpan;
use serde_json::{Map, Value, json};
use workspace::{Workspace, root, words};

const ALARM: &str = "cloudwatch/nat-alarm-eventbridge.json";
const TICK: &str = "schedule/tick-scheduler.json";
/// The alarm of the side whose gateway fails, in the example account.
const ALARM_A: usize = 0;

/// A workspace during an incident.
struct Incident(Workspace);

impl Incident {
    /// The gateway of a zone fails, and its alarm triggers the function.
    fn begin(name: &str) -> Self {
        let incident = Self(Workspace::new(name));
        incident.gateway_fails();
        assert_eq!(incident.trigger(ALARM).outcome, Outcome::Completed);
        incident
    }

    fn gateway_fails(&self) {
        self.0.alarm(ALARM_A, "ALARM");
        self.0.change(|account| account["nat_gateways"][0]["state"] = json!("failed"));
    }

    fn gateway_is_repaired(&self) {
        self.0.change(|account| account["nat_gateways"][0]["state"] = json!("available"));
        self.0.alarm(ALARM_A, "OK");
    }

    fn set_time(&self, time: &str) {
        self.0.change(|account| account["time"] = json!(time));
    }

    fn account(&self) -> Account {
        Account::parse(&fs::read_to_string(self.0.account()).expect("the account"), &registry().sections())
            .expect("a good account")
    }

    /// Sends an event to the engine on the account file, as Lambda invokes a function.
    fn trigger(&self, event: &str) -> Answer {
        let read = |file: String| fs::read_to_string(root().join(file)).expect("a file");
        let event: Value = serde_json::from_str(&read(format!("events/{event}"))).expect("JSON");
        let topology = read("topology/topology.toml".to_owned());
        let (answer, after) = crossover_sandbox::run(async {
            let sandbox = Sandbox::new(self.account());
            let kinds = registry().groups(|_| Backend::sandbox(&sandbox), &Document::new(&topology)).expect("a good topology");
            let (ports, sender) = (registry().ports(&sandbox), Sender::Function("crossover-nat:live".to_owned()));
            let controller = Controller {
                kinds,
                environment: Environment {
                    ports,
                    mode: Mode::Armed,
                    staging: false,
                    caller: None,
                    told: Told::default(),
                    sender,
                },
            };
            let deadline = sandbox.now() + 60.seconds();
            let invocation = Invocation { holder: "crossover-nat/1".to_owned(), deadline, dry_run: false, own: None };
            let answer = sandbox.invoke(controller.handle(&event, &invocation)).await.expect("no kill fault");
            (answer, sandbox.account())
        })
        .expect("a runtime");
        fs::write(self.0.account(), after.print().expect("an account")).expect("written");
        answer
    }

    /// The latest notice's plain text, as sent by email.
    fn notice(&self) -> String {
        self.account().sns().published.last().expect("a notice").bodies["email"].clone()
    }

    fn output(&self, arguments: &[&str]) -> String {
        let output = self.0.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The command line for a command of a notice, derived from the help.
    fn command_line(&self, payload: &Map<String, Value>) -> Vec<String> {
        let verb = payload["command"].as_str().expect("a verb");
        assert!(part(&self.output(&["--help"]), "Commands:").any(|line| first(line) == verb), "no verb for {verb}");
        let help = self.output(&[verb, "--help"]);
        let mut words = vec![verb.to_owned()];
        for (key, value) in payload.iter().filter(|(key, _)| *key != "command") {
            let argument = key.to_uppercase();
            let option = format!("--{}", key.replace('_', "-"));
            let is_argument = part(&help, "Arguments:").any(|line| first(line).trim_matches(['<', '>', '[', ']']) == argument);
            let taken = part(&help, "Options:").find(|line| first(line) == option).map(|line| line.contains(" <"));
            match (value, is_argument, taken) {
                (Value::String(text), true, None) => words.push(filled_in(text)),
                (Value::String(text), false, Some(true)) => words.extend([option, filled_in(text)]),
                (Value::Bool(true), false, Some(false)) => words.push(option),
                _ => panic!("{verb} --help has no argument or option for {key}: {value}\n{help}"),
            }
        }
        words
    }

    /// Runs a command line on the account, and parses its JSON.
    fn run(&self, words: &[impl AsRef<str>]) -> (Option<i32>, Value) {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).chain(["--account", "account.json", "--json"]).collect();
        let help = self.output(&[words[0], "--help"]);
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(part(&help, "Options:").any(|line| first(line) == *option), "{option} is not in\n{help}");
        }
        let output = self.0.run(&words);
        let answer = serde_json::from_slice(&output.stdout);
        (output.status.code(), answer.unwrap_or_else(|error| panic!("{words:?}: {error}: {output:?}")))
    }

    /// Runs a command of the notice.
    fn follow(&self, notice: &str, verb: &str) -> (Option<i32>, TargetAnswer) {
        let short = format!("crossover {verb} ");
        let line = typed(notice).find(|line| line.starts_with(&short)).unwrap_or_else(|| panic!("no {short}in\n{notice}"));
        let mut typed: Vec<String> = words(line)[1..].iter().map(|word| filled_in(word)).collect();
        let sender = typed.split_off(typed.len() - 2);
        let payloads = payloads(notice);
        if sender == ["--account", "account.json"] {
            assert!(payloads.is_empty(), "no function is deployed: {notice}");
        } else {
            // There is no Lambda here: the command uses its own engine. The payload is equivalent.
            assert_eq!(sender, ["--function", "crossover-nat:live"], "{line}");
            let payload = payloads.iter().find(|payload| payload["command"] == verb);
            let payload = payload.unwrap_or_else(|| panic!("no {verb} in\n{notice}"));
            let sorted = |mut words: Vec<String>| {
                words.sort();
                words
            };
            assert_eq!(sorted(typed.clone()), sorted(self.command_line(payload)), "{notice}");
        }
        let (code, answer) = self.run(&typed);
        (code, of_one(answer))
    }

    fn status(&self) -> (Option<Forecast>, Status) {
        let (code, answer) = self.run(&["status"]);
        assert_eq!(code, Some(0));
        let target = of_one(answer);
        (target.forecast, target.status.expect("a status"))
    }
}

fn at_home() -> Forecast {
    Forecast::Stay { what: "every route is at home".to_owned() }
}

/// The lines of a section of a help text.
fn part<'t>(help: &'t str, title: &str) -> impl Iterator<Item = &'t str> {
    help.lines().skip_while(move |line| *line != title).skip(1).take_while(|line| !line.is_empty())
}

/// The first word of a line, or the long form of an option.
fn first(line: &str) -> &str {
    let words = line.split_whitespace().find(|word| !word.ends_with(','));
    words.unwrap_or_default()
}

/// Fills in the placeholders of a notice.
fn filled_in(text: &str) -> String {
    match text {
        "WHY" => "the gateway is repaired".to_owned(),
        "YOU" => "bea".to_owned(),
        other => other.to_owned(),
    }
}

/// The `crossover` commands in a notice.
fn typed(notice: &str) -> impl Iterator<Item = &str> {
    notice.lines().map(str::trim).filter(|line| line.starts_with("crossover "))
}

/// The payloads of the commands in a notice.
fn payloads(notice: &str) -> Vec<Map<String, Value>> {
    let commands = notice.lines().map(str::trim).filter(|line| line.starts_with("aws lambda invoke "));
    let payload = |line: &str| {
        let quoted = line.split_once(" --payload '")?.1.split_once("' ")?.0;
        serde_json::from_str(quoted).ok()
    };
    commands.map(|line| payload(line).unwrap_or_else(|| panic!("no payload: {line}"))).collect()
}

/// A field at the end of a notice.
fn field<'n>(notice: &'n str, name: &str) -> &'n str {
    notice.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::trim).expect("a line")
}

fn of_one(answer: Value) -> TargetAnswer {
    let mut answer: Answer = serde_json::from_value(answer).expect("an answer");
    assert_eq!(answer.targets.len(), 1, "{answer:?}");
    answer.targets.remove(0)
}

/// The route tables before any failure.
fn home() -> Vec<RouteTable> {
    let text = fs::read_to_string(root().join("events/accounts/two-zones.json")).expect("the example");
    Account::parse(&text, &registry().sections()).expect("a good account").ec2().route_tables.clone()
}

#[test]
fn the_notice_leads_to_the_failback() {
    let incident = Incident::begin("night");
    let notice = incident.notice();
    let (_, status) = incident.status();
    assert_eq!((status.away.len(), status.serving["us-east-1a"], status.serving["us-east-1b"]), (2, 0, 4));
    assert!(status.blocked_until.is_some());

    // The report of the crossover whose id is at the end of the notice.
    let crossover = field(&notice, "Crossover");
    assert!(status.reviews.contains_key(crossover), "{:?}", status.reviews);
    let (code, report) = incident.run(&["report", crossover]);
    assert_eq!(
        (code, &report["crossover"]["id"], &report["crossover"]["outcome"]),
        (Some(0), &json!(crossover), &json!("completed"))
    );

    // The acknowledgement, by the command in the report.
    let next = report["next"].as_array().expect("what to do next").iter().filter_map(|next| next["command"].as_str());
    let mut ack = next.map(words).find(|words| words[..2] == ["crossover", "ack"]).expect("how to acknowledge it");
    // The flags of the account; `run` adds them itself.
    assert_eq!(ack.split_off(ack.len() - 2), ["--account", "account.json"]);
    let (code, answer) = incident.run(&ack[1..]);
    assert_eq!((code, of_one(answer).outcome), (Some(0), Outcome::Recorded));
    let (_, status) = incident.status();
    assert!(status.reviews.is_empty() && status.blocked_until.is_none() && status.away.len() == 2, "{status:?}");

    // Too early: the gateway is still failed, so its work stays away.
    incident.set_time("2026-03-14T03:20:00Z");
    let (code, early) = incident.follow(&notice, "failback");
    assert_eq!((code, early.outcome), (Some(3), Outcome::Held));
    let (_, status) = incident.status();
    assert_eq!((status.away.len(), status.serving["us-east-1a"], status.serving["us-east-1b"]), (2, 0, 4));

    // Still too early: the alarm is OK, but the gateway is failed.
    incident.set_time("2026-03-14T03:32:40Z");
    incident.0.alarm(ALARM_A, "OK");
    let (code, early) = incident.follow(&notice, "failback");
    assert_eq!((code, early.outcome), (Some(3), Outcome::Held));
    assert_eq!(incident.status().1.serving["us-east-1b"], 4);

    // Repaired: a tick sends a notice that it is ready to fail back, with the same command as the first notice.
    incident.gateway_is_repaired();
    incident.set_time("2026-03-14T03:40:00Z");
    incident.trigger(TICK);
    let ready = incident.notice();
    assert!(ready.contains("ready to fail back to us-east-1a") && payloads(&ready)[0] == payloads(&notice)[0], "{ready}");
    let (code, back) = incident.follow(&notice, "failback");
    assert_eq!((code, back.outcome), (Some(0), Outcome::Completed));

    let (forecast, status) = incident.status();
    assert_eq!(forecast, Some(at_home()));
    assert_eq!((status.away.len(), status.serving["us-east-1a"], status.serving["us-east-1b"]), (0, 2, 2));
    assert!(status.reviews.is_empty() && status.open.is_none() && status.intent.is_none() && status.unsent == 0, "{status:?}");
    assert_eq!(incident.account().ec2().route_tables, home());
    let undo = "crossover failover egress-prod --away-from us-east-1a --operator YOU --reason WHY --account account.json";
    assert_eq!(typed(&incident.notice()).collect::<Vec<_>>(), [undo], "only the undo is left");
}

#[test]
fn a_second_failure_is_held_and_its_notice_leads_on() {
    for way in ["failover", "ack"] {
        let incident = Incident::begin(&format!("night-{way}"));
        let notice = incident.notice();
        incident.gateway_is_repaired();
        assert_eq!(incident.follow(&notice, "failback").1.outcome, Outcome::Completed);
        incident.set_time("2026-03-14T03:50:00Z");
        incident.gateway_fails();
        assert_eq!(incident.trigger(ALARM).outcome, Outcome::Held);
        let held = incident.notice();
        assert_eq!(incident.account().ec2().route_tables, home(), "{held}");

        let (code, plan) = incident.follow(&held, "plan");
        assert_eq!((code, plan.outcome), (Some(0), Outcome::DryRun));
        let (code, done) = incident.follow(&held, way);
        assert_eq!(code, Some(0), "{done:?}");
        if way == "ack" {
            assert_eq!(done.outcome, Outcome::Recorded);
            assert_eq!(incident.trigger(ALARM).outcome, Outcome::Completed);
        } else {
            assert_eq!(done.outcome, Outcome::Completed);
        }
        assert_eq!(incident.status().1.serving["us-east-1b"], 4);

        incident.set_time("2026-03-14T04:10:00Z");
        incident.gateway_is_repaired();
        assert_eq!(incident.follow(&incident.notice(), "failback").1.outcome, Outcome::Completed);
        let (forecast, status) = incident.status();
        assert_eq!((forecast, &status.intent), (Some(at_home()), &None), "{status:?}");
        assert_eq!(incident.account().ec2().route_tables, home());
    }
}

#[test]
fn the_report_of_a_target_is_of_the_failover_until_that_is_reviewed() {
    let incident = Incident::begin("reviewed");
    let notice = incident.notice();
    let failover = field(&notice, "Crossover").to_owned();
    let report = || incident.run(&["report", "egress-prod"]).1["crossover"]["id"].as_str().map(str::to_owned);
    incident.gateway_is_repaired();
    incident.set_time("2026-03-14T03:40:00Z");
    assert_eq!(incident.follow(&notice, "failback").1.outcome, Outcome::Completed);
    assert_eq!(report().as_ref(), Some(&failover));
    assert_eq!(incident.follow(&notice, "ack").1.outcome, Outcome::Recorded);
    assert!(report().is_some_and(|latest| latest != failover));
}

//! The night of somebody who has never used it: a NAT gateway fails, and a notice comes by mail. From there on
//! nothing is typed but what the notice's text, the command's `--help` and its report say, until all is at home.
//!
//! A notice names its commands as `crossover …`, which is typed, and as `aws lambda invoke … --payload '{…}'`. Both are the same,
//! as the help tells: the payload's `command` is the verb, and every other key an argument or an option of that verb.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

mod desk;

use std::fs;

use crossover_ec2::{Ec2Account, sandbox::RouteTable};
use crossover_engine::{
    controller::Controller,
    environment::{Environment, Invocation},
};
use crossover_kinds::{Backend, registry};
use crossover_model::{
    answer::{Answer, TargetAnswer},
    forecast::Forecast,
    outcome::Outcome,
    status::Status,
    topology::{Document, Mode},
};
use crossover_sandbox::{Account, Sandbox};
use crossover_sns::SnsAccount;
use desk::{Desk, top, words};
use jiff::ToSpan;
use serde_json::{Map, Value, json};

const ALARM: &str = "cloudwatch/nat-alarm-eventbridge.json";
const TICK: &str = "schedule/tick-scheduler.json";
/// The alarm of the side whose gateway fails, in the example account.
const ALARM_A: usize = 0;

/// A desk at night, and what its person reads.
struct Night(Desk);

impl Night {
    /// The gateway of a zone fails, and its alarm wakes the function.
    fn falls(name: &str) -> Self {
        let night = Self(Desk::new(name));
        night.gateway_fails();
        assert_eq!(night.wake(ALARM).outcome, Outcome::Completed);
        night
    }

    fn gateway_fails(&self) {
        self.0.alarm(ALARM_A, "ALARM");
        self.0.change(|account| account["nat_gateways"][0]["state"] = json!("failed"));
    }

    fn gateway_is_mended(&self) {
        self.0.change(|account| account["nat_gateways"][0]["state"] = json!("available"));
        self.0.alarm(ALARM_A, "OK");
    }

    fn it_is(&self, time: &str) {
        self.0.change(|account| account["time"] = json!(time));
    }

    fn account(&self) -> Account {
        Account::parse(&fs::read_to_string(self.0.account()).expect("the account"), &registry().sections())
            .expect("a good account")
    }

    /// Hands an event to the engine on the account file, as Lambda hands it to a function.
    fn wake(&self, event: &str) -> Answer {
        let read = |file: String| fs::read_to_string(top().join(file)).expect("a file");
        let event: Value = serde_json::from_str(&read(format!("events/{event}"))).expect("JSON");
        let topology = read("topology/topology.toml".to_owned());
        let (answer, after) = crossover_sandbox::run(async {
            let sandbox = Sandbox::new(self.account());
            let kinds = registry().groups(|_| Backend::sandbox(&sandbox), &Document::new(&topology)).expect("a good topology");
            let (ports, function) = (registry().ports(&sandbox), "crossover-nat".to_owned());
            let controller =
                Controller { kinds, environment: Environment { ports, mode: Mode::Armed, staging: false, own: None, function } };
            let deadline = sandbox.now() + 60.seconds();
            let invocation = Invocation { holder: "crossover-nat/1".to_owned(), deadline, dry_run: false };
            let answer = sandbox.invoke(controller.handle(&event, &invocation)).await.expect("nobody kills it");
            (answer, sandbox.account())
        })
        .expect("a runtime");
        fs::write(self.0.account(), after.print().expect("an account")).expect("written");
        answer
    }

    /// The latest notice's plain text, as it comes by mail.
    fn notice(&self) -> String {
        self.account().sns().published.last().expect("a notice").bodies["email"].clone()
    }

    fn says(&self, arguments: &[&str]) -> String {
        let output = self.0.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// How a command of a notice is typed, as far as the help teaches it.
    fn taught(&self, payload: &Map<String, Value>) -> Vec<String> {
        let verb = payload["command"].as_str().expect("a verb");
        assert!(part(&self.says(&["--help"]), "Commands:").any(|line| first(line) == verb), "no verb for {verb}");
        let help = self.says(&[verb, "--help"]);
        let mut words = vec![verb.to_owned()];
        for (key, value) in payload.iter().filter(|(key, _)| *key != "command") {
            let argument = key.to_uppercase();
            let option = format!("--{}", key.replace('_', "-"));
            let is_argument = part(&help, "Arguments:").any(|line| first(line).trim_matches(['<', '>', '[', ']']) == argument);
            let taken = part(&help, "Options:").find(|line| first(line) == option).map(|line| line.contains(" <"));
            match (value, is_argument, taken) {
                (Value::String(text), true, None) => words.push(in_place_of(text)),
                (Value::String(text), false, Some(true)) => words.extend([option, in_place_of(text)]),
                (Value::Bool(true), false, Some(false)) => words.push(option),
                _ => panic!("{verb} --help does not say how to type {key}: {value}\n{help}"),
            }
        }
        words
    }

    /// Types words on the account, and reads the answer as a program does.
    fn types(&self, words: &[impl AsRef<str>]) -> (Option<i32>, Value) {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).chain(["--account", "account.json", "--json"]).collect();
        let help = self.says(&[words[0], "--help"]);
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(part(&help, "Options:").any(|line| first(line) == *option), "{option} is not in\n{help}");
        }
        let output = self.0.run(&words);
        let answer = serde_json::from_slice(&output.stdout);
        (output.status.code(), answer.unwrap_or_else(|error| panic!("{words:?}: {error}: {output:?}")))
    }

    /// Does what a command of the notice says.
    fn does(&self, notice: &str, verb: &str) -> (Option<i32>, TargetAnswer) {
        let named = named(notice);
        let payload = named.iter().find(|payload| payload["command"] == verb).unwrap_or_else(|| panic!("no {verb} in\n{notice}"));
        // The short command beside it is the same, and is what is typed.
        let short = format!("crossover {verb} ");
        let line = notice
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(&short))
            .unwrap_or_else(|| panic!("no {short}in\n{notice}"));
        let mut typed: Vec<String> = words(line)[1..].iter().map(|word| in_place_of(word)).collect();
        // There is no Lambda here: the command does it itself.
        let function = typed.iter().position(|word| word == "--function").unwrap_or_else(|| panic!("no function in {line}"));
        let function = typed.drain(function..).nth(1);
        assert!(function.is_some_and(|function| function.starts_with("crossover-")), "{line}");
        let sorted = |mut words: Vec<String>| {
            words.sort();
            words
        };
        assert_eq!(sorted(typed.clone()), sorted(self.taught(payload)), "{notice}");
        let (code, answer) = self.types(&typed);
        (code, of_one(answer))
    }

    fn status(&self) -> (Option<Forecast>, Status) {
        let (code, answer) = self.types(&["status"]);
        assert_eq!(code, Some(0));
        let target = of_one(answer);
        (target.forecast, target.status.expect("a status"))
    }
}

fn at_home() -> Forecast {
    Forecast::Stay { what: "every route is at home".to_owned() }
}

/// The lines of a part of a help, without the rest of what does not fit into one line.
fn part<'t>(help: &'t str, title: &str) -> impl Iterator<Item = &'t str> {
    help.lines().skip_while(move |line| *line != title).skip(1).take_while(|line| !line.is_empty())
}

/// The first word of a line; of an option with a short form the long one.
fn first(line: &str) -> &str {
    let words = line.split_whitespace().find(|word| !word.ends_with(','));
    words.unwrap_or_default()
}

/// What a person writes where a notice leaves the word to them.
fn in_place_of(text: &str) -> String {
    match text {
        "WHY" => "the gateway's owner says so".to_owned(),
        "YOU" => "bea".to_owned(),
        other => other.to_owned(),
    }
}

/// The payloads of the commands that a notice names.
fn named(notice: &str) -> Vec<Map<String, Value>> {
    let commands = notice.lines().map(str::trim).filter(|line| line.starts_with("aws lambda invoke "));
    let payload = |line: &str| {
        let quoted = line.split_once(" --payload '")?.1.split_once("' ")?.0;
        serde_json::from_str(quoted).ok()
    };
    commands.map(|line| payload(line).unwrap_or_else(|| panic!("no payload: {line}"))).collect()
}

/// What a line at the end of a notice says.
fn field<'n>(notice: &'n str, name: &str) -> &'n str {
    notice.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::trim).expect("a line")
}

fn of_one(answer: Value) -> TargetAnswer {
    let mut answer: Answer = serde_json::from_value(answer).expect("an answer");
    assert_eq!(answer.targets.len(), 1, "{answer:?}");
    answer.targets.remove(0)
}

/// Where everything leads as long as nothing has failed.
fn home() -> Vec<RouteTable> {
    let text = fs::read_to_string(top().join("events/accounts/two-zones.json")).expect("the example");
    Account::parse(&text, &registry().sections()).expect("a good account").ec2().route_tables.clone()
}

#[test]
fn from_the_notice_to_everything_at_home() {
    let night = Night::falls("night");
    let notice = night.notice();
    let (_, status) = night.status();
    assert_eq!((status.away.len(), status.serving["us-east-1a"], status.serving["us-east-1b"]), (2, 0, 4));
    assert!(status.blocked_until.is_some());

    // What happened: the report takes the id that the notice ends with, and is the story of that crossover.
    let crossover = field(&notice, "Crossover");
    assert!(status.reviews.contains_key(crossover), "{:?}", status.reviews);
    let (code, report) = night.types(&["report", crossover]);
    assert_eq!(
        (code, &report["crossover"]["id"], &report["crossover"]["outcome"]),
        (Some(0), &json!(crossover), &json!("completed"))
    );

    // Seen: the report names the command for it.
    let next = report["next"].as_array().expect("what to do next").iter().filter_map(|next| next["command"].as_str());
    let mut ack = next.map(words).find(|words| words[..2] == ["crossover", "ack"]).expect("how to acknowledge it");
    // It is for the account that the report is of, which is what is typed here anyway.
    assert_eq!(ack.split_off(ack.len() - 2), ["--account", "account.json"]);
    let (code, answer) = night.types(&ack[1..]);
    assert_eq!((code, of_one(answer).outcome), (Some(0), Outcome::Recorded));
    let (_, status) = night.status();
    assert!(status.reviews.is_empty() && status.blocked_until.is_none() && status.away.len() == 2, "{status:?}");

    // Too early: the gateway is still failed, and its work stays where it can go on.
    night.it_is("2026-03-14T03:20:00Z");
    let (code, early) = night.does(&notice, "failback");
    assert_eq!((code, early.outcome), (Some(3), Outcome::Held));
    let (_, status) = night.status();
    assert_eq!((status.away.len(), status.serving["us-east-1a"], status.serving["us-east-1b"]), (2, 0, 4));

    // Nor does it come home to a gateway that is still failed when only the alarm is OK.
    night.it_is("2026-03-14T03:32:40Z");
    night.0.alarm(ALARM_A, "OK");
    let (code, early) = night.does(&notice, "failback");
    assert_eq!((code, early.outcome), (Some(3), Outcome::Held));
    assert_eq!(night.status().1.serving["us-east-1b"], 4);

    // Mended: a tick tells that it may come home, with the same command as the first notice.
    night.gateway_is_mended();
    night.it_is("2026-03-14T03:40:00Z");
    night.wake(TICK);
    let ready = night.notice();
    assert!(ready.contains("ready to fail back to us-east-1a") && named(&ready)[0] == named(&notice)[0], "{ready}");
    let (code, back) = night.does(&notice, "failback");
    assert_eq!((code, back.outcome), (Some(0), Outcome::Completed));

    let (forecast, status) = night.status();
    assert_eq!(forecast, Some(at_home()));
    assert_eq!((status.away.len(), status.serving["us-east-1a"], status.serving["us-east-1b"]), (0, 2, 2));
    assert!(status.reviews.is_empty() && status.open.is_none() && status.intent.is_none() && status.unsent == 0, "{status:?}");
    assert_eq!(night.account().ec2().route_tables, home());
    assert_eq!(named(&night.notice()), Vec::new(), "nothing is left to do");
}

#[test]
fn the_second_failure_of_the_night_is_held_and_its_notice_says_how_to_go_on() {
    for way in ["failover", "ack"] {
        let night = Night::falls(&format!("night-{way}"));
        let notice = night.notice();
        night.gateway_is_mended();
        assert_eq!(night.does(&notice, "failback").1.outcome, Outcome::Completed);
        night.it_is("2026-03-14T03:50:00Z");
        night.gateway_fails();
        assert_eq!(night.wake(ALARM).outcome, Outcome::Held);
        let held = night.notice();
        assert_eq!(night.account().ec2().route_tables, home(), "{held}");

        let (code, plan) = night.does(&held, "plan");
        assert_eq!((code, plan.outcome), (Some(0), Outcome::DryRun));
        let (code, done) = night.does(&held, way);
        assert_eq!(code, Some(0), "{done:?}");
        if way == "ack" {
            assert_eq!(done.outcome, Outcome::Recorded);
            assert_eq!(night.wake(ALARM).outcome, Outcome::Completed);
        } else {
            assert_eq!(done.outcome, Outcome::Completed);
        }
        assert_eq!(night.status().1.serving["us-east-1b"], 4);

        night.it_is("2026-03-14T04:10:00Z");
        night.gateway_is_mended();
        assert_eq!(night.does(&night.notice(), "failback").1.outcome, Outcome::Completed);
        let (forecast, status) = night.status();
        assert_eq!((forecast, &status.intent), (Some(at_home()), &None), "{status:?}");
        assert_eq!(night.account().ec2().route_tables, home());
    }
}

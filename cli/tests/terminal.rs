//! The command at a real terminal: what it asks, and what it takes for an answer.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

mod desk;

use desk::Desk;
use rexpect::session::{PtySession, spawn_command};

/// How long a test waits for what is to be printed, in milliseconds.
const PATIENCE: u64 = 20_000;

/// What is typed at the prompt of a shell.
fn typed(desk: &Desk, line: &str) -> PtySession {
    let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json"]).collect();
    let mut command = desk.command(&arguments);
    command.env("COLUMNS", "400");
    spawn_command(command, Some(PATIENCE)).expect("a terminal")
}

fn sees(session: &mut PtySession, text: &str) -> String {
    session.exp_string(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn ends(mut session: PtySession) -> (String, i32) {
    let rest = session.exp_eof().expect("an end");
    let status = format!("{:?}", session.process().wait().expect("an exit"));
    // Exited(Pid(123), 0)
    let code = status.trim_end_matches(')').rsplit(' ').next().and_then(|code| code.parse().ok());
    (rest, code.unwrap_or_else(|| panic!("{status}")))
}

fn unchanged(desk: &Desk) -> bool {
    let shown = desk.shown("history");
    shown.contains("No crossover is recorded.")
}

#[test]
fn many_are_moved_once_yes_is_typed() {
    let desk = Desk::of_two_regions("tty-yes");
    let mut session = typed(&desk, "switchover --away-from us-east-1a --reason drill");
    sees(&mut session, "egress-prod");
    sees(&mut session, "Type yes to go on, anything else to stop:");
    session.send_line("yes").expect("typed");
    let (rest, code) = ends(session);
    assert!(rest.contains("completed") && rest.contains("2 of 4 where they should be") && code == 3, "{code}: {rest}");
    assert!(!unchanged(&desk));
}

#[test]
fn anything_else_stops_it() {
    let desk = Desk::of_two_regions("tty-no");
    for answer in ["y", "", "no", "yes please"] {
        let mut session = typed(&desk, "switchover --away-from us-east-1a --reason drill");
        sees(&mut session, "anything else to stop:");
        session.send_line(answer).expect("typed");
        let (rest, code) = ends(session);
        assert!(rest.contains("not confirmed: nothing was changed") && code == 1, "{code}: {rest}");
    }
    // Ctrl-D.
    let mut session = typed(&desk, "switchover --away-from us-east-1a --reason drill");
    sees(&mut session, "anything else to stop:");
    session.send_control('d').expect("typed");
    assert_eq!(ends(session).1, 1);
    assert!(unchanged(&desk));
}

#[test]
fn what_can_lose_data_goes_on_with_its_names_alone() {
    let desk = Desk::of_two_regions("tty-names");
    let order = "failover --away-from us-east-1 --reason fire --accept-data-loss";
    let mut session = typed(&desk, order);
    sees(&mut session, "orders can lose data: what was written in");
    sees(&mut session, "Type these targets' names, orders stock, to go on, anything else to stop:");
    session.send_line("yes").expect("typed");
    assert_eq!(ends(session).1, 1);
    assert!(unchanged(&desk));
    let mut session = typed(&desk, order);
    sees(&mut session, "anything else to stop:");
    session.send_line("orders stock").expect("typed");
    let (rest, code) = ends(session);
    assert!(rest.contains("8 of 10 where they should be, the worst outcome is held") && code == 3, "{code}: {rest}");
}

#[test]
fn one_that_can_lose_data_goes_on_with_its_name_alone() {
    let desk = Desk::of_two_regions("tty-name");
    let order = "failover orders --to arn:aws:rds:us-west-2:111122223333:db:orders-usw2 --accept-data-loss --reason fire";
    let mut session = typed(&desk, order);
    sees(&mut session, "Worst loss: what was written in");
    sees(&mut session, "Type the target's name, orders, to go on, anything else to stop:");
    session.send_line("yes").expect("typed");
    assert_eq!(ends(session).1, 1);
    assert!(unchanged(&desk));
    let mut session = typed(&desk, order);
    sees(&mut session, "anything else to stop:");
    session.send_line("orders").expect("typed");
    assert_eq!(ends(session).1, 4);
    let (rest, code) = ends(typed(&desk, &format!("{order} --yes --wait 20m")));
    assert!(rest.contains("completed") && code == 0, "{code}: {rest}");
}

#[test]
fn what_loses_nothing_is_not_asked_for() {
    let desk = Desk::of_two_regions("tty-nothing");
    let (rest, code) = ends(typed(&desk, "failover egress-prod --away-from us-east-1a --reason x"));
    assert!(rest.contains("completed") && !rest.contains("Type") && code == 0, "{code}: {rest}");
}

#[test]
fn yes_alone_takes_no_loss() {
    let desk = Desk::of_two_regions("tty-loss");
    let order = "failover --away-from us-east-1 --reason fire --yes";
    // With both sides well and nothing accepted, orders and stock are held, and nothing can be lost.
    assert_eq!(desk.code(&format!("{order} --dry-run")), Some(0));
    let order = "failover orders --away-from orders-use1 --reason fire --yes";
    assert_eq!(desk.code(order), Some(3), "held: nothing was accepted");
    assert_eq!(desk.code(&format!("{order} --accept-data-loss")), Some(4));
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let desk = Desk::new("tty-colours");
    let shown = |variable: &str, value: &str| {
        let mut command = desk.command(&["status", "--account", "account.json"]);
        command.env(variable, value);
        ends(spawn_command(command, Some(PATIENCE)).expect("a terminal")).0
    };
    assert!(shown("TERM", "xterm-256color").contains("\u{1b}[32mhealthy\u{1b}[0m"));
    for (variable, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = shown(variable, value);
        assert!(plain.contains("healthy") && !plain.contains('\u{1b}'), "{variable}: {plain}");
    }
    assert!(shown("NO_COLOR", "").contains("\u{1b}[32m"), "an empty NO_COLOR says nothing");
}

#[test]
fn that_nobody_serves_is_said_first_and_in_red() {
    let desk = Desk::new("tty-nobody");
    desk.change(|account| {
        for table in account["route_tables"].as_array_mut().expect("tables") {
            table["routes"] = serde_json::json!({});
        }
    });
    assert_eq!(desk.code("pause egress-prod --reason r"), Some(0));
    let command = desk.command(&["status", "--account", "account.json"]);
    let shown = ends(spawn_command(command, Some(PATIENCE)).expect("a terminal")).0;
    assert!(shown.contains("\u{1b}[31mNOBODY\u{1b}[0m") && shown.contains("\u{1b}[31mnobody serves, paused\u{1b}[0m"), "{shown}");
    assert!(!shown.contains("at home"), "{shown}");
}

#[test]
fn watching_ends_on_ctrl_c() {
    let desk = Desk::new("tty-watch");
    let mut session = typed(&desk, "status --watch --interval 1s");
    for _ in 0..2 {
        sees(&mut session, "Every 1 s; at ");
        sees(&mut session, "egress-prod");
    }
    session.send_control('c').expect("typed");
    let (_, code) = ends(session);
    assert_eq!(code, 0);
}

#[test]
fn what_takes_long_is_said_until_it_is_over() {
    let desk = Desk::new("tty-progress");
    let fifo = desk.0.join("slow.json");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    // The account takes its time to be read.
    let command = desk.command(&["status", "--account", "slow.json"]);
    let mut session = spawn_command(command, Some(PATIENCE)).expect("a terminal");
    sees(&mut session, "At work on the account, for 2 s by now; Ctrl-C ends it");
    sees(&mut session, "for 3 s by now");
    std::fs::write(&fifo, std::fs::read(desk.account()).expect("the account")).expect("written");
    let (rest, code) = ends(session);
    assert!(rest.contains("egress-prod") && code == 0, "{code}: {rest}");
}

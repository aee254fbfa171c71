//! The command at a real terminal: its questions, and the answers that it accepts.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

mod workspace;

use rexpect::session::{PtySession, spawn_command};
use workspace::Workspace;

/// How long a test waits for an output, in milliseconds.
const PATIENCE: u64 = 20_000;

/// The keys that a user types at the prompt of a shell.
fn typed(workspace: &Workspace, line: &str) -> PtySession {
    let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json"]).collect();
    let mut command = workspace.command(&arguments);
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

fn unchanged(workspace: &Workspace) -> bool {
    let shown = workspace.shown("history");
    shown.contains("No crossover is recorded.")
}

#[test]
fn many_are_moved_once_yes_is_typed() {
    let workspace = Workspace::of_two_regions("tty-yes");
    let mut session = typed(&workspace, "switchover --away-from us-east-1a --reason drill");
    sees(&mut session, "egress-prod");
    sees(&mut session, "Type yes to continue, anything else to stop:");
    session.send_line("yes").expect("typed");
    let (rest, code) = ends(session);
    assert!(
        rest.contains("completed") && rest.contains("2 of 4 targets are where they should be") && code == 3,
        "{code}: {rest}"
    );
    assert!(!unchanged(&workspace));
}

#[test]
fn any_other_input_stops_the_order() {
    let workspace = Workspace::of_two_regions("tty-no");
    for answer in ["y", "", "no", "yes please"] {
        let mut session = typed(&workspace, "switchover --away-from us-east-1a --reason drill");
        sees(&mut session, "anything else to stop:");
        session.send_line(answer).expect("typed");
        let (rest, code) = ends(session);
        assert!(rest.contains("not confirmed: nothing was changed") && code == 1, "{code}: {rest}");
    }
    // Ctrl-D.
    let mut session = typed(&workspace, "switchover --away-from us-east-1a --reason drill");
    sees(&mut session, "anything else to stop:");
    session.send_control('d').expect("typed");
    assert_eq!(ends(session).1, 1);
    assert!(unchanged(&workspace));
}

#[test]
fn targets_that_can_lose_data_are_confirmed_by_their_names() {
    let workspace = Workspace::of_two_regions("tty-names");
    let order = "failover --away-from us-east-1 --reason fire --accept-data-loss";
    let mut session = typed(&workspace, order);
    sees(&mut session, "orders can lose data: what was written in");
    sees(&mut session, "Type these targets' names, orders stock, to continue, anything else to stop:");
    session.send_line("yes").expect("typed");
    assert_eq!(ends(session).1, 1);
    assert!(unchanged(&workspace));
    let mut session = typed(&workspace, order);
    sees(&mut session, "anything else to stop:");
    session.send_line("orders stock").expect("typed");
    let (rest, code) = ends(session);
    assert!(rest.contains("8 of 10 targets are where they should be; the worst outcome is held") && code == 3, "{code}: {rest}");
}

#[test]
fn one_target_that_can_lose_data_is_confirmed_by_its_name() {
    let workspace = Workspace::of_two_regions("tty-name");
    let order = "failover orders --to arn:aws:rds:us-west-2:111122223333:db:orders-usw2 --accept-data-loss --reason fire";
    let mut session = typed(&workspace, order);
    sees(&mut session, "Worst loss: what was written in");
    sees(&mut session, "Type the target's name, orders, to continue, anything else to stop:");
    session.send_line("yes").expect("typed");
    assert_eq!(ends(session).1, 1);
    assert!(unchanged(&workspace));
    let mut session = typed(&workspace, order);
    sees(&mut session, "anything else to stop:");
    session.send_line("orders").expect("typed");
    assert_eq!(ends(session).1, 4);
    let (rest, code) = ends(typed(&workspace, &format!("{order} --yes --wait 20m")));
    assert!(rest.contains("completed") && code == 0, "{code}: {rest}");
}

#[test]
fn without_a_loss_there_is_no_question() {
    let workspace = Workspace::of_two_regions("tty-nothing");
    let (rest, code) = ends(typed(&workspace, "failover egress-prod --away-from us-east-1a --reason x"));
    assert!(rest.contains("completed") && !rest.contains("Type") && code == 0, "{code}: {rest}");
}

#[test]
fn yes_alone_accepts_no_loss() {
    let workspace = Workspace::of_two_regions("tty-loss");
    let order = "failover --away-from us-east-1 --reason fire --yes";
    // With both sides healthy and no loss accepted, orders and stock are held, and nothing can be lost.
    assert_eq!(workspace.code(&format!("{order} --dry-run")), Some(0));
    let order = "failover orders --away-from orders-use1 --reason fire --yes";
    assert_eq!(workspace.code(order), Some(3), "held: no loss was accepted");
    assert_eq!(workspace.code(&format!("{order} --accept-data-loss")), Some(4));
}

#[test]
fn colours_are_used_only_on_terminals_that_support_them() {
    let workspace = Workspace::new("tty-colours");
    let shown = |variable: &str, value: &str| {
        let mut command = workspace.command(&["status", "--account", "account.json"]);
        command.env(variable, value);
        ends(spawn_command(command, Some(PATIENCE)).expect("a terminal")).0
    };
    assert!(shown("TERM", "xterm-256color").contains("\u{1b}[32mhealthy\u{1b}[0m"));
    for (variable, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = shown(variable, value);
        assert!(plain.contains("healthy") && !plain.contains('\u{1b}'), "{variable}: {plain}");
    }
    assert!(shown("NO_COLOR", "").contains("\u{1b}[32m"), "an empty NO_COLOR has no effect");
}

#[test]
fn a_target_without_a_serving_side_comes_first_and_in_red() {
    let workspace = Workspace::new("tty-nobody");
    workspace.change(|account| {
        for table in account["route_tables"].as_array_mut().expect("tables") {
            table["routes"] = serde_json::json!({});
        }
    });
    assert_eq!(workspace.code("pause egress-prod --reason r"), Some(0));
    let command = workspace.command(&["status", "--account", "account.json"]);
    let shown = ends(spawn_command(command, Some(PATIENCE)).expect("a terminal")).0;
    assert!(shown.contains("\u{1b}[31mNOBODY\u{1b}[0m") && shown.contains("\u{1b}[31mnobody serves, paused\u{1b}[0m"), "{shown}");
    assert!(!shown.contains("at home"), "{shown}");
}

#[test]
fn watch_ends_on_ctrl_c() {
    let workspace = Workspace::new("tty-watch");
    let mut session = typed(&workspace, "status --watch --interval 1s");
    for _ in 0..2 {
        sees(&mut session, "Every 1 s, last read at ");
        sees(&mut session, "egress-prod");
    }
    session.send_control('c').expect("typed");
    let (_, code) = ends(session);
    assert_eq!(code, 0);
}

#[test]
fn a_slow_command_shows_its_progress() {
    let workspace = Workspace::new("tty-progress");
    let fifo = workspace.0.join("slow.json");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    // Reading the account blocks until the FIFO is written.
    let command = workspace.command(&["status", "--account", "slow.json"]);
    let mut session = spawn_command(command, Some(PATIENCE)).expect("a terminal");
    sees(&mut session, "Working on the account (2 s so far, Ctrl-C to stop)");
    sees(&mut session, "(3 s so far");
    std::fs::write(&fifo, std::fs::read(workspace.account()).expect("the account")).expect("written");
    let (rest, code) = ends(session);
    assert!(rest.contains("egress-prod") && code == 0, "{code}: {rest}");
}

//! The report on a crossover: as text at the usual widths, as JSON, and as an HTML page.

#![expect(clippy::expect_used, reason = "tests")]

mod workspace;

use std::fs;

use serde_json::{Value, json};
use workspace::{Workspace, snapshot};

const REASON: &str = "Threshold Crossed: 3 out of the last 3 datapoints [0.0 (14/03/26 03:11:00), 0.0 (14/03/26 03:10:00), \
                      0.0 (14/03/26 03:09:00)] were less than the threshold (1.0).";

fn alarm(workspace: &Workspace, name: &str, state: &str, reason: &str) {
    workspace.change(|account| {
        let now = account["time"].clone();
        for alarm in account["alarms"].as_array_mut().expect("alarms") {
            if alarm["name"] == name {
                (alarm["state"], alarm["since"], alarm["reason"]) = (json!(state), now.clone(), json!(reason));
            }
        }
    });
}

/// A database that failed, and was promoted elsewhere.
fn promoted(name: &str) -> Workspace {
    let workspace = Workspace::of_two_regions(name);
    alarm(&workspace, "orders-use1-down", "ALARM", REASON);
    workspace.change(|account| account["time"] = json!("2026-03-14T03:13:05Z"));
    assert_eq!(workspace.code("failover orders --away-from orders-use1 --reason fire --accept-data-loss --wait 20m"), Some(0));
    workspace
}

/// Routes that left a zone and came home again.
fn home_again(name: &str) -> Workspace {
    let workspace = Workspace::new(name);
    alarm(&workspace, "nat-use1a-unreachable", "ALARM", REASON);
    workspace.change(|account| account["time"] = json!("2026-03-14T03:12:48Z"));
    assert_eq!(workspace.code("failover egress-prod --away-from us-east-1a --reason packet-loss"), Some(0));
    workspace.change(|account| account["time"] = json!("2026-03-14T03:40:00Z"));
    alarm(&workspace, "nat-use1a-unreachable", "OK", "Threshold Crossed: no datapoints were less than the threshold.");
    workspace.change(|account| account["time"] = json!("2026-03-14T03:55:00Z"));
    assert_eq!(workspace.code("failback egress-prod --reason mended"), Some(0));
    workspace
}

fn latest_failover(workspace: &Workspace) -> String {
    let output = workspace.run(&["history", "--json", "--account", "account.json"]);
    let history: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = history["targets"].as_array().expect("targets").iter().filter_map(|target| target["crossovers"].as_array());
    let failover = all.flatten().find(|crossover| crossover["direction"] == "failover").expect("a failover");
    failover["id"].as_str().expect("an id").to_owned()
}

fn page(workspace: &Workspace, crossover: &str) -> String {
    let arguments = ["report", crossover, "--html", "report.html", "--account", "account.json"];
    let output = workspace.run(&arguments);
    assert!(output.status.success(), "{output:?}");
    fs::read_to_string(workspace.0.join("report.html")).expect("a page")
}

#[test]
fn the_report_on_a_promotion() {
    let workspace = promoted("report-promotion");
    for columns in [80, 120] {
        snapshot!(format!("report_promotion_{columns}"), workspace.at(columns, "report orders"));
    }
}

#[test]
fn the_report_on_routes_that_are_home_again() {
    let workspace = home_again("report-home");
    let line = format!("report {}", latest_failover(&workspace));
    for columns in [80, 120] {
        snapshot!(format!("report_home_{columns}"), workspace.at(columns, &line));
    }
    snapshot!("report_json", workspace.shown(&format!("{line} --json")));
    // One element on each line, for readability.
    snapshot!("report_html", page(&workspace, &latest_failover(&workspace)).replace("><", ">\n<"));
}

#[test]
fn a_page_can_be_written_to_a_pipe() {
    let workspace = home_again("report-pipe");
    let id = latest_failover(&workspace);
    let output = workspace.run(&["report", &id, "--html", "-", "--account", "account.json"]);
    assert_eq!((output.status.code(), String::from_utf8(output.stdout).expect("a page")), (Some(0), page(&workspace, &id)));
    assert!(!workspace.0.join("-").exists());
}

#[test]
fn the_report_on_an_unfinished_crossover() {
    let workspace = Workspace::of_two_regions("report-open");
    workspace.change(|account| {
        account["faults"] = json!([
            { "call": "rds:PromoteReadReplica", "fault": "refuse" },
            { "call": "sns:*", "fault": "server_error" },
        ]);
    });
    assert_eq!(workspace.code("failover orders --away-from orders-use1 --reason fire --accept-data-loss"), Some(4));
    snapshot!("report_open", workspace.shown("report orders"));
    assert!(page(&workspace, "orders").contains("1 notice could not be sent yet"));
}

#[test]
fn the_report_on_a_record_of_an_earlier_version() {
    let workspace = home_again("report-old");
    let id = latest_failover(&workspace);
    workspace.change(|account| {
        for crossover in account["crossovers"].as_array_mut().expect("crossovers") {
            let fields = crossover.as_object_mut().expect("a crossover");
            fields.remove("story");
            for step in fields["steps"].as_array_mut().expect("steps") {
                let step = step.as_object_mut().expect("a step");
                step.remove("began");
                step.remove("ended");
            }
        }
    });
    snapshot!("report_old", workspace.shown(&format!("report {id}")));
    assert!(page(&workspace, &id).contains("earlier version"));
}

#[test]
fn unknown_crossovers_are_errors() {
    let workspace = home_again("report-errors");
    snapshot!(
        "report_errors",
        workspace.transcript(&[
            "report nothing",
            "report egress-prod-20200101T000000.000Z",
            "report egress-prod --html x --json"
        ])
    );
    assert_eq!(Workspace::new("report-none").code("report egress-prod"), Some(1));
    let nowhere = workspace.shown("report egress-prod --html no/such/folder");
    assert!(nowhere.contains("\nexit 1\n") && nowhere.ends_with("expected a writable file\n"), "{nowhere}");
}

#[test]
fn a_page_loads_nothing_and_runs_nothing() {
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(2)>",
        "'onmouseover='alert(3)",
        "</style><style>*{display:none}",
        "&lt;b&gt;",
        "\u{202e}gnp.exe",
        "]]>--><!--",
    ]
    .join(" ");
    let workspace = home_again("report-hostile");
    let id = latest_failover(&workspace);
    workspace.change(|account| {
        for crossover in account["crossovers"].as_array_mut().expect("crossovers") {
            for key in ["reason", "trigger", "loss", "kind"] {
                crossover[key] = json!(hostile);
            }
            crossover["order"]["operator"] = json!(hostile);
            crossover["order"]["reason"] = json!(hostile);
            for step in crossover["steps"].as_array_mut().expect("steps") {
                for key in ["step", "resource", "from", "to", "detail"] {
                    step[key] = json!(hostile);
                }
            }
            crossover["story"]["remarks"] = json!([hostile]);
            crossover["story"]["told"][0]["headline"] = json!(hostile);
            let side = &mut crossover["story"]["sides"][0];
            for key in ["side", "evidence"] {
                side[key] = json!(hostile);
            }
            side["alarms"][0]["name"] = json!(hostile);
            side["alarms"][0]["reason"] = json!(hostile);
        }
    });
    let topology = fs::read_to_string(workspace::root().join("topology/topology.toml")).expect("a topology");
    let hostile_in_toml = hostile.replace('\\', "\\\\").replace('"', "\\\"");
    let topology =
        topology.replace("https://wiki.example.com/egress", "javascript:alert(4)").replace("platform on-call", &hostile_in_toml);
    fs::write(workspace.0.join("topology.toml"), topology).expect("written");
    let page = page(&workspace, &id);
    let markup = page.matches('<').count();
    for tag in page.split('<').skip(1) {
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let known = [
            "", "html", "head", "meta", "title", "style", "body", "main", "header", "span", "h1", "h2", "dl", "dt", "dd",
            "section", "p", "pre", "ol", "ul", "li", "time", "i", "b", "div", "table", "thead", "tbody", "tr", "th", "td",
            "footer",
        ];
        assert!(known.contains(&name.as_str()), "<{}", tag.chars().take(60).collect::<String>());
        assert!(!name.is_empty() || tag.starts_with("!DOCTYPE"), "<{tag}");
        let inside = tag.split('>').next().unwrap_or_default();
        assert!(!inside.contains("onerror") && !inside.contains("onmouseover") && !inside.contains("javascript:"), "{inside}");
    }
    assert!(markup > 50 && page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_eq!(page.matches("<style>").count(), 1);
    for loader in ["src=", "href=", "url(", "@import", "<script", "<link", "http://"] {
        let in_text = ["src=x onerror"].iter().any(|text| text.starts_with(loader));
        assert!(in_text || !page.contains(loader), "{loader}");
    }
    assert!(!page.contains('\u{202e}'));
}

#[test]
fn hostile_text_has_no_effect_on_a_terminal() {
    const HOSTILE: &str = "evil\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}[8m\u{202e}txt.exe\u{9b}31m\rgone";
    const SHOWN: &str = r"evil\u001b[2J\u001b]0;title\u0007\u001b[8m\u202etxt.exe\u009b31m\u000dgone";
    let workspace = home_again("report-terminal");
    let id = latest_failover(&workspace);
    workspace.change(|account| {
        for crossover in account["crossovers"].as_array_mut().expect("crossovers") {
            for key in ["reason", "trigger", "loss"] {
                crossover[key] = json!(HOSTILE);
            }
            crossover["order"]["operator"] = json!(HOSTILE);
            crossover["story"]["remarks"] = json!([HOSTILE]);
        }
        account["alarms"][0]["reason"] = json!(HOSTILE);
        account["nat_gateways"][0]["state"] = json!(HOSTILE);
    });
    let topology = fs::read_to_string(workspace::root().join("topology/topology.toml")).expect("a topology");
    let in_toml = HOSTILE.chars().map(|c| if c.is_ascii_graphic() { c.to_string() } else { format!("\\u{:04X}", u32::from(c)) });
    let topology = topology.replace("platform on-call", &in_toml.collect::<String>());
    fs::write(workspace.0.join("topology.toml"), topology).expect("written");
    let is_hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    let formats = ["table", "json", "sarif", "junit"].map(|format| format!("check topology.toml --format {format}"));
    let lines = ["history".to_owned(), format!("report {id}"), "status".to_owned(), format!("report {id} --json")];
    for line in lines.iter().chain(&formats) {
        let shown = workspace.shown(line);
        assert!(!shown.contains(is_hostile), "{line}: {shown:?}");
        assert!(shown.contains(r"\u202e") || line == "status", "{line}: {shown}");
    }
    assert!(workspace.shown("history").contains(SHOWN));
}

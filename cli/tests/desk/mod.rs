//! A folder with a copy of an account, and the command at work in it.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test file uses what it needs")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

/// A folder with a copy of the example account, which goes away with it.
pub(crate) struct Desk(pub(crate) PathBuf);

impl Desk {
    pub(crate) fn new(name: &str) -> Self {
        let desk = Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("verbs-{name}-{}", std::process::id())));
        fs::create_dir_all(&desk.0).expect("a folder");
        fs::copy(top().join("events/accounts/two-zones.json"), desk.account()).expect("a copy");
        desk
    }

    /// The account with everything: a zone's NAT gateways, DNS and databases in two Regions.
    pub(crate) fn of_two_regions(name: &str) -> Self {
        let desk = Self::new(name);
        let read = |file: &str| fs::read_to_string(top().join(file)).expect("a file");
        let mut account: Value = serde_json::from_str(&read("events/accounts/two-zones.json")).expect("JSON");
        for other in ["two-regions", "databases"] {
            let other: Value = serde_json::from_str(&read(&format!("events/accounts/{other}.json"))).expect("JSON");
            for (key, value) in other.as_object().expect("an account") {
                match (&mut account[key], value) {
                    (Value::Array(all), Value::Array(more)) => all.extend(more.iter().cloned()),
                    (Value::Object(all), Value::Object(more)) => all.extend(more.clone()),
                    (one, value) => *one = value.clone(),
                }
            }
        }
        fs::write(desk.account(), account.to_string()).expect("written");
        let mut databases = read("events/accounts/databases.toml");
        for name in ["ledger", "shop"] {
            databases = databases.replace(&format!("name = \"{name}\"\nowner"), &format!("name = \"{name}-db\"\nowner"));
        }
        for name in ["orders", "stock"] {
            let member = format!("member = \"{name}-use1\"");
            databases = databases.replace(&member, &format!("{member}\nregion = \"us-east-1\""));
        }
        let topology = [&read("topology/topology.toml"), &read("events/accounts/two-regions.toml"), &databases]
            .map(String::as_str)
            .join("\n");
        fs::write(desk.0.join("topology.toml"), topology).expect("written");
        desk
    }

    pub(crate) fn account(&self) -> PathBuf {
        self.0.join("account.json")
    }

    /// Changes the account file as something outside would.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut account: Value = serde_json::from_slice(&fs::read(self.account()).expect("the account")).expect("JSON");
        change(&mut account);
        fs::write(self.account(), account.to_string()).expect("written");
    }

    /// An alarm of the account enters a state, and a minute passes.
    pub(crate) fn alarm(&self, index: usize, state: &str) {
        self.change(|account| {
            account["alarms"][index]["state"] = json!(state);
            account["alarms"][index]["since"] = account["time"].clone();
        });
    }

    /// The command, with nothing of the environment of whoever tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
        command.args(arguments).current_dir(&self.0).env("USER", "ann").env("TERM", "xterm");
        for variable in ["FUNCTION", "TABLE", "TOPIC_ARN", "MODE", "TOPOLOGY", "STACK"] {
            command.env_remove(format!("CROSSOVER_{variable}"));
        }
        for variable in ["COLUMNS", "NO_COLOR"] {
            command.env_remove(variable);
        }
        if self.0.join("topology.toml").exists() {
            command.env("CROSSOVER_TOPOLOGY", "topology.toml");
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the command can be run")
    }

    /// What is typed, and what comes of it.
    pub(crate) fn shown(&self, line: &str) -> String {
        let arguments: Vec<&str> = line.split(' ').collect();
        let account: &[&str] = if line.contains("--help") { &[] } else { &["--account", "account.json"] };
        let output = self.run(&[&arguments, account].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        format!("$ crossover {line}\nexit {code}\n{}{}", text(&output.stdout), text(&output.stderr))
    }

    /// The same at a width.
    pub(crate) fn at(&self, columns: u32, line: &str) -> String {
        let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json"]).collect();
        let output = self.command(&arguments).env("COLUMNS", columns.to_string()).stdin(Stdio::null()).output();
        let output = output.expect("the command can be run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("$ crossover {line}\n{}{}", text(&output.stdout), text(&output.stderr))
    }

    /// Several lines, one after the other.
    pub(crate) fn story(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.shown(line)).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn code(&self, line: &str) -> Option<i32> {
        let arguments: Vec<&str> = line.split(' ').collect();
        self.run(&[&arguments[..], &["--account", "account.json"]].concat()).status.code()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // What can't be removed stays in the build's own folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli is a folder of the checkout")
}

/// What a shell would make of a line, as far as examples need one.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        match number % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}
pub(crate) use snapshot;

//! A folder with a copy of an account, in which the command runs.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test file uses what it needs")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

/// A folder with a copy of the example account, removed on drop.
pub(crate) struct Workspace(pub(crate) PathBuf);

impl Workspace {
    pub(crate) fn new(name: &str) -> Self {
        let workspace = Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("verbs-{name}-{}", std::process::id())));
        fs::create_dir_all(&workspace.0).expect("a folder");
        fs::copy(root().join("events/accounts/two-zones.json"), workspace.account()).expect("a copy");
        workspace
    }

    /// An account with all kinds: NAT gateways of two zones, and DNS and databases in two Regions.
    pub(crate) fn of_two_regions(name: &str) -> Self {
        let workspace = Self::new(name);
        let read = |file: &str| fs::read_to_string(root().join(file)).expect("a file");
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
        fs::write(workspace.account(), account.to_string()).expect("written");
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
        fs::write(workspace.0.join("topology.toml"), topology).expect("written");
        workspace
    }

    pub(crate) fn account(&self) -> PathBuf {
        self.0.join("account.json")
    }

    /// Changes the account file, like an event outside of Crossover.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut account: Value = serde_json::from_slice(&fs::read(self.account()).expect("the account")).expect("JSON");
        change(&mut account);
        fs::write(self.account(), account.to_string()).expect("written");
    }

    /// Sets the state of an alarm of the account.
    pub(crate) fn alarm(&self, index: usize, state: &str) {
        self.change(|account| {
            account["alarms"][index]["state"] = json!(state);
            account["alarms"][index]["since"] = account["time"].clone();
        });
    }

    /// The command, without the environment variables of the test process.
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

    /// The command line, its exit code and its output.
    pub(crate) fn shown(&self, line: &str) -> String {
        let arguments: Vec<&str> = line.split(' ').collect();
        let account: &[&str] = if line.contains("--help") { &[] } else { &["--account", "account.json"] };
        let output = self.run(&[&arguments, account].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        format!("$ crossover {line}\nexit {code}\n{}{}", text(&output.stdout), text(&output.stderr))
    }

    /// The command line and its output at a terminal width.
    pub(crate) fn at(&self, columns: u32, line: &str) -> String {
        let arguments: Vec<&str> = line.split(' ').chain(["--account", "account.json"]).collect();
        let output = self.command(&arguments).env("COLUMNS", columns.to_string()).stdin(Stdio::null()).output();
        let output = output.expect("the command can be run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("$ crossover {line}\n{}{}", text(&output.stdout), text(&output.stderr))
    }

    /// Several command lines, one after the other, with their output.
    pub(crate) fn transcript(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.shown(line)).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn code(&self, line: &str) -> Option<i32> {
        let arguments: Vec<&str> = line.split(' ').collect();
        self.run(&[&arguments[..], &["--account", "account.json"]].concat()).status.code()
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // Leftovers stay in the build folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli is a folder of the checkout")
}

/// Splits a line into words, with single quotes as in a shell.
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

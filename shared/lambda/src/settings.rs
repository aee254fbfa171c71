//! A function's settings, from its environment.

use std::path::PathBuf;

use crossover_controller::topology::Mode;

/// Where the topology's layer puts it.
const TOPOLOGY: &str = "/opt/topology.toml";

/// What a function is told by its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `CROSSOVER_TOPOLOGY`: the topology's path.
    pub topology: PathBuf,
    /// `CROSSOVER_TABLE`: the journal's `DynamoDB` table.
    pub table: String,
    /// `CROSSOVER_TOPIC_ARN`: the SNS topic for notices.
    pub topic_arn: String,
    /// `CROSSOVER_MODE`: whether to act, where a target does not say.
    pub mode: Mode,
}

/// A setting that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It is not there, or empty.
    #[error("{variable} is not set; expected {expected}")]
    Missing {
        /// The variable.
        variable: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
    /// It holds something else.
    #[error("{variable} is \"{value}\"; expected {expected}")]
    Wrong {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
}

impl Settings {
    /// Reads the settings through `variable`; the error has every problem, not the first only.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<SettingError>> {
        let (table, topic, mode) = (table(&variable), topic_arn(&variable), mode(&variable));
        match (table, topic, mode) {
            (Ok(table), Ok(topic_arn), Ok(mode)) => {
                let topology = filled(&variable, "CROSSOVER_TOPOLOGY").map_or_else(|| TOPOLOGY.into(), PathBuf::from);
                Ok(Self { topology, table, topic_arn, mode })
            }
            (table, topic, mode) => Err([table.err(), topic.err(), mode.err()].into_iter().flatten().collect()),
        }
    }
}

/// The topic's ARN alone: what is wrong with the rest is told there.
pub fn topic_arn(variable: impl Fn(&str) -> Option<String>) -> Result<String, SettingError> {
    let (name, expected) = ("CROSSOVER_TOPIC_ARN", "the ARN of an SNS topic, as in arn:aws:sns:us-east-1:111122223333:crossover");
    let value = filled(&variable, name).ok_or(SettingError::Missing { variable: name, expected })?;
    match value.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "sns", region, account, topic] if ![region, account, topic].contains(&"") => Ok(value),
        _ => Err(SettingError::Wrong { variable: name, value, expected }),
    }
}

fn table(variable: impl Fn(&str) -> Option<String>) -> Result<String, SettingError> {
    let (name, expected) = ("CROSSOVER_TABLE", "the name of the journal's DynamoDB table");
    filled(&variable, name).ok_or(SettingError::Missing { variable: name, expected })
}

fn mode(variable: impl Fn(&str) -> Option<String>) -> Result<Mode, SettingError> {
    let name = "CROSSOVER_MODE";
    let Some(value) = filled(&variable, name) else { return Ok(Mode::Shadow) };
    let known = Mode::WORDS.iter().find(|(word, _)| *word == value);
    known.map(|(_, mode)| *mode).ok_or(SettingError::Wrong { variable: name, value, expected: "shadow or armed" })
}

fn filled(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;

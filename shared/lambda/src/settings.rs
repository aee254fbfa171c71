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
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(variable).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    const TOPIC: (&str, &str) = ("CROSSOVER_TOPIC_ARN", "arn:aws:sns:us-east-1:111122223333:crossover");

    #[test]
    fn defaults_are_the_layers_topology_and_shadow() {
        let settings = read(&[TOPIC, ("CROSSOVER_TABLE", "journal"), ("CROSSOVER_MODE", "")]).unwrap();
        assert_eq!((settings.topology, settings.mode), (PathBuf::from("/opt/topology.toml"), Mode::Shadow));
    }

    #[test]
    fn an_unknown_mode_is_never_taken_for_armed() {
        let errors = read(&[TOPIC, ("CROSSOVER_TABLE", "journal"), ("CROSSOVER_MODE", "Armed")]).unwrap_err();
        assert_eq!(errors, ["CROSSOVER_MODE is \"Armed\"; expected shadow or armed"]);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let errors = read(&[("CROSSOVER_TABLE", " "), ("CROSSOVER_TOPIC_ARN", "alerts"), ("CROSSOVER_MODE", "on")]).unwrap_err();
        assert_eq!(errors.len(), 3);
        assert_eq!(errors[0], "CROSSOVER_TABLE is not set; expected the name of the journal's DynamoDB table");
        assert!(errors[1].starts_with("CROSSOVER_TOPIC_ARN is \"alerts\"; expected the ARN of an SNS topic"), "{errors:?}");
    }
}

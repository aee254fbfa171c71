//! A function's settings, from its environment.

use std::path::PathBuf;

use crossover_engine::audit::{ActorError, Actors};
use crossover_model::{arn::Arn, permission::Caller, topology::Mode};

/// The end of the name of a FIFO topic.
const FIFO: &str = ".fifo";
/// The path of the topology in its layer.
const TOPOLOGY: &str = "/opt/topology.toml";

/// The settings of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `CROSSOVER_TOPOLOGY`: the topology's path.
    pub topology: PathBuf,
    /// `CROSSOVER_TABLE`: the journal's `DynamoDB` table.
    pub table: String,
    /// `CROSSOVER_TOPIC_ARN`: the SNS topic for notices.
    pub topic_arn: String,
    /// `CROSSOVER_MODE`: the mode of targets that declare none.
    pub mode: Mode,
    /// `CROSSOVER_STACK`: the name of the stack; targets of other stacks are ignored.
    pub stack: Option<String>,
    /// `CROSSOVER_ROLE`: the ARN of the function's own role; without it STS is asked before a plan that can't be undone.
    pub role: Option<String>,
    /// `CROSSOVER_ROLES`: the roles that make crossovers, for the function that checks their rights.
    pub actors: Actors,
    /// `CROSSOVER_STAGING`: whether it never acts, whatever the mode of a target.
    pub staging: bool,
}

/// A setting that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It is not set, or empty.
    #[error("{variable} is not set; expected {expected}")]
    Missing {
        /// The variable.
        variable: &'static str,
        /// The expected value.
        expected: &'static str,
    },
    /// It has another value.
    #[error("{variable} is \"{value}\"; expected {expected}")]
    Wrong {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
        /// The expected value.
        expected: &'static str,
    },
}

impl Settings {
    /// The function's role as the caller of AWS in its Region, if it is set.
    #[must_use]
    pub fn caller(&self, region: &str) -> Option<Caller> {
        let principal = self.role.clone()?;
        let account = Arn::of(&principal)?.account.to_owned();
        Some(Caller { principal, account, region: region.to_owned() })
    }

    /// The stack whose targets the function handles. A staging stack reconciles all targets, as it never acts.
    #[must_use]
    pub fn keeps_to(&self) -> Option<&str> {
        self.stack.as_deref().filter(|_| !self.staging)
    }

    /// Checks that the roles are of these kinds.
    ///
    /// # Errors
    /// A role is of another kind: its rights would not be checked.
    pub fn check_kinds(&self, kinds: &[&str]) -> Result<(), ActorError> {
        self.actors.iter().try_for_each(|actor| actor.clone().of_kinds(kinds).map(|_| ()))
    }

    /// Reads the settings through `variable`; the error has every problem, not the first only.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<SettingError>> {
        let (table, topic) = (table(&variable), topic_arn(&variable));
        match (table, topic, mode(&variable), staging(&variable), actors(&variable)) {
            (Ok(table), Ok(topic_arn), Ok(mode), Ok(staging), Ok(actors)) => {
                let topology = topology(&variable);
                let (stack, role) = (stack(&variable), filled(&variable, "CROSSOVER_ROLE"));
                Ok(Self { topology, table, topic_arn, mode, stack, role, actors, staging })
            }
            (table, topic, mode, staging, actors) => {
                Err([table.err(), topic.err(), mode.err(), staging.err(), actors.err()].into_iter().flatten().collect())
            }
        }
    }
}

/// The function's name for people: `CROSSOVER_FUNCTION`, its name with the alias to invoke, or
/// the name from Lambda.
pub fn function(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    filled(&variable, "CROSSOVER_FUNCTION").or_else(|| filled(&variable, "AWS_LAMBDA_FUNCTION_NAME"))
}

/// Only the topic's ARN: problems of the other settings are notified there.
pub fn topic_arn(variable: impl Fn(&str) -> Option<String>) -> Result<String, SettingError> {
    let (name, expected) = ("CROSSOVER_TOPIC_ARN", "the ARN of an SNS topic, as in arn:aws:sns:us-east-1:111122223333:crossover");
    let value = filled(&variable, name).ok_or(SettingError::Missing { variable: name, expected })?;
    match topic(&value) {
        Some(_) => Ok(value),
        None => Err(SettingError::Wrong { variable: name, value, expected }),
    }
}

/// The ARN of a topic; `None` for anything else, such as the ARN of a subscription, or of a FIFO topic, which takes no message
/// without a group (SNS API Reference, `Publish`, `MessageGroupId`).
fn topic(text: &str) -> Option<Arn<'_>> {
    let is_topic = |arn: &Arn<'_>| arn.service == "sns" && !arn.region.is_empty() && !arn.account.is_empty();
    Arn::of(text).filter(is_topic).filter(|arn| !arn.resource.contains(':') && !arn.resource.ends_with(FIFO))
}

/// `CROSSOVER_TOPOLOGY`: the topology's path.
pub fn topology(variable: impl Fn(&str) -> Option<String>) -> PathBuf {
    filled(variable, "CROSSOVER_TOPOLOGY").map_or_else(|| TOPOLOGY.into(), PathBuf::from)
}

/// `CROSSOVER_STACK`: the stack's name.
pub fn stack(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    filled(variable, "CROSSOVER_STACK")
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

fn actors(variable: impl Fn(&str) -> Option<String>) -> Result<Actors, SettingError> {
    let name = "CROSSOVER_ROLES";
    let Some(value) = filled(&variable, name) else { return Ok(Vec::new()) };
    let expected = "the ARNs of roles, separated by commas, as in nat=arn:aws:iam::111122223333:role/crossover-nat";
    value.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| SettingError::Wrong {
        variable: name,
        value,
        expected,
    })
}

fn staging(variable: impl Fn(&str) -> Option<String>) -> Result<bool, SettingError> {
    let name = "CROSSOVER_STAGING";
    match filled(&variable, name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(value) => Err(SettingError::Wrong { variable: name, value: value.to_owned(), expected: "true or false" }),
    }
}

/// A variable's trimmed value, unless it is empty.
pub fn filled(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;

//! A function's settings, from its environment.

use std::path::PathBuf;

use crossover_engine::audit::{Actors, BadActor};
use crossover_model::{arn::Arn, topology::Mode, trigger::Own};

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
    /// `CROSSOVER_STACK`: the name of the stack, so that targets of others are left alone.
    pub stack: Option<String>,
    /// `CROSSOVER_ROLES`: who makes crossovers, for a function that looks whether they may.
    pub actors: Actors,
    /// `CROSSOVER_STAGING`: whether it acts on nothing, whatever a target says.
    pub staging: bool,
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
    /// Our Region and account, which the topic's ARN names.
    #[must_use]
    pub fn own(&self) -> Option<Own> {
        let topic = topic(&self.topic_arn)?;
        Some(Own { region: topic.region.to_owned(), account: topic.account.to_owned() })
    }

    /// The stack to whose targets the function keeps. One to try changes in looks at all of them: it acts on none.
    #[must_use]
    pub fn keeps_to(&self) -> Option<&str> {
        self.stack.as_deref().filter(|_| !self.staging)
    }

    /// Whether those who make crossovers do so of these kinds.
    ///
    /// # Errors
    /// One is of another kind: nobody would be asked about.
    pub fn check_kinds(&self, kinds: &[&str]) -> Result<(), BadActor> {
        self.actors.iter().try_for_each(|actor| actor.clone().of_kinds(kinds).map(|_| ()))
    }

    /// Reads the settings through `variable`; the error has every problem, not the first only.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<SettingError>> {
        let (table, topic) = (table(&variable), topic_arn(&variable));
        match (table, topic, mode(&variable), staging(&variable), actors(&variable)) {
            (Ok(table), Ok(topic_arn), Ok(mode), Ok(staging), Ok(actors)) => {
                let topology = topology(&variable);
                let stack = stack(&variable);
                Ok(Self { topology, table, topic_arn, mode, stack, actors, staging })
            }
            (table, topic, mode, staging, actors) => {
                Err([table.err(), topic.err(), mode.err(), staging.err(), actors.err()].into_iter().flatten().collect())
            }
        }
    }
}

/// How people call the function: `CROSSOVER_FUNCTION`, its name with the alias that they should invoke, or
/// the name that Lambda gives it.
pub fn function(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    filled(&variable, "CROSSOVER_FUNCTION").or_else(|| filled(&variable, "AWS_LAMBDA_FUNCTION_NAME"))
}

/// The topic's ARN alone: what is wrong with the rest is told there.
pub fn topic_arn(variable: impl Fn(&str) -> Option<String>) -> Result<String, SettingError> {
    let (name, expected) = ("CROSSOVER_TOPIC_ARN", "the ARN of an SNS topic, as in arn:aws:sns:us-east-1:111122223333:crossover");
    let value = filled(&variable, name).ok_or(SettingError::Missing { variable: name, expected })?;
    match topic(&value) {
        Some(_) => Ok(value),
        None => Err(SettingError::Wrong { variable: name, value, expected }),
    }
}

/// The ARN of a topic; none when a text is something else, as that of a subscription.
fn topic(text: &str) -> Option<Arn<'_>> {
    let is_topic = |arn: &Arn<'_>| arn.service == "sns" && !arn.region.is_empty() && !arn.account.is_empty();
    Arn::of(text).filter(is_topic).filter(|arn| !arn.resource.contains(':'))
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
    let expected = "the ARNs of roles with commas between them, as in nat=arn:aws:iam::111122223333:role/crossover-nat";
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

/// A variable's value without the space around it, unless nothing is left.
pub fn filled(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;

//! A manual command.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::plain;
use crate::topology::nearest;

/// A person's command. Unlike AWS's events it is refused when it has a key that is not known: a
/// mistyped `dry_run` must not become a real run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase")]
pub enum Command {
    /// Leave a side.
    Failover {
        /// The target.
        target: String,
        /// The side to leave.
        away_from: String,
        /// Why.
        reason: String,
        /// Who.
        operator: String,
        /// Only say what would happen.
        #[serde(default)]
        dry_run: bool,
    },
    /// Bring work home.
    Failback {
        /// The target.
        target: String,
        /// Only this side's work.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<String>,
        /// Why.
        reason: String,
        /// Who.
        operator: String,
        /// Only say what would happen.
        #[serde(default)]
        dry_run: bool,
    },
    /// Say what would happen now, or if a side were left.
    Plan {
        /// The target.
        target: String,
        /// The side to leave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        away_from: Option<String>,
    },
}

impl Command {
    /// The target's name.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::Failover { target, .. } | Self::Failback { target, .. } | Self::Plan { target, .. } => target,
        }
    }

    /// The side that it names.
    #[must_use]
    pub fn side(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Failover { away_from, .. } => Some(("away_from", away_from)),
            Self::Failback { side, .. } => Some(("side", side.as_deref()?)),
            Self::Plan { away_from, .. } => Some(("away_from", away_from.as_deref()?)),
        }
    }

    /// Whether nothing may be changed.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        match self {
            Self::Failover { dry_run, .. } | Self::Failback { dry_run, .. } => *dry_run,
            Self::Plan { .. } => true,
        }
    }

    pub(super) fn parse(payload: &Map<String, Value>) -> Result<Self, String> {
        let keys = Keys(payload);
        let command = match keys.text("command")?.as_deref() {
            Some("failover") => {
                keys.only(&["command", "target", "away_from", "reason", "operator", "dry_run"])?;
                Self::Failover {
                    target: keys.required("target")?,
                    away_from: keys.required("away_from")?,
                    reason: keys.required("reason")?,
                    operator: keys.required("operator")?,
                    dry_run: keys.flag("dry_run")?,
                }
            }
            Some("failback") => {
                keys.only(&["command", "target", "side", "reason", "operator", "dry_run"])?;
                Self::Failback {
                    target: keys.required("target")?,
                    side: keys.text("side")?,
                    reason: keys.required("reason")?,
                    operator: keys.required("operator")?,
                    dry_run: keys.flag("dry_run")?,
                }
            }
            Some("plan") => {
                keys.only(&["command", "target", "away_from", "reason", "operator", "dry_run"])?;
                Self::Plan { target: keys.required("target")?, away_from: keys.text("away_from")? }
            }
            Some(other) => {
                return Err(format!("command: \"{other}\" is not known; expected \"failover\", \"failback\" or \"plan\""));
            }
            None => return Err("command: is missing; expected \"failover\", \"failback\" or \"plan\"".to_owned()),
        };
        Ok(command)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failover { away_from, operator, .. } => write!(f, "failover away from {away_from} by {operator}"),
            Self::Failback { side: None, operator, .. } => write!(f, "failback by {operator}"),
            Self::Failback { side: Some(side), operator, .. } => write!(f, "failback of {side} by {operator}"),
            Self::Plan { away_from: None, .. } => f.write_str("plan"),
            Self::Plan { away_from: Some(side), .. } => write!(f, "plan away from {side}"),
        }
    }
}

/// The longest text of a command, in characters: notices and the journal carry it.
const LONGEST: usize = 500;

/// The keys of a command, with errors that name the key, the value and what was expected.
struct Keys<'v>(&'v Map<String, Value>);

impl Keys<'_> {
    fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(match nearest(key, known.iter().copied()) {
                Some(near) => format!("{key}: is not known; did you mean {near}?"),
                None => format!("{key}: is not known; expected {}", known.join(", ")),
            }),
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, String> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() > LONGEST => {
                Err(format!("{key}: has {} characters; expected at most {LONGEST}", text.chars().count()))
            }
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(plain(text.trim()))),
            Some(other) => Err(format!("{key}: {other} is not a text that says something")),
        }
    }

    fn required(&self, key: &str) -> Result<String, String> {
        self.text(key)?.ok_or_else(|| format!("{key}: is missing; expected a text"))
    }

    fn flag(&self, key: &str) -> Result<bool, String> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(format!("{key}: {other} is not true or false")),
        }
    }
}

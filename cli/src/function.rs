//! A deployed function, which is given the commands instead of an engine in this process.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use crossover_controller::{
    answer::Answer,
    cloud::{Clock, CloudError, Fault},
    retry::{Patience, pause_after},
};
use serde_json::Value;

use crate::stage::Killed;

/// How long an invocation is tried that Lambda throttles.
const THROTTLED: Duration = Duration::from_secs(30);
/// Characters of an answer that can't be understood that are shown.
const SHOWN: usize = 200;

const LOCALLY: &str =
    "to do it in this process, which needs no Lambda, add --local, with --topology, --table and --topic-arn or their variables";
const LOOK: &str =
    "what was begun may go on, and is finished by the next tick: see with crossover status before you give it again";

/// Invokes functions, and waits for what they answer.
#[async_trait]
pub(crate) trait Functions: Send + Sync {
    async fn invoke(&self, function: &str, payload: &[u8]) -> Result<Invoked, CloudError>;
}

/// What an invocation came to.
pub(crate) struct Invoked {
    pub(crate) payload: Vec<u8>,
    /// Whether the function failed; the payload is Lambda's own then.
    pub(crate) failed: bool,
}

/// A deployed function.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) functions: Box<dyn Functions>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Why a command was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error(transparent)]
    Killed(#[from] Killed),
    #[error("{what}")]
    Function {
        what: String,
        /// Whether what was asked for may be under way all the same.
        may_go_on: bool,
    },
}

impl Unanswered {
    /// Whether what was asked for may be under way all the same.
    pub(crate) fn may_go_on(&self) -> bool {
        matches!(self, Self::Function { may_go_on: true, .. })
    }
}

impl Function {
    /// Gives it a command. Only what Lambda throttles is given again: that did not begin.
    pub(crate) async fn ask(&self, command: &Value) -> Result<Answer, Unanswered> {
        let payload = command.to_string();
        let patience = Patience::new(self.clock.as_ref(), self.clock.now() + THROTTLED);
        let mut attempt = 0;
        let invoked = loop {
            match self.functions.invoke(&self.name, payload.as_bytes()).await {
                Err(error) if error.fault == Fault::Throttled && patience.pause(pause_after(attempt, &self.name)).await => {
                    attempt += 1;
                }
                answer => break answer,
            }
        };
        match invoked {
            Ok(Invoked { payload, failed: false }) => {
                serde_json::from_slice(&payload).map_err(|error| self.not_understood(&payload, &error))
            }
            Ok(Invoked { payload, failed: true }) => Err(self.failed(&payload)),
            Err(error) => Err(self.not_invoked(&error)),
        }
    }

    fn not_invoked(&self, error: &CloudError) -> Unanswered {
        let name = &self.name;
        let what = match error.fault {
            Fault::NotFound => format!(
                "there is no function {name} in this account and Region, or it has no such alias or version: {error}; \
                 name one of the stack's, as in crossover-sweep:live"
            ),
            Fault::Denied => format!("the function {name} may not be invoked: {error}; that takes lambda:InvokeFunction on it"),
            Fault::Throttled => {
                format!("the function {name} is throttled, after {} s still: {error}; {LOCALLY}", THROTTLED.as_secs())
            }
            Fault::TimedOut => format!("the function {name} did not answer in time: {error}; {LOOK}; {LOCALLY}"),
            Fault::Unavailable => {
                format!("Lambda can't be reached, or its answer was lost: {error}; {LOOK}; {LOCALLY}")
            }
            Fault::Refused => format!("Lambda refuses to invoke {name}: {error}"),
        };
        // The order may have been taken where only the answer did not come back.
        Unanswered::Function { what, may_go_on: matches!(error.fault, Fault::TimedOut | Fault::Unavailable) }
    }

    /// What Lambda says of a function that failed: an object with `errorType` and `errorMessage`.
    fn failed(&self, payload: &[u8]) -> Unanswered {
        let said: Value = serde_json::from_slice(payload).unwrap_or_default();
        let why = match (said["errorType"].as_str(), said["errorMessage"].as_str()) {
            (Some(kind), Some(message)) => format!("{kind}: {message}"),
            (None, Some(message)) => message.to_owned(),
            _ => shown(payload),
        };
        let what = format!("the function {} failed: {why}; {LOOK}; its log says more; {LOCALLY}", self.name);
        Unanswered::Function { what, may_go_on: true }
    }

    fn not_understood(&self, payload: &[u8], error: &serde_json::Error) -> Unanswered {
        let what = format!(
            "the function {} answered what this version does not understand ({error}): {}; is it one of Crossover's, and of a \
             version like this one ({})? What was asked for may have been done: see with crossover status",
            self.name,
            shown(payload),
            env!("CARGO_PKG_VERSION")
        );
        Unanswered::Function { what, may_go_on: false }
    }
}

fn shown(payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(payload);
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { short + "…" } else { short }
}

#[cfg(test)]
mod tests;

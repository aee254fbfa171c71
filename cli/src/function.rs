//! A deployed function, which is given the commands instead of an engine in this process.

use std::{sync::Arc, time::Duration};

use crossover_engine::{ports::Clock, retry::Patience};
use crossover_invoke::{Functions, Invoked};
use crossover_model::{
    answer::Answer,
    error::{CloudError, Fault},
};
use serde_json::Value;

use crate::sandbox_controller::Killed;

/// How long an invocation is tried that Lambda throttles.
const THROTTLED: Duration = Duration::from_secs(30);
/// Characters of an answer that can't be understood that are shown.
const SHOWN: usize = 200;

const LOCALLY: &str =
    "to do it in this process, which needs no Lambda, add --local, with --topology, --table and --topic-arn or their variables";
const LOOK: &str =
    "; what was begun may go on, and is finished by the next tick: see with crossover status before you give it again";

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
        /// Whether it may be answered when it is given again.
        again: bool,
    },
}

impl Unanswered {
    /// Whether it may be answered when it is given again: it is under way all the same, or did not arrive.
    pub(crate) fn again(&self) -> bool {
        matches!(self, Self::Function { again: true, .. })
    }
}

/// Why a call did not leave this process; nothing was begun then.
enum Unsent {
    /// Nothing listens there.
    Unreachable,
    /// There is nothing to sign it with.
    Unsigned,
}

impl Unsent {
    /// By the SDK's own words, as it has no other sign of it; none where it may have arrived.
    fn of(error: &CloudError) -> Option<Self> {
        let is_unsent = error.code.is_empty() && matches!(error.fault, Fault::TimedOut | Fault::Unavailable | Fault::Denied);
        let says = |word: &str| is_unsent && error.message.contains(word);
        says("client error (Connect)")
            .then_some(Self::Unreachable)
            .or_else(|| (says("credentials") || says("credential provider")).then_some(Self::Unsigned))
    }
}

/// What is to be seen to after an answer was lost: nothing where the command only reads.
fn look(command: &Value) -> &'static str {
    let asks = matches!(command["command"].as_str(), Some("status" | "history" | "plan"));
    if asks || command["dry_run"] == true { "" } else { LOOK }
}

impl Function {
    /// Gives it a command. Only what Lambda throttles is given again: that did not begin.
    pub(crate) async fn ask(&self, command: &Value) -> Result<Answer, Unanswered> {
        let payload = command.to_string();
        let patience = Patience::new(self.clock.as_ref(), self.clock.now() + THROTTLED);
        let mut attempt = 0;
        let invoked = loop {
            match self.functions.invoke(&self.name, payload.as_bytes()).await {
                Err(error) if error.fault == Fault::Throttled && patience.pause_after(&error, attempt, &self.name).await => {
                    attempt += 1;
                }
                answer => break answer,
            }
        };
        match invoked {
            Ok(Invoked { payload, failed: false }) => {
                serde_json::from_slice(&payload).map_err(|error| self.not_understood(&payload, &error, look(command)))
            }
            Ok(Invoked { payload, failed: true }) => Err(self.failed(&payload, look(command))),
            Err(error) => Err(self.not_invoked(&error, look(command))),
        }
    }

    fn not_invoked(&self, error: &CloudError, look: &str) -> Unanswered {
        let name = &self.name;
        let unsent = Unsent::of(error);
        let again = matches!(error.fault, Fault::TimedOut | Fault::Unavailable) && !matches!(unsent, Some(Unsent::Unsigned));
        let what = match error.fault {
            _ if matches!(unsent, Some(Unsent::Unreachable)) => {
                format!("Lambda can't be reached, and nothing was begun: {error}; {LOCALLY}")
            }
            _ if unsent.is_some() => format!("there are no credentials to invoke {name} with, and nothing was begun: {error}"),
            Fault::NotFound => format!(
                "there is no function {name} in this account and Region, or it has no such alias or version: {error}; \
                 name one of the stack's, as in crossover-sweep:live"
            ),
            Fault::Denied => format!("the function {name} may not be invoked: {error}; that takes lambda:InvokeFunction on it"),
            Fault::Throttled => {
                format!("the function {name} is throttled, after {} s still: {error}; {LOCALLY}", THROTTLED.as_secs())
            }
            Fault::TimedOut => format!("the function {name} did not answer in time: {error}{look}; {LOCALLY}"),
            Fault::Unavailable => format!("Lambda can't be reached, or its answer was lost: {error}{look}; {LOCALLY}"),
            Fault::Refused => format!("Lambda refuses to invoke {name}: {error}"),
        };
        Unanswered::Function { what, again }
    }

    /// What Lambda says of a function that failed: an object with `errorType` and `errorMessage`.
    fn failed(&self, payload: &[u8], look: &str) -> Unanswered {
        let said: Value = serde_json::from_slice(payload).unwrap_or_default();
        let why = match (said["errorType"].as_str(), said["errorMessage"].as_str()) {
            (Some(kind), Some(message)) => format!("{kind}: {message}"),
            (None, Some(message)) => message.to_owned(),
            _ => shown(payload),
        };
        let what = format!("the function {} failed: {why}{look}; its log says more; {LOCALLY}", self.name);
        Unanswered::Function { what, again: true }
    }

    fn not_understood(&self, payload: &[u8], error: &serde_json::Error, look: &str) -> Unanswered {
        let done = if look.is_empty() { "" } else { " What was asked for may have been done: see with crossover status" };
        let what = format!(
            "the function {} answered what this version does not understand ({error}): {}; is it one of Crossover's, and of a \
             version like this one ({})?{done}",
            self.name,
            shown(payload),
            env!("CARGO_PKG_VERSION")
        );
        Unanswered::Function { what, again: false }
    }
}

fn shown(payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(payload);
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { short + "…" } else { short }
}

#[cfg(test)]
mod tests;

//! A deployed function that receives the commands instead of an engine in this process.

use std::{sync::Arc, time::Duration};

use crossover_engine::{ports::Clock, retry::Patience};
use crossover_invoke::{Functions, Invoked};
use crossover_model::{
    answer::Answer,
    error::{CloudError, Fault},
};
use serde_json::Value;

use crate::sandbox_controller::Killed;

/// How long a throttled invocation is retried.
const THROTTLED: Duration = Duration::from_secs(30);
/// How many characters of an unreadable answer are shown.
const SHOWN: usize = 200;

const LOCALLY: &str = "to run the command in this process, without Lambda, add --local, with --topology, --table and --topic-arn or their variables";
const CHECK_STATUS: &str = "; a crossover that has begun may continue, and the next tick finishes it: check with crossover status before you repeat the order";

/// A deployed function.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) functions: Box<dyn Functions>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Why a command has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error(transparent)]
    Killed(#[from] Killed),
    #[error("{what}")]
    Function {
        what: String,
        /// Whether a repeated command may be answered.
        again: bool,
    },
}

impl Unanswered {
    /// Whether a repeated command may be answered: it is under way, or did not arrive.
    pub(crate) fn again(&self) -> bool {
        matches!(self, Self::Function { again: true, .. })
    }
}

/// Why a request was not sent, so that nothing has begun.
enum Unsent {
    /// No connection.
    Unreachable,
    /// No credentials to sign it with.
    Unsigned,
}

impl Unsent {
    /// Reads the SDK's message, since nothing else tells these errors apart; none if the request may have arrived.
    fn of(error: &CloudError) -> Option<Self> {
        let is_unsent = error.code.is_empty() && matches!(error.fault, Fault::TimedOut | Fault::Unavailable | Fault::Denied);
        let mentions = |word: &str| is_unsent && error.message.contains(word);
        mentions("client error (Connect)")
            .then_some(Self::Unreachable)
            .or_else(|| (mentions("credentials") || mentions("credential provider")).then_some(Self::Unsigned))
    }
}

/// The advice after a lost answer: none for a command that only reads.
fn advice(command: &Value) -> &'static str {
    let asks = matches!(command["command"].as_str(), Some("status" | "history" | "plan"));
    if asks || command["dry_run"] == true { "" } else { CHECK_STATUS }
}

impl Function {
    /// Sends it a command. Only throttled invocations are repeated: those have not begun.
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
                serde_json::from_slice(&payload).map_err(|error| self.not_understood(&payload, &error, advice(command)))
            }
            Ok(Invoked { payload, failed: true }) => Err(self.failed(&payload, advice(command))),
            Err(error) => Err(self.not_invoked(&error, advice(command))),
        }
    }

    fn not_invoked(&self, error: &CloudError, advice: &str) -> Unanswered {
        let name = &self.name;
        let unsent = Unsent::of(error);
        let again = matches!(error.fault, Fault::TimedOut | Fault::Unavailable) && !matches!(unsent, Some(Unsent::Unsigned));
        let what = match error.fault {
            _ if matches!(unsent, Some(Unsent::Unreachable)) => {
                format!("Lambda can't be reached, and nothing has begun: {error}; {LOCALLY}")
            }
            _ if unsent.is_some() => format!("there are no credentials to invoke {name}, and nothing has begun: {error}"),
            Fault::NotFound => format!(
                "there is no function {name} in this account and Region, or it has no such alias or version: {error}; \
                 pass one of the stack's functions, such as crossover-sweep:live"
            ),
            Fault::Denied => {
                format!("no permission to invoke the function {name}: {error}; this requires lambda:InvokeFunction on it")
            }
            Fault::Throttled => {
                format!("the function {name} is still throttled after {} s: {error}; {LOCALLY}", THROTTLED.as_secs())
            }
            Fault::TimedOut => format!("the function {name} did not answer in time: {error}{advice}; {LOCALLY}"),
            Fault::Unavailable => format!("Lambda can't be reached, or its answer was lost: {error}{advice}; {LOCALLY}"),
            Fault::Refused => format!("Lambda refuses to invoke {name}: {error}"),
        };
        Unanswered::Function { what, again }
    }

    /// Lambda describes a failed function by an object with `errorType` and `errorMessage`.
    fn failed(&self, payload: &[u8], advice: &str) -> Unanswered {
        let answer: Value = serde_json::from_slice(payload).unwrap_or_default();
        let why = match (answer["errorType"].as_str(), answer["errorMessage"].as_str()) {
            (Some(kind), Some(message)) => format!("{kind}: {message}"),
            (None, Some(message)) => message.to_owned(),
            _ => excerpt(payload),
        };
        let what = format!("the function {} failed: {why}{advice}; see its log; {LOCALLY}", self.name);
        Unanswered::Function { what, again: true }
    }

    fn not_understood(&self, payload: &[u8], error: &serde_json::Error, advice: &str) -> Unanswered {
        let done = if advice.is_empty() { "" } else { " The order may have been executed: check with crossover status" };
        let what = format!(
            "the answer of the function {} is not one of Crossover's, or comes from an incompatible version ({error}): {}; \
             this command is version {}. Update the older one.{done}",
            self.name,
            excerpt(payload),
            env!("CARGO_PKG_VERSION")
        );
        Unanswered::Function { what, again: false }
    }
}

fn excerpt(payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(payload);
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { short + "…" } else { short }
}

#[cfg(test)]
mod tests;

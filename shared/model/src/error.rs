//! Failed calls to a cloud, and whether a retry can help.

use std::{error::Error, fmt, sync::Arc};

/// The class of a failure, which decides what the controller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Too many calls; the same call succeeds later.
    Throttled,
    /// The service answered with a server error, or could not be reached.
    Unavailable,
    /// No answer in time: the change may have been applied.
    TimedOut,
    /// The caller lacks a permission.
    Denied,
    /// The resource does not exist.
    NotFound,
    /// The service understood the call and refuses it.
    Refused,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "service unavailable",
            Self::TimedOut => "timed out",
            Self::Denied => "access denied",
            Self::NotFound => "not found",
            Self::Refused => "refused",
        })
    }
}

/// A failed call, with the service's own message.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{call}: {fault}{}{}{}", part(": ", code), part(": ", message), request(request_id.as_deref()))]
pub struct CloudError {
    /// Service and operation, as `SERVICE:Operation`.
    pub call: String,
    /// The class of the failure.
    pub fault: Fault,
    /// The service's error code, or empty when there was no answer.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// The service's request id, to hand to AWS Support.
    pub request_id: Option<String>,
    /// The error underneath.
    #[source]
    pub cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl CloudError {
    /// A failure of `call` without a code or a cause.
    #[must_use]
    pub fn new(call: &str, fault: Fault, message: impl Into<String>) -> Self {
        Self { call: call.to_owned(), fault, code: String::new(), message: message.into(), request_id: None, cause: None }
    }

    /// The failure of a call that there was no time for.
    #[must_use]
    pub fn late(call: &str) -> Self {
        Self::new(call, Fault::TimedOut, "the time ran out before an answer came")
    }

    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub fn retry_can_help(&self) -> bool {
        matches!(self.fault, Fault::Throttled | Fault::Unavailable | Fault::TimedOut)
    }
}

fn part(separator: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{separator}{text}") }
}

fn request(id: Option<&str>) -> String {
    id.map_or_else(String::new, |id| format!(" (request {id})"))
}

//! Faults of calls.

use serde::{Deserialize, Serialize};

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The service refuses the call; no retry helps.
    Refuse,
    /// The service answers with a server error.
    ServerError,
    /// The service throttles the call.
    Throttle,
    /// The call times out, and was not executed.
    Timeout,
    /// The call times out, and was executed.
    ReplyLost,
    /// The caller dies before the call arrives.
    KillBefore,
    /// The caller dies after the call was executed.
    KillAfter,
    /// The caller freezes for two minutes before the call is sent, which then times out.
    FreezeBefore,
    /// The call was executed, and the caller freezes for two minutes before it gets the response.
    Freeze,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 9] = [
        Self::Refuse,
        Self::ServerError,
        Self::Throttle,
        Self::Timeout,
        Self::ReplyLost,
        Self::KillBefore,
        Self::KillAfter,
        Self::FreezeBefore,
        Self::Freeze,
    ];

    /// Whether it affects the caller's process rather than the call.
    #[must_use]
    pub fn is_of_the_process(self) -> bool {
        matches!(self, Self::KillBefore | Self::KillAfter | Self::FreezeBefore | Self::Freeze)
    }
}

/// The calls that meet a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The call, as in `ec2:ReplaceRoute`, all of a service, as in `ec2:*`, or `*`.
    pub call: String,
    /// Only for this resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The number of matching calls to skip first.
    #[serde(default)]
    pub skip: u32,
    /// The number of calls that meet it; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The fault.
    pub fault: Fault,
}

impl FaultRule {
    /// Every call that matches.
    #[must_use]
    pub fn every(call: &str, fault: Fault) -> Self {
        Self { call: call.to_owned(), resource: None, skip: 0, times: None, fault }
    }

    /// One call: the first that matches after `skip` others.
    #[must_use]
    pub fn once(call: &str, skip: u32, fault: Fault) -> Self {
        Self { skip, times: Some(1), ..Self::every(call, fault) }
    }

    fn matches(&self, call: &str, resource: &str) -> bool {
        let service = self.call.strip_suffix('*').filter(|service| call.starts_with(service));
        (service.is_some() || self.call == call) && self.resource.as_ref().is_none_or(|only| only == resource)
    }
}

/// The fault that this call meets, if any; counts down the matching rules.
pub(crate) fn befalling(rules: &mut [FaultRule], call: &str, resource: &str) -> Option<Fault> {
    let mut befalls = None;
    for rule in rules.iter_mut().filter(|rule| rule.matches(call, resource)) {
        if rule.skip > 0 {
            rule.skip -= 1;
        } else if befalls.is_none() && rule.times != Some(0) {
            rule.times = rule.times.map(|times| times - 1);
            befalls = Some(rule.fault);
        }
    }
    befalls
}

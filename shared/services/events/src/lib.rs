//! Parses the events of EventBridge, SNS and SQS, as Lambda delivers them.
//!
//! An [`EventSource`] declares the events of a service: those of no kind are here in [`sources`], the
//! others come with the kinds.

mod alarm;
mod carriers;
mod own_notification;
mod service;
pub mod sources;

use crossover_engine::ports::Payloads;
use crossover_model::trigger::{EventSource, Own, Parsed};
use serde_json::Value;

/// The payloads that a function accepts.
#[derive(Debug, Clone)]
pub struct Events {
    sources: Vec<&'static EventSource>,
}

impl Events {
    /// Alarms, ticks, commands, the sources of no kind, and these.
    #[must_use]
    pub fn new(of_kinds: impl IntoIterator<Item = &'static EventSource>) -> Self {
        let mut sources: Vec<&'static EventSource> = vec![&sources::HEALTH];
        for source in of_kinds.into_iter().chain([&sources::AUTO_SCALING, &sources::ZONAL_AUTOSHIFT]) {
            if sources.iter().all(|known| known.source != source.source) {
                sources.push(source);
            }
        }
        Self { sources }
    }
}

impl Payloads for Events {
    fn parse(&self, payload: &Value, own: Option<&Own>) -> Parsed {
        carriers::parse(payload, &self.sources, own)
    }

    fn understood(&self) -> String {
        let names: Vec<&str> = self.sources.iter().map(|source| source.service).collect();
        let listed = match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        };
        format!(
            "a CloudWatch alarm (its direct action, EventBridge, SNS, or SNS in SQS), an event of {listed} (EventBridge, SNS, \
             or SQS), a schedule's tick, or {{\"command\":\"failover|status|pause|…\",…}}"
        )
    }
}

//! The triggers of a reconcile of one target.

use std::collections::BTreeSet;

use crossover_model::{
    text::list,
    trigger::{Aim, AlarmEvent, Command, Order, Question, Trigger},
};

/// The most triggers that a text lists.
const LISTED: usize = 5;

/// The triggers for a target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Triggers {
    text: BTreeSet<String>,
    pub(crate) events: Vec<AlarmEvent>,
    service: bool,
    pub(crate) order: Option<Order>,
    /// A question changes nothing; it may assume an order.
    pub(crate) question: bool,
    pub(crate) supposed: Option<Aim>,
    /// Whether the answer contains the status of the target.
    pub(crate) status: bool,
}

impl Triggers {
    pub(crate) fn add(&mut self, trigger: &Trigger) {
        self.text.insert(trigger.to_string());
        match trigger {
            Trigger::Alarm(event) => self.events.push(event.clone()),
            Trigger::Manual(Command::Order(order)) => self.order = Some(order.clone()),
            Trigger::Manual(Command::Question(question)) => {
                self.question = true;
                match question {
                    Question::Plan { aim, .. } => self.supposed.clone_from(aim),
                    Question::Status { .. } => self.status = true,
                    Question::History { .. } => {}
                }
            }
            Trigger::Service(_) => self.service = true,
            Trigger::Manual(Command::Note(_) | Command::Record(_)) | Trigger::Tick | Trigger::OwnNotice => {}
        }
    }

    pub(crate) fn by_hand(text: String) -> Self {
        Self { text: BTreeSet::from([text]), ..Self::default() }
    }

    pub(crate) fn text(&self) -> String {
        list(self.text.iter().map(String::as_str), LISTED)
    }

    /// Whether there is more than a tick, which is repeated anyway.
    pub(crate) fn is_urgent(&self) -> bool {
        self.order.is_some() || self.service || !self.events.is_empty()
    }
}

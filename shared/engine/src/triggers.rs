//! What woke a function for one target.

use std::collections::BTreeSet;

use crossover_model::{
    text::list,
    trigger::{Aim, AlarmEvent, Command, Order, Question, Trigger},
};

/// What woke us is listed up to so many.
const WAKES_LISTED: usize = 5;

/// What woke us for a target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Triggers {
    text: BTreeSet<String>,
    pub(crate) events: Vec<AlarmEvent>,
    service: bool,
    pub(crate) order: Option<Order>,
    /// A question changes nothing; what it supposes an operator wants.
    pub(crate) question: bool,
    pub(crate) supposed: Option<Aim>,
    /// The answer shall say how the target stands.
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
            Trigger::Manual(Command::Note(_)) | Trigger::Tick | Trigger::OwnNotice => {}
        }
    }

    pub(crate) fn by_hand(text: String) -> Self {
        Self { text: BTreeSet::from([text]), ..Self::default() }
    }

    pub(crate) fn text(&self) -> String {
        list(self.text.iter().map(String::as_str), WAKES_LISTED)
    }

    /// Whether there is more to it than a tick, which comes again by itself.
    pub(crate) fn is_news(&self) -> bool {
        self.order.is_some() || self.service || !self.events.is_empty()
    }
}

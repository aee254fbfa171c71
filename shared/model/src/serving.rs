//! Who serves a target. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    duty::Duty,
    health::{Health, State},
};

/// Who served a target when it was last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    /// What the sides do.
    pub duty: Duty,
    /// The number of resources that each side serves.
    pub sides: BTreeMap<String, usize>,
}

impl Serving {
    /// The sides that serve.
    pub fn who(&self) -> impl Iterator<Item = &String> {
        self.sides.iter().filter(|(_, resources)| **resources > 0).map(|(side, _)| side)
    }

    /// Whether no side serves.
    #[must_use]
    pub fn is_by_nobody(&self) -> bool {
        self.who().next().is_none()
    }
}

/// Whether clients may not be served: a side that serves is unhealthy, or its alarms fire and could not be evaluated, or none
/// serves. Where the resources could not be read, any such side counts.
#[must_use]
pub fn is_in_need(serving: Option<&BTreeMap<String, usize>>, health: &Health) -> bool {
    let is_unhealthy = |side: &String| health.get(side).is_some_and(|side| side.state == State::Unhealthy || side.fires);
    match serving {
        None => health.keys().any(is_unhealthy),
        Some(sides) => {
            let mut who = sides.iter().filter(|(_, resources)| **resources > 0).map(|(side, _)| side).peekable();
            who.peek().is_none() || who.any(is_unhealthy)
        }
    }
}

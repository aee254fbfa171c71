//! The words of a decision, and the wish that goes into it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    health::{Health, State},
    journal::Memory,
    topology::{Failback, Policy},
    trigger::Command,
};

/// What a kind decides from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a, T, O> {
    /// The target as declared.
    pub target: &'a T,
    /// The health of its sides.
    pub health: &'a Health,
    /// Which sides to leave, and which may have their work back.
    pub wish: &'a Wish,
    /// What the journal remembers.
    pub memory: &'a Memory,
    /// What was observed.
    pub observed: &'a O,
}

/// What health, policy and operators ask for, side by side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Sides that nothing should run on: unhealthy ones, and those an operator wants empty.
    pub leave: BTreeSet<String>,
    /// Healthy sides that may have their own work back now.
    pub home: BTreeSet<String>,
}

impl Wish {
    /// Derives the wish. A command goes before the standing intent in the memory. Unless `unasked`,
    /// nothing goes home without a command.
    #[must_use]
    pub fn new(policy: &Policy, health: &Health, memory: &Memory, command: Option<&Command>, unasked: bool) -> Self {
        let standing = memory.intent.as_ref().map(|intent| intent.away_from.as_str());
        let emptied = match command {
            Some(Command::Failover { away_from, .. }) => Some(away_from.as_str()),
            Some(Command::Failback { .. }) => None,
            Some(Command::Plan { away_from, .. }) => away_from.as_deref().or(standing),
            None => standing,
        };
        let mut wish = Self::default();
        for (side, health) in health {
            let leave = health.state == State::Unhealthy || emptied == Some(side);
            let called_home = match command {
                Some(Command::Failback { side: only, .. }) => only.as_ref().is_none_or(|only| only == side),
                _ => match policy.failback {
                    Failback::Manual => false,
                    Failback::Automatic { stable_for } => unasked && health.stable >= stable_for,
                },
            };
            if leave {
                wish.leave.insert(side.clone());
            } else if health.state == State::Healthy && called_home {
                wish.home.insert(side.clone());
            }
        }
        wish
    }
}

/// What to do, why, and what is not as it was declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<S> {
    /// What to do.
    pub verdict: Verdict<S>,
    /// Each resource that is observed away from its home, and where it serves.
    pub away: BTreeMap<String, String>,
    /// Each resource that is observed at home.
    pub home: BTreeSet<String>,
    /// Sides that could have their work back, but may not by themselves.
    pub ready: BTreeSet<String>,
    /// What a person should know besides.
    pub remarks: Vec<String>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<S> {
    /// Nothing: what is observed is what is desired. With the reason.
    Settled(String),
    /// Nothing, though something is desired.
    Hold(Hold),
    /// This.
    CrossOver(Plan<S>),
}

/// A reason to hold back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its class.
    pub why: Held,
    /// In words.
    pub text: String,
}

/// The classes of reasons to hold back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// The mode is `shadow`.
    Shadow,
    /// No side is healthy.
    EveryoneIsSick,
    /// An automatic crossover happened a short while ago.
    Blocked,
    /// No other side is able to serve.
    NobodyAble,
    /// A person wants work to go home, and the home is not well.
    HomeIsSick,
    /// The target could not be read.
    Unreadable,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

/// Ordered stages of steps; the steps of one stage run at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<S> {
    /// The stages.
    pub stages: Vec<Vec<S>>,
    /// The sides that are left; none when everything only goes home.
    pub left: BTreeSet<String>,
    /// In words.
    pub reason: String,
}

impl<S> Plan<S> {
    /// Whether it leaves a side, or only brings work home.
    #[must_use]
    pub fn direction(&self) -> Direction {
        if self.left.is_empty() { Direction::Failback } else { Direction::Failover }
    }

    /// The command, when this is what it asks for: an old command must not pass for the reason of
    /// what an alarm calls for since.
    #[must_use]
    pub fn asked_by<'c>(&self, command: Option<&'c Command>) -> Option<&'c Command> {
        command.filter(|command| match command {
            Command::Failover { away_from, .. } => self.left.contains(away_from),
            Command::Failback { .. } => self.direction() == Direction::Failback,
            Command::Plan { .. } => false,
        })
    }

    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &S> {
        self.stages.iter().flatten()
    }
}

/// Away from home, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Away from a side.
    Failover,
    /// Back to the declared home.
    Failback,
}

impl Direction {
    /// The verb of the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failover => "failover",
            Self::Failback => "failback",
        }
    }
}

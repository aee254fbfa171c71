//! The words of a decision, and the wish that goes into it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    direction::Direction,
    health::{Health, State},
    hold::Hold,
    journal::Memory,
    loss::Loss,
    step::{Reversal, Step},
    topology::{Failback, Policy},
    trigger::{Aim, Order},
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
    /// Sides that a person calls work home to, however well they are.
    pub called: BTreeSet<String>,
    /// A person wants it although the destination is not known to be healthy.
    pub force: bool,
    /// A person takes the loss of what was written last.
    pub accept_data_loss: bool,
}

impl Wish {
    /// Derives the wish from the standing intent in the memory and from the order that is carried
    /// out. Unless `unasked`, nothing goes home without an order.
    #[must_use]
    pub fn new(policy: &Policy, health: &Health, memory: &Memory, order: Option<&Order>, unasked: bool) -> Self {
        let force = order.is_some_and(|order| order.force);
        let mut wish = Self { force, accept_data_loss: order.is_some_and(|order| order.accept_data_loss), ..Self::default() };
        let emptied = |side: &str| memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(side));
        // What an operator wants by the word of a later version may be that it stays where it is.
        let is_unclear = memory.intent.as_ref().is_some_and(|intent| matches!(intent.aim, Aim::Other(_)));
        let failback = order.filter(|order| order.direction == Direction::Failback);
        for (side, health) in health {
            if failback.is_some_and(|order| order.aim.calls_home(side)) {
                wish.called.insert(side.clone());
            }
            // Who forces it has suppressed the sides in the place of their alarms.
            let leave = emptied(side) || (health.state == State::Unhealthy && !force);
            let called_home = match failback {
                Some(order) => order.aim.calls_home(side),
                None => match policy.failback {
                    Failback::Manual => false,
                    Failback::Automatic { stable_for } => unasked && !is_unclear && health.stable >= stable_for,
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

    /// The same, with nothing going home but to this side.
    #[must_use]
    pub fn only_home(&self, side: Option<&String>) -> Self {
        Self { home: side.into_iter().cloned().collect(), ..self.clone() }
    }

    /// Whether a side in this state may be given work, as far as its health goes.
    #[must_use]
    pub fn may_take(&self, side: &str, state: State) -> bool {
        (state == State::Healthy || self.force) && !self.leave.contains(side)
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
    /// How many resources each side serves.
    pub serving: BTreeMap<String, usize>,
    /// Sides that could have their work back, but may not by themselves.
    pub ready: BTreeSet<String>,
    /// Sides that the kind itself has seen to be well, whatever their alarms can't tell.
    pub well: BTreeSet<String>,
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

/// Ordered stages of steps; the steps of one stage run at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<S> {
    /// The stages.
    pub stages: Vec<Vec<S>>,
    /// The sides that are left; none when everything only goes home.
    pub left: BTreeSet<String>,
    /// In words.
    pub reason: String,
    /// The worst that it can lose.
    pub loss: Loss,
    /// Whether this is only a part of the way: the crossover stays open, and the next look decides
    /// from what it then finds how to go on.
    pub goes_on: bool,
}

impl<S> Plan<S> {
    /// Whether it leaves a side, or only brings work home; a switchover when that was ordered.
    #[must_use]
    pub fn direction(&self, order: Option<&Order>) -> Direction {
        match self.asked_by(order) {
            Some(order) => order.direction,
            None if self.left.is_empty() => Direction::Failback,
            None => Direction::Failover,
        }
    }

    /// The order, when this is what it asks for: an old one must not pass for the reason of what an
    /// alarm calls for since.
    #[must_use]
    pub fn asked_by<'o>(&self, order: Option<&'o Order>) -> Option<&'o Order> {
        order.filter(|order| match order.direction {
            Direction::Failback => self.left.is_empty(),
            Direction::Failover | Direction::Switchover => self.left.iter().any(|side| order.aim.leaves(side)),
            Direction::Other => false,
        })
    }

    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &S> {
        self.stages.iter().flatten()
    }
}

impl<S: Step> Plan<S> {
    /// Whether a step of it can't be taken back: then the whole plan is in the journal before the first
    /// one is made, unless a person forces it.
    #[must_use]
    pub fn is_one_way(&self) -> bool {
        self.steps().any(|step| step.reversal() == Reversal::OneWay)
    }

    /// Whether it finishes what can't be taken back any more.
    #[must_use]
    pub fn is_finishing(&self) -> bool {
        !self.is_one_way() && self.steps().any(|step| step.reversal() == Reversal::Finishing)
    }
}

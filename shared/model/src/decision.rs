//! Decisions, and the requirements that they are made from. Pure.

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

/// The input of a kind's decision.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a, T, O> {
    /// The declared target.
    pub target: &'a T,
    /// The health of its sides.
    pub health: &'a Health,
    /// The sides to leave, and the sides that work may return to.
    pub required: &'a Requirements,
    /// The memory in the journal.
    pub memory: &'a Memory,
    /// The observed resources.
    pub observed: &'a O,
}

/// The requirements of health, policy and operators on each side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Sides to empty: unhealthy ones, and those that an operator wants empty.
    pub leave: BTreeSet<String>,
    /// Healthy sides that their own work may return to now.
    pub home: BTreeSet<String>,
    /// Sides that an operator ordered a failback to, whatever their health.
    pub called_home: BTreeSet<String>,
    /// The order applies although the destination is not known to be healthy.
    pub force: bool,
    /// The order accepts the loss of the latest writes.
    pub accept_data_loss: bool,
}

impl Requirements {
    /// Derives the requirements from the intent in the memory and from the current order. Without `may_fail_back`, nothing is
    /// failed back without an order.
    #[must_use]
    pub fn new(policy: &Policy, health: &Health, memory: &Memory, order: Option<&Order>, may_fail_back: bool) -> Self {
        let force = order.is_some_and(|order| order.force);
        let mut required = Self { force, accept_data_loss: order.is_some_and(|order| order.accept_data_loss), ..Self::default() };
        let emptied = |side: &str| memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(side));
        // An intent of a later version may be that work stays where it is.
        let is_unclear = memory.intent.as_ref().is_some_and(|intent| matches!(intent.aim, Aim::Other(_)));
        let failback = order.filter(|order| order.direction == Direction::Failback);
        for (side, health) in health {
            if failback.is_some_and(|order| order.aim.calls_home(side)) {
                required.called_home.insert(side.clone());
            }
            // An order with `force` overrides the alarms of the destination.
            let leave = emptied(side) || (health.state == State::Unhealthy && !force);
            let called_home = match failback {
                Some(order) => order.aim.calls_home(side),
                None => match policy.failback {
                    Failback::Manual => false,
                    Failback::Automatic { stable_for } => may_fail_back && !is_unclear && health.stable >= stable_for,
                },
            };
            if leave {
                required.leave.insert(side.clone());
            } else if health.state == State::Healthy && called_home {
                required.home.insert(side.clone());
            }
        }
        required
    }

    /// The same requirements with a failback to this side only.
    #[must_use]
    pub fn only_home(&self, side: Option<&String>) -> Self {
        Self { home: side.into_iter().cloned().collect(), ..self.clone() }
    }

    /// Whether the health of a side permits moving work to it.
    #[must_use]
    pub fn may_take(&self, side: &str, state: State) -> bool {
        (state == State::Healthy || self.force) && !self.leave.contains(side)
    }
}

/// A decision: what to do, why, and what differs from the declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<S> {
    /// What to do.
    pub verdict: Verdict<S>,
    /// The resources that are away from home, each with its location.
    pub away: BTreeMap<String, String>,
    /// The resources that are at home.
    pub home: BTreeSet<String>,
    /// The number of resources that each side serves.
    pub serving: BTreeMap<String, usize>,
    /// Sides that are ready for a failback that an operator must order.
    pub ready: BTreeSet<String>,
    /// Sides that the kind observed to be healthy while their alarms are inconclusive.
    pub seen_healthy: BTreeSet<String>,
    /// Remarks.
    pub remarks: Vec<String>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each target, for a moment")]
pub enum Verdict<S> {
    /// No action, because the observed state is the desired state. With the reason.
    Settled(String),
    /// No action, although a crossover is desired.
    Hold(Hold),
    /// Execute this plan.
    CrossOver(Plan<S>),
}

/// Ordered stages of steps; the steps of a stage run at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<S> {
    /// The stages.
    pub stages: Vec<Vec<S>>,
    /// The sides that are left; none for a failback alone.
    pub left: BTreeSet<String>,
    /// A description of the move.
    pub reason: String,
    /// The worst loss.
    pub loss: Loss,
    /// Whether further stages follow: the crossover stays open, and the next reconcile decides from what it observes.
    pub continues: bool,
}

impl<S> Plan<S> {
    /// The direction: failover when it leaves a side, failback otherwise, switchover when that was ordered.
    #[must_use]
    pub fn direction(&self, order: Option<&Order>) -> Direction {
        match self.asked_by(order) {
            Some(order) => order.direction,
            None if self.left.is_empty() => Direction::Failback,
            None => Direction::Failover,
        }
    }

    /// The order, when the plan does what the order asks for. An old order must not become the reason for what an alarm
    /// triggers later.
    #[must_use]
    pub fn asked_by<'o>(&self, order: Option<&'o Order>) -> Option<&'o Order> {
        order.filter(|order| match order.direction {
            Direction::Failback => self.left.is_empty(),
            Direction::Failover | Direction::Switchover => self.left.iter().any(|side| order.aim.leaves(side)),
            Direction::Other(_) => false,
        })
    }

    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &S> {
        self.stages.iter().flatten()
    }
}

impl<S: Step> Plan<S> {
    /// Whether a step cannot be undone. The whole plan is then written to the journal before the first step, unless an
    /// operator forces it.
    #[must_use]
    pub fn is_one_way(&self) -> bool {
        self.steps().any(|step| step.reversal() == Reversal::OneWay)
    }

    /// Whether it completes a step that cannot be undone.
    #[must_use]
    pub fn is_finishing(&self) -> bool {
        !self.is_one_way() && self.steps().any(|step| step.reversal() == Reversal::Finishing)
    }
}

//! Decisions, and the requirements that they are made from. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    direction::Direction,
    half_done::HalfDone,
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
    /// Now, by the journal's clock where that is known: the times in the memory are compared with it.
    pub now: Timestamp,
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
    /// The order is forced, and no side has failed that it was not given for.
    pub force: bool,
    /// The sides whose health the forced order overrides: those that it does not leave, that were not healthy when it was given
    /// and have not been healthy since.
    pub overridden: BTreeSet<String>,
    /// The order accepts the loss of the latest writes, and no side has failed that it was not given for.
    pub accept_data_loss: bool,
    /// The order to unfence.
    pub unfence: Option<Unfence>,
    /// Sides that automatic failovers left within their block: another one takes work if it can.
    pub avoid: BTreeSet<String>,
}

impl Requirements {
    /// Derives the requirements from the intent in the memory and from the current order. Without `may_fail_back`, nothing is
    /// failed back without an order.
    #[must_use]
    pub fn new(policy: &Policy, health: &Health, memory: &Memory, order: Option<&Order>, may_fail_back: bool) -> Self {
        let unfence = order.and_then(Unfence::of);
        // It moves nothing, so what it forces is not for a move.
        let order = order.filter(|_| unfence.is_none());
        let given_for = order.map_or_else(BTreeSet::new, |order| given_for(order, health, memory));
        // Work must not stay at the sides that it leaves after a release, which ends its intent and not its crossover.
        let overrides = |side: &&String| order.is_some_and(|order| order.force && !order.aim.leaves(side));
        let overridden = given_for.iter().filter(overrides).cloned().collect();
        let mut required = Self { overridden, unfence, ..Self::default() };
        let emptied = |side: &str| memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(side));
        // An intent of a later version, or for a side that was renamed, may be that work stays where it is.
        let is_unclear = memory.intent.as_ref().is_some_and(|intent| matches!(intent.aim, Aim::Other(_) | Aim::Undeclared(_)));
        let failback = order.filter(|order| order.direction == Direction::Failback);
        for (side, health) in health {
            if failback.is_some_and(|order| order.aim.calls_home(side)) {
                required.called_home.insert(side.clone());
            }
            let leave = emptied(side) || (health.state == State::Unhealthy && !required.overridden.contains(side));
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
        // What a person allowed for one failure must not be taken for a later one.
        let is_new = |side: &String, order: &Order| !order.aim.leaves(side) && !given_for.contains(side);
        if let Some(order) = order.filter(|order| !required.leave.iter().any(|side| is_new(side, order))) {
            (required.force, required.accept_data_loss) = (order.force, order.accept_data_loss);
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
        (state == State::Healthy || self.overridden.contains(side)) && !self.leave.contains(side)
    }
}

/// The order that clients reach again what was fenced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfence {
    /// The side; none for the one that serves.
    pub side: Option<String>,
    /// Whether it is done although another side serves clients too.
    pub force: bool,
}

impl Unfence {
    fn of(order: &Order) -> Option<Self> {
        let side = || order.aim.side_name().map(str::to_owned);
        (order.direction == Direction::Unfence).then(|| Self { side: side(), force: order.force })
    }
}

/// The sides that are not healthy.
#[must_use]
pub fn not_healthy(health: &Health) -> BTreeSet<String> {
    health.iter().filter(|(_, side)| side.state != State::Healthy).map(|(name, _)| name.clone()).collect()
}

/// The sides that were not healthy when the order was given, and have not been since: those in its open crossover, or else
/// those that are not healthy now.
fn given_for(order: &Order, health: &Health, memory: &Memory) -> BTreeSet<String> {
    let open = memory.open.as_ref().filter(|open| open.order.as_ref() == Some(order));
    open.map_or_else(|| not_healthy(health), |open| open.not_healthy.clone())
}

/// A decision: what to do, why, and what differs from the declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<S> {
    /// What to do.
    pub verdict: Verdict<S>,
    /// Why a desired crossover is held, while the plan only completes an earlier one.
    pub held: Option<Hold>,
    /// The plan that takes back what was begun, so that somebody serves, where a guard holds the verdict.
    pub undo: Option<Plan<S>>,
    /// What crossovers that have ended left half done and that still matters.
    pub half_done: Vec<HalfDone>,
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
    /// Sides that the service itself reports as able to serve, whatever their alarms say.
    pub available: BTreeSet<String>,
    /// Sides that serve and, by the service's own word, can't.
    pub cannot_serve: BTreeSet<String>,
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
    /// The sides that take over.
    pub to: BTreeSet<String>,
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

    /// The order, when the plan does what the order asks for: it leaves a side that the order leaves, to none that the order
    /// leaves too. An old order must not become the reason for what an alarm triggers later.
    #[must_use]
    pub fn asked_by<'o>(&self, order: Option<&'o Order>) -> Option<&'o Order> {
        order.filter(|order| match order.direction {
            Direction::Failback => self.left.is_empty(),
            Direction::Failover | Direction::Switchover => {
                let leaves = |side: &String| order.aim.leaves(side);
                self.left.iter().any(leaves) && !self.to.iter().any(leaves)
            }
            // It moves nothing.
            Direction::Unfence => self.left.is_empty() && self.to.is_empty(),
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

    /// Whether it only completes what cannot be undone, or takes back what can. A plan that moves something besides begins a
    /// crossover.
    #[must_use]
    pub fn is_finishing(&self) -> bool {
        let finishes = |step: &S| matches!(step.reversal(), Reversal::Finishing | Reversal::Undoing);
        self.steps().any(finishes) && self.steps().all(finishes)
    }

    /// Whether it only takes back what was begun.
    #[must_use]
    pub fn is_undoing(&self) -> bool {
        let undoes = |step: &S| step.reversal() == Reversal::Undoing;
        self.steps().any(undoes) && self.steps().all(undoes)
    }
}

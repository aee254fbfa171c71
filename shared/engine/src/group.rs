//! The targets of one kind, without naming the kind.

use std::{
    collections::BTreeSet,
    sync::{Mutex, OnceLock},
};

use crossover_model::{
    answer::TargetAnswer,
    correlation::{TargetRef, UnhealthySides},
    finding::Finding,
    health::Readings,
    pace::{Bucket, Pace},
    permission::Caller,
    topology::Side,
};
use futures::future::LocalBoxFuture;

use crate::{
    alarms::SharedReadings,
    audited::Audited,
    environment::{Environment, Invocation},
    retry::Patience,
    triggers::Triggers,
};

/// The targets of one kind, whichever that is. A target is named by its place among them.
pub trait TargetGroup: Send + Sync {
    /// The kind's word.
    fn kind(&self) -> &'static str;

    /// Its place in the order of an evacuation.
    fn rank(&self) -> u8;

    /// What is found of the alarms that speak of a target's sides, besides what holds for every alarm.
    fn audit_alarms(&self, index: usize, readings: &Readings) -> Vec<Finding>;

    /// How its writes are metered.
    fn pace(&self) -> Pace;

    /// All targets, in their order.
    fn target_refs(&self) -> Vec<TargetRef<'_>>;

    /// Leaves the targets alone that another stack than `own` acts on.
    fn keep_to(&mut self, own: &str);

    /// The other stack that acts on the target of this name.
    fn elsewhere(&self, name: &str) -> Option<&str>;

    /// The targets that other stacks act on.
    fn elsewheres(&self) -> Vec<&str>;

    /// The target of this name.
    fn named(&self, name: &str) -> Option<usize>;

    /// The targets that alarms or resources of these names belong to.
    fn owning(&self, names: &BTreeSet<&str>) -> BTreeSet<usize>;

    /// The sides of a target.
    fn sides(&self, index: usize) -> &[Side];

    /// What of the targets is allowed, and may be regretted: each with the target's name.
    fn warnings(&self) -> Vec<(&str, String)>;

    /// Looks at one target, once.
    fn look<'a>(&'a self, index: usize, pass: Pass<'a>) -> LocalBoxFuture<'a, TargetAnswer>;

    /// What is found of one target, but for its alarms and rights; and what these would have to be for `caller`.
    fn audit<'a>(&'a self, index: usize, caller: Option<&'a Caller>, patience: Patience<'a>) -> LocalBoxFuture<'a, Audited>;
}

/// A target by the place of its kind and its own place among them.
pub(crate) type At = (usize, usize);

/// The circumstances of a look.
pub struct Pass<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) invocation: &'a Invocation,
    pub(crate) bucket: &'a Mutex<Bucket>,
    /// All targets of the kind.
    pub(crate) all: &'a [TargetRef<'a>],
    /// What a sweep has read already.
    pub(crate) seen: Option<&'a SharedReadings>,
    /// Which of them are sick by what was read for all, once somebody has asked.
    pub(crate) sick: &'a OnceLock<UnhealthySides<'a>>,
    pub(crate) wake: Triggers,
}

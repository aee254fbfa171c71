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

/// The targets of one kind. A target is identified by its index.
pub trait TargetGroup: Send + Sync {
    /// The kind's word.
    fn kind(&self) -> &'static str;

    /// Its rank in the order of an evacuation.
    fn rank(&self) -> u8;

    /// Findings on the alarms of a target's sides, besides those of every kind.
    fn audit_alarms(&self, index: usize, readings: &Readings) -> Vec<Finding>;

    /// The rate limit of its writes.
    fn pace(&self) -> Pace;

    /// All targets, in their order.
    fn target_refs(&self) -> Vec<TargetRef<'_>>;

    /// Excludes the targets that a stack other than `own` acts on.
    fn keep_to(&mut self, own: &str);

    /// The other stack that acts on the target of this name.
    fn elsewhere(&self, name: &str) -> Option<&str>;

    /// The targets that other stacks act on.
    fn elsewheres(&self) -> Vec<&str>;

    /// The names of all targets in the topology's file, of every kind; without those of other stacks.
    fn every_name(&self) -> Vec<String>;

    /// The target of this name.
    fn named(&self, name: &str) -> Option<usize>;

    /// The targets that alarms or resources of these names belong to.
    fn owning(&self, names: &BTreeSet<&str>) -> BTreeSet<usize>;

    /// The sides of a target.
    fn sides(&self, index: usize) -> &[Side];

    /// Warnings about valid declarations, each with the name of the target.
    fn warnings(&self) -> Vec<(&str, String)>;

    /// Reconciles one target, once.
    fn reconcile<'a>(&'a self, index: usize, pass: Pass<'a>) -> LocalBoxFuture<'a, TargetAnswer>;

    /// Audits one target without its alarms and permissions. The result contains the permissions that `caller` would
    /// need.
    fn audit<'a>(&'a self, index: usize, caller: Option<&'a Caller>, patience: Patience<'a>) -> LocalBoxFuture<'a, Audited>;
}

/// A target by the index of its kind and its own index.
pub(crate) type At = (usize, usize);

/// The inputs of a reconcile.
pub struct Pass<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) invocation: &'a Invocation,
    pub(crate) bucket: &'a Mutex<Bucket>,
    /// All targets of the kind.
    pub(crate) all: &'a [TargetRef<'a>],
    /// The reads of a sweep, if there was one.
    pub(crate) seen: Option<&'a SharedReadings>,
    /// The unhealthy sides according to these reads, computed on first use.
    pub(crate) unhealthy: &'a OnceLock<UnhealthySides<'a>>,
    pub(crate) triggers: Triggers,
}

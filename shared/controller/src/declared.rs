//! A kind with its declared targets, and the face of it that does not name the kind.

use std::{
    collections::BTreeSet,
    sync::{Mutex, OnceLock},
};

use futures::future::LocalBoxFuture;

use crate::{
    answer::TargetAnswer,
    audit::{Audited, estimates},
    case::Wake,
    cloud::Caller,
    controller::{Controller, Invocation},
    kind::{Kind, Pace},
    look::Look,
    pace::Bucket,
    retry::Patience,
    survey::{Outline, Sick},
    sweep::Seen,
    topology::{Role, Side, Spec, Topology},
};

/// A kind and its targets.
pub struct Declared<K: Kind> {
    /// The kind.
    pub kind: K,
    /// Its targets.
    pub topology: Topology<K::Spec>,
}

/// A kind for each role through which its targets are reached: what is metered, and how many are sick at once,
/// is counted for each by itself.
pub fn by_role<K: Kind + 'static>(topology: Topology<K::Spec>, kind: impl Fn(Option<&Role>) -> K) -> Vec<Box<dyn Targets>> {
    let groups = topology.by_role().into_iter();
    groups.map(|(role, topology)| Box::new(Declared { kind: kind(role.as_ref()), topology }) as Box<dyn Targets>).collect()
}

/// The targets of one kind, whichever that is. A target is named by its place among them.
pub trait Targets: Send + Sync {
    /// The kind's word.
    fn kind(&self) -> &'static str;

    /// How its writes are metered.
    fn pace(&self) -> Pace;

    /// All targets, in their order.
    fn outlines(&self) -> Vec<Outline<'_>>;

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
    fn look<'a>(&'a self, index: usize, visit: Visit<'a>) -> LocalBoxFuture<'a, TargetAnswer>;

    /// What is found of one target, but for its alarms and rights; and what these would have to be for `caller`.
    fn audit<'a>(&'a self, index: usize, caller: Option<&'a Caller>, patience: Patience<'a>) -> LocalBoxFuture<'a, Audited>;
}

/// The circumstances of a look.
pub struct Visit<'a> {
    pub(crate) controller: &'a Controller,
    pub(crate) invocation: &'a Invocation,
    pub(crate) bucket: &'a Mutex<Bucket>,
    /// All targets of the kind.
    pub(crate) all: &'a [Outline<'a>],
    /// What a sweep has read already.
    pub(crate) seen: Option<&'a Seen>,
    /// Which of them are sick by what was read for all, once somebody has asked.
    pub(crate) sick: &'a OnceLock<Sick<'a>>,
    pub(crate) wake: Wake,
}

impl<K: Kind> Targets for Declared<K> {
    fn kind(&self) -> &'static str {
        <K::Spec as Spec>::KIND
    }

    fn pace(&self) -> Pace {
        K::PACE
    }

    fn outlines(&self) -> Vec<Outline<'_>> {
        self.topology.targets().iter().map(|target| Outline { policy: &target.policy, sides: &target.sides }).collect()
    }

    fn keep_to(&mut self, own: &str) {
        let all = std::mem::take(&mut self.topology);
        self.topology = all.of_stack(own);
    }

    fn elsewhere(&self, name: &str) -> Option<&str> {
        self.topology.elsewhere(name)
    }

    fn elsewheres(&self) -> Vec<&str> {
        self.topology.elsewheres().collect()
    }

    fn named(&self, name: &str) -> Option<usize> {
        self.topology.named(name)
    }

    fn owning(&self, names: &BTreeSet<&str>) -> BTreeSet<usize> {
        self.topology.owning(names.iter().copied())
    }

    fn sides(&self, index: usize) -> &[Side] {
        &self.topology.targets()[index].sides
    }

    fn warnings(&self) -> Vec<(&str, String)> {
        let mut warnings = Vec::new();
        for target in self.topology.targets() {
            warnings.extend(target.spec.warnings().into_iter().map(|warning| (target.policy.name.as_str(), warning)));
        }
        warnings
    }

    fn look<'a>(&'a self, index: usize, visit: Visit<'a>) -> LocalBoxFuture<'a, TargetAnswer> {
        Box::pin(Look::new(self, &self.topology.targets()[index], visit).answer())
    }

    fn audit<'a>(&'a self, index: usize, caller: Option<&'a Caller>, patience: Patience<'a>) -> LocalBoxFuture<'a, Audited> {
        Box::pin(async move {
            let target = &self.topology.targets()[index];
            let observed = self.kind.observe(target, &patience).await;
            let findings = self.kind.audit(&self.topology, target, observed.as_ref(), &patience).await;
            let Ok(observed) = observed else { return Audited { findings, ..Audited::default() } };
            let rights = caller.map(|caller| K::rights(target, &observed, caller)).unwrap_or_default();
            Audited { findings, rights, estimates: estimates::<K>(target, &observed) }
        })
    }
}

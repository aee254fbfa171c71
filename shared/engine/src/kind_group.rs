//! A kind with its declared targets.

use std::collections::BTreeSet;

use crossover_model::{
    answer::TargetAnswer,
    correlation::TargetRef,
    estimate::held,
    finding::Finding,
    health::Readings,
    pace::Pace,
    permission::Caller,
    topology::{Role, Side, Spec, Topology},
};
use futures::future::LocalBoxFuture;

use crate::{
    audit::estimates,
    audited::Audited,
    group::{Pass, TargetGroup},
    kind::Kind,
    reconcile::Reconcile,
    retry::Patience,
};

/// A kind and its targets.
pub struct KindGroup<K: Kind> {
    /// The kind.
    pub kind: K,
    /// Its targets.
    pub topology: Topology<K::Spec>,
}

/// One kind for each role through which its targets are reached. Rate limits and correlated failures are counted
/// separately for each.
pub fn by_role<K: Kind + 'static>(topology: Topology<K::Spec>, kind: impl Fn(Option<&Role>) -> K) -> Vec<Box<dyn TargetGroup>> {
    let groups = topology.by_role().into_iter();
    groups.map(|(role, topology)| Box::new(KindGroup { kind: kind(role.as_ref()), topology }) as Box<dyn TargetGroup>).collect()
}

impl<K: Kind> TargetGroup for KindGroup<K> {
    fn kind(&self) -> &'static str {
        <K::Spec as Spec>::KIND
    }

    fn rank(&self) -> u8 {
        K::RANK
    }

    fn audit_alarms(&self, index: usize, readings: &Readings) -> Vec<Finding> {
        K::audit_alarms(&self.topology.targets()[index].sides, readings)
    }

    fn pace(&self) -> Pace {
        K::PACE
    }

    fn target_refs(&self) -> Vec<TargetRef<'_>> {
        self.topology.targets().iter().map(|target| TargetRef { policy: &target.policy, sides: &target.sides }).collect()
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

    fn every_name(&self) -> Vec<String> {
        self.topology.every_name().map(str::to_owned).collect()
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

    fn reconcile<'a>(&'a self, index: usize, pass: Pass<'a>) -> LocalBoxFuture<'a, TargetAnswer> {
        Box::pin(Reconcile::new(&self.kind, &self.topology.targets()[index], pass).answer())
    }

    fn audit<'a>(&'a self, index: usize, caller: Option<&'a Caller>, patience: Patience<'a>) -> LocalBoxFuture<'a, Audited> {
        Box::pin(async move {
            let target = &self.topology.targets()[index];
            let observed = self.kind.observe(target, &patience).await;
            let mut findings = self.kind.audit(&self.topology, target, observed.as_ref(), &patience).await;
            let Ok(observed) = observed else { return Audited { findings, ..Audited::default() } };
            let rights = caller.map(|caller| K::rights(target, &observed, caller)).unwrap_or_default();
            let estimates = estimates::<K>(target, &observed, patience.now());
            findings.extend(held(&estimates));
            Audited { findings, rights, estimates }
        })
    }
}

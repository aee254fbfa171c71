//! A kind as the registry knows it, without naming its types.

use std::{collections::BTreeSet, marker::PhantomData, sync::Arc, time::Duration};

use crossover_engine::{group::TargetGroup, kind_group::by_role, retry::Patience};
use crossover_model::{
    finding::Rule,
    topology::{Document, Problems, Role, RootSection, Side, Spec, Target, Topology, key::Section},
    trigger::EventSource,
};
use crossover_sandbox::{
    Account, Sections,
    record::Notes,
    rehearsal::{Failure, Rehearsed},
};
use futures::future::LocalBoxFuture;

use crate::backend::{Backend, Clouds};

/// The lost sides of the target of this name; none if the target is not affected.
pub(crate) type LostSides<'a> = &'a dyn Fn(&str) -> Option<&'a BTreeSet<String>>;

/// A target as fault sweeps and simulations see it.
pub struct Rehearsal {
    /// The kind's word.
    pub kind: &'static str,
    /// The target's name.
    pub target: String,
    /// Its sides.
    pub sides: Vec<Side>,
    /// The time in which a crossover of it ends, when nothing fails.
    pub ends_within: Duration,
    /// The calls of which a crossover makes one and never a second.
    pub once: &'static [&'static str],
    serving: Serving,
}

/// The sides on which clients find a target, and the promise that this breaks, if any.
type Serving = Box<dyn Fn(&Account) -> (BTreeSet<String>, Option<&'static str>) + Send + Sync>;

impl Rehearsal {
    /// The sides on which the target's clients find it in this account.
    #[must_use]
    pub fn serving(&self, account: &Account) -> BTreeSet<String> {
        (self.serving)(account).0
    }

    /// The promise that these sides break, if any.
    #[must_use]
    pub fn violation(&self, account: &Account) -> Option<&'static str> {
        (self.serving)(account).1
    }
}

/// The description of a kind.
pub(crate) trait Described: Send + Sync {
    fn word(&self) -> &'static str;
    fn rank(&self) -> u8;
    fn section(&self) -> &'static Section;
    fn rules(&self) -> &'static [&'static Rule];
    fn events(&self) -> &'static [&'static EventSource];
    fn once(&self) -> &'static [&'static str];
    fn sections(&self, sections: Sections) -> Sections;
    fn groups(
        &self,
        document: &Document<'_>,
        among: &[RootSection],
        backend: &dyn Fn(Option<&Role>) -> Backend,
    ) -> Result<Vec<Box<dyn TargetGroup>>, Problems>;
    fn failures(
        &self,
        document: &Document<'_>,
        lost: LostSides<'_>,
        region: Option<&str>,
        account: &Account,
    ) -> Result<Vec<Box<dyn Failure>>, Problems>;
    fn rehearsals(&self, document: &Document<'_>, among: &[RootSection]) -> Result<Vec<Rehearsal>, Problems>;
    fn accelerate(&self, account: &mut Account);
    fn select(&self, document: &Document<'_>, notes: &Notes) -> Result<(), Problems>;
    fn read_more<'a>(&'a self, backend: &'a Backend, notes: &'a Notes, patience: &'a Patience<'a>) -> LocalBoxFuture<'a, ()>;
}

/// A kind, identified by its type.
pub(crate) struct Of<K>(PhantomData<fn() -> K>);

impl<K> Default for Of<K> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<K: Rehearsed<Clouds: Clouds> + 'static> Described for Of<K> {
    fn word(&self) -> &'static str {
        <K::Spec as Spec>::KIND
    }

    fn rank(&self) -> u8 {
        K::RANK
    }

    fn section(&self) -> &'static Section {
        <K::Spec as Spec>::SECTION
    }

    fn rules(&self) -> &'static [&'static Rule] {
        K::RULES
    }

    fn events(&self) -> &'static [&'static EventSource] {
        K::EVENTS
    }

    fn once(&self) -> &'static [&'static str] {
        K::ONCE
    }

    fn sections(&self, sections: Sections) -> Sections {
        K::sections(sections)
    }

    fn groups(
        &self,
        document: &Document<'_>,
        among: &[RootSection],
        backend: &dyn Fn(Option<&Role>) -> Backend,
    ) -> Result<Vec<Box<dyn TargetGroup>>, Problems> {
        let topology = Topology::<K::Spec>::read_among(document, among)?;
        Ok(by_role(topology, |role| K::new(backend(role).clouds())))
    }

    fn failures(
        &self,
        document: &Document<'_>,
        lost: LostSides<'_>,
        region: Option<&str>,
        account: &Account,
    ) -> Result<Vec<Box<dyn Failure>>, Problems> {
        let topology = Topology::<K::Spec>::read(document)?;
        let of_target = |target: &Target<K::Spec>| Some(K::failures(target, lost(&target.policy.name)?, account));
        let of_targets = topology.targets().iter().filter_map(of_target).flatten();
        // A Region fails for the whole kind: a target without a declared location may be in it too.
        let of_region = region.into_iter().flat_map(K::region_failures);
        Ok(of_targets.chain(of_region).collect())
    }

    fn rehearsals(&self, document: &Document<'_>, among: &[RootSection]) -> Result<Vec<Rehearsal>, Problems> {
        let topology = Arc::new(Topology::<K::Spec>::read_among(document, among)?);
        Ok((0..topology.targets().len()).map(|index| rehearsal::<K>(&topology, index)).collect())
    }

    fn accelerate(&self, account: &mut Account) {
        K::accelerate(account);
    }

    fn select(&self, document: &Document<'_>, notes: &Notes) -> Result<(), Problems> {
        Topology::<K::Spec>::read(document)?.targets().iter().for_each(|target| K::select(target, notes));
        Ok(())
    }

    fn read_more<'a>(&'a self, backend: &'a Backend, notes: &'a Notes, patience: &'a Patience<'a>) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move { K::read_more(&backend.clouds(), notes, patience).await })
    }
}

fn rehearsal<K: Rehearsed + 'static>(topology: &Arc<Topology<K::Spec>>, index: usize) -> Rehearsal {
    let Target { policy, sides, .. } = &topology.targets()[index];
    let topology = Arc::clone(topology);
    Rehearsal {
        kind: <K::Spec as Spec>::KIND,
        target: policy.name.clone(),
        sides: sides.clone(),
        ends_within: K::ENDS_WITHIN,
        once: K::ONCE,
        serving: Box::new(move |account| {
            let target = &topology.targets()[index];
            let serving = K::serving(target, account);
            let violation = K::violation(target, &serving);
            (serving, violation)
        }),
    }
}

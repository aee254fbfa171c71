//! A list of kinds, and everything that is derived from it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crossover_cloudwatch::{CloudWatch, SandboxAlarms};
use crossover_dynamodb::{DynamoDb, SandboxJournal};
use crossover_engine::{
    audit::ACCOUNT,
    group::TargetGroup,
    ports::{Permissions, Ports},
    retry::Patience,
};
use crossover_events::Events;
use crossover_iam::SandboxPermissions;
use crossover_model::{
    finding::Rule,
    rules,
    topology::{self, Document, Problem, Problems, Role, RootSection},
};
use crossover_posture::Posture;
use crossover_sandbox::{
    Account, Sandbox, Sections,
    record::Notes,
    rehearsal::{Failure, Rehearsed},
};
use crossover_sns::{SandboxNotices, Sns};

use crate::{
    backend::{Backend, Clouds},
    described::{Described, Of, Rehearsal},
    order::ORDER,
};

/// The rank of an unknown kind: before the kinds that direct users, and after the kinds that it may depend on.
const UNKNOWN_RANK: u8 = 2;

/// The kinds of a program. Clones share the same list.
#[derive(Clone)]
pub struct Registry(Arc<Kinds>);

struct Kinds {
    kinds: Vec<Arc<dyn Described>>,
    sections: Vec<RootSection>,
}

impl Registry {
    /// An empty registry; `beside` are the sections of a topology that belong to no kind.
    #[must_use]
    pub fn new(beside: Vec<RootSection>) -> Self {
        Self(Arc::new(Kinds { kinds: Vec::new(), sections: beside }))
    }

    /// This registry with another kind.
    #[must_use]
    pub fn with<K: Rehearsed<Clouds: Clouds> + 'static>(&self) -> Self {
        let kind = Of::<K>::default();
        let section = RootSection::of_kind(kind.section());
        let kinds = self.0.kinds.iter().cloned().chain([Arc::new(kind) as Arc<dyn Described>]).collect();
        // The sections of kinds come first, because readers look for them first.
        let (mut sections, beside): (Vec<_>, Vec<_>) = self.0.sections.iter().copied().partition(RootSection::is_of_kind);
        sections.push(section);
        sections.extend(beside);
        Self(Arc::new(Kinds { kinds, sections }))
    }

    /// The kinds' words.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        self.0.kinds.iter().map(|kind| kind.word()).collect()
    }

    /// A kind's position in the order of an evacuation.
    #[must_use]
    pub fn rank(&self, word: &str) -> u8 {
        self.0.kinds.iter().find(|kind| kind.word() == word).map_or(UNKNOWN_RANK, |kind| kind.rank())
    }

    /// The sections of a topology: those of every kind, and those beside them.
    #[must_use]
    pub fn root_sections(&self) -> &[RootSection] {
        &self.0.sections
    }

    /// The JSON Schema of a topology.
    #[must_use]
    pub fn schema(&self) -> serde_json::Value {
        topology::schema(&self.0.sections)
    }

    /// The rules of a check, by their subject: any target, a kind of target, or the account. A rule of a service is of each
    /// kind that uses it.
    #[must_use]
    pub fn rule_groups(&self) -> Vec<(&'static str, &'static [&'static Rule])> {
        let of_kinds = self.0.kinds.iter().map(|kind| (kind.word(), kind.rules()));
        [("every target", rules::RULES)].into_iter().chain(of_kinds).chain([(ACCOUNT, crossover_posture::RULES)]).collect()
    }

    /// The rules of a check, each once.
    #[must_use]
    pub fn rules(&self) -> Vec<&'static Rule> {
        let mut all: Vec<&Rule> = Vec::new();
        for rule in self.rule_groups().into_iter().flat_map(|(_, rules)| rules) {
            if !all.contains(rule) {
                all.push(rule);
            }
        }
        all
    }

    /// The calls of which a crossover makes one and never a second, as they can't be undone.
    #[must_use]
    pub fn irreversible_calls(&self) -> Vec<&'static str> {
        self.0.kinds.iter().flat_map(|kind| kind.once().iter().copied()).collect()
    }

    /// The payloads that a function of every kind understands.
    #[must_use]
    pub fn events(&self) -> Events {
        Events::new(self.0.kinds.iter().flat_map(|kind| kind.events().iter().copied()))
    }

    /// Every kind with its targets of this topology; `backend` returns the backend for a role of another account, or for our
    /// own account without a role.
    ///
    /// # Errors
    /// All problems of the topology.
    pub fn groups(
        &self,
        backend: impl Fn(Option<&Role>) -> Backend,
        document: &Document<'_>,
    ) -> Result<Vec<Box<dyn TargetGroup>>, Problems> {
        let made = RefCell::new(BTreeMap::new());
        let backend =
            |role: Option<&Role>| -> Backend { made.borrow_mut().entry(role.cloned()).or_insert_with(|| backend(role)).clone() };
        together(self.0.kinds.iter().map(|kind| kind.groups(document, &self.0.sections, &backend)))
    }

    /// The sections of a sandbox account: those of the engine's own services, of the posture, and of every kind's services.
    #[must_use]
    pub fn sections(&self) -> Sections {
        let own = Sections::default().with::<CloudWatch>().with::<DynamoDb>().with::<Sns>().with::<Posture>();
        self.0.kinds.iter().fold(own, |sections, kind| kind.sections(sections)).in_order(&ORDER)
    }

    /// The ports of a controller on a sandbox account.
    #[must_use]
    pub fn ports(&self, sandbox: &Sandbox) -> Ports {
        Ports {
            alarms: Arc::new(SandboxAlarms(sandbox.clone())),
            journal: Arc::new(SandboxJournal(sandbox.clone())),
            notices: Arc::new(SandboxNotices(sandbox.clone())),
            payloads: Arc::new(self.events()),
            permissions: Arc::new(permissions(sandbox)),
            clock: Arc::new(sandbox.clone()),
        }
    }

    /// The failures in the account when these sides of targets, and optionally a whole Region, are lost.
    ///
    /// # Errors
    /// All problems of the topology.
    pub fn failures(
        &self,
        document: &Document<'_>,
        lost: &BTreeMap<String, BTreeSet<String>>,
        region: Option<&str>,
        account: &Account,
    ) -> Result<Vec<Box<dyn Failure>>, Problems> {
        together(self.0.kinds.iter().map(|kind| kind.failures(document, &|target| lost.get(target), region, account)))
    }

    /// The targets of a topology as fault sweeps and simulations see them.
    ///
    /// # Errors
    /// All problems of the topology.
    pub fn rehearsals(&self, document: &Document<'_>) -> Result<Vec<Rehearsal>, Problems> {
        together(self.0.kinds.iter().map(|kind| kind.rehearsals(document, &self.0.sections)))
    }

    /// Shortens what takes time in an account and is only waited for.
    pub fn accelerate(&self, account: &mut Account) {
        self.0.kinds.iter().for_each(|kind| kind.accelerate(account));
    }

    /// Selects the parts of the targets' resources that a snapshot includes.
    ///
    /// # Errors
    /// All problems of the topology.
    pub fn select(&self, document: &Document<'_>, notes: &Notes) -> Result<(), Problems> {
        together(self.0.kinds.iter().map(|kind| kind.select(document, notes).map(|()| Vec::<()>::new()))).map(|_| ())
    }

    /// Reads data that `observe` does not read, and that changes on the snapshot need.
    pub async fn read_more(&self, backend: &Backend, notes: &Notes, patience: &Patience<'_>) {
        for kind in &self.0.kinds {
            kind.read_more(backend, notes, patience).await;
        }
    }
}

/// The permissions in a sandbox account, the same for each role.
fn permissions(sandbox: &Sandbox) -> impl Fn(Option<&Role>) -> Option<Arc<dyn Permissions>> + Send + Sync + use<> {
    let permissions: Arc<dyn Permissions> = Arc::new(SandboxPermissions(sandbox.clone()));
    move |_| Some(permissions.clone())
}

/// The results of all kinds, or each problem once: every kind reports the problems of the whole file.
fn together<T>(all: impl Iterator<Item = Result<Vec<T>, Problems>>) -> Result<Vec<T>, Problems> {
    let mut given = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for one in all {
        match one {
            Ok(more) => given.extend(more),
            Err(more) => {
                for problem in more.0 {
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }
            }
        }
    }
    problems.sort_by_key(|problem| problem.line);
    if problems.is_empty() { Ok(given) } else { Err(Problems(problems)) }
}

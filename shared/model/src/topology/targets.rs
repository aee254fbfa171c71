//! The targets of one kind, read from a topology.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    accept::{ACCEPT, Accepted},
    document::{ANY_TARGET, Document, RootSection},
    policy::{DEFAULTS, Policy, Role, Rules},
    problem::Problems,
    reader::TableReader,
    spec::{SIDES, Side, Spec, Target},
};
use crate::arn::alarm_name;

/// The targets of one kind.
#[derive(Debug, Clone)]
pub struct Topology<S> {
    targets: Vec<Target<S>>,
    /// The names of the targets of every kind in the file, each with its stack.
    every: Arc<BTreeMap<String, Option<String>>>,
    /// The targets that other stacks act on, each with its stack.
    elsewhere: BTreeMap<String, String>,
    /// The names that those targets use.
    named_elsewhere: BTreeSet<String>,
    by_target: HashMap<String, usize>,
    by_resource: HashMap<String, Vec<usize>>,
}

impl<S> Default for Topology<S> {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            every: Arc::default(),
            elsewhere: BTreeMap::new(),
            named_elsewhere: BTreeSet::new(),
            by_target: HashMap::new(),
            by_resource: HashMap::new(),
        }
    }
}

impl<S: Spec> Topology<S> {
    /// Reads the targets of this kind.
    ///
    /// # Errors
    /// All problems of the whole file's syntax and of this kind's sections.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        Self::read(&Document::new(text))
    }

    /// Reads them from a parsed file. Sections of its root that are not of this kind are ignored, as they may belong to
    /// unknown kinds.
    ///
    /// # Errors See [`Topology::parse`].
    pub fn read(document: &Document<'_>) -> Result<Self, Problems> {
        Self::read_beside(document, None)
    }

    /// Reads them where these are all known sections. Other sections are reported, and so are the problems of those
    /// without a kind.
    ///
    /// # Errors See [`Topology::parse`].
    pub fn read_among(document: &Document<'_>, all: &[RootSection]) -> Result<Self, Problems> {
        Self::read_beside(document, Some(all))
    }

    fn read_beside(document: &Document<'_>, all: Option<&[RootSection]>) -> Result<Self, Problems> {
        let targets = document.read(|root| if document.is_toml() { read_targets(root, all) } else { Vec::new() })?;
        Ok(Self { every: Arc::new(document.target_names(ACCEPT.name)), ..Self::new(targets) })
    }

    fn new(targets: Vec<Target<S>>) -> Self {
        let by_target = targets.iter().enumerate().map(|(index, target)| (target.policy.name.clone(), index)).collect();
        let mut by_resource: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, target) in targets.iter().enumerate() {
            let alarms = target.sides.iter().flat_map(|side| side.alarms.iter().cloned());
            for name in alarms.chain(target.spec.resources()).collect::<BTreeSet<_>>() {
                by_resource.entry(name).or_default().push(index);
            }
        }
        Self { targets, by_target, by_resource, ..Self::default() }
    }

    /// The targets grouped by role; those of our own account first, even if there are none.
    #[must_use]
    pub fn by_role(self) -> BTreeMap<Option<Role>, Self> {
        let mut groups: BTreeMap<Option<Role>, Vec<Target<S>>> = BTreeMap::from([(None, Vec::new())]);
        for target in self.targets {
            groups.entry(target.policy.role.clone()).or_default().push(target);
        }
        let every = &self.every;
        let group = |targets| Self { every: Arc::clone(every), ..Self::new(targets) };
        groups.into_iter().map(|(role, targets)| (role, group(targets))).collect()
    }

    /// Without the targets that a stack other than `own` acts on.
    #[must_use]
    pub fn of_stack(self, own: &str) -> Self {
        let of_own = |(_, stack): &(&String, &Option<String>)| stack.as_deref().is_none_or(|stack| stack == own);
        let every = self.every.iter().filter(of_own).map(|(name, stack)| (name.clone(), stack.clone())).collect();
        let (here, there): (Vec<_>, Vec<_>) =
            self.targets.into_iter().partition(|target| target.policy.stack.as_deref().is_none_or(|stack| stack == own));
        let named_elsewhere = there.iter().flat_map(|target| target.spec.resources()).collect();
        let elsewhere = there.into_iter().filter_map(|target| Some((target.policy.name, target.policy.stack?))).collect();
        Self { every: Arc::new(every), elsewhere, named_elsewhere, ..Self::new(here) }
    }

    /// The other stack that acts on the target of this name.
    #[must_use]
    pub fn elsewhere(&self, name: &str) -> Option<&str> {
        self.elsewhere.get(name).map(String::as_str)
    }

    /// All targets.
    #[must_use]
    pub fn targets(&self) -> &[Target<S>] {
        &self.targets
    }

    /// The names of all targets in the file, of every kind; without those of other stacks.
    pub fn every_name(&self) -> impl Iterator<Item = &str> {
        self.every.keys().map(String::as_str)
    }

    /// The targets that other stacks act on.
    pub fn elsewheres(&self) -> impl Iterator<Item = &str> {
        self.elsewhere.keys().map(String::as_str)
    }

    /// Whether a target names this alarm or resource, including targets of other stacks.
    #[must_use]
    pub fn names(&self, resource: &str) -> bool {
        self.by_resource.contains_key(resource) || self.named_elsewhere.contains(resource)
    }

    /// The index of the target of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<usize> {
        self.by_target.get(name).copied()
    }

    /// The indices of the targets that alarms or resources of these names belong to.
    #[must_use]
    pub fn owning<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> BTreeSet<usize> {
        names.into_iter().filter_map(|name| self.by_resource.get(name)).flatten().copied().collect()
    }
}

fn read_targets<S: Spec>(root: &TableReader<'_, '_>, all: Option<&[RootSection]>) -> Vec<Target<S>> {
    let every = root.arrays_but(ACCEPT.name, &ANY_TARGET);
    let divided = every.iter().any(|(_, target)| target.has("stack"));
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for (kind, target) in &every {
        let Some(name) = target.peek("name") else { continue };
        if let Some(other) = names.insert(name, kind) {
            target.report("name", format!("\"{name}\" is already a {other} target; give each target its own name"));
        }
    }
    let defaults = root.table_of(&DEFAULTS).map(|defaults| Rules::read_defaults(&defaults)).unwrap_or_default();
    let mut targets = Vec::new();
    let mut claims: BTreeMap<String, String> = BTreeMap::new();
    for reader in root.tables_of(S::SECTION) {
        let Some(target) = read_target::<S>(&reader, &defaults) else { continue };
        if divided && target.policy.stack.is_none() {
            reader.report("stack", "is missing; other targets name their stack, and without it every stack acts on this one");
        }
        for claim in target.spec.claims() {
            if let Some(other) = claims.insert(claim.clone(), target.policy.name.clone()) {
                reader.report("name", format!("{claim} belongs to target \"{other}\" already; a resource belongs to one target"));
            }
        }
        targets.push(target);
    }
    for reader in root.tables_of(&ACCEPT) {
        // Only a check uses the result; problems are reported here.
        let _ = Accepted::read(&reader);
    }
    let own = RootSection::of_kind(S::SECTION);
    let sections = all.unwrap_or(std::slice::from_ref(&own));
    for (section, check) in sections.iter().filter_map(|one| Some((one.section, one.check?))) {
        root.table_of(section).iter().for_each(check);
    }
    if every.is_empty() {
        let kind = sections.first().map_or(S::KIND, |first| first.section.name);
        root.report(kind, format!("no target is declared; add a [[{kind}]] section"));
    }
    let known: Vec<&str> = sections.iter().map(|one| one.section.name).chain([DEFAULTS.name, ACCEPT.name]).collect();
    root.finish_among(&known, all.is_some());
    targets
}

fn read_target<S: Spec>(reader: &TableReader<'_, '_>, defaults: &Rules) -> Option<Target<S>> {
    let policy = Policy::read(reader, defaults);
    let side_readers = reader.tables(SIDES);
    let sides: Vec<Option<Side>> = side_readers.iter().map(|side| read_side::<S>(side)).collect();
    check_sides::<S>(reader, policy.as_ref(), &side_readers, &sides);

    let named: Vec<(String, &TableReader<'_, '_>)> =
        sides.iter().zip(&side_readers).filter_map(|(side, reader)| Some((side.as_ref()?.name.clone(), reader))).collect();
    let spec = S::read(reader, &named);
    reader.finish();
    side_readers.iter().for_each(TableReader::finish);

    let (policy, spec) = (policy?, spec?);
    let mut sides: Vec<Side> = sides.into_iter().flatten().collect();
    for side in &mut sides {
        side.location = spec.location(&side.name);
    }
    Some(Target { policy, sides, spec })
}

/// The key that names the sides of a kind.
fn side_name<S: Spec>() -> &'static str {
    S::SECTION.section(SIDES).and_then(|side| side.keys.first()).map_or("name", |key| key.name)
}

fn read_side<S: Spec>(reader: &TableReader<'_, '_>) -> Option<Side> {
    let name = reader.text(side_name::<S>());
    let alarms = reader.texts("alarms");
    if alarms.as_ref().is_some_and(Vec::is_empty) {
        reader.report("alarms", "is empty; name at least one alarm, or a failure of this side is never detected");
    }
    // Problems are reported, and the kind's own keys of the side are read anyway.
    let alarms = alarms.unwrap_or_default();
    let mut seen = BTreeSet::new();
    for alarm in &alarms {
        if !seen.insert(alarm) {
            reader.report("alarms", format!("names \"{alarm}\" twice; each alarm counts once for the quorum"));
        }
    }
    Some(Side { name: name?, location: String::new(), alarms })
}

fn check_sides<S: Spec>(
    reader: &TableReader<'_, '_>,
    policy: Option<&Policy>,
    readers: &[TableReader<'_, '_>],
    sides: &[Option<Side>],
) {
    if reader.has(SIDES) && readers.len() < 2 {
        reader.report("side", format!("{} declared; a crossover needs at least two", readers.len()));
    }
    if let Some(policy) = policy.filter(|policy| policy.min_healthy >= readers.len().max(2)) {
        let what = format!(
            "{} of {} sides: once one side has failed, too few healthy sides are left for an automatic crossover",
            policy.min_healthy,
            readers.len()
        );
        reader.report("min_healthy", what);
    }
    let mut names = BTreeSet::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (side, side_reader) in sides.iter().zip(readers).filter_map(|(side, reader)| Some((side.as_ref()?, reader))) {
        if !names.insert(&side.name) {
            side_reader.report(side_name::<S>(), format!("\"{}\" is already a side of this target", side.name));
        }
        for alarm in &side.alarms {
            if let Some(other) = owners.insert(alarm_name(alarm), &side.name).filter(|other| *other != side.name) {
                side_reader.report(
                    "alarms",
                    format!("\"{alarm}\" already reports the health of side \"{other}\"; an alarm belongs to one side"),
                );
            }
        }
        if let Some(policy) = policy.filter(|policy| !side.alarms.is_empty() && policy.quorum > side.alarms.len()) {
            let what =
                format!("{} named, fewer than quorum = {}: this side could never be unhealthy", side.alarms.len(), policy.quorum);
            side_reader.report("alarms", what);
        }
    }
}

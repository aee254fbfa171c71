//! The declared targets: one TOML file, read whole, with every problem reported at once.

mod accept;
mod asked;
mod outside;
mod policy;
mod probe;
mod problem;
mod reader;
mod schema;
mod window;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use policy::Rules;
use reader::Source;
use toml::{Spanned, de::DeTable};

use crate::arn::alarm_name;

pub use accept::{Accepted, accepted};
pub use asked::Asked;
pub use outside::is_outside;
pub use policy::{Failback, Mode, Policy, Role};
pub use probe::{Check, Host, PROBE_METRIC, Probe, ProbeTarget, probe};
pub use problem::{Problem, Problems};
pub use reader::TableReader;
pub use schema::schema;
pub use window::Window;

/// The kinds that a topology can declare. A function reads its own and leaves the rest.
pub const KINDS: &[&str] = &["nat", "dns", "database"];

/// What is declared of every side, whatever the kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its name, unique in the target.
    pub name: String,
    /// The zone or Region that it is in; sides of several targets that fail with their place explain
    /// one another.
    pub place: String,
    /// The alarms that speak of it, by name or ARN.
    pub alarms: Vec<String>,
}

/// A declared target with what its kind adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Target<S> {
    /// What every target has.
    pub policy: Policy,
    /// Its sides, by name.
    pub sides: Vec<Side>,
    /// What the kind adds.
    pub spec: S,
}

/// What a kind adds to a target, and how it reads that.
pub trait Spec: Sized {
    /// The kind's word: the name of its sections.
    const KIND: &'static str;

    /// The key that names a side, with an example.
    const SIDE_NAME: (&'static str, &'static str);

    /// Reads the kind's keys of a target and of its named sides. Problems go to the readers; none
    /// when there is not enough to go on.
    fn read(target: &TableReader<'_, '_>, sides: &[(String, &TableReader<'_, '_>)]) -> Option<Self>;

    /// The resources by which an event can name the target.
    fn resources(&self) -> BTreeSet<String>;

    /// The zone or Region of a side; its name, when that says it.
    fn place(&self, side: &str) -> String {
        side.to_owned()
    }

    /// What no other target may have too, or two leases would be held over one thing.
    fn claims(&self) -> BTreeSet<String>;

    /// What is allowed, and may be regretted.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A topology's file, parsed once for all that is read from it.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    table: Spanned<DeTable<'t>>,
    errors: Vec<toml::de::Error>,
}

impl<'t> Document<'t> {
    /// Parses it; what is wrong with it is told when targets are read from it.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        Self { text, table, errors }
    }

    /// The roles that it names, in every kind; what is wrong with them is told when targets are read from it.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<Role> {
        let source = Source::new(self.text);
        let root = TableReader::new(&source, self.table.get_ref(), "", 0);
        let of_targets = KINDS.iter().flat_map(|kind| root.tables(kind)).filter_map(|target| Role::read(&target));
        of_targets.chain(root.table("defaults").and_then(|defaults| Role::read(&defaults))).collect()
    }
}

/// The targets of one kind.
#[derive(Debug, Clone)]
pub struct Topology<S> {
    targets: Vec<Target<S>>,
    /// Targets that other stacks act on, and which these are.
    elsewhere: BTreeMap<String, String>,
    /// What those name.
    named_elsewhere: BTreeSet<String>,
    by_target: HashMap<String, usize>,
    by_resource: HashMap<String, Vec<usize>>,
}

impl<S> Default for Topology<S> {
    fn default() -> Self {
        let (elsewhere, named_elsewhere) = (BTreeMap::new(), BTreeSet::new());
        Self { targets: Vec::new(), elsewhere, named_elsewhere, by_target: HashMap::new(), by_resource: HashMap::new() }
    }
}

impl<S: Spec> Topology<S> {
    /// Reads a topology's targets of this kind.
    ///
    /// # Errors
    /// All problems of the whole file's syntax and of this kind's sections.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        Self::read(&Document::new(text))
    }

    /// The same of a file that more is read from.
    ///
    /// # Errors
    /// As of [`Topology::parse`].
    pub fn read(document: &Document<'_>) -> Result<Self, Problems> {
        let source = Source::new(document.text);
        for error in &document.errors {
            source.report(error.span().map_or(0, |span| span.start), "syntax", error.message());
        }
        let root = TableReader::new(&source, document.table.get_ref(), "", 0);
        let targets = if document.errors.is_empty() { read_targets(&root) } else { Vec::new() };
        let problems = source.into_problems();
        if problems.is_empty() { Ok(Self::new(targets)) } else { Err(Problems(problems)) }
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

    /// The targets of each role apart; those of our own account first, even if there are none.
    #[must_use]
    pub fn by_role(self) -> BTreeMap<Option<Role>, Self> {
        let mut groups: BTreeMap<Option<Role>, Vec<Target<S>>> = BTreeMap::from([(None, Vec::new())]);
        for target in self.targets {
            groups.entry(target.policy.role.clone()).or_default().push(target);
        }
        groups.into_iter().map(|(role, targets)| (role, Self::new(targets))).collect()
    }

    /// Without the targets that another stack than `own` acts on.
    #[must_use]
    pub fn of_stack(self, own: &str) -> Self {
        let (here, there): (Vec<_>, Vec<_>) =
            self.targets.into_iter().partition(|target| target.policy.stack.as_deref().is_none_or(|stack| stack == own));
        let named_elsewhere = there.iter().flat_map(|target| target.spec.resources()).collect();
        let elsewhere = there.into_iter().filter_map(|target| Some((target.policy.name, target.policy.stack?))).collect();
        Self { elsewhere, named_elsewhere, ..Self::new(here) }
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

    /// The targets that other stacks act on.
    pub fn elsewheres(&self) -> impl Iterator<Item = &str> {
        self.elsewhere.keys().map(String::as_str)
    }

    /// Whether a target names this alarm or resource, also one that another stack acts on.
    #[must_use]
    pub fn names(&self, resource: &str) -> bool {
        self.by_resource.contains_key(resource) || self.named_elsewhere.contains(resource)
    }

    /// The place of the target of this name among all of them.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<usize> {
        self.by_target.get(name).copied()
    }

    /// The places of the targets that alarms or resources of these names belong to.
    #[must_use]
    pub fn owning<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> BTreeSet<usize> {
        names.into_iter().filter_map(|name| self.by_resource.get(name)).flatten().copied().collect()
    }
}

fn read_targets<S: Spec>(root: &TableReader<'_, '_>) -> Vec<Target<S>> {
    let mut targets = Vec::new();
    let readers: Vec<(&str, TableReader<'_, '_>)> =
        KINDS.iter().flat_map(|kind| root.tables(kind).into_iter().map(|reader| (*kind, reader)).collect::<Vec<_>>()).collect();
    let divided = readers.iter().any(|(_, reader)| reader.has("stack"));
    let defaults = root.table("defaults").map(|defaults| Rules::read_defaults(&defaults)).unwrap_or_default();
    let mut names = BTreeMap::new();
    let mut claims: BTreeMap<String, String> = BTreeMap::new();
    for (kind, reader) in &readers {
        let name = reader.text("name").unwrap_or_default();
        if let Some(other) = names.insert(name.clone(), kind) {
            reader.report("name", format!("\"{name}\" is already a {other} target; give each target its own name"));
        }
        let Some(target) = (*kind == S::KIND).then(|| read_target::<S>(reader, &defaults)).flatten() else { continue };
        if divided && target.policy.stack.is_none() {
            reader.report("stack", "is missing; other targets say which stack acts on them, and on this one each of them would");
        }
        for claim in target.spec.claims() {
            if let Some(other) = claims.insert(claim.clone(), target.policy.name.clone()) {
                reader.report("name", format!("{claim} belongs to target \"{other}\" already; a thing has one target"));
            }
        }
        targets.push(target);
    }
    for reader in root.tables(accept::ACCEPT) {
        // What is read is of use to a check alone; what is wrong with it is reported here.
        let _ = Accepted::read(&reader);
    }
    // So is what is wrong with what the probes do.
    let _ = root.table(probe::PROBE).and_then(|reader| Probe::read(&reader));
    if names.is_empty() {
        root.report(KINDS[0], format!("no target is declared; add a [[{}]] section", KINDS[0]));
    }
    root.finish();
    targets
}

fn read_target<S: Spec>(reader: &TableReader<'_, '_>, defaults: &Rules) -> Option<Target<S>> {
    let policy = Policy::read(reader, defaults);
    let side_readers = reader.tables("side");
    let sides: Vec<Option<Side>> = side_readers.iter().map(|side| read_side::<S>(side)).collect();
    check_sides(reader, policy.as_ref(), &side_readers, &sides, S::SIDE_NAME.0);

    let named: Vec<(String, &TableReader<'_, '_>)> =
        sides.iter().zip(&side_readers).filter_map(|(side, reader)| Some((side.as_ref()?.name.clone(), reader))).collect();
    let spec = S::read(reader, &named);
    reader.finish();
    side_readers.iter().for_each(TableReader::finish);

    let (policy, spec) = (policy?, spec?);
    let mut sides: Vec<Side> = sides.into_iter().flatten().collect();
    sides.sort_by(|a, b| a.name.cmp(&b.name));
    for side in &mut sides {
        side.place = spec.place(&side.name);
    }
    Some(Target { policy, sides, spec })
}

fn read_side<S: Spec>(reader: &TableReader<'_, '_>) -> Option<Side> {
    let (key, example) = S::SIDE_NAME;
    let name = reader.required_text(key, example);
    let alarms = reader.required_texts("alarms", "[\"name-of-an-alarm\"]");
    if alarms.as_ref().is_some_and(Vec::is_empty) {
        reader.report("alarms", "is empty; name at least one alarm, or this side is never known to have failed");
    }
    // A mistake in them is reported; the kind's own keys of this side are to be read all the same.
    let alarms = alarms.unwrap_or_default();
    let mut seen = BTreeSet::new();
    for alarm in &alarms {
        if !seen.insert(alarm) {
            reader.report("alarms", format!("names \"{alarm}\" twice; each counts once for the quorum"));
        }
    }
    Some(Side { name: name?, place: String::new(), alarms })
}

fn check_sides(
    reader: &TableReader<'_, '_>,
    policy: Option<&Policy>,
    readers: &[TableReader<'_, '_>],
    sides: &[Option<Side>],
    name_key: &str,
) {
    if readers.len() < 2 {
        reader.report("side", format!("{} declared; a crossover needs at least two", readers.len()));
    }
    if let Some(policy) = policy.filter(|policy| policy.min_healthy >= readers.len().max(2)) {
        let what = format!(
            "{} of {} sides: once one has failed, too few are left for anything to be moved by itself",
            policy.min_healthy,
            readers.len()
        );
        reader.report("min_healthy", what);
    }
    let mut names = BTreeSet::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (side, side_reader) in sides.iter().zip(readers).filter_map(|(side, reader)| Some((side.as_ref()?, reader))) {
        if !names.insert(&side.name) {
            side_reader.report(name_key, format!("\"{}\" is already a side of this target", side.name));
        }
        for alarm in &side.alarms {
            if let Some(other) = owners.insert(alarm_name(alarm), &side.name).filter(|other| *other != side.name) {
                side_reader.report(
                    "alarms",
                    format!("\"{alarm}\" already speaks of side \"{other}\"; one alarm cannot tell two sides apart"),
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

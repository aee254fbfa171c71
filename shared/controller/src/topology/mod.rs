//! The declared targets: one TOML file, read whole, with every problem reported at once.

mod problem;
mod reader;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use toml::de::DeTable;

pub use problem::{Problem, Problems};
use reader::Source;
pub use reader::{TableReader, nearest};

/// The kinds that a topology can declare. A function reads its own and leaves the rest.
const KINDS: &[&str] = &["nat"];

const DEFAULT_BLOCK: Duration = Duration::from_hours(1);

/// Whether to act, or only to decide and tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Decide and tell; act on nothing.
    Shadow,
    /// Act.
    Armed,
}

impl Mode {
    /// The words of the topology and of `CROSSOVER_MODE`.
    pub const WORDS: [(&'static str, Self); 2] = [("shadow", Self::Shadow), ("armed", Self::Armed)];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Armed => "armed",
        }
    }
}

/// How work comes home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failback {
    /// When a person says so.
    Manual,
    /// By itself, once the home side has been healthy for so long.
    Automatic {
        /// How long.
        stable_for: Duration,
    },
}

/// What is declared of every target, whatever its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The target's name.
    pub name: String,
    /// Who is responsible for it.
    pub owner: String,
    /// Where its runbook is.
    pub runbook: Option<String>,
    /// Its own mode; the function's when none.
    pub mode: Option<Mode>,
    /// How many alarms of a side must be in ALARM.
    pub quorum: usize,
    /// How work comes home.
    pub failback: Failback,
    /// No further automatic crossover for this long after an automatic failover.
    pub block: Duration,
}

/// What is declared of every side, whatever the kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its name, unique in the target.
    pub name: String,
    /// The alarms that speak of it, by name or ARN.
    pub alarms: Vec<String>,
}

/// A declared target with what its kind adds.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// What no other target may have too, or two leases would be held over one thing.
    fn claims(&self) -> BTreeSet<String>;
}

/// The targets of one kind.
#[derive(Debug, Clone)]
pub struct Topology<S> {
    targets: Vec<Target<S>>,
    by_name: HashMap<String, Vec<usize>>,
}

impl<S: Spec> Topology<S> {
    /// Reads a topology's targets of this kind.
    ///
    /// # Errors
    /// All problems of the whole file's syntax and of this kind's sections.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let source = Source::new(text);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            source.report(error.span().map_or(0, |span| span.start), "syntax", error.message());
        }
        let root = TableReader::new(&source, document.get_ref(), "", 0);
        let targets = if errors.is_empty() { read_targets(&root) } else { Vec::new() };
        let problems = source.into_problems();
        if problems.is_empty() { Ok(Self::new(targets)) } else { Err(Problems(problems)) }
    }

    fn new(targets: Vec<Target<S>>) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, target) in targets.iter().enumerate() {
            let alarms = target.sides.iter().flat_map(|side| side.alarms.iter().cloned());
            for name in alarms.chain(target.spec.resources()).collect::<BTreeSet<_>>() {
                by_name.entry(name).or_default().push(index);
            }
        }
        Self { targets, by_name }
    }

    /// All targets.
    #[must_use]
    pub fn targets(&self) -> &[Target<S>] {
        &self.targets
    }

    /// The target of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Target<S>> {
        self.targets.iter().find(|target| target.policy.name == name)
    }

    /// The targets that an alarm or a resource of any of these names belongs to.
    #[must_use]
    pub fn owning<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<&Target<S>> {
        let found: BTreeSet<usize> = names.into_iter().filter_map(|name| self.by_name.get(name)).flatten().copied().collect();
        found.into_iter().map(|index| &self.targets[index]).collect()
    }
}

fn read_targets<S: Spec>(root: &TableReader<'_, '_>) -> Vec<Target<S>> {
    let mut targets = Vec::new();
    let mut names = BTreeMap::new();
    let mut claims: BTreeMap<String, String> = BTreeMap::new();
    for &kind in KINDS {
        for reader in root.tables(kind) {
            let name = reader.text("name").unwrap_or_default();
            if let Some(other) = names.insert(name.clone(), kind) {
                reader.report("name", format!("\"{name}\" is already a {other} target; give each target its own name"));
            }
            let Some(target) = (kind == S::KIND).then(|| read_target::<S>(&reader)).flatten() else { continue };
            for claim in target.spec.claims() {
                if let Some(other) = claims.insert(claim.clone(), target.policy.name.clone()) {
                    reader.report("name", format!("{claim} belongs to target \"{other}\" already; a thing has one target"));
                }
            }
            targets.push(target);
        }
    }
    if names.is_empty() {
        root.report(KINDS[0], format!("no target is declared; add a [[{}]] section", KINDS[0]));
    }
    root.finish();
    targets
}

fn read_target<S: Spec>(reader: &TableReader<'_, '_>) -> Option<Target<S>> {
    let policy = read_policy(reader);
    let side_readers = reader.tables("side");
    let sides: Vec<Option<Side>> = side_readers.iter().map(|side| read_side::<S>(side)).collect();
    check_sides(reader, policy.as_ref(), &side_readers, &sides, S::SIDE_NAME.0);

    let named: Vec<(String, &TableReader<'_, '_>)> =
        sides.iter().zip(&side_readers).filter_map(|(side, reader)| Some((side.as_ref()?.name.clone(), reader))).collect();
    let spec = S::read(reader, &named);
    reader.finish();
    side_readers.iter().for_each(TableReader::finish);

    let mut sides: Vec<Side> = sides.into_iter().flatten().collect();
    sides.sort_by(|a, b| a.name.cmp(&b.name));
    Some(Target { policy: policy?, sides, spec: spec? })
}

fn read_policy(reader: &TableReader<'_, '_>) -> Option<Policy> {
    let name = reader.required_text("name", "\"egress-prod\"").filter(|name| {
        let plain = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !plain {
            reader.report("name", format!("\"{name}\" must be at most 64 letters, digits, '-', '_' or '.'"));
        }
        plain
    });
    let owner = reader.required_text("owner", "\"who is on call for it\"");
    let automatic = reader.word("failback", &[("manual", false), ("automatic", true)]);
    let stable_for = reader.span("stable_for");
    let failback = match (automatic, stable_for) {
        (Some(true), Some(stable_for)) => Failback::Automatic { stable_for },
        (Some(true), None) => {
            reader.report("stable_for", "is missing; failback = \"automatic\" needs it: add stable_for = \"15m\"");
            Failback::Manual
        }
        (_, Some(_)) => {
            reader.report("stable_for", "has no effect without failback = \"automatic\"; add that or remove it");
            Failback::Manual
        }
        (_, None) => Failback::Manual,
    };
    let policy = Policy {
        name: name.clone().unwrap_or_default(),
        owner: owner.clone().unwrap_or_default(),
        runbook: reader.text("runbook"),
        mode: reader.word("mode", &Mode::WORDS),
        quorum: reader.count("quorum").unwrap_or(1),
        failback,
        block: reader.span("block").unwrap_or(DEFAULT_BLOCK),
    };
    name.and(owner).map(|_| policy)
}

fn read_side<S: Spec>(reader: &TableReader<'_, '_>) -> Option<Side> {
    let (key, example) = S::SIDE_NAME;
    let name = reader.required_text(key, example);
    let alarms = reader.required_texts("alarms", "[\"name-of-an-alarm\"]")?;
    if alarms.is_empty() {
        reader.report("alarms", "is empty; name at least one alarm, or this side is never known to have failed");
    }
    let mut seen = BTreeSet::new();
    for alarm in &alarms {
        if !seen.insert(alarm) {
            reader.report("alarms", format!("names \"{alarm}\" twice; each counts once for the quorum"));
        }
    }
    Some(Side { name: name?, alarms })
}

/// An alarm's name, whether it is given by name or by ARN.
fn plain_name(alarm: &str) -> &str {
    alarm.split_once(":alarm:").map_or(alarm, |(_, name)| name)
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
    let mut names = BTreeSet::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (side, side_reader) in sides.iter().zip(readers).filter_map(|(side, reader)| Some((side.as_ref()?, reader))) {
        if !names.insert(&side.name) {
            side_reader.report(name_key, format!("\"{}\" is already a side of this target", side.name));
        }
        for alarm in &side.alarms {
            if let Some(other) = owners.insert(plain_name(alarm), &side.name).filter(|other| *other != side.name) {
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

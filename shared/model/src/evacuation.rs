//! Which targets have to leave a zone or a Region, and in which order. Pure.

use std::collections::BTreeMap;

use crate::{correlation::TargetRef, text::nearest, topology::Side, trigger::Aim};

/// What has to leave a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evacuation {
    /// What is moved: those of one wave at the same time, a wave once the one before it has ended.
    pub waves: Vec<Vec<Leaving>>,
    /// What is not moved, by name.
    pub stays: Vec<Stay>,
}

/// A target that leaves a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaving {
    /// The target.
    pub target: String,
    /// Its kind.
    pub kind: String,
    /// The side to leave.
    pub away_from: Option<String>,
    /// The only side that is left to move to, where several are in the place.
    pub to: Option<String>,
}

/// A target that does not leave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stay {
    /// The target.
    pub target: String,
    /// Its kind.
    pub kind: String,
    /// Why.
    pub why: Why,
}

/// Why a target stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It has a choice of sides to move to, which only a person can make.
    Ambiguous,
    /// All of its sides are there.
    NoOtherSide,
    /// The topology does not say where its sides are.
    Unplaced,
    /// Another stack acts on it, with a journal of its own.
    OtherStack,
}

impl Why {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ambiguous => "several of its sides are in it and several are not: choose one with --to",
            Self::NoOtherSide => "all of its sides are in it",
            Self::OtherStack => "another stack acts on it: run the command with --stack, --table and --topic-arn of that stack",
            Self::Unplaced => "the topology does not say where its sides are: check the target by hand",
        }
    }
}

impl Leaving {
    /// What to leave or to move to.
    #[must_use]
    pub fn aim(&self) -> Option<Aim> {
        self.to.clone().map(Aim::To).or_else(|| self.away_from.clone().map(Aim::AwayFrom))
    }
}

/// What has to leave `place`, a zone or a Region, of all targets with their kinds; `rank` says in which order kinds move.
#[must_use]
pub fn evacuate<'t>(
    targets: impl IntoIterator<Item = (&'t str, TargetRef<'t>)>,
    place: &str,
    rank: impl Fn(&str) -> u8,
) -> Evacuation {
    let mut leaving = Vec::new();
    let mut stays = Vec::new();
    for (kind, target_ref) in targets {
        let target = target_ref.policy.name.clone();
        let (inside, others): (Vec<&Side>, Vec<&Side>) = target_ref.sides.iter().partition(|side| is_in(&side.place, place));
        let name = |side: &&Side| Some(side.name.clone());
        let mut stay = |why| stays.push(Stay { target: target.clone(), kind: kind.to_owned(), why });
        match (&inside[..], &others[..]) {
            ([], others) if others.iter().all(|side| is_place(&side.place)) => {}
            ([], _) => stay(Why::Unplaced),
            (_, []) => stay(Why::NoOtherSide),
            ([side], _) => leaving.push(Leaving { target, kind: kind.to_owned(), away_from: name(side), to: None }),
            (_, [side]) => leaving.push(Leaving { target, kind: kind.to_owned(), away_from: None, to: name(side) }),
            _ => stay(Why::Ambiguous),
        }
    }
    stays.sort();
    Evacuation { waves: waves(leaving, |leaving| (&leaving.kind, &leaving.target), rank), stays }
}

/// Targets, each with its kind and name, in the order in which many of them are moved: what users need is made ready
/// before users are sent there.
#[must_use]
pub fn waves<T>(targets: Vec<T>, kind_and_name: impl Fn(&T) -> (&str, &str), rank: impl Fn(&str) -> u8) -> Vec<Vec<T>> {
    let mut by_rank: BTreeMap<u8, BTreeMap<String, Vec<T>>> = BTreeMap::new();
    for target in targets {
        let (kind, name) = kind_and_name(&target);
        let (rank, name) = (rank(kind), name.to_owned());
        by_rank.entry(rank).or_default().entry(name).or_default().push(target);
    }
    by_rank.into_values().map(|by_name| by_name.into_values().flatten().collect()).collect()
}

/// Whether a side in `place` is in the zone or the Region `wanted`.
#[must_use]
pub fn is_in(place: &str, wanted: &str) -> bool {
    // Zones are named after their Region: us-east-1a, and us-west-2-lax-1a for a Local Zone.
    let rest = |rest: &str| {
        rest.is_empty() || rest.starts_with('-') || (rest.len() == 1 && !rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    is_place(wanted) && place.strip_prefix(wanted).is_some_and(rest)
}

/// Whether this is how AWS names a zone or a Region, as in `us-east-1a` and `us-gov-west-1`.
#[must_use]
pub fn is_place(text: &str) -> bool {
    let letters = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    let numbered = |part: &str| {
        let zone = part.trim_start_matches(|c: char| c.is_ascii_digit());
        zone.len() < part.len() && (zone.is_empty() || (zone.len() == 1 && letters(zone)))
    };
    let parts: Vec<&str> = text.split('-').collect();
    match parts.iter().position(|part| !letters(part)) {
        Some(number) => number >= 2 && parts[0].len() == 2 && numbered(parts[number]),
        None => false,
    }
}

/// The zones and Regions that sides are in, for a person who has mistyped one.
#[must_use]
pub fn places<'t>(targets: impl IntoIterator<Item = TargetRef<'t>>) -> Vec<&'t str> {
    let all = targets.into_iter().flat_map(|target_ref| target_ref.sides).map(|side| side.place.as_str());
    let mut places: Vec<&str> = all.filter(|place| is_place(place)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// What is said of a place in which there is nothing.
#[must_use]
pub fn nothing_in(place: &str, known: &[&str]) -> String {
    let near = nearest(place, known.iter().copied()).map_or_else(String::new, |near| format!("did you mean {near}? "));
    format!("no target has a side in \"{place}\"; {near}known are: {}", known.join(", "))
}

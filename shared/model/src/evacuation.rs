//! Plans the evacuation of a zone or a Region: its targets and their order. Pure.

use std::collections::BTreeMap;

use crate::{correlation::TargetRef, text::nearest, topology::Side, trigger::Aim};

/// The evacuation of a zone or a Region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evacuation {
    /// The targets to move: those of a wave at the same time, each wave after the previous one has ended.
    pub waves: Vec<Vec<Leaving>>,
    /// The targets that are not moved, by name.
    pub stays: Vec<Stay>,
}

/// A target that leaves the location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaving {
    /// The target.
    pub target: String,
    /// Its kind.
    pub kind: String,
    /// The side to leave.
    pub away_from: Option<String>,
    /// The only possible destination, where several sides are in the location.
    pub to: Option<String>,
}

/// A target that is not moved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stay {
    /// The target.
    pub target: String,
    /// Its kind.
    pub kind: String,
    /// The reason.
    pub why: Why,
}

/// The reason why a target is not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It has several possible destinations, so an operator must choose.
    Ambiguous,
    /// All of its sides are in the location.
    NoOtherSide,
    /// The topology does not say where its sides are.
    NoLocation,
    /// Another stack acts on it, with a journal of its own.
    OtherStack,
}

impl Why {
    /// The reason, for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ambiguous => "several of its sides are in it and several are not: choose one with --to",
            Self::NoOtherSide => "all of its sides are in it",
            Self::OtherStack => "another stack acts on it: run the command with --stack, --table and --topic-arn of that stack",
            Self::NoLocation => "the topology does not say where its sides are: check the target by hand",
        }
    }
}

impl Leaving {
    /// The side to leave or to move to.
    #[must_use]
    pub fn aim(&self) -> Option<Aim> {
        self.to.clone().map(Aim::To).or_else(|| self.away_from.clone().map(Aim::AwayFrom))
    }
}

/// Plans the evacuation of `location`, a zone or a Region, for all targets with their kinds; `rank` gives the order of the
/// kinds.
#[must_use]
pub fn evacuate<'t>(
    targets: impl IntoIterator<Item = (&'t str, TargetRef<'t>)>,
    location: &str,
    rank: impl Fn(&str) -> u8,
) -> Evacuation {
    let mut leaving = Vec::new();
    let mut stays = Vec::new();
    for (kind, target_ref) in targets {
        let target = target_ref.policy.name.clone();
        let (inside, others): (Vec<&Side>, Vec<&Side>) =
            target_ref.sides.iter().partition(|side| is_in(&side.location, location));
        let name = |side: &&Side| Some(side.name.clone());
        let mut stay = |why| stays.push(Stay { target: target.clone(), kind: kind.to_owned(), why });
        match (&inside[..], &others[..]) {
            ([], others) if others.iter().all(|side| is_location(&side.location)) => {}
            ([], _) => stay(Why::NoLocation),
            (_, []) => stay(Why::NoOtherSide),
            ([side], _) => leaving.push(Leaving { target, kind: kind.to_owned(), away_from: name(side), to: None }),
            (_, [side]) => leaving.push(Leaving { target, kind: kind.to_owned(), away_from: None, to: name(side) }),
            _ => stay(Why::Ambiguous),
        }
    }
    stays.sort();
    Evacuation { waves: waves(leaving, |leaving| (&leaving.kind, &leaving.target), rank), stays }
}

/// Orders targets for an operation on many of them: resources that users depend on move before users are sent there.
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

/// Whether a side in `location` is in the zone or the Region `wanted`.
#[must_use]
pub fn is_in(location: &str, wanted: &str) -> bool {
    // Zones are named after their Region: us-east-1a, and us-west-2-lax-1a for a Local Zone.
    let rest = |rest: &str| {
        rest.is_empty() || rest.starts_with('-') || (rest.len() == 1 && !rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    is_location(wanted) && location.strip_prefix(wanted).is_some_and(rest)
}

/// Whether the text has the form of the name of a zone or a Region, as in `us-east-1a` and `us-gov-west-1`.
#[must_use]
pub fn is_location(text: &str) -> bool {
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

/// The zones and Regions that sides are in, to suggest one for a mistyped name.
#[must_use]
pub fn locations<'t>(targets: impl IntoIterator<Item = TargetRef<'t>>) -> Vec<&'t str> {
    let all = targets.into_iter().flat_map(|target_ref| target_ref.sides).map(|side| side.location.as_str());
    let mut locations: Vec<&str> = all.filter(|location| is_location(location)).collect();
    locations.sort_unstable();
    locations.dedup();
    locations
}

/// The error for a location without any side.
#[must_use]
pub fn no_side_in(location: &str, known: &[&str]) -> String {
    let near = nearest(location, known.iter().copied()).map_or_else(String::new, |near| format!("did you mean {near}? "));
    format!("no target has a side in \"{location}\"; {near}known are: {}", known.join(", "))
}

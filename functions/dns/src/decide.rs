//! Decides which side each answer should point to. Pure.

mod aim;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use aim::{Aims, Location};
use crossover_model::{
    decision::{Decision, Plan, Situation, Verdict},
    health::State,
    hold::{Held, Hold},
    text::{list, quoted},
    topology::Target,
};
use words::Move;

use crate::{
    batch::{Batch, batches},
    observe::Observed,
    record_group::{RecordGroup, record_groups},
    shares::{Shares, serves},
    spec::{DnsSpec, Switch},
    step::{DnsStep, Unmanaged},
};

/// The most names that a message lists.
const LISTED: usize = 5;

/// Each answer is at home while home is healthy, else at a healthy side. Answers that need not move stay.
pub(crate) fn decide(situation: &Situation<'_, Target<DnsSpec>, Observed>) -> Decision<DnsStep> {
    let (groups, unmanaged) = record_groups(&situation.target.spec, situation.observed, situation.memory);
    let batches = batches(&groups, &situation.target.spec.switch);
    let aims = Aims { situation };
    let locations: Vec<(&RecordGroup, Location)> = groups.iter().map(|group| (group, aims.location(group))).collect();
    let question = Question { situation, batches: &batches, locations: &locations, unmanaged: &unmanaged };
    Decision {
        verdict: question.verdict(),
        held: None,
        undo: None,
        half_done: Vec::new(),
        away: question.away(),
        home: question.home(),
        serving: question.serving(),
        ready: question.ready(&aims),
        seen_healthy: situation.observed.healthy.clone(),
        available: BTreeSet::new(),
        cannot_serve: BTreeSet::new(),
        remarks: question.remarks(),
    }
}

struct Question<'a> {
    situation: &'a Situation<'a, Target<DnsSpec>, Observed>,
    batches: &'a [Batch<'a>],
    locations: &'a [(&'a RecordGroup, Location)],
    /// The declared records that can't be switched.
    unmanaged: &'a [Unmanaged],
}

/// The sides whose share of a group grows.
fn taking_over<'m>((group, aim): &Move<'m>) -> impl Iterator<Item = &'m String> {
    let grows = |(side, weight): &(&String, &u8)| group.now.get(*side).is_none_or(|now| now < *weight);
    aim.iter().filter(grows).map(|(side, _)| side).collect::<Vec<_>>().into_iter()
}

impl<'a> Question<'a> {
    fn spec(&self) -> &'a DnsSpec {
        &self.situation.target.spec
    }

    fn moving(&self) -> Vec<Move<'a>> {
        let moving = |(group, location): &'a (&'a RecordGroup, Location)| match location {
            Location::At { shares, .. } => Some((*group, shares)),
            Location::Here | Location::Nowhere => None,
        };
        self.locations.iter().filter_map(moving).collect()
    }

    /// The moving groups, with the shares of each after the last stage.
    fn aims(&self) -> Vec<Move<'a>> {
        let moving = |(group, location): &'a (&'a RecordGroup, Location)| match location {
            Location::At { aim, .. } => Some((*group, aim)),
            Location::Here | Location::Nowhere => None,
        };
        self.locations.iter().filter_map(moving).collect()
    }

    fn nowhere(&self) -> Vec<&'a str> {
        let stuck =
            |(group, location): &'a (&'a RecordGroup, Location)| (*location == Location::Nowhere).then_some(group.name.as_str());
        self.locations.iter().filter_map(stuck).collect()
    }

    fn verdict(&self) -> Verdict<DnsStep> {
        let (moving, nowhere) = (self.moving(), self.nowhere());
        if moving.is_empty() {
            let stuck = (!nowhere.is_empty()).then(|| self.no_side_able(&nowhere));
            let hold = stuck.or_else(|| self.nothing_to_switch()).or_else(|| self.home_unable()).or_else(|| self.failing());
            return hold.map_or_else(|| Verdict::Settled(self.settled()), Verdict::Hold);
        }
        let aims = self.aims();
        let continues = aims.iter().zip(&moving).any(|((_, aim), (_, shares))| aim != shares);
        Verdict::CrossOver(Plan {
            stages: vec![self.steps(&moving, continues)],
            left: moving.iter().flat_map(|mover| self.left(mover)).cloned().collect(),
            to: aims.iter().flat_map(taking_over).cloned().collect(),
            reason: words::reason(self.situation, &aims, continues),
            loss: words::loss(self.spec(), &moving),
            continues,
        })
    }

    /// The steps of a move. Its last part is partial if nothing of a declared record can be switched.
    fn steps(&self, moving: &[Move<'a>], continues: bool) -> Vec<DnsStep> {
        let unmanaged = self.unmanaged.iter().filter(|record| record.is_whole && !continues).cloned().map(DnsStep::Unmanaged);
        let moved: BTreeMap<&str, &Shares> = moving.iter().map(|(group, shares)| (group.name.as_str(), *shares)).collect();
        self.batches.iter().filter_map(|batch| batch.step(self.spec(), &moved)).chain(unmanaged).collect()
    }

    /// The sides that a group leaves because they should be empty.
    fn left(&self, (group, _): &Move<'a>) -> Vec<&'a String> {
        self.situation.required.leave.iter().filter(|side| serves(&group.now, side)).collect()
    }

    fn settled(&self) -> String {
        let away = self.locations.iter().filter(|(group, _)| !group.is_home()).count();
        match (self.locations.len(), away) {
            (0, _) => "none of its answers can be switched".to_owned(),
            (_, 0) => "every answer is at home".to_owned(),
            (_, away) => format!("every answer is where it should be for now; {away} of them are away from home"),
        }
    }

    /// Holds if a side should be left and none of its answers can move.
    fn nothing_to_switch(&self) -> Option<Hold> {
        let leave = &self.situation.required.leave;
        (self.locations.is_empty() && !leave.is_empty()).then(|| {
            let why: Vec<String> = self.unmanaged.iter().map(Unmanaged::in_words).collect();
            let (sides, why) = (list(leave.iter().map(String::as_str), LISTED), list(why.iter().map(String::as_str), LISTED));
            Hold { why: Held::NoSideAble, text: format!("no answer can be moved away from {sides}: {why}") }
        })
    }

    /// Holds if an operator orders a failback to a side that its alarms find healthy and a health check does not.
    fn home_unable(&self) -> Option<Hold> {
        let Situation { required, observed, .. } = self.situation;
        let misses = |side: &String| self.locations.iter().any(|(group, _)| group.misses(side));
        let called = observed.unable.iter().filter(|(side, _)| required.home.contains(*side) && misses(side));
        let sides: Vec<String> = called.map(|(side, why)| format!("{side}: {why}")).collect();
        (!sides.is_empty())
            .then(|| Hold { why: Held::HomeUnhealthy, text: format!("nothing can be failed back: {}", sides.join(", ")) })
    }

    /// Holds if answers lead to a side of which Route 53 finds every health check unhealthy, and its alarms are unknown: its
    /// checkers are the only evidence then, and unknown is never a reason to move.
    fn failing(&self) -> Option<Hold> {
        let Situation { observed, health, target, .. } = self.situation;
        let is_unknown = |side: &&String| health.get(*side).is_none_or(|health| health.state == State::Unknown);
        let serving = |side: &&String| self.locations.iter().any(|(group, _)| serves(&group.now, side));
        let sides: Vec<&String> = observed.failing.iter().filter(is_unknown).filter(serving).collect();
        let first = sides.first()?;
        let one = |side: &&String| {
            let why = observed.unable.get(*side).map_or("", String::as_str);
            let evidence = health.get(*side).map_or("no alarm", |health| health.evidence.as_str());
            format!("{side} can't serve, by Route 53's own word ({why}), and its alarms say nothing ({evidence})")
        };
        let itself = match self.spec().switch {
            Switch::Failover | Switch::Weighted { .. } => {
                " Route 53 itself answers with another record set, as long as one is healthy."
            }
            _ => "",
        };
        let text = format!(
            "{}.{itself} To move its answers away: crossover failover {} --away-from {} --reason WHY",
            sides.iter().map(one).collect::<Vec<_>>().join(". "),
            target.policy.name,
            quoted(first)
        );
        Some(Hold { why: Held::CannotServe, text })
    }

    fn no_side_able(&self, nowhere: &[&str]) -> Hold {
        let situation = self.situation;
        let why = |side: &String| {
            let health = situation.health.get(side).map_or(State::Unknown, |health| health.state);
            match situation.observed.unable.get(side) {
                _ if situation.required.leave.contains(side) && health != State::Unhealthy => {
                    format!("an operator wants {side} empty")
                }
                Some(why) if health != State::Unhealthy => format!("{side}: {why}"),
                _ => format!("{side} is {health}"),
            }
        };
        let sides: Vec<String> = self.spec().sides.iter().map(why).collect();
        let text = format!("{} can't be moved to any side: {}", list(nowhere.iter().copied(), LISTED), sides.join(", "));
        Hold { why: Held::NoSideAble, text }
    }

    fn away(&self) -> BTreeMap<String, String> {
        let away = self.batches.iter().filter(|batch| !batch.is_home());
        away.map(|batch| (batch.resource(), batch.location(&self.spec().switch, &BTreeMap::new()))).collect()
    }

    fn home(&self) -> BTreeSet<String> {
        self.batches.iter().filter(|batch| batch.is_home()).map(Batch::resource).collect()
    }

    fn serving(&self) -> BTreeMap<String, usize> {
        let count = |side: &String| self.locations.iter().filter(|(group, _)| serves(&group.now, side)).count();
        self.spec().sides.iter().map(|side| (side.clone(), count(side))).collect()
    }

    /// Homes that could take back their work, but not automatically.
    fn ready(&self, aims: &Aims<'_>) -> BTreeSet<String> {
        let staying = self.locations.iter().filter(|(_, location)| *location == Location::Here);
        staying.flat_map(|(group, _)| aims.could_come_home(group)).cloned().collect()
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = self.unmanaged.iter().map(Unmanaged::in_words).collect();
        remarks.extend(self.situation.observed.remarks.iter().cloned());
        let nowhere = self.nowhere();
        if !nowhere.is_empty() && nowhere.len() < self.locations.len() {
            remarks.push(self.no_side_able(&nowhere).text);
        }
        remarks
    }
}

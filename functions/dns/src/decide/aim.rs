//! The desired shares of one record group. Pure.

use std::collections::BTreeSet;

use crossover_model::{decision::Situation, health::State, topology::Target};

use crate::{
    observe::Observed,
    record_group::RecordGroup,
    shares::{Shares, between, is_less, part, serves},
    spec::{DnsSpec, Switch},
};

/// The desired state of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Location {
    /// The current state, even if it differs from the topology: the difference may be intended.
    Here,
    /// These shares, which are the desired ones.
    At {
        /// Each side's weight.
        shares: Shares,
        /// The weights after the last stage; this may be an earlier one.
        aim: Shares,
    },
    /// It must leave, and no side can take it.
    Nowhere,
}

/// The desired state, group by group.
pub(super) struct Aims<'a> {
    pub(super) situation: &'a Situation<'a, Target<DnsSpec>, Observed>,
}

impl Aims<'_> {
    pub(super) fn location(&self, group: &RecordGroup) -> Location {
        let required = self.situation.required;
        let left: BTreeSet<&String> = required.leave.iter().filter(|side| serves(&group.now, side)).collect();
        if !left.is_empty() {
            let avoided = required.avoid.iter().filter(|side| !serves(&group.now, side));
            let Some(aim) = self
                .without(group, &required.leave.iter().chain(avoided).collect())
                .or_else(|| self.without(group, &required.leave.iter().collect()))
            else {
                return Location::Nowhere;
            };
            let part = |shares: &Shares| part(shares, left.iter().copied());
            return self.part_of_the_way(group, &group.home, &aim, |shares| is_less(part(shares), part(&group.now)));
        }
        let called: BTreeSet<&String> = self.could_come_home(group).filter(|side| required.home.contains(*side)).collect();
        if called.is_empty() {
            return Location::Here;
        }
        // A side that is still empty stays so: its work returns with its own failback.
        let is_out = |side: &&String| !called.contains(side) && !serves(&group.now, side);
        let out: BTreeSet<&String> = group.now.keys().filter(is_out).chain(&required.leave).collect();
        let Some(aim) = self.without(group, &out) else { return Location::Here };
        let begun = self.without(group, &out.union(&called).copied().collect()).unwrap_or_else(|| aim.clone());
        let part = |shares: &Shares| part(shares, called.iter().copied());
        self.part_of_the_way(group, &begun, &aim, |shares| is_less(part(&group.now), part(shares)))
    }

    /// Sides that can take back their own work, and have less of it than at home.
    pub(super) fn could_come_home<'t>(&self, group: &'t RecordGroup) -> impl Iterator<Item = &'t String> {
        group.home.keys().filter(|side| group.misses(side)).filter(|side| self.can_take(side))
    }

    /// A healthy side; with `--force` also one in doubt, but only if no other is healthy.
    fn can_take(&self, side: &str) -> bool {
        let none_is_healthy = || !self.situation.target.spec.sides.iter().any(|side| self.is_healthy(side));
        let overridden = || self.situation.required.overridden.contains(side) && self.is_free(side);
        self.is_healthy(side) || (overridden() && none_is_healthy())
    }

    /// Healthy by its alarms; or by Route 53's checkers, if its alarms are unknown.
    fn is_healthy(&self, side: &str) -> bool {
        let Situation { health, observed, .. } = self.situation;
        let state = health.get(side).map_or(State::Unknown, |health| health.state);
        let vouched = state == State::Unknown && observed.healthy.contains(side);
        (state == State::Healthy || vouched) && self.is_free(side)
    }

    /// Whether neither an intent nor a health check excludes it.
    fn is_free(&self, side: &str) -> bool {
        !self.situation.required.leave.contains(side) && !self.situation.observed.unable.contains_key(side)
    }

    /// The home shares without these sides; `None` if no other side can take them.
    fn without(&self, group: &RecordGroup, out: &BTreeSet<&String>) -> Option<Shares> {
        let taking = self.situation.target.spec.sides.iter().filter(|side| group.now.contains_key(*side));
        let takers: Vec<&String> = taking.filter(|side| !out.contains(side) && self.can_take(side)).collect();
        let first = takers.first()?;
        let alone = !matches!(self.situation.target.spec.switch, Switch::Weighted { .. });
        let one = |(side, now): (&String, &u8)| {
            let home = group.home.get(side).copied().unwrap_or_default();
            let weight = match () {
                () if out.contains(side) => 0,
                () if takers.contains(&side) => home,
                // A side that is not known to be healthy gets no more than it has.
                () if alone => 0,
                () => (*now).min(home),
            };
            (side.clone(), weight)
        };
        let mut shares: Shares = group.now.iter().map(one).collect();
        if takers.iter().all(|side| shares.get(*side) == Some(&0)) {
            // None of these sides has work of its own, so they take the shares of the excluded sides.
            let freed: usize = out.iter().filter_map(|side| group.home.get(*side)).map(|weight| usize::from(*weight)).sum();
            if alone {
                shares.insert((*first).clone(), 1);
            } else {
                let each = (freed / takers.len()).clamp(1, 255);
                shares.extend(takers.iter().map(|side| ((*side).clone(), u8::try_from(each).unwrap_or(u8::MAX))));
            }
        }
        Some(shares)
    }

    /// The aim; or, if stages are declared, the first of them that is beyond the current state.
    fn part_of_the_way(
        &self,
        group: &RecordGroup,
        begun: &Shares,
        aim: &Shares,
        is_further: impl Fn(&Shares) -> bool,
    ) -> Location {
        let stages: &[u8] = match &self.situation.target.spec.switch {
            Switch::Weighted { stages, .. } => stages,
            _ => &[],
        };
        let parts = stages.iter().filter(|percent| **percent < 100).map(|percent| {
            // In each stage too, a side that can't take work gets no more than it has.
            let capped = between(begun, aim, *percent).into_iter().map(|(side, weight)| {
                let now = group.now.get(&side).copied().unwrap_or_default();
                let weight = if self.can_take(&side) { weight } else { weight.min(now) };
                (side, weight)
            });
            capped.collect::<Shares>()
        });
        let is_part = |shares: &Shares| shares != aim && *shares != group.now && shares.values().any(|weight| *weight > 0);
        let shares = parts.filter(is_part).find(is_further).unwrap_or_else(|| aim.clone());
        if shares == group.now { Location::Here } else { Location::At { shares, aim: aim.clone() } }
    }
}

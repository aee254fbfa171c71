//! Which members can take over, and the best of them. Pure.

use std::{cmp::Reverse, time::Duration};

use crossover_rds::{AVAILABLE, is_aurora, may_be_promoted, serves};

use super::course::Course;
use crate::{
    able::Unfit,
    observe::{Role, Sight},
    spec::Engine,
};

impl<'a> Course<'a> {
    /// Why a side can't take over; `None` if it can, apart from what may be lost.
    pub(super) fn unable(&self, side: &str) -> Option<String> {
        let view = self.view;
        let label = view.label(side);
        let state = view.health(side);
        let why = match view.observed().members.get(side) {
            _ if !view.situation.required.may_take(side, state) => format!("is {}", self.unfit_state(side)),
            Some(Sight::Unreadable(why)) => format!("can't be read ({why})"),
            Some(Sight::Missing) | None => "does not exist, or is not a standby".to_owned(),
            Some(Sight::Seen(seen)) => match &seen.role {
                Role::Writer if side != self.writer => "is a writer itself and not a replica".to_owned(),
                Role::Replica(of)
                    if of.as_deref() != Some(self.writer) && !(view.cut_off(side).is_some() && view.is_forced_to(side)) =>
                {
                    let of = of.as_ref().map_or_else(|| "an undeclared source".to_owned(), |of| view.label(of));
                    format!("replicates from {of}, not from {}", view.label(self.writer))
                }
                _ => match Unfit::of(view.spec(), seen, view.observed().seen(self.writer)) {
                    Some(unfit) => unfit.in_words(seen),
                    None if !self.status_allows(&seen.status) => format!("has the status {}, not available", seen.status),
                    None => return None,
                },
            },
        };
        Some(format!("{label} {why}"))
    }

    /// Whether a member of this status can become the writer. A replica in another one than `available` is promoted only by force:
    /// its source is fenced before RDS is asked.
    fn status_allows(&self, status: &str) -> bool {
        match self.view.spec().engine {
            Engine::RdsReplica if self.view.situation.required.force => may_be_promoted(status),
            Engine::RdsReplica => status == AVAILABLE,
            Engine::RdsMultiAz { .. } | Engine::Aurora { .. } | Engine::AuroraGlobal { .. } => serves(status),
        }
    }

    fn unfit_state(&self, side: &str) -> String {
        if self.view.situation.memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(side)) {
            return "being emptied by an operator".to_owned();
        }
        self.view.health(side).to_string()
    }

    /// The best of those that can take over. The order is deterministic: those that were not left within the block first; then by
    /// least lag, where data can be lost; then by promotion tier, the writer's own Region first, and by name.
    pub(super) fn best(&self) -> Option<&'a str> {
        let view = self.view;
        let spec = view.spec();
        let own = spec.member(self.writer).and_then(|member| member.region.as_deref());
        let able = spec.members.iter().filter(|member| member.side != self.writer && self.unable(&member.side).is_none());
        let key = |member: &&'a crate::member::Member| {
            let seen = view.observed().seen(&member.side);
            let loss = seen.and_then(|seen| seen.lag.worst_loss(view.now()));
            let loss = loss.unwrap_or(Duration::MAX);
            let tier = seen.map_or(u32::MAX, |seen| seen.tier);
            let same_region = Reverse(member.region.as_deref() == own);
            // A standby of a Multi-AZ DB cluster applies what it lacks before it takes over, which takes as long as its lag.
            let has_own_storage = seen.is_some_and(|seen| !is_aurora(&seen.engine));
            let (first, second) = match spec.engine {
                Engine::Aurora { .. } if has_own_storage => (loss.as_secs(), u128::from(tier)),
                // Aurora's readers share the writer's storage: their lag is milliseconds.
                Engine::Aurora { .. } | Engine::RdsMultiAz { .. } => (u64::from(tier), loss.as_millis()),
                Engine::RdsReplica | Engine::AuroraGlobal { .. } => (loss.as_secs(), u128::from(tier)),
            };
            let was_left = view.situation.required.avoid.contains(&member.side);
            (was_left, first, second, same_region, member.side.as_str())
        };
        able.min_by_key(key).map(|member| member.side.as_str())
    }
}

//! The roles of the members: the writer, the chosen one, and those that may still take writes. Pure.

use std::collections::BTreeSet;

use crossover_model::{
    crossover::Crossover,
    decision::Situation,
    direction::Direction,
    health::State,
    hold::{Held, Hold},
    step::{FOUND, StepCard, Undo, Way},
    topology::Target,
};
use crossover_rds::AVAILABLE;
use crossover_route53::{RecordAnswer, RecordSet};

use crate::{
    member::Member,
    observe::{Observed, Record, Role, Seen},
    spec::{DatabaseSpec, Engine, Fence},
    step::{FENCE, UNFENCE, Verb},
};

/// The statuses of a replica that is being promoted.
const BECOMING: [&str; 3] = ["modifying", "rebooting", "promoting"];
/// The statuses of an instance that takes no writes.
const SHUT: [&str; 4] = ["stopping", "stopped", "deleting", "failed"];

/// A situation, seen as a database.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) situation: &'a Situation<'a, Target<DatabaseSpec>, Observed>,
}

/// The choice of the open crossover, which is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice<'a> {
    pub(crate) crossover: &'a Crossover,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
}

impl Choice<'_> {
    /// Whether its possible loss was allowed when it was made.
    pub(crate) fn was_allowed(&self, resource: &str) -> bool {
        let card = self.crossover.steps.iter().map(|step| &step.card).find(|card| card.resource == resource);
        card.is_some_and(|card| Verb::LOSING.iter().any(|verb| verb.as_str() == card.step))
    }
}

impl<'a> View<'a> {
    pub(crate) fn spec(self) -> &'a DatabaseSpec {
        &self.situation.target.spec
    }

    pub(crate) fn observed(self) -> &'a Observed {
        self.situation.observed
    }

    pub(crate) fn name(self) -> &'a str {
        &self.situation.target.policy.name
    }

    /// The name of the moved resource in answers and notices.
    pub(crate) fn resource(self) -> String {
        format!("{} writer", self.name())
    }

    /// The name of a side for people.
    pub(crate) fn label(self, side: &str) -> String {
        self.spec().member(side).map_or_else(|| side.to_owned(), Member::label)
    }

    /// The name of a side's fence in answers and notices.
    pub(crate) fn fence_of(self, side: &str) -> String {
        format!("{} fence", self.label(side))
    }

    /// The name of a side's new replica in answers and notices.
    pub(crate) fn replica_of(self, side: &str) -> String {
        format!("{} replica", self.label(side))
    }

    /// The name of a replica's lag in answers and notices.
    pub(crate) fn lag_of(self, side: &str) -> String {
        format!("{} lag", self.label(side))
    }

    pub(crate) fn health(self, side: &str) -> State {
        self.situation.health.get(side).map_or(State::Unknown, |health| health.state)
    }

    pub(crate) fn is_home(self, side: &str) -> bool {
        self.spec().home() == side
    }

    fn side_named(self, name: &str) -> Option<&'a str> {
        self.spec().member(name).map(|member| member.side.as_str())
    }

    /// The choice of the open crossover.
    pub(crate) fn choice(self) -> Option<Choice<'a>> {
        let crossover = self.situation.memory.open.as_ref()?;
        let resource = self.resource();
        let card = crossover.steps.iter().map(|step| &step.card).find(|card| card.resource == resource)?;
        // The reason of a crossover that was found rather than made states that.
        let from = self.side_named(&card.from).unwrap_or_else(|| self.spec().home());
        let is_home = card.step == FOUND && card.way == Way::Home;
        let to = self.side_named(&card.to).or_else(|| is_home.then(|| self.spec().home()))?;
        Some(Choice { crossover, from, to })
    }

    /// Whether AWS is making the chosen one the writer.
    pub(crate) fn is_under_way(self, choice: &Choice<'_>) -> bool {
        match self.spec().engine {
            Engine::RdsReplica => self
                .observed()
                .seen(choice.to)
                .is_some_and(|seen| matches!(seen.role, Role::Replica(_)) && BECOMING.contains(&seen.status.as_str())),
            Engine::RdsMultiAz { .. } | Engine::Aurora { .. } | Engine::AuroraGlobal { .. } => self.observed().moving.is_some(),
        }
    }

    /// Whether a member has completed its promotion.
    pub(crate) fn is_settled_in(self, writer: &str) -> bool {
        let seen = self.observed().seen(writer);
        match self.spec().engine {
            Engine::RdsReplica => seen.is_some_and(|seen| seen.role == Role::Writer && seen.status == AVAILABLE),
            _ => self.observed().moving.is_none(),
        }
    }

    /// The writer: as described; if several could be, by the memory, the fences, and the
    /// record.
    pub(crate) fn writer(self) -> Result<&'a str, Hold> {
        let observed = self.observed();
        if self.spec().engine != Engine::RdsReplica {
            let none = || ambiguous("AWS names none of its members as the writer");
            return observed.writer.as_deref().and_then(|side| self.side_named(side)).ok_or_else(none);
        }
        let sides = || self.spec().members.iter().map(|member| member.side.as_str());
        let takes_writes = |side: &str| observed.seen(side).is_some_and(|seen| seen.role == Role::Writer);
        let followed = |side: &str| {
            let follows = |other| {
                let role = observed.seen(other).map(|seen| &seen.role);
                matches!(role, Some(Role::Replica(Some(of))) if of == side)
            };
            observed.seen(side).is_none() && sides().any(follows)
        };
        let could_be: Vec<&str> = sides().filter(|side| takes_writes(side) || followed(side)).collect();
        let remembered = || {
            let moved = self.choice().map(|choice| choice.to).filter(|to| takes_writes(to));
            let away = || self.situation.memory.away.get(&self.resource()).and_then(|at| self.side_named(at));
            moved.or_else(|| away().filter(|at| could_be.contains(at) || observed.is_unreadable(at)))
        };
        let only = |sides: &[&'a str]| if let [only] = sides { Some(*only) } else { None };
        let open: Vec<&str> = could_be.iter().copied().filter(|side| !self.is_fenced(side)).collect();
        remembered()
            .or_else(|| only(&could_be))
            .or_else(|| only(&open))
            .or_else(|| self.record_side().filter(|side| could_be.contains(side)))
            .ok_or_else(|| {
                let names: Vec<String> = could_be.iter().map(|side| self.label(side)).collect();
                ambiguous(&match names.as_slice() {
                    [] => "none of its members is the source of the others".to_owned(),
                    names => {
                        format!("{} take writes, and neither the journal nor a record identifies the writer", names.join(" and "))
                    }
                })
            })
    }

    /// Whether clients can't write to a side because it is fenced or not running.
    pub(crate) fn is_fenced(self, side: &str) -> bool {
        let Some(seen) = self.observed().seen(side) else { return false };
        let in_group = match &self.spec().fence {
            Fence::SecurityGroup(group) => is_in(seen, group) && !seen.security_groups_pending,
            Fence::Stop | Fence::None => false,
        };
        in_group || SHUT.contains(&seen.status.as_str())
    }

    /// Earlier writers that may still take writes: those that can be
    /// fenced now, and those that can't be reached.
    pub(crate) fn to_fence(self, writer: &str) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
        if self.spec().fence == Fence::None {
            return (BTreeSet::new(), BTreeSet::new());
        }
        let choice = self.choice().filter(|choice| choice.to == writer);
        let remembered = self.situation.memory.away.get(&self.resource()).is_some_and(|at| at == writer);
        let was_writer = |side: &&str| *side != writer && (remembered || choice.is_some_and(|choice| choice.from == *side));
        let others: Vec<&str> = self.spec().members.iter().map(|member| member.side.as_str()).filter(was_writer).collect();
        let is_open =
            |side: &&str| self.observed().seen(side).is_some_and(|seen| seen.role == Role::Writer) && !self.is_fenced(side);
        let is_lost = |side: &&str| {
            let left = choice.is_some_and(|choice| choice.from == *side && !self.was_fenced(&choice, side));
            left && self.observed().is_unreadable(side)
        };
        (others.iter().copied().filter(is_open).collect(), others.iter().copied().filter(is_lost).collect())
    }

    /// Whether the open crossover has already fenced a side.
    fn was_fenced(self, choice: &Choice<'_>, side: &str) -> bool {
        let fence = self.fence_of(side);
        choice.crossover.steps.iter().any(|step| step.card.resource == fence && step.result.is_good())
    }

    /// The security groups of a side before the open crossover fenced it.
    pub(crate) fn groups_before(self, side: &str) -> Option<BTreeSet<String>> {
        let open = self.situation.memory.open.as_ref()?;
        let (fence, label) = (self.fence_of(side), self.label(side));
        let is_of_it = |card: &&StepCard| match card.step.as_str() {
            FENCE => card.resource == fence,
            UNFENCE => card.resource == label,
            _ => false,
        };
        let card = open.steps.iter().map(|step| &step.card).find(is_of_it)?;
        match &card.undo {
            Some(Undo::Restore { ids, .. }) => Some(ids.clone()),
            Some(Undo::Other(_)) => None,
            None => groups_in_text(card),
        }
    }

    /// The record set of the writer's record, and its value.
    pub(crate) fn record(self) -> Option<(&'a RecordSet, String)> {
        match &self.observed().record {
            Some(Record::Seen(set)) => match &set.answer {
                RecordAnswer::Values { values, .. } => Some((set, plain(values.first()?))),
                RecordAnswer::Alias(_) => None,
            },
            _ => None,
        }
    }

    /// The side that the record points to; the writer, if several have that name.
    pub(crate) fn record_side(self) -> Option<&'a str> {
        let (_, value) = self.record()?;
        let leads_to = |side: &&str| self.endpoint(side).is_some_and(|endpoint| plain(endpoint) == value);
        let sides = || self.spec().members.iter().map(|member| member.side.as_str());
        let writer = self.observed().writer.as_deref().and_then(|side| self.side_named(side));
        writer.filter(leads_to).or_else(|| sides().find(leads_to))
    }

    /// The endpoint of a side.
    pub(crate) fn endpoint(self, side: &str) -> Option<&'a str> {
        self.observed().seen(side)?.endpoint.as_deref()
    }

    /// Whether the writer has its declared backups and standby.
    pub(crate) fn is_as_declared(self, seen: &Seen) -> bool {
        let after = &self.spec().after;
        after.backup_retention_days.is_none_or(|days| days == seen.backup_retention_days)
            && after.multi_az.is_none_or(|standby| standby == seen.multi_az)
    }

    /// The sides that a plan leaves, so that it continues the open crossover or is a new one.
    pub(crate) fn left_before(self, writer: &str) -> BTreeSet<String> {
        match self.choice() {
            Some(choice) if choice.to == writer && choice.crossover.direction == Direction::Failback => BTreeSet::new(),
            Some(choice) if choice.to == writer => [choice.from.to_owned()].into(),
            _ if self.is_home(writer) => BTreeSet::new(),
            _ => [self.spec().home().to_owned()].into(),
        }
    }
}

/// The same for a step of the version 0.1, or that it has written again: only the text has them. None where it has none, as
/// an instance without security groups can't be.
fn groups_in_text(card: &StepCard) -> Option<BTreeSet<String>> {
    let text = if card.step == FENCE { &card.from } else { &card.to };
    let groups: BTreeSet<String> = text.split(", ").filter(|group| group.starts_with("sg-")).map(str::to_owned).collect();
    (!groups.is_empty()).then_some(groups)
}

fn ambiguous(what: &str) -> Hold {
    let text = format!("{what}: make all but one of them read replicas of it, or remove them from the topology");
    Hold { why: Held::Ambiguous, text }
}

/// Whether this is its only security group.
fn is_in(seen: &Seen, group: &str) -> bool {
    seen.security_groups.len() == 1 && seen.security_groups.contains(group)
}

/// A name in the common form of Route 53 and RDS.
pub(crate) fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

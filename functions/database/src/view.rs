//! The roles of the members: the writer, the chosen one, and those that may still take writes. Pure.

use std::{collections::BTreeSet, time::Duration};

use crossover_model::{
    crossover::Crossover,
    decision::Situation,
    direction::Direction,
    half_done::HalfDone,
    health::State,
    hold::{Held, Hold},
    step::{FOUND, StepCard, StepReport, StepResult, Undo, Way},
    time::within,
    topology::Target,
    trigger::Aim,
};
use crossover_rds::{AVAILABLE, begins_promotion, is_broken, is_shut, serves};
use crossover_route53::{RecordAnswer, RecordSet};
use jiff::Timestamp;

use crate::{
    member::Member,
    observe::{Observed, Record, Role, Seen, Sight},
    spec::{DatabaseSpec, Engine, Fence},
    step::{FENCE, RESTART, UNFENCE, Verb},
};

/// How long RDS may describe a database as it was before a call that it has accepted, and how long after the record of a
/// plan an invocation that died or slept may have made the call. RDS states no limit; an invocation lasts a minute.
const DESCRIBED_WITHIN: Duration = Duration::from_mins(2);
/// How long a restart of an old writer that RDS refuses is tried again.
const RESTARTED_WITHIN: Duration = Duration::from_mins(10);
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
    report: &'a StepReport,
}

/// A change of the writer that AWS may have accepted and that is not seen to have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnderWay<'a> {
    /// AWS shows it.
    Shown,
    /// AWS may have accepted it, and does not show it yet.
    Asked,
    /// AWS may have accepted it, and the member can't be read, with the error.
    Unread(&'a str),
}

impl<'a> Choice<'a> {
    /// The report of the change of the writer.
    pub(crate) fn report(&self) -> &'a StepReport {
        self.report
    }

    /// Whether its possible loss was allowed when it was made.
    pub(crate) fn was_allowed(&self) -> bool {
        Verb::LOSING.iter().any(|verb| verb.as_str() == self.report.card.step)
    }

    /// Whether AWS may have accepted the change: it was planned, and AWS did not refuse it.
    fn may_be_accepted(&self) -> bool {
        let is_refused = matches!(self.report.result, StepResult::Planned | StepResult::Refused | StepResult::Conflict);
        !is_refused && Verb::ALL.iter().any(|verb| verb.as_str() == self.report.card.step)
    }

    /// Whether AWS was asked so recently that it need not show the change yet.
    fn is_recent(&self, now: Timestamp) -> bool {
        was_asked_recently(self.report, self.crossover.started, now)
    }
}

/// Whether AWS was asked so recently that it need not show the change yet.
fn was_asked_recently(report: &StepReport, started: Timestamp, now: Timestamp) -> bool {
    within(report.asked.unwrap_or(started), DESCRIBED_WITHIN, now)
}

/// A change of the writer that a crossover requested which has ended since, and that may still be under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    pub(crate) crossover_id: &'a str,
    pub(crate) to: &'a str,
    pub(crate) under_way: UnderWay<'a>,
}

impl<'a> View<'a> {
    pub(crate) fn spec(self) -> &'a DatabaseSpec {
        &self.situation.target.spec
    }

    pub(crate) fn observed(self) -> &'a Observed {
        self.situation.observed
    }

    /// Now, by the journal's clock where that is known, as the times in the memory are.
    pub(crate) fn now(self) -> Timestamp {
        self.situation.now
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

    /// The name of the connections to a side in answers and notices.
    pub(crate) fn connections_of(self, side: &str) -> String {
        format!("{} connections", self.label(side))
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

    /// Whether the memory has a side as the writer.
    pub(crate) fn is_recorded(self, side: &str) -> bool {
        self.is_home(side) || self.is_recorded_away(side)
    }

    /// Whether the memory has a side as the writer that was made so.
    pub(crate) fn is_recorded_away(self, side: &str) -> bool {
        self.situation.memory.away.get(&self.resource()).is_some_and(|at| at == side)
    }

    /// The member that RDS was asked to promote, if that may be under way and the topology does not declare it any more.
    pub(crate) fn asked_undeclared(self) -> Option<&'a str> {
        let memory = self.situation.memory;
        let open = memory.open.iter().flat_map(|open| &open.steps);
        let mut steps = open.chain(memory.half_done.iter().map(|left| &left.step));
        let is_lost = |step: &&StepReport| {
            let is_refused = matches!(step.result, StepResult::Refused | StepResult::Conflict);
            let promotes = Verb::LOSING.iter().any(|verb| verb.as_str() == step.card.step);
            promotes && step.asked.is_some() && !is_refused && self.side_named(&step.card.to).is_none()
        };
        steps.find(is_lost).map(|step| step.card.to.as_str())
    }

    /// The location of the writer in the memory, if RDS does not have that member any more, or the topology does not declare it.
    pub(crate) fn lost_writer(self) -> Option<&'a str> {
        let at = self.situation.memory.away.get(&self.resource()).filter(|_| self.spec().engine == Engine::RdsReplica)?;
        let is_there = |side| self.observed().seen(side).is_some() || self.observed().is_unreadable(side);
        self.side_named(at).is_none_or(|side| !is_there(side)).then_some(at)
    }

    fn side_named(self, name: &str) -> Option<&'a str> {
        self.spec().member(name).map(|member| member.side.as_str())
    }

    /// The choice of the open crossover.
    pub(crate) fn choice(self) -> Option<Choice<'a>> {
        let crossover = self.situation.memory.open.as_ref()?;
        let resource = self.resource();
        let report = crossover.steps.iter().find(|step| step.card.resource == resource)?;
        let card = &report.card;
        // The reason of a crossover that was found rather than made states that.
        let from = self.side_named(&card.from).unwrap_or_else(|| self.spec().home());
        let is_home = card.step == FOUND && card.way == Way::Home;
        let to = self.side_named(&card.to).or_else(|| is_home.then(|| self.spec().home()))?;
        Some(Choice { crossover, from, to, report })
    }

    /// Whether the chosen one may be becoming the writer. Only a member that AWS still describes as before, long enough
    /// after it was asked, has failed to.
    pub(crate) fn under_way(self, choice: &Choice<'a>) -> Option<UnderWay<'a>> {
        let observed = self.observed();
        let may_be_asked = choice.was_allowed() && choice.may_be_accepted() && choice.is_recent(self.situation.now);
        if self.spec().engine != Engine::RdsReplica {
            let asked = may_be_asked && observed.writer.as_deref() != Some(choice.to);
            return observed.moving.as_ref().map(|_| UnderWay::Shown).or(asked.then_some(UnderWay::Asked));
        }
        if choice.may_be_accepted() { self.promoted(choice.to, may_be_asked) } else { None }
    }

    /// Whether a replica may be becoming the writer; `asked` if RDS was asked so recently that it need not show it.
    fn promoted(self, to: &str, asked: bool) -> Option<UnderWay<'a>> {
        match self.observed().members.get(to)? {
            Sight::Unreadable(why) => Some(UnderWay::Unread(why)),
            Sight::Missing => None,
            Sight::Seen(seen) if seen.role == Role::Writer => None,
            Sight::Seen(seen) if seen.status != AVAILABLE => Some(UnderWay::Shown),
            Sight::Seen(_) => asked.then_some(UnderWay::Asked),
        }
    }

    /// What a crossover that has ended requested, if it may still be under way.
    fn request(self, left: &'a HalfDone) -> Option<Request<'a>> {
        let card = Some(&left.step.card).filter(|card| left.is_request() && card.resource == self.resource())?;
        let to = self.side_named(&card.to)?;
        let asked = was_asked_recently(&left.step, left.started, self.situation.now);
        let under_way = if self.spec().engine == Engine::RdsReplica {
            self.promoted(to, asked)
        } else {
            let is_writer = self.observed().writer.as_deref() == Some(to);
            let shown = self.observed().moving.as_ref().map(|_| UnderWay::Shown);
            shown.or((asked && !is_writer).then_some(UnderWay::Asked))
        };
        Some(Request { crossover_id: &left.crossover_id, to, under_way: under_way? })
    }

    /// The changes of the writer that crossovers requested which have ended, and that may still be under way.
    pub(crate) fn requests(self) -> impl Iterator<Item = Request<'a>> {
        self.situation.memory.half_done.iter().filter_map(move |left| self.request(left))
    }

    /// Whether a crossover that has ended requested that this side become the writer.
    pub(crate) fn was_requested(self, side: &str) -> bool {
        let is_it = |left: &HalfDone| left.is_request() && self.side_named(&left.step.card.to) == Some(side);
        self.situation.memory.half_done.iter().any(is_it)
    }

    /// What crossovers that have ended left half done and that still matters: such requests, also of a member that takes writes
    /// since and is not recorded as the writer; and the security groups of members that are in their fence, and their connections.
    pub(crate) fn half_done(self) -> Vec<HalfDone> {
        let writer = self.writer().ok();
        let is_new = |side: &str| {
            let takes_writes = self.observed().seen(side).is_some_and(|seen| seen.role == Role::Writer);
            takes_writes && (Some(side) != writer || !self.is_recorded(side))
        };
        let is_kept = |left: &&HalfDone| match self.side_named(&left.step.card.to) {
            _ if !left.is_request() => self.fences_now(left),
            Some(to) => self.request(left).is_some() || is_new(to),
            None => true,
        };
        self.situation.memory.half_done.iter().filter(is_kept).cloned().collect()
    }

    /// Whether this step is of a member that is in its fence, or may be: RDS may show a change late.
    fn fences_now(self, left: &HalfDone) -> bool {
        let StepReport { card, began, ended, .. } = &left.step;
        let is_its = |member: &&Member| {
            let is_restart = card.step == RESTART && card.resource == self.connections_of(&member.side);
            is_restart || is_fence_of(card, &self.fence_of(&member.side), &self.label(&member.side))
        };
        let Some(member) = self.spec().members.iter().find(is_its) else { return false };
        let last = ended.or(*began).unwrap_or(left.started);
        match self.observed().members.get(&member.side) {
            Some(Sight::Seen(seen)) => {
                let group = self.spec().fence_group(&member.side);
                let is_fenced = group.is_some_and(|group| seen.security_groups.contains(group));
                seen.role == Role::Writer && (is_fenced || within(last, DESCRIBED_WITHIN, self.situation.now))
            }
            Some(Sight::Unreadable(_)) => true,
            Some(Sight::Missing) | None => false,
        }
    }

    /// Whether a member has completed its promotion and takes writes: RDS may go on with its first backup for hours.
    pub(crate) fn is_settled_in(self, writer: &str) -> bool {
        let seen = self.observed().seen(writer);
        match self.spec().engine {
            Engine::RdsReplica => seen.is_some_and(|seen| seen.role == Role::Writer && serves(&seen.status)),
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
        let in_group = self.spec().fence_group(side).is_some_and(|group| is_in(seen, group) && !seen.security_groups_pending);
        in_group || is_shut(&seen.status)
    }

    /// Whether clients of the writer are served: it is not fenced, runs, and has an instance.
    pub(crate) fn is_served_by(self, writer: &str) -> bool {
        !self.is_fenced(writer) && self.observed().seen(writer).is_none_or(|seen| !seen.is_headless)
    }

    /// The source of a member at the end of a chain of replicas, if that source is lost: it can't be found or read, or has failed,
    /// and the topology declares it.
    pub(crate) fn cut_off(self, side: &str) -> Option<&'a str> {
        let Role::Replica(Some(of)) = &self.observed().seen(side)?.role else { return None };
        let is_writer = self.writer().is_ok_and(|writer| writer == of);
        let is_lost = match self.observed().members.get(of)? {
            Sight::Seen(seen) => matches!(seen.role, Role::Replica(_)) && is_broken(&seen.status),
            Sight::Missing | Sight::Unreadable(_) => true,
        };
        (is_lost && !is_writer).then_some(of.as_str())
    }

    /// Whether a person forces that this side, by its name, becomes the writer.
    pub(crate) fn is_forced_to(self, side: &str) -> bool {
        let required = self.situation.required;
        let aim = self.situation.memory.intent.as_ref().map(|intent| &intent.aim);
        required.force && required.accept_data_loss && matches!(aim, Some(Aim::To(to)) if to == side)
    }

    /// Whether clients can write to a side.
    pub(crate) fn is_open(self, side: &str) -> bool {
        self.observed().seen(side).is_some_and(|seen| seen.role == Role::Writer) && !self.is_fenced(side)
    }

    /// Whether an old writer is in its fence and its connections from before may go on: EC2 tracks those until it restarts.
    pub(crate) fn must_restart(self, side: &str) -> bool {
        let runs = self.runs_fenced(side);
        let connections = self.connections_of(side);
        let is_over = |step: &StepReport, started: Timestamp| {
            let refused = matches!(step.result, StepResult::Refused | StepResult::Conflict);
            step.result.is_good() || (refused && !within(started, RESTARTED_WITHIN, self.now()))
        };
        let of = |crossover: &'a Crossover, resource: &str| crossover.steps.iter().find(|step| step.card.resource == *resource);
        let open = self.situation.memory.open.as_ref();
        if let Some((open, restart)) = open.and_then(|open| Some((open, of(open, &connections)?))) {
            return runs && !is_over(restart, open.started);
        }
        // An invocation that died may have fenced it in an earlier crossover.
        let is_fenced_by = |choice: Choice<'a>| {
            choice.from == side || of(choice.crossover, &self.fence_of(side)).is_some_and(|step| step.result.is_good())
        };
        let is_left = |left: &HalfDone| left.step.card.resource == connections && !is_over(&left.step, left.started);
        runs && (self.choice().is_some_and(is_fenced_by) || self.situation.memory.half_done.iter().any(is_left))
    }

    /// Whether an old writer is in its fence and runs.
    pub(crate) fn runs_fenced(self, side: &str) -> bool {
        let in_group = self.spec().fence_group(side).zip(self.observed().seen(side)).filter(|(group, seen)| is_in(seen, group));
        in_group.is_some_and(|(_, seen)| seen.role == Role::Writer && !is_shut(&seen.status))
    }

    /// Earlier writers that may still take writes: those that can be
    /// fenced now, and those that can't be reached.
    pub(crate) fn to_fence(self, writer: &str) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
        if self.spec().fence == Fence::None {
            return (BTreeSet::new(), BTreeSet::new());
        }
        let choice = self.choice().filter(|choice| choice.to == writer);
        let remembered = self.is_recorded_away(writer);
        let is_left = |side: &str| {
            choice.is_some_and(|choice| choice.from == side && self.may_be_promoted(choice.to) && !self.was_let_in(&choice, side))
        };
        let was_writer = |side: &&str| *side != writer && self.spec().can_fence(side) && (remembered || is_left(side));
        let others: Vec<&str> = self.spec().members.iter().map(|member| member.side.as_str()).filter(was_writer).collect();
        let is_open = |side: &&str| self.is_open(side);
        let is_lost = |side: &&str| {
            let left = choice.is_some_and(|choice| choice.from == *side && !self.was_fenced(&choice, side));
            left && self.observed().is_unreadable(side)
        };
        (others.iter().copied().filter(is_open).collect(), others.iter().copied().filter(is_lost).collect())
    }

    /// Whether a member that RDS was asked to promote may need the fence around the old writer: it takes writes, or has a status that a
    /// promotion begins with. A backup or a failure of a replica shows no promotion.
    fn may_be_promoted(self, side: &str) -> bool {
        let Some(seen) = self.observed().seen(side) else { return true };
        seen.role == Role::Writer || begins_promotion(&seen.status)
    }

    /// Whether RDS describes a replica as one that is being promoted.
    pub(crate) fn shows_promotion(self, side: &str) -> bool {
        let is_promoted = |seen: &Seen| matches!(seen.role, Role::Replica(_)) && begins_promotion(&seen.status);
        self.observed().seen(side).is_some_and(is_promoted)
    }

    /// Whether clients were let in to a side again after RDS was asked for the promotion that it was fenced for: that had failed by
    /// then, and a status that the chosen one has since is of something else.
    fn was_let_in(self, choice: &Choice<'_>, side: &str) -> bool {
        let (asked, label) = (choice.report.asked.unwrap_or(choice.crossover.started), self.label(side));
        let is_later = |step: &StepReport| {
            step.card.step == UNFENCE && step.card.resource == label && step.began.is_some_and(|began| began > asked)
        };
        let takes_writes = self.observed().seen(choice.to).is_some_and(|seen| seen.role == Role::Writer);
        !takes_writes && choice.crossover.steps.iter().any(is_later)
    }

    /// Whether the open crossover has already fenced a side.
    fn was_fenced(self, choice: &Choice<'_>, side: &str) -> bool {
        let last =
            |resource: String| choice.crossover.steps.iter().find(|step| step.card.resource == resource && step.result.is_good());
        let removed = last(self.label(side)).filter(|step| step.card.step == UNFENCE);
        last(self.fence_of(side)).is_some_and(|fence| removed.is_none_or(|removed| removed.ended < fence.ended))
    }

    /// The security groups of a side before the open crossover, or one that has ended, fenced it.
    pub(crate) fn groups_before(self, side: &str) -> Option<BTreeSet<String>> {
        let (fence, label) = (self.fence_of(side), self.label(side));
        let open = self.situation.memory.open.iter().flat_map(|open| &open.steps);
        let ended = self.situation.memory.half_done.iter().rev().map(|left| &left.step);
        let card = open.chain(ended).map(|step| &step.card).find(|card| is_fence_of(card, &fence, &label))?;
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

/// Whether a step fences the member with these names, or removes its fence.
fn is_fence_of(card: &StepCard, fence: &str, label: &str) -> bool {
    match card.step.as_str() {
        FENCE => card.resource == fence,
        UNFENCE => card.resource == label,
        _ => false,
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

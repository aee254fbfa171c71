//! Decides which member should be the writer, and plans the move. Pure.

mod candidates;
mod course;
mod finish;
mod home;
mod leave;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use course::Course;
use crossover_model::{
    decision::{Decision, Plan, Situation, Verdict},
    health::State,
    hold::{Held, Hold},
    loss::Loss,
    text::span,
    topology::Target,
};
use crossover_rds::AVAILABLE;

use crate::{
    observe::{Observed, Record, Role, Seen},
    spec::{DatabaseSpec, Engine, Fence},
    step::DatabaseStep,
    view::{Choice, View},
};

/// The writer stays while it is healthy. An open crossover continues with the member that it chose.
pub(crate) fn decide(situation: &Situation<'_, Target<DatabaseSpec>, Observed>) -> Decision<DatabaseStep> {
    let view = View { situation };
    let writer = view.writer();
    let course = writer.as_ref().ok().map(|writer| Course { view, writer });
    let verdict = match (&course, &writer) {
        (Some(course), _) => course.verdict(),
        (None, Err(hold)) => Verdict::Hold(hold.clone()),
        (None, Ok(_)) => Verdict::Settled(String::new()),
    };
    Decision {
        verdict,
        away: away(view, course.as_ref()),
        home: home(view, course.as_ref()),
        serving: course.iter().map(|course| (course.writer.to_owned(), 1)).collect(),
        ready: course.iter().filter_map(Course::ready).collect(),
        seen_healthy: BTreeSet::new(),
        remarks: course.as_ref().map(Course::remarks).unwrap_or_default(),
    }
}

impl Course<'_> {
    fn verdict(&self) -> Verdict<DatabaseStep> {
        let view = self.view;
        let choice = view.choice();
        if let Some(choice) = choice
            && (choice.to == self.writer || view.is_under_way(&choice))
        {
            return self.finish(Some(choice)).unwrap_or_else(|| self.stay());
        }
        let is_healthy = view.health(self.writer) == State::Healthy;
        // A crossover that was begun for a failed writer continues until that writer is healthy again.
        let begun =
            choice.is_some_and(|choice| choice.from == self.writer && choice.was_allowed(&view.resource()) && !is_healthy);
        if begun || view.situation.required.leave.contains(self.writer) {
            return self.leave(choice);
        }
        let given_up = |choice: &Choice<'_>| {
            let intent = view.situation.memory.intent.as_ref();
            view.situation.required.force && intent.is_some_and(|intent| intent.aim.leaves(choice.to))
        };
        if let Some(hold) = choice.filter(|choice| !given_up(choice)).and_then(|choice| self.unseen(&choice)) {
            return Verdict::Hold(hold);
        }
        if let Some(finish) = self.finish(None) {
            return finish;
        }
        self.homewards().or_else(|| self.let_in()).or_else(|| self.rival()).unwrap_or_else(|| self.stay())
    }

    fn stay(&self) -> Verdict<DatabaseStep> {
        let at = self.view.label(self.writer);
        Verdict::Settled(if self.view.is_home(self.writer) {
            format!("{at} is the writer, as declared")
        } else {
            format!("{at} is the writer; it is away from home for now")
        })
    }

    /// Removes the fence of a writer that was fenced and stays the writer: no other member serves.
    fn let_in(&self) -> Option<Verdict<DatabaseStep>> {
        let view = self.view;
        let seen = view.observed().seen(self.writer)?;
        let Fence::SecurityGroup(group) = &view.spec().fence else { return None };
        let is_fenced = seen.security_groups.contains(group);
        let Some(before) = view.groups_before(self.writer).filter(|_| is_fenced) else {
            return self.shut_out(group).filter(|_| is_fenced).map(Verdict::Hold);
        };
        Some(Verdict::CrossOver(Plan {
            stages: vec![vec![self.unfence(group, before)?]],
            left: BTreeSet::new(),
            reason: format!("clients back to {}, which stays the writer: nothing was promoted", view.label(self.writer)),
            loss: Loss::nothing("it is still the writer"),
            continues: false,
        }))
    }

    /// The writer is fenced and its earlier security groups are unknown: an operator must restore access.
    fn shut_out(&self, group: &str) -> Option<Hold> {
        let view = self.view;
        // Records the writer first if the memory has another one.
        let away = view.situation.memory.away.get(&view.resource()).is_some_and(|at| at == self.writer);
        let id = &view.spec().member(self.writer).filter(|_| away || view.is_home(self.writer))?.id;
        let text = format!(
            "{} is the writer, and clients can't reach it: it is in {group}, and its earlier security groups are unknown. Restore \
             them with aws rds modify-db-instance --db-instance-identifier {id} --vpc-security-group-ids SG… --apply-immediately",
            view.label(self.writer)
        );
        Some(Hold { why: Held::Ambiguous, text })
    }

    /// A second member takes writes besides home, and the memory has nothing about it: a person
    /// promoted it, or forced the promotion without the journal.
    fn rival(&self) -> Option<Verdict<DatabaseStep>> {
        let view = self.view;
        let spec = view.spec();
        let takes_writes = |side: &str| view.observed().seen(side).is_some_and(|seen| seen.role == Role::Writer);
        let is_rival = |side: &str| side != self.writer && takes_writes(side) && !view.is_fenced(side);
        let watched = spec.engine == Engine::RdsReplica && spec.fence != Fence::None && view.is_home(self.writer);
        let rival = spec.members.iter().find(|member| watched && is_rival(&member.side))?;
        let (writer, rival) = (view.label(self.writer), rival.label());
        let meant = spec.writer_record.as_ref().map_or_else(String::new, |record| {
            format!(". If {rival} should be the writer, point {} to it: Crossover then fences {writer}", record.resource())
        });
        let text =
            format!("{rival} and {writer} both take writes, and neither has all: delete {rival}, or make it a replica{meant}");
        Some(Verdict::Hold(Hold { why: Held::Ambiguous, text }))
    }

    fn remarks(&self) -> Vec<String> {
        let view = self.view;
        let mut remarks = Vec::new();
        match &view.observed().record {
            Some(Record::Missing(why) | Record::Unfit(why)) => {
                remarks.push(format!("the writer's record can't be moved: {why}"));
            }
            Some(Record::Unreadable(why)) => remarks.push(format!("the writer's record could not be read: {why}")),
            Some(Record::Seen(_)) if view.record_side().is_none() && view.endpoint(self.writer).is_some() => {
                remarks.push("the writer's record points to none of the readable members".to_owned());
            }
            Some(Record::Seen(_)) | None => {}
        }
        let (open, _) = view.to_fence(self.writer);
        for side in &open {
            let since = view.choice().map_or_else(String::new, |choice| {
                let began = choice.crossover.started;
                let passed = span(view.observed().at.duration_since(began).unsigned_abs());
                format!(" for {passed}, since the failover began")
            });
            let lost = format!("writes that it took in that time are not on {}", view.label(self.writer));
            remarks.push(format!("{} has accepted writes{since}: {lost}", view.label(side)));
        }
        remarks.extend(self.could_take_over().filter(|_| !view.is_home(self.writer)));
        if view.is_fenced(self.writer) {
            remarks.push(format!(
                "{} is the writer, and clients can't reach it: it is fenced or not running",
                view.label(self.writer)
            ));
        }
        remarks
    }
}

/// The resources that are away from home; if the writer is unknown, those in the memory.
fn away(view: View<'_>, course: Option<&Course<'_>>) -> BTreeMap<String, String> {
    let memory = &view.situation.memory.away;
    let mut away = BTreeMap::new();
    let mut put = |resource: String, at: Option<&str>| {
        let at = at.map(str::to_owned).or_else(|| memory.get(&resource).cloned());
        away.extend(at.filter(|at| !view.is_home(at)).map(|at| (resource, at)));
    };
    put(view.resource(), course.map(|course| course.writer));
    if let Some(record) = &view.spec().writer_record {
        put(record.resource(), view.record_side());
    }
    away
}

/// The resources that are in their desired state.
fn home(view: View<'_>, course: Option<&Course<'_>>) -> BTreeSet<String> {
    let mut home = BTreeSet::new();
    let Some(course) = course else { return home };
    if view.is_home(course.writer) {
        home.insert(view.resource());
    }
    if let Some(record) = view.spec().writer_record.as_ref().filter(|_| view.record_side().is_some_and(|side| view.is_home(side)))
    {
        home.insert(record.resource());
    }
    let follows = |seen: &Seen| seen.role == Role::Replica(Some(course.writer.to_owned())) && seen.status == AVAILABLE;
    for member in &view.spec().members {
        let Some(seen) = view.observed().seen(&member.side).filter(|seen| follows(seen)) else { continue };
        home.insert(view.replica_of(&member.side));
        home.extend(seen.lag.is_within(view.spec().max_lag).then(|| view.lag_of(&member.side)));
    }
    let fenced = view.spec().members.iter().filter(|member| member.side != course.writer && view.is_fenced(&member.side));
    home.extend(fenced.map(|member| view.fence_of(&member.side)));
    if view.observed().seen(course.writer).is_some_and(|seen| view.is_as_declared(seen)) && !view.is_fenced(course.writer) {
        home.insert(view.label(course.writer));
    }
    home
}

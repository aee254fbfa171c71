//! Decides which member should be the writer, and plans the move. Pure.

mod candidates;
mod cannot_serve;
mod course;
mod finish;
mod home;
mod leave;
mod lost;
mod plan;
mod unfence;

use std::collections::{BTreeMap, BTreeSet};

use course::Course;
use crossover_model::{
    decision::{Decision, Situation, Verdict},
    health::State,
    hold::{Held, Hold},
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
    let (verdict, beside) = match (&course, &writer) {
        (Some(course), _) => course.verdict(),
        (None, Err(hold)) => (Verdict::Hold(hold.clone()), None),
        (None, Ok(_)) => (Verdict::Settled(String::new()), None),
    };
    let undo = course.as_ref().and_then(Course::undo);
    let verdict = match verdict {
        Verdict::Hold(hold) => Verdict::Hold(course.as_ref().map_or(hold.clone(), |course| course.who_can_write(hold))),
        verdict => verdict,
    };
    Decision {
        verdict,
        held: beside,
        undo,
        half_done: view.half_done(),
        away: away(view, course.as_ref()),
        home: home(view, course.as_ref()),
        serving: course.iter().map(|course| (course.writer.to_owned(), usize::from(view.is_served_by(course.writer)))).collect(),
        ready: course.iter().filter_map(Course::ready).collect(),
        seen_healthy: BTreeSet::new(),
        available: available(view),
        cannot_serve: BTreeSet::new(),
        remarks: course.as_ref().map(Course::remarks).unwrap_or_default(),
    }
}

impl<'a> Course<'a> {
    /// What to do, in this order: wait for a promotion under way; leave a writer that has failed or that an operator wants
    /// empty; complete an earlier move. Also why the writer is not left, where an earlier move is completed meanwhile.
    fn verdict(&self) -> (Verdict<DatabaseStep>, Option<Hold>) {
        if let Some(unfence) = self.ordered_to_unfence() {
            return (unfence, None);
        }
        if let Some(hold) = self.lost() {
            return (Verdict::Hold(hold), None);
        }
        let (verdict, beside) = self.wanted();
        let requested = if let Verdict::CrossOver(plan) = &verdict { self.requested_before(plan) } else { None };
        (requested.map_or(verdict, Verdict::Hold), beside)
    }

    fn wanted(&self) -> (Verdict<DatabaseStep>, Option<Hold>) {
        let view = self.view;
        let choice = view.choice();
        let waits = choice.and_then(|choice| Some((choice, view.under_way(&choice)?)));
        if let Some(awaited) = waits.and_then(|(choice, under_way)| self.awaited(choice, under_way)) {
            return (awaited, None);
        }
        let chores = choice.filter(|choice| choice.to == self.writer).and_then(|choice| self.finish(Some(choice)));
        if self.must_leave(choice) {
            return self.replace(choice, chores);
        }
        if choice.is_some_and(|choice| choice.to == self.writer) {
            return (chores.unwrap_or_else(|| self.stay()), None);
        }
        let settled = || self.homewards().or_else(|| self.let_in()).or_else(|| self.rival());
        let remains = self.finish(None).or_else(settled).or_else(|| self.cannot_serve().map(Verdict::Hold));
        (remains.unwrap_or_else(|| self.stay()), None)
    }

    /// Whether the writer is to be left. A crossover that was begun for a failed writer continues until that writer is
    /// healthy again, or a person forces that it stays.
    pub(super) fn must_leave(&self, choice: Option<Choice<'_>>) -> bool {
        let view = self.view;
        let is_healthy = view.health(self.writer) == State::Healthy;
        let begun = choice.is_some_and(|choice| choice.from == self.writer && choice.was_allowed() && !is_healthy);
        !self.is_kept() && (begun || view.situation.required.leave.contains(self.writer))
    }

    /// Another member takes over. Where none can, clients are let in again, and what remains of an earlier move goes on.
    fn replace(
        &self,
        choice: Option<Choice<'a>>,
        chores: Option<Verdict<DatabaseStep>>,
    ) -> (Verdict<DatabaseStep>, Option<Hold>) {
        let leave = match choice.and_then(|choice| self.refused(&choice)) {
            Some(hold) => Verdict::Hold(hold),
            None => self.leave(choice),
        };
        let Verdict::Hold(hold) = leave else { return (leave, None) };
        match self.let_in() {
            Some(undo @ Verdict::CrossOver(_)) => (undo, None),
            Some(Verdict::Hold(_) | Verdict::Settled(_)) | None => match chores {
                Some(chores @ Verdict::CrossOver(_)) => (chores, Some(hold)),
                Some(Verdict::Hold(_) | Verdict::Settled(_)) | None => (Verdict::Hold(hold), None),
            },
        }
    }

    fn stay(&self) -> Verdict<DatabaseStep> {
        let at = self.view.label(self.writer);
        Verdict::Settled(if self.view.is_home(self.writer) {
            format!("{at} is the writer, as declared")
        } else {
            format!("{at} is the writer; it is away from home for now")
        })
    }

    /// The same hold, beginning with the fact that nobody can write where that is so.
    fn who_can_write(&self, hold: Hold) -> Hold {
        let view = self.view;
        let writer = view.observed().seen(self.writer).filter(|_| view.is_fenced(self.writer) && self.lost().is_none());
        let nobody = !view.spec().members.iter().any(|member| view.is_open(&member.side));
        let Some(writer) = writer.filter(|_| nobody) else { return hold };
        let label = view.label(self.writer);
        let state = if writer.status == AVAILABLE { "fenced" } else { &writer.status };
        Hold { text: format!("{label} is {state}, and nobody can write: {}", hold.text), ..hold }
    }

    /// A second member takes writes besides the writer: a person promoted it, or forced the promotion without the journal, so
    /// that the memory has nothing about it; or its promotion was aborted, and RDS has completed it.
    fn rival(&self) -> Option<Verdict<DatabaseStep>> {
        let view = self.view;
        let spec = view.spec();
        let is_rival = |side: &str| side != self.writer && view.is_open(side);
        let watched = spec.engine == Engine::RdsReplica && spec.fence != Fence::None && view.is_home(self.writer);
        let is_watched = |side: &str| watched || view.was_requested(side);
        let rival = spec.members.iter().find(|member| is_rival(&member.side) && is_watched(&member.side))?;
        let (writer, rival) = (view.label(self.writer), rival.label());
        let meant = spec.writer_record.as_ref().map_or_else(String::new, |record| {
            format!(". If {rival} should be the writer, point {} to it: Crossover then fences {writer}", record.resource())
        });
        let text =
            format!("{rival} and {writer} both take writes, and neither has all: delete {rival}, or make it a replica{meant}");
        Some(Verdict::Hold(Hold { why: Held::Ambiguous, text }))
    }

    /// How long clients may go on writing to a fenced member that could not be restarted.
    fn still_connected(&self, side: &str) -> Option<String> {
        let view = self.view;
        let resource = view.connections_of(side);
        let open = view.situation.memory.open.as_ref()?;
        let failed =
            open.steps.iter().find(|step| step.card.resource == resource && !step.result.is_good() && step.took_ms > 0)?;
        let why = failed.detail.as_deref().unwrap_or("it does not restart yet");
        let label = view.label(side);
        Some(format!(
            "{label} is in its fence, and was not restarted ({why}): clients whose connections are older go on writing to it. \
             EC2 ends a connection only when it has been idle for 350 s to 5 days, by the type of the instance. To end them: aws rds \
             reboot-db-instance --db-instance-identifier {}",
            view.spec().member(side)?.id
        ))
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
                let passed = span(view.now().duration_since(began).unsigned_abs());
                format!(" for {passed}, since the failover began")
            });
            let lost = format!("writes that it took in that time are not on {}", view.label(self.writer));
            remarks.push(format!("{} has accepted writes{since}: {lost}", view.label(side)));
        }
        remarks.extend(view.spec().members.iter().filter_map(|member| self.still_connected(&member.side)));
        remarks.extend(self.could_take_over().filter(|_| !view.is_home(self.writer)));
        remarks.extend(self.nothing_to_unfence());
        if view.is_fenced(self.writer) && self.lost().is_none() {
            remarks.push(format!(
                "{} is the writer, and clients can't reach it: it is fenced or not running",
                view.label(self.writer)
            ));
        }
        remarks
    }
}

/// The members that RDS reports as available.
fn available(view: View<'_>) -> BTreeSet<String> {
    let sides = view.spec().members.iter().map(|member| &member.side);
    let is_available =
        |side: &&String| view.observed().seen(side).is_some_and(|seen| seen.status == AVAILABLE && !seen.is_headless);
    sides.filter(is_available).cloned().collect()
}

/// The resources that are away from home; if the writer is unknown or lost, those in the memory.
fn away(view: View<'_>, course: Option<&Course<'_>>) -> BTreeMap<String, String> {
    let memory = &view.situation.memory.away;
    let mut away = BTreeMap::new();
    let mut put = |resource: String, at: Option<&str>| {
        let at = at.map(str::to_owned).or_else(|| memory.get(&resource).cloned());
        away.extend(at.filter(|at| !view.is_home(at)).map(|at| (resource, at)));
    };
    put(view.resource(), course.filter(|course| course.lost().is_none()).map(|course| course.writer));
    if let Some(record) = &view.spec().writer_record {
        put(record.resource(), view.record_side());
    }
    away
}

/// The resources that are in their desired state.
fn home(view: View<'_>, course: Option<&Course<'_>>) -> BTreeSet<String> {
    let mut home = BTreeSet::new();
    let Some(course) = course else { return home };
    if view.is_home(course.writer) && course.lost().is_none() {
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
    let opened = |side: &str| side != course.writer && view.is_open(side);
    home.extend(view.spec().members.iter().filter(|member| opened(&member.side)).map(|member| view.label(&member.side)));
    if view.observed().seen(course.writer).is_some_and(|seen| view.is_as_declared(seen)) && !view.is_fenced(course.writer) {
        home.insert(view.label(course.writer));
    }
    home
}

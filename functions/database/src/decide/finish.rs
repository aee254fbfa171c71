//! The remaining work after the writer has changed, by Crossover or by AWS. Pure.

use std::{collections::BTreeSet, time::Duration};

use crossover_model::{
    decision::{Plan, Verdict},
    hold::{Held, Hold},
    loss::Loss,
    step::StepResult,
    text::{short, span},
    time::is_due,
    trigger::Aim,
};

use super::course::Course;
use crate::{
    observe::Sight,
    spec::Fence,
    step::{DatabaseStep, Verb},
    view::{Choice, UnderWay},
    words::failover,
};

/// The pauses between two requests for a promotion that RDS refuses.
const SHORTEST_PAUSE: Duration = Duration::from_mins(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(30);

impl<'a> Course<'a> {
    /// What to do while the chosen member may be becoming the writer. Nobody cancels an accepted promotion, so no other
    /// member is promoted; `None` if an operator keeps the writer.
    pub(super) fn awaited(&self, choice: Choice<'a>, under_way: UnderWay<'_>) -> Option<Verdict<DatabaseStep>> {
        if under_way == UnderWay::Shown || choice.to == self.writer {
            return self.finish(Some(choice));
        }
        if self.is_kept() {
            return None;
        }
        let leaves = self.must_leave(Some(choice));
        match under_way {
            // AWS refuses the same call again if it has accepted it.
            UnderWay::Asked if leaves && self.unable(choice.to).is_none() => match self.leave_to(choice.to, Some(choice)) {
                again @ Verdict::CrossOver(_) => Some(again),
                Verdict::Settled(_) | Verdict::Hold(_) => self.wait(choice, &[]),
            },
            UnderWay::Asked | UnderWay::Shown => self.wait(choice, &[]),
            UnderWay::Unread(why) => {
                let (open, _) = self.view.to_fence(choice.to);
                let fences: Vec<DatabaseStep> =
                    open.iter().filter(|_| leaves).filter_map(|side| self.fence(side, true)).collect();
                let held = || Some(Verdict::Hold(self.unseen(&choice, why)));
                if fences.is_empty() { held() } else { self.wait(choice, &fences) }
            }
        }
    }

    /// Whether a person forces that the writer stays, whatever became of a member that was to replace it.
    pub(super) fn is_kept(&self) -> bool {
        self.forced_to().is_some_and(|side| side == self.writer)
    }

    /// The side that a person forces to be the writer. Only a person who names it has decided between two writers.
    pub(super) fn forced_to(&self) -> Option<&'a str> {
        let situation = self.view.situation;
        match situation.memory.intent.as_ref().map(|intent| &intent.aim) {
            Some(Aim::To(side)) if situation.required.force => Some(side),
            _ => None,
        }
    }

    /// Why a promotion that RDS has refused is not asked for again now. The pauses grow with the age of the crossover, as the
    /// old writer is fenced at each attempt.
    pub(super) fn refused(&self, choice: &Choice<'_>) -> Option<Hold> {
        let (view, report) = (self.view, choice.report());
        let is_its = choice.from == self.writer && !view.situation.required.force;
        let refused = matches!(report.result, StepResult::Refused | StepResult::Conflict) && is_its;
        let asked = report.asked.filter(|_| refused)?;
        let wanted_since = view.situation.memory.intent.as_ref().is_some_and(|intent| intent.since > asked);
        let passed = Duration::try_from(asked.duration_since(choice.crossover.started)).unwrap_or_default();
        let pause = passed.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        if wanted_since || is_due(asked + pause, pause, view.now()) {
            return None;
        }
        let (to, why) = (view.label(choice.to), report.detail.as_deref().unwrap_or("without a reason"));
        let text = format!(
            "RDS refused to make {to} the writer at {}: {why}. It is asked again after {}, at once with: {}",
            short(asked),
            short(asked + pause),
            failover(view.name(), choice.to, " --accept-data-loss --force")
        );
        Some(Hold { why: Held::NoSideAble, text })
    }

    /// Waits for the chosen member, after these fences.
    fn wait(&self, choice: Choice<'a>, fences: &[DatabaseStep]) -> Option<Verdict<DatabaseStep>> {
        let wait = self.become_writer(choice.to, self.was_planned(&choice), true)?;
        let restarts = fences.iter().filter_map(|step| self.restart_after(step));
        let second = std::iter::once(wait).chain(restarts).collect();
        let stages = [fences.to_vec(), second];
        Some(Verdict::CrossOver(Plan {
            stages: stages.into_iter().filter(|stage| !stage.is_empty()).collect(),
            left: self.view.left_before(choice.to),
            to: [choice.to.to_owned()].into(),
            reason: self.rest(Some(choice), choice.to),
            loss: Loss::NoMore,
            continues: true,
        }))
    }

    /// Waits for the chosen member, fences the old writers, and points the record to the
    /// writer; `None` if nothing remains.
    pub(super) fn finish(&self, choice: Option<Choice<'a>>) -> Option<Verdict<DatabaseStep>> {
        let view = self.view;
        let writer = choice.map_or(self.writer, |choice| choice.to);
        let waiting = choice.filter(|_| writer != self.writer || !view.is_settled_in(writer));
        let (open, lost) = view.to_fence(writer);
        // A wait that may never end keeps nobody from fencing an old writer and from ending its connections.
        let restarts: Vec<DatabaseStep> = view
            .spec()
            .members
            .iter()
            .filter(|member| member.side != writer)
            .filter_map(|member| self.restart_of(&member.side))
            .collect();
        // RDS stops no instance that has a replica, so this fence waits for the same promotion.
        let fences_later = view.spec().fence == Fence::Stop;
        if let Some(choice) = waiting
            && (open.is_empty() || fences_later)
            && restarts.is_empty()
            && let Some(hold) = self.overdue(&choice)
        {
            return Some(Verdict::Hold(hold));
        }
        let fences: Vec<DatabaseStep> = open.iter().filter_map(|side| self.fence(side, true)).collect();
        let wait = waiting.and_then(|choice| self.become_writer(writer, self.was_planned(&choice), true));
        // In the steady state, a record that points to none of the members is intended, and no step
        // waits for the writer.
        let moves = choice.is_some() || (view.record_side().is_some() && view.is_settled_in(writer));
        let record = moves.then(|| self.record(writer)).flatten();
        let after = self.after(writer, None).filter(|_| choice.is_some() || self.was_begun(&view.label(writer)));
        let restarts = fences.iter().filter_map(|step| self.restart_after(step)).chain(restarts);
        let second = wait.into_iter().chain(restarts).collect();
        let rest = [record, after].into_iter().map(Vec::from_iter);
        let stages = [fences, second].into_iter().chain(rest).filter(|stage: &Vec<DatabaseStep>| !stage.is_empty());
        let stages: Vec<Vec<DatabaseStep>> = stages.collect();
        if !stages.is_empty() {
            return Some(Verdict::CrossOver(Plan {
                stages,
                left: view.left_before(writer),
                to: BTreeSet::from([writer.to_owned()]),
                reason: self.rest(choice, writer),
                loss: Loss::NoMore,
                continues: !lost.is_empty() || (choice.is_some() && self.is_not_done(writer)),
            }));
        }
        let Some(choice) = choice else { return self.waits_beside(None, writer).filter(|_| self.was_begun(&view.label(writer))) };
        if let Some(side) = lost.first() {
            return Some(Verdict::Hold(self.unfenced(&choice, side)));
        }
        let unread = self.record_is_due().then(|| {
            let text = format!("{} is the writer, and its record could not be read, so it was not moved", view.label(writer));
            Hold { why: Held::Overdue, text }
        });
        let waits = || self.waits_for_changes(writer).map(Verdict::Hold).or_else(|| self.waits_beside(Some(choice), writer));
        unread.map(Verdict::Hold).or_else(waits)
    }

    /// Waits until RDS changes the writer's backups and standby: it takes writes already.
    fn waits_beside(&self, choice: Option<Choice<'a>>, writer: &str) -> Option<Verdict<DatabaseStep>> {
        let was_planned = choice.is_some_and(|choice| self.was_planned(&choice));
        let wait = self.become_writer(writer, was_planned, true).filter(|_| self.waits_for_rds(writer))?;
        Some(Verdict::CrossOver(Plan {
            stages: vec![vec![wait]],
            left: self.view.left_before(writer),
            to: BTreeSet::from([writer.to_owned()]),
            reason: self.rest(choice, writer),
            loss: Loss::NoMore,
            continues: true,
        }))
    }

    /// Whether the open crossover has a step on this resource: it goes on with the remaining steps of one that chose the writer.
    fn was_begun(&self, resource: &str) -> bool {
        let open = self.view.situation.memory.open.iter().flat_map(|open| &open.steps);
        open.map(|step| &step.card).any(|card| card.resource == resource)
    }

    /// Whether something remains for which no step can be made yet.
    fn is_not_done(&self, writer: &str) -> bool {
        self.record_is_due() || self.waits_for_rds(writer) || self.waits_for_changes(writer).is_some()
    }

    fn was_planned(&self, choice: &Choice<'_>) -> bool {
        let resource = self.view.resource();
        let planned = [Verb::SwitchoverGlobal, Verb::SwitchoverReplica];
        let mut steps = choice.crossover.steps.iter().filter(|step| step.card.resource == resource);
        steps.any(|step| planned.iter().any(|verb| verb.as_str() == step.card.step))
    }

    fn rest(&self, choice: Option<Choice<'_>>, writer: &str) -> String {
        let label = self.view.label(writer);
        match choice {
            Some(choice) => format!("the remaining steps of {}, to {label}", choice.crossover.id),
            None => format!("the writer's record to {label}, which is the writer"),
        }
    }

    fn overdue(&self, choice: &Choice<'_>) -> Option<Hold> {
        let view = self.view;
        let passed = self.passed(choice);
        let limit = view.spec().promote_timeout;
        let status = view.observed().seen(choice.to).map_or("can't be read", |seen| &seen.status);
        (passed > limit).then(|| {
            let text = format!(
                "{} should be the writer since {}, {} ago, and is {status}: longer than promote_timeout = {}. Crossover \
                 continues once RDS is done, and promotes no other member meanwhile. To give it up, abort {4}, and delete {0} \
                 before another member is promoted: crossover abort {4}",
                view.label(choice.to),
                short(choice.crossover.started),
                span(passed),
                span(limit),
                choice.crossover.id
            );
            Hold { why: Held::Overdue, text }
        })
    }

    fn unseen(&self, choice: &Choice<'_>, why: &str) -> Hold {
        let view = self.view;
        let (id, to, writer) = (&choice.crossover.id, view.label(choice.to), view.label(self.writer));
        let keep = failover(view.name(), self.writer, " --force");
        let text = format!(
            "{id} requested that {to} replace {writer} as the writer, and {to} can't be read ({why}). No other member is \
             promoted meanwhile. To keep {writer} as the writer, whatever the state of {to}: {keep}"
        );
        Hold { why: Held::Ambiguous, text }
    }

    fn unfenced(&self, choice: &Choice<'_>, side: &str) -> Hold {
        let view = self.view;
        let why = match view.observed().members.get(side) {
            Some(Sight::Unreadable(why)) => why.as_str(),
            _ => "its status is unknown",
        };
        let text = format!(
            "{} is NOT FENCED, {} after the failover began: {why}. Writes to it are not on {}. Crossover fences it as \
             soon as it can be read",
            view.label(side),
            span(self.passed(choice)),
            view.label(choice.to)
        );
        Hold { why: Held::Unfenced, text }
    }

    fn passed(&self, choice: &Choice<'_>) -> Duration {
        Duration::try_from(self.view.now().duration_since(choice.crossover.started)).unwrap_or_default()
    }
}

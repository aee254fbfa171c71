//! The remaining work after the writer has changed, by Crossover or by AWS. Pure.

use std::time::Duration;

use crossover_model::{
    decision::{Plan, Verdict},
    hold::{Held, Hold},
    loss::Loss,
    text::{short, span},
};

use super::course::Course;
use crate::{
    observe::Sight,
    step::{DatabaseStep, Verb},
    view::Choice,
    words::failover,
};

impl<'a> Course<'a> {
    /// Waits for the chosen member, fences the old writers, and points the record to the
    /// writer; `None` if nothing remains.
    pub(super) fn finish(&self, choice: Option<Choice<'a>>) -> Option<Verdict<DatabaseStep>> {
        let view = self.view;
        let writer = choice.map_or(self.writer, |choice| choice.to);
        let waiting = choice.filter(|_| writer != self.writer || !view.is_settled_in(writer));
        let (open, lost) = view.to_fence(writer);
        if let Some(choice) = waiting
            && open.is_empty()
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
        let after = choice.and_then(|_| self.after(writer));
        let rest = [wait, record, after].into_iter().flatten().map(|step| vec![step]);
        let stages: Vec<Vec<DatabaseStep>> = [fences].into_iter().filter(|fences| !fences.is_empty()).chain(rest).collect();
        if !stages.is_empty() {
            return Some(Verdict::CrossOver(Plan {
                stages,
                left: view.left_before(writer),
                reason: self.rest(choice, writer),
                loss: Loss::NoMore,
                continues: !lost.is_empty() || (choice.is_some() && self.record_is_due()),
            }));
        }
        let choice = choice?;
        if let Some(side) = lost.first() {
            return Some(Verdict::Hold(self.unfenced(&choice, side)));
        }
        self.record_is_due().then(|| {
            let text = format!("{} is the writer, and its record could not be read, so it was not moved", view.label(writer));
            Verdict::Hold(Hold { why: Held::Overdue, text })
        })
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
                 continues once RDS is done",
                view.label(choice.to),
                short(choice.crossover.started),
                span(passed),
                span(limit)
            );
            Hold { why: Held::Overdue, text }
        })
    }

    /// A requested promotion can't be cancelled: the chosen member may already be a writer.
    pub(super) fn unseen(&self, choice: &Choice<'_>) -> Option<Hold> {
        let view = self.view;
        let asked_for = choice.from == self.writer && choice.was_allowed(&view.resource());
        let Some(Sight::Unreadable(why)) = view.observed().members.get(choice.to).filter(|_| asked_for) else { return None };
        let (id, to, writer) = (&choice.crossover.id, view.label(choice.to), view.label(self.writer));
        let keep = failover(view.name(), self.writer, " --force");
        let text = format!(
            "{id} requested that {to} replace {writer} as the writer, and {to} can't be read ({why}). To keep \
             {writer} as the writer, whatever the state of {to}: {keep}"
        );
        Some(Hold { why: Held::Ambiguous, text })
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
        Duration::try_from(self.view.observed().at.duration_since(choice.crossover.started)).unwrap_or_default()
    }
}

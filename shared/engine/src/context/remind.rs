//! Reminders: pauses, their end, unacknowledged crossovers and flapping sides.

use std::collections::BTreeSet;

use crossover_model::{
    episode::Concerned,
    guard,
    hold::Held,
    notice::Notice,
    pause::{PAUSE_REMINDER, Pause},
    time::is_due,
};

use crate::context::{TargetContext, TargetState};

impl TargetContext<'_> {
    /// Adds the reminders that are due to the notices to send.
    pub(crate) fn remind(&mut self, state: &mut TargetState) {
        // Without the memory every reconcile would repeat the reminders.
        if state.epoch.is_none() {
            return;
        }
        let due = [self.pause(state), self.reviews(state), self.flaps(state)];
        state.memory.unsent.extend(due.into_iter().flatten());
    }

    fn pause(&self, state: &mut TargetState) -> Option<Notice> {
        let now = self.now();
        let pause = state.memory.pause.clone()?;
        if !pause.lasts(now) {
            state.memory.pause = None;
            return Some(self.about(state).pause_over(&pause));
        }
        if !is_due(pause.remind, PAUSE_REMINDER, now) {
            return None;
        }
        state.memory.pause = Some(Pause { remind: now + PAUSE_REMINDER, ..pause.clone() });
        Some(self.about(state).paused_too_long(&pause))
    }

    fn reviews(&self, state: &mut TargetState) -> Option<Notice> {
        let now = self.now();
        let review = self.policy.review;
        let due = state.memory.reviews.iter().filter(|(_, due)| is_due(**due, review, now));
        let due: Vec<String> = due.map(|(id, _)| id.clone()).collect();
        if due.is_empty() {
            return None;
        }
        state.memory.reviews.extend(due.iter().map(|id| (id.clone(), now + review)));
        Some(self.about(state).unreviewed(&due))
    }

    /// A flapping side is reported once an hour.
    fn flaps(&self, state: &mut TargetState) -> Option<Notice> {
        let now = self.now();
        let flapping = state.memory.turns.keys().filter(|side| guard::flaps(&state.memory, side, now));
        let flapping: Vec<String> = flapping.cloned().collect();
        let concerned = Concerned::from(flapping.iter().cloned().collect::<BTreeSet<String>>());
        if flapping.is_empty() || !self.is_due_again(state, Held::Flaps, concerned) {
            return None;
        }
        Some(self.about(state).flaps(&flapping))
    }
}

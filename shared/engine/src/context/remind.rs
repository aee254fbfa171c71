//! Reminders: pauses, their end, unacknowledged crossovers and flapping sides.

use crossover_model::{
    guard,
    hold::Held,
    notice::Notice,
    pause::{PAUSE_REMINDER, Pause},
    time::is_due,
};

use crate::context::{TargetContext, TargetState};

impl TargetContext<'_> {
    /// Adds the reminders that are due to the notices to send.
    pub(crate) fn remind(&mut self, known: &mut TargetState) {
        // Without the memory every reconcile would repeat the reminders.
        if known.epoch.is_none() {
            return;
        }
        let due = [self.pause(known), self.reviews(known), self.flaps(known)];
        known.memory.unsent.extend(due.into_iter().flatten());
    }

    fn pause(&self, known: &mut TargetState) -> Option<Notice> {
        let now = self.now();
        let pause = known.memory.pause.clone()?;
        if !pause.lasts(now) {
            known.memory.pause = None;
            return Some(self.about(known).pause_over(&pause));
        }
        if !is_due(pause.remind, PAUSE_REMINDER, now) {
            return None;
        }
        known.memory.pause = Some(Pause { remind: now + PAUSE_REMINDER, ..pause.clone() });
        Some(self.about(known).paused_too_long(&pause))
    }

    fn reviews(&self, known: &mut TargetState) -> Option<Notice> {
        let now = self.now();
        let review = self.policy.review;
        let due = known.memory.reviews.iter().filter(|(_, due)| is_due(**due, review, now));
        let due: Vec<String> = due.map(|(id, _)| id.clone()).collect();
        if due.is_empty() {
            return None;
        }
        known.memory.reviews.extend(due.iter().map(|id| (id.clone(), now + review)));
        Some(self.about(known).unreviewed(&due))
    }

    /// A flapping side is reported once an hour.
    fn flaps(&self, known: &mut TargetState) -> Option<Notice> {
        let now = self.now();
        let flapping = known.memory.turns.keys().filter(|side| guard::flaps(&known.memory, side, now));
        let flapping: Vec<String> = flapping.cloned().collect();
        if flapping.is_empty() || !self.is_due_again(known, Held::Flaps) {
            return None;
        }
        Some(self.about(known).flaps(&flapping))
    }
}

//! Takes over a command about pausing that was recorded beside the lease, and ends the crossover that it aborts.

use crossover_model::{
    crossover::{Aborted, Crossover},
    notice::Notice,
    stop::Stop,
};

use crate::context::{Ending, TargetContext, TargetState};

/// What a command about pausing has changed.
pub(crate) struct TakenOver {
    /// What was recorded, for people.
    pub(crate) text: String,
    /// The notice of the command, unless it has been sent.
    pub(crate) notice: Option<Notice>,
    /// The ending of the crossover that it aborts.
    pub(crate) aborted: Option<Ending>,
}

impl TakenOver {
    /// The notices to send.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        self.notice.iter().cloned().chain(self.aborted.as_ref().and_then(|ending| ending.notice.clone())).collect()
    }
}

impl TargetContext<'_> {
    /// Takes over a command into the memory.
    pub(crate) fn take_over(&mut self, state: &mut TargetState, stop: &Stop) -> TakenOver {
        let before = state.memory.take_over(stop);
        let text = stop.recorded(before.as_ref());
        let notice = (!stop.notified).then(|| self.about(state).noted(&text));
        let by = state.memory.open.as_ref().and_then(|open| stop.abort_of(&open.id));
        let aborted = by.and_then(|by| Some((state.memory.open.take()?, by)));
        TakenOver { text, notice, aborted: aborted.map(|(open, by)| self.abort(state, open, by)) }
    }

    fn abort(&mut self, state: &mut TargetState, mut open: Crossover, by: Aborted) -> Ending {
        open.abort(by, self.now());
        state.memory.away = open.applied_to(std::mem::take(&mut state.memory.away));
        let of_it = |aim| open.order.as_ref().is_some_and(|order| order.aim == aim);
        state.memory.intent = state.memory.intent.take().filter(|intent| !of_it(intent.aim.clone()));
        Ending { retry_can_help: false, ..self.notify_crossover(state, open) }
    }
}

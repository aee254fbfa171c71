//! Notes: acknowledgements and releases by operators, and pauses (`stop.rs`). They move nothing and read only the journal;
//! the next reconcile acts on them.

use crossover_model::{
    answer::TargetAnswer,
    error::CloudError,
    findings_diff::CHECK,
    health::Health,
    journal::Memory,
    notes::{Noted, remember},
    notice::Notice,
    outcome::Outcome,
    reserved::{CHECKS, EVERYTHING},
    stop::Stop,
    topology::Policy,
    trigger::{Command, Note, Trigger},
};
use futures::join;
use jiff::Timestamp;

use crate::{
    context::{Ending, Remark, TargetContext, TargetState, intent_remarks, interrupted},
    controller::Controller,
    environment::Invocation,
    ports::LeaseAnswer,
    triggers::Triggers,
};

impl Controller {
    /// Records a note and sends a notice of it.
    pub(crate) async fn note(&self, note: &Note, invocation: &Invocation) -> TargetAnswer {
        let trigger = Trigger::Manual(Command::Note(note.clone())).to_string();
        let found = note.target.as_deref().and_then(|name| self.named(name));
        let everything = Policy::everything();
        let policy = found.map_or(&everything, |(kind, index)| self.kinds[kind].target_refs()[index].policy);
        let kind = found.map_or("-", |(kind, _)| self.kinds[kind].kind());
        let context = TargetContext::new(&self.environment, invocation, policy, kind, Triggers::by_hand(trigger));
        if let Some(wanted) = Stop::of(note, context.now()).filter(|_| !context.is_dry_run()) {
            return Box::pin(context.stop(note, wanted)).await;
        }
        Box::pin(context.remember(|memory, now| remember(memory, note, now))).await
    }

    /// Sends reminders of a pause of everything, and unsent notices about that or about checks.
    pub(crate) async fn remind_of(&self, policy: &Policy, triggers: &Triggers, invocation: &Invocation) -> TargetAnswer {
        let kind = if policy.name == CHECKS { CHECK } else { "-" };
        let context = TargetContext::new(&self.environment, invocation, policy, kind, triggers.clone());
        Box::pin(context.remember(|_, _| Noted::Already("a reminder".to_owned()))).await
    }
}

impl TargetContext<'_> {
    /// Changes the memory and sends a notice of it.
    pub(crate) async fn remember(self, change: impl FnOnce(&mut Memory, Timestamp) -> Noted) -> TargetAnswer {
        self.remember_in(|state, now| change(&mut state.memory, now)).await
    }

    /// The same, where crossovers end too. Without the journal nothing can be recorded, which is an error.
    pub(crate) async fn remember_in(mut self, change: impl FnOnce(&mut TargetState, Timestamp) -> Noted) -> TargetAnswer {
        let (lease, everything) = join!(self.acquire_lease(true), self.everything_else());
        let (epoch, record) = match lease {
            Ok(LeaseAnswer::Taken { epoch, before, .. }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) if self.is_dry_run() => (None, record),
            Ok(LeaseAnswer::Held(record)) => return self.held_by_another(&record),
            Err(error) => {
                let ending = Ending::new(Outcome::Failed, format!("nothing was recorded; try again: {error}"));
                return self.answer(&Health::new(), ending, None, 0);
            }
        };
        let died = interrupted(&record, self.now()).filter(|_| epoch.is_some());
        let stop = record.new_stop().cloned();
        let mut state = TargetState::of_record(epoch, record.memory);
        state.everything = everything.unwrap_or_default();
        // Our lease replaces that of an invocation that died. The next reconcile must still know about that one.
        state.memory.died = died;
        if let Some(stop) = stop {
            let taken = self.take_over(&mut state, &stop);
            state.memory.unsent.extend(taken.notices());
        }
        let before = state.memory.clone();
        let ended_before = state.ended.len();
        let noted = change(&mut state, self.now());
        if self.is_dry_run() {
            state.memory = before.clone();
            state.ended.clear();
        }
        // What was not done of a crossover that ends is told with its steps.
        let ended = state.ended.iter().skip(ended_before).map(|crossover| self.about(&state).crossover(crossover));
        let notices: Vec<Notice> = ended.collect();
        state.memory.unsent.extend(notices);
        self.remarks.extend(self.intents_in_force(&state));
        let ending = match noted {
            Noted::New(text) | Noted::Ended(text) if self.is_dry_run() => {
                Ending::dry_run(format!("would be recorded: {text}"), Vec::new())
            }
            Noted::Already(text) if self.is_dry_run() => Ending::dry_run(text, Vec::new()),
            Noted::Already(text) => Ending::new(Outcome::Settled, text),
            Noted::Refused(text) => Ending::new(Outcome::Failed, text),
            Noted::New(text) => {
                let notice = self.about(&state).noted(&text);
                self.record_note(&mut state, before, text, notice).await
            }
            Noted::Ended(text) => {
                let notice = self.about(&state).forgotten(&text);
                self.record_note(&mut state, before, text, notice).await
            }
        };
        Box::pin(self.finish(state, ending)).await
    }

    /// Records a note together with its notice, so that a repeated command is answered with "already".
    async fn record_note(&mut self, state: &mut TargetState, before: Memory, text: String, notice: Notice) -> Ending {
        let epoch = state.epoch.unwrap_or_default();
        state.memory.unsent.push(notice.clone());
        state.memory.finished = epoch;
        match self.record(state, false).await {
            Ok(()) => Ending { notice: Some(notice), ..Ending::new(Outcome::Recorded, text) },
            Err(error) => {
                // The last write reverts it: a note that is answered as failed must not be in force without a notice.
                state.memory = Memory { finished: epoch, ..before };
                state.ended.clear();
                Ending::new(Outcome::Failed, format!("it is not certain that this was recorded; try again: {error}"))
            }
        }
    }

    /// The memory of everything, for a note about one target.
    pub(crate) async fn everything_else(&self) -> Result<Memory, CloudError> {
        if self.policy.name == EVERYTHING { Ok(Memory::default()) } else { self.everything().await }
    }

    pub(crate) fn intents_in_force(&self, state: &TargetState) -> Vec<Remark> {
        if self.policy.name == EVERYTHING {
            intent_remarks(&Memory::default(), &state.memory, self.now())
        } else {
            intent_remarks(&state.memory, &state.everything, self.now())
        }
    }
}

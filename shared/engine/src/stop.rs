//! Commands about pausing: pause, stop, abort, resume. They are recorded beside the lease, so that they take effect while
//! another invocation holds it. Where the lease is free, the memory takes them over at once, also for older versions.

use crossover_model::{
    answer::TargetAnswer,
    error::CloudError,
    health::Health,
    journal::{Memory, TargetRecord},
    notes,
    notice::Notice,
    outcome::Outcome,
    stop::{Stop, StopVerb},
    trigger::Note,
};
use futures::join;

use crate::{
    context::{Ending, Remark, TakenOver, TargetContext, TargetState, held_by, interrupted},
    environment::{DISPENSABLE, NOTICE_TIME},
    ports::LeaseAnswer,
};

/// The most attempts to record a command after one that another operator records at the same time.
const ATTEMPTS: usize = 3;

impl TargetContext<'_> {
    /// Records a command about pausing, whoever holds the lease.
    pub(crate) async fn stop(self, note: &Note, wanted: Stop) -> TargetAnswer {
        let (record, everything) = join!(self.record_of_target(), self.everything_else());
        let stop = match &record {
            Ok(record) => match self.wanted(note, wanted, record) {
                Ok(stop) => stop,
                Err(already) => return Box::pin(self.already(already, everything)).await,
            },
            Err(error) if wanted.verb == StopVerb::Abort => return self.unrecorded(error),
            // What can't be read must not prevent a stop.
            Err(_) => wanted,
        };
        let stop = match self.record_stop(stop).await {
            Ok(stop) => stop,
            Err(error) => return self.unrecorded(&error),
        };
        let before = record.as_ref().map(TargetRecord::current_memory).unwrap_or_default();
        match self.acquire_lease(false).await {
            Ok(LeaseAnswer::Taken { epoch, before, .. }) => Box::pin(self.stopped(epoch, before, &stop, everything)).await,
            Ok(LeaseAnswer::Held(held)) => {
                let holder = held.lease.as_ref().map_or_else(|| "another invocation holds the lease".to_owned(), held_by);
                self.beside_the_lease(stop, before, Some(holder)).await
            }
            Err(_) => self.beside_the_lease(stop, before, None).await,
        }
    }

    async fn record_of_target(&self) -> Result<TargetRecord, CloudError> {
        let (journal, name) = (&self.environment.ports.journal, &self.policy.name);
        self.patience().at_most(DISPENSABLE).call(name, || journal.read(name)).await
    }

    /// The command to record, or why there is nothing to record.
    fn wanted(&self, note: &Note, wanted: Stop, record: &TargetRecord) -> Result<Stop, String> {
        let open = record.memory.open.as_ref().map(|open| open.id.as_str());
        let died = interrupted(record, self.now());
        let leases = record.interrupted().into_iter().chain(&died);
        let found: Vec<&str> = open.into_iter().chain(leases.map(|lease| lease.crossover_id.as_str())).collect();
        if wanted.verb == StopVerb::Abort {
            match &wanted.crossover {
                Some(id) if !found.contains(&id.as_str()) => {
                    let open = open.map_or_else(|| "no crossover is open".to_owned(), |open| format!("{open} is open"));
                    return Err(format!("{id} is not open: {open}"));
                }
                None if found.is_empty() => return Err("no crossover is open".to_owned()),
                _ => {}
            }
        }
        let stop = notes::stop(&record.current_memory(), note, self.now()).unwrap_or(Ok(wanted))?;
        Ok(match record.new_stop() {
            Some(last) => stop.instead_of(last, found),
            None => stop,
        })
    }

    /// Records a command after all others.
    async fn record_stop(&self, mut stop: Stop) -> Result<Stop, CloudError> {
        let (journal, name) = (&self.environment.ports.journal, &self.policy.name);
        let patience = self.patience().at_most(DISPENSABLE);
        for _ in 0..ATTEMPTS {
            let now = patience.call(name, || journal.stop(name, &stop)).await?;
            if now == stop {
                break;
            }
            stop = stop.after(now.at);
        }
        Ok(stop)
    }

    /// There is nothing to record, but there may be a notice to send.
    async fn already(self, already: String, everything: Result<Memory, CloudError>) -> TargetAnswer {
        match self.acquire_lease(false).await {
            Ok(LeaseAnswer::Taken { epoch, before, .. }) => {
                let stop = before.new_stop().cloned();
                let (context, state, _) = self.under_the_lease(epoch, before, stop.as_ref(), everything);
                Box::pin(context.finish(state, Ending::new(Outcome::Settled, already))).await
            }
            _ => self.answer(&Health::new(), Ending::new(Outcome::Settled, already), None, 0),
        }
    }

    /// The memory takes the command over.
    async fn stopped(
        self,
        epoch: u64,
        record: TargetRecord,
        stop: &Stop,
        everything: Result<Memory, CloudError>,
    ) -> TargetAnswer {
        let (context, state, taken) = self.under_the_lease(epoch, record, Some(stop), everything);
        let text = stop.recorded(None);
        let ending = match taken {
            Some(TakenOver { text, notice, aborted }) => {
                let ending = Ending { notice, ..Ending::new(Outcome::Recorded, text) };
                match aborted {
                    Some(aborted) => Ending { crossover_id: aborted.crossover_id, steps: aborted.steps, ..ending },
                    None => ending,
                }
            }
            None => Ending::new(Outcome::Recorded, text),
        };
        Box::pin(context.finish(state, ending)).await
    }

    /// The state under the lease, after a command was taken over.
    fn under_the_lease(
        mut self,
        epoch: u64,
        record: TargetRecord,
        stop: Option<&Stop>,
        everything: Result<Memory, CloudError>,
    ) -> (Self, TargetState, Option<TakenOver>) {
        let died = interrupted(&record, self.now());
        let mut state = TargetState::of_record(Some(epoch), record.memory);
        state.everything = everything.unwrap_or_default();
        // Our lease replaces that of an invocation that died. The next reconcile must still know about that one.
        state.memory.died = died;
        let taken = stop.map(|stop| self.take_over(&mut state, stop));
        self.remarks.extend(self.intents_in_force(&state));
        if let Some(taken) = &taken {
            state.memory.unsent.extend(taken.notices());
            state.memory.finished = epoch;
        }
        (self, state, taken)
    }

    /// The command is recorded, and its notice is sent, without the lease. The next reconcile takes it over.
    async fn beside_the_lease(mut self, stop: Stop, mut memory: Memory, holder: Option<String>) -> TargetAnswer {
        if let Some(holder) = holder {
            let effect = match stop.verb {
                StopVerb::Resume => "it continues",
                _ => "its crossover begins no further stage that this holds, and no call that cannot be undone",
            };
            self.remarks.push(Remark::Text(format!("{holder}; {effect}")));
        }
        let text = stop.recorded(memory.take_over(&stop).as_ref());
        let state = TargetState::of_record(None, memory);
        let notice = self.about(&state).noted(&text);
        let unsent = usize::from(!self.publish_now(&notice, &stop).await);
        let id = Some(notice.id.clone());
        let ending = Ending { notice: Some(notice), ..Ending::new(Outcome::Recorded, text) };
        let paused = stop.pause().is_some();
        TargetAnswer { paused, ..self.answer(&Health::new(), ending, id, unsent) }
    }

    /// Sends the notice, and records that. False when it could not be sent; then the next reconcile sends it.
    async fn publish_now(&mut self, notice: &Notice, stop: &Stop) -> bool {
        let publication = notice.publication();
        let patience = self.patience().at_most(NOTICE_TIME);
        let sent = patience.call(&notice.id, || self.environment.ports.notices.publish(&publication)).await;
        if let Err(error) = sent {
            self.remark(format!("notice {} could not be sent; the next reconcile sends it: {error}", notice.id));
            return false;
        }
        let stop = Stop { notified: true, ..stop.clone() };
        let (journal, name) = (&self.environment.ports.journal, &self.policy.name);
        // If this is not recorded, the notice is sent a second time.
        let _ = self.patience().at_most(DISPENSABLE).call(name, || journal.stop(name, &stop)).await;
        true
    }

    fn unrecorded(self, error: &CloudError) -> TargetAnswer {
        let ending = Ending::new(Outcome::Failed, format!("nothing was recorded; try again: {error}"));
        self.answer(&Health::new(), ending, None, 0)
    }
}

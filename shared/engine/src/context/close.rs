//! Closes a reconcile: records, notifies, releases the lease and answers, in this order, so that a death in between
//! causes a second notice rather than none.

use std::{collections::BTreeSet, time::Duration};

use crossover_model::{
    answer::TargetAnswer,
    error::CloudError,
    health::{Health, sides},
    loss::Loss,
    outcome::Outcome,
    serving::is_in_need,
    text::display_name,
    undeclared::remember_sides,
};

use crate::{
    context::{Ending, Remark, TargetContext, TargetState},
    environment::NOTICE_TIME,
    ports::{Change, Written},
};

/// The most notices that are kept for later; older ones are in the logs.
const UNSENT_KEPT: usize = 20;

/// The longest wait for one write at the end.
const WRITE_TIME: Duration = Duration::from_secs(2);

impl TargetContext<'_> {
    pub(crate) async fn finish(mut self, mut state: TargetState, ending: Ending) -> TargetAnswer {
        if self.is_dry_run() {
            return self.answer(&state.health, ending, None, 0);
        }
        let notice_id = ending.notice.as_ref().map(|notice| notice.id.clone());
        let new = ending.notice.clone().filter(|notice| !state.memory.unsent.contains(notice));
        state.memory.unsent.extend(new);
        self.remind(&mut state);
        if !state.health.is_empty() {
            let declared = state.health.keys().map(String::as_str).collect();
            remember_sides(&mut state.memory, &declared);
        }
        if let Some(epoch) = state.epoch
            && (state.memory != state.written || !state.ended.is_empty())
        {
            state.memory.finished = epoch;
        }
        let (mut kept, mut not_sent) = (BTreeSet::new(), None);
        if !state.memory.unsent.is_empty() {
            if state.memory != state.written || !state.ended.is_empty() {
                let _ = self.record(&mut state, false).await;
            }
            kept = kept_for_later(&state).unwrap_or_default();
            not_sent = self.publish(&mut state).await;
            if state.memory.unsent.is_empty() {
                for (why, concerned) in std::mem::take(&mut state.telling) {
                    self.environment.told.mark(&self.policy.name, why, concerned, self.now());
                }
            }
        }
        let unsent = state.memory.unsent.len();
        let _ = self.record(&mut state, true).await;
        let kept = kept_for_later(&state).unwrap_or(kept);
        let lost = state.memory.unsent.iter().filter(|notice| !kept.contains(&notice.id)).count();
        if let Some((id, error)) = not_sent {
            let where_it_is = if kept.contains(&id) {
                "it is kept in the journal and sent by the next reconcile"
            } else {
                "it could not be kept in the journal and is only in the log"
            };
            self.remark(format!("notice {id} could not be sent, {where_it_is}: {error}"));
        }
        let (away, now) = (state.memory.away.len(), self.now());
        let paused = [&state.memory.pause, &state.everything.pause].into_iter().flatten().any(|pause| pause.lasts(now));
        let in_need = ending.outcome != Outcome::Completed && is_in_need(state.serving.as_ref(), &state.health);
        TargetAnswer { away, paused, in_need, lost, ..self.answer(&state.health, ending, notice_id, unsent) }
    }

    /// Writes what is not written yet. A record that the journal refuses is written as a summary, so that at least the
    /// lease is released.
    pub(crate) async fn record(&mut self, state: &mut TargetState, release: bool) -> Result<(), WriteError> {
        let release = release.then(|| self.now());
        let is_new = state.memory != state.written;
        let memory = is_new.then_some(&state.memory);
        let whole = self.write(state.epoch, Change { memory, ended: &state.ended, release }).await;
        self.recorded(state, &whole);
        // The last write tries the whole record once more before it is reduced.
        if !whole.as_ref().is_err_and(WriteError::is_refused) || release.is_none() {
            return whole;
        }
        let slim = state.memory.without_lists();
        // A record that is already written must not be replaced by a summary.
        if is_new && self.write(state.epoch, Change { memory: Some(&slim), ended: &[], release }).await.is_ok() {
            self.remark("the journal accepted only a summary; the steps are in the log".to_owned());
            state.memory = slim;
            self.recorded(state, &Ok(()));
        } else {
            let change = Change { release, ..Change::default() };
            let released = self.write(state.epoch, change).await;
            let _ = released.map_err(|error| self.remark(format!("the lease could not be released and will expire: {error}")));
        }
        whole
    }

    /// Marks the memory as written, or explains why it is not.
    pub(crate) fn recorded(&mut self, state: &mut TargetState, written: &Result<(), WriteError>) {
        match written {
            Ok(()) => {
                state.written = state.memory.clone();
                state.ended.clear();
            }
            Err(why) => {
                // Nothing more can be written under this lease.
                if why.is_stale() {
                    state.epoch = None;
                }
                self.remark(why.to_string());
            }
        }
    }

    pub(crate) async fn write(&self, epoch: Option<u64>, change: Change<'_>) -> Result<(), WriteError> {
        let Some(epoch) = epoch else { return Ok(()) };
        let name = &self.policy.name;
        let journal = &self.environment.ports.journal;
        match self.patience().at_most(WRITE_TIME).call(name, || journal.write(name, epoch, change)).await? {
            Written::Yes => Ok(()),
            Written::StaleEpoch => Err(WriteError::Stale),
        }
    }

    /// Sends the unsent notices, the newest first, until one fails, as the others would fail too. Returns that one's id, with the
    /// error.
    async fn publish(&mut self, state: &mut TargetState) -> Option<(String, CloudError)> {
        let mut not_sent = None;
        let patience = self.patience().at_most(NOTICE_TIME);
        while let Some(notice) = state.memory.unsent.pop() {
            let publication = notice.publication();
            let sent = patience.call(&notice.id, || self.environment.ports.notices.publish(&publication)).await;
            let Err(error) = sent else { continue };
            tracing::error!(
                target = notice.target,
                crossover = notice.crossover_id,
                trigger = notice.trigger,
                %error,
                notice = notice.text(),
                "a notice could not be sent"
            );
            not_sent = Some((notice.id.clone(), error));
            state.memory.unsent.push(notice);
            break;
        }
        // Notices of crossovers take precedence over notices of holds, which are repeated anyway.
        while state.memory.unsent.len() > UNSENT_KEPT {
            let least = state.memory.unsent.iter().position(|notice| notice.crossover_id.is_none());
            state.memory.unsent.remove(least.unwrap_or(0));
        }
        not_sent
    }

    pub(crate) fn answer(self, health: &Health, ending: Ending, notice_id: Option<String>, unsent: usize) -> TargetAnswer {
        let took = self.machine_now().duration_since(self.began).unsigned_abs();
        TargetAnswer {
            target: display_name(&self.policy.name).to_owned(),
            kind: self.kind.to_owned(),
            outcome: ending.outcome,
            reason: ending.reason,
            crossover_id: ending.crossover_id,
            sides: sides(health, self.sides),
            steps: ending.steps,
            worst_loss: ending.loss.as_ref().and_then(Loss::in_words),
            could_lose: ending.loss,
            forecast: ending.forecast,
            held: ending.held,
            notice_id,
            remarks: self.remarks.iter().map(Remark::to_string).collect(),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            unsent,
            lost: 0,
            away: 0,
            paused: false,
            in_need: false,
            busy: false,
            status: None,
            crossovers: None,
            retry_can_help: ending.retry_can_help,
        }
    }
}

/// The ids of the notices that the journal has; none when nothing can be written under the lease, so that this is not known.
fn kept_for_later(state: &TargetState) -> Option<BTreeSet<String>> {
    state.epoch.map(|_| state.written.unsent.iter().map(|notice| notice.id.clone()).collect())
}

/// Why a write failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("another invocation took the lease and continues")]
    Stale,
    #[error("the journal could not be written: {0}")]
    Failed(#[from] CloudError),
}

impl WriteError {
    /// Whether another invocation has acquired the lease.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, Self::Stale)
    }

    /// Whether the same write would be refused again.
    fn is_refused(&self) -> bool {
        matches!(self, Self::Failed(error) if !error.retry_can_help())
    }
}

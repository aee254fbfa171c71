//! What is read again right before a stage, and before each call that cannot be undone: whether the lease is still ours,
//! and whether an operator has stopped it meanwhile.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crossover_model::{
    guard,
    hold::Hold,
    journal::{Memory, TargetRecord},
    pause::Action,
    reserved::EVERYTHING,
    stop::Stop,
};
use futures::join;
use jiff::{SignedDuration, Timestamp};

use crate::{environment::DISPENSABLE, ports::Journal, retry::Patience};

/// An answer that is older than this is read again before a call that cannot be undone.
const FRESH: Duration = Duration::from_secs(1);

/// Why nothing further may be begun.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Closed {
    /// Another invocation has acquired the lease.
    Overtaken,
    /// An operator has aborted the crossover.
    Aborted(Box<Stop>),
    /// The target, or everything, is paused, or that could not be read before a call that cannot be undone.
    Held(Hold),
}

/// The part of a crossover that is about to begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Next {
    /// What a pause may hold.
    pub(crate) action: Action,
    /// Whether what remains contains a step that cannot be undone.
    pub(crate) one_way: bool,
}

/// The gate before the stages of one crossover.
pub(crate) struct Gate<'a> {
    journal: &'a dyn Journal,
    patience: Patience<'a>,
    target: &'a str,
    crossover: String,
    it_would: String,
    /// Our epoch; none without the journal, which is then not asked.
    epoch: Option<u64>,
    /// The memories that were decided from.
    known: [Memory; 2],
    /// How far the journal's clock is ahead of ours.
    ahead: SignedDuration,
    state: Mutex<State>,
}

/// What was known when the crossover was decided.
pub(crate) struct Decided {
    pub(crate) epoch: Option<u64>,
    /// The memories of the target and of everything.
    pub(crate) known: [Memory; 2],
    /// The plan, for a hold of it.
    pub(crate) it_would: String,
    /// How far the journal's clock is ahead of ours.
    pub(crate) ahead: SignedDuration,
}

#[derive(Default)]
struct State {
    next: Option<Next>,
    opened: Option<Timestamp>,
    closed: Option<Closed>,
}

impl<'a> Gate<'a> {
    pub(crate) fn new(
        journal: &'a dyn Journal,
        patience: Patience<'a>,
        target: &'a str,
        crossover: &str,
        decided: Decided,
    ) -> Self {
        let Decided { epoch, known, it_would, ahead } = decided;
        Self {
            journal,
            patience,
            target,
            crossover: crossover.to_owned(),
            it_would,
            epoch,
            known,
            ahead,
            state: Mutex::default(),
        }
    }

    /// Reads the records, and tells whether the next part may begin.
    pub(crate) async fn check(&self, next: Next) -> Result<(), Closed> {
        self.with(|state| state.next = Some(next));
        let now = self.patience.now();
        let checked = self.read(next).await;
        self.with(|state| match &checked {
            Ok(()) => state.opened = Some(now),
            Err(why) => state.closed = Some(why.clone()),
        });
        checked
    }

    /// The same right before a call that cannot be undone, until the answer is fresh: a process may sleep for minutes between
    /// two instructions. False when it is closed, or when the time runs out.
    pub(crate) async fn open(&self) -> bool {
        loop {
            let now = self.patience.now();
            let (next, opened) = self.with(|state| (state.next, state.opened));
            let Some(next) = next else { return true };
            if opened.is_some_and(|opened| now.duration_since(opened).unsigned_abs() < FRESH) {
                return true;
            }
            if !self.patience.pause(Duration::ZERO).await || self.check(next).await.is_err() {
                return false;
            }
        }
    }

    /// Closes it, unless it is.
    pub(crate) fn close(&self, hold: Hold) {
        self.with(|state| _ = state.closed.get_or_insert(Closed::Held(hold)));
    }

    /// Why it is closed.
    pub(crate) fn closed(&self) -> Option<Closed> {
        self.with(|state| state.closed.clone())
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn read(&self, next: Next) -> Result<(), Closed> {
        let Some(epoch) = self.epoch else { return Ok(()) };
        let patience = self.patience.at_most(DISPENSABLE);
        let (target, everything) = join!(
            patience.call(self.target, || self.journal.read(self.target)),
            patience.call(EVERYTHING, || self.journal.read(EVERYTHING))
        );
        let records = target.and_then(|target| Ok([target, everything?]));
        match records {
            Ok(records) => self.judge(next, epoch, &records),
            Err(error) if next.one_way && next.action != Action::Forced => {
                Err(Closed::Held(guard::pause_unread(&error, &self.it_would)))
            }
            Err(error) => {
                tracing::warn!(target = self.target, %error, "whether it was paused meanwhile could not be read");
                Ok(())
            }
        }
    }

    fn judge(&self, next: Next, epoch: u64, records: &[TargetRecord; 2]) -> Result<(), Closed> {
        if records[0].epoch != epoch {
            return Err(Closed::Overtaken);
        }
        let is_new =
            |record: &TargetRecord, known: &Memory| record.stop.as_ref().is_some_and(|stop| known.stopped != Some(stop.at));
        let given = records[0].stop.as_ref().filter(|_| is_new(&records[0], &self.known[0]));
        if let Some(stop) = given.filter(|stop| stop.aborts(&self.crossover)) {
            return Err(Closed::Aborted(Box::new(stop.clone())));
        }
        let [target, everything] = [0, 1].map(|index: usize| {
            let (record, known) = (&records[index], &self.known[index]);
            // A command that was forced before a stop did not override it.
            let overridden = next.action == Action::Forced && !is_new(record, known);
            record.current_memory().pause.filter(|_| !overridden)
        });
        let action = if next.action == Action::Forced { Action::Order } else { next.action };
        let now = self.patience.now();
        let now = now.checked_add(self.ahead).unwrap_or(now);
        guard::paused(target.as_ref(), everything.as_ref(), action, &self.it_would, now)
            .map_or(Ok(()), |hold| Err(Closed::Held(hold)))
    }
}

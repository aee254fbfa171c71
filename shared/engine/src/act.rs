//! Runs a plan: paced, retried and verified, within the time there is.

use std::{
    collections::BTreeMap,
    slice,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crossover_model::{
    error::Fault,
    later::Rest,
    pace::Bucket,
    step::{Applied, Reversal, Seen, Step, StepReport, StepResult},
    text::clip,
};
use futures::{FutureExt, StreamExt, lock::Mutex as AsyncMutex, stream};
use jiff::{SignedDuration, Timestamp};

use crate::{gate::Gate, kind::Kind, retry::Patience};

/// The number of reads within which a change becomes visible, unless its step takes longer.
const READS: u32 = 6;
/// The longest detail of a step, in bytes: hundreds of them must fit into one journal item.
const LONGEST_DETAIL: usize = 200;

/// What was read longer ago than this is read again before a call that does not name its goal: a turn of the pace, or the stages
/// before, may have taken long.
const LOOKED_FOR: Duration = Duration::from_secs(10);

/// When the resources of a stage were read last, and what was seen then of its steps that do not name their goal, by their
/// numbers; nothing before it was read again.
struct Look {
    at: Timestamp,
    seen: BTreeMap<usize, Seen>,
}

/// Runs the steps of a stage. One that fails does not stop the others.
pub(crate) struct Act<'a, K> {
    pub(crate) kind: &'a K,
    /// The time limit for starting anything.
    pub(crate) patience: Patience<'a>,
    /// When it began, by our clock.
    pub(crate) started: Timestamp,
    /// When the resources were read that it was planned from, by our clock.
    pub(crate) looked: Timestamp,
    pub(crate) bucket: &'a Mutex<Bucket>,
    /// Set once another invocation has acquired the lease. Nothing further is started then.
    pub(crate) overtaken: &'a AtomicBool,
    /// Is asked before each call that cannot be undone.
    pub(crate) gate: &'a Gate<'a>,
    /// How far the journal's clock is ahead of ours.
    pub(crate) ahead: SignedDuration,
}

impl<K: Kind> Act<'_, K> {
    pub(crate) async fn stage(&self, steps: &[K::Step]) -> Vec<StepReport> {
        let at_once = usize::try_from(K::PACE.burst).unwrap_or(usize::MAX);
        // A step that is retried for long occupies one slot only and does not delay the steps behind it.
        let look = &AsyncMutex::new(Look { at: self.looked, seen: BTreeMap::new() });
        let applied = (0..steps.len()).map(|index| self.apply(steps, index, look).map(move |report| (index, report)));
        let mut reports: Vec<(usize, StepReport)> = stream::iter(applied).buffer_unordered(at_once).collect().await;
        reports.sort_by_key(|(index, _)| *index);
        let mut reports: Vec<StepReport> = reports.into_iter().map(|(_, report)| report).collect();
        self.verify(steps, &mut reports).await;
        reports
    }

    async fn apply(&self, steps: &[K::Step], index: usize, look: &AsyncMutex<Look>) -> StepReport {
        let step = &steps[index];
        let (card, began) = (step.card(), self.now());
        let patience = step.dispensable_after().map_or(self.patience, |span| self.patience.at_most(span));
        let is_one_way = step.reversal() == Reversal::OneWay;
        let (mut last_error, mut asked, mut ended) = (None, None, None);
        let mut attempt = 0;
        let mut tried = false;
        let (result, detail) = loop {
            let wait = self.bucket(Bucket::take);
            let time_left = patience.pause(wait).await;
            if let Some(end) = self.must_not_begin(time_left, last_error.as_ref()) {
                break end;
            }
            if !step.names_its_goal() {
                let seen = if attempt > 0 {
                    self.verify_again(step, &patience).await
                } else {
                    self.look_first(steps, index, look, &patience).await
                };
                if let Some(end) = seen {
                    break end;
                }
                // The process may have slept during these reads until its lease had ended.
                if let Some(end) = self.must_not_begin(!patience.is_over(), last_error.as_ref()) {
                    break end;
                }
            }
            if is_one_way && !self.gate.open().await {
                let not_started = || "not started: it was stopped right before".to_owned();
                break (StepResult::Pending, Some(last_error.unwrap_or_else(not_started)));
            }
            tried = true;
            let applied = self.kind.apply(step, &patience).await;
            asked = is_one_way.then(|| self.now());
            match applied {
                Ok(Applied::Done) => break (StepResult::Done, None),
                Ok(Applied::Confirmed) => {
                    ended = Some(self.now());
                    break (StepResult::Done, None);
                }
                Ok(Applied::Conflict(what)) => break (StepResult::Conflict, Some(what)),
                Err(error) if !error.retry_can_help() => break (StepResult::Refused, Some(error.to_string())),
                Err(error) => {
                    if error.fault == Fault::Throttled {
                        self.bucket(Bucket::drain);
                    }
                    if !patience.pause_after(&error, attempt, &card.resource).await {
                        break (StepResult::Failed, Some(error.to_string()));
                    }
                    last_error = Some(error.to_string());
                    attempt += 1;
                }
            }
        };
        let detail = detail.map(|detail| clip(&detail, LONGEST_DETAIL));
        if !tried {
            return StepReport { detail, ..StepReport::untried(card, result) };
        }
        let took_ms = self.passed_ms();
        StepReport { card, result, took_ms, detail, began: Some(began), ended, asked, rest: Rest::new() }
    }

    /// Why a call must not begin: another invocation took the lease, or no time is left. `None` if it may.
    fn must_not_begin(&self, time_left: bool, last_error: Option<&String>) -> Option<(StepResult, Option<String>)> {
        let why = match time_left {
            _ if self.overtaken.load(Ordering::Relaxed) => "not started: another invocation took the lease",
            true => return None,
            false => last_error.map_or("not started: the time ran out", String::as_str),
        };
        Some((StepResult::Pending, Some(why.to_owned())))
    }

    /// Verifies a step that failed and does not name its goal. `None` if it is to be repeated.
    async fn verify_again(&self, step: &K::Step, patience: &Patience<'_>) -> Option<(StepResult, Option<String>)> {
        let seen = self.kind.verify(slice::from_ref(step), patience).await;
        match seen.map(|seen| seen.into_iter().next()) {
            Ok(Some(Seen::NotYet)) => None,
            Ok(Some(Seen::Done | Seen::UnderWay)) => Some((StepResult::Done, None)),
            Ok(Some(Seen::Conflict(what))) => Some((StepResult::Conflict, Some(what))),
            Ok(None) => Some((StepResult::Failed, Some("not repeated: it could not be read again".to_owned()))),
            Err(error) => Some((StepResult::Failed, Some(format!("not repeated: it could not be read again: {error}")))),
        }
    }

    /// Reads the resources of the stage again, once for all of its steps, if they were read too long ago for a first call. `None`
    /// if it is to be made.
    async fn look_first(
        &self,
        steps: &[K::Step],
        index: usize,
        look: &AsyncMutex<Look>,
        patience: &Patience<'_>,
    ) -> Option<(StepResult, Option<String>)> {
        let mut look = look.lock().await;
        let now = self.patience.now();
        if now.duration_since(look.at).unsigned_abs() > LOOKED_FOR {
            // Those that name their goal are not asked about: their resources may be what has failed.
            let asked = steps.iter().enumerate().filter(|(_, step)| !step.names_its_goal());
            let (numbers, asked): (Vec<usize>, Vec<K::Step>) = asked.map(|(number, step)| (number, step.clone())).unzip();
            match self.kind.verify(&asked, patience).await {
                Ok(seen) => *look = Look { at: now, seen: numbers.into_iter().zip(seen).collect() },
                Err(error) => {
                    return Some((StepResult::Pending, Some(format!("not started: it could not be read again: {error}"))));
                }
            }
        }
        match look.seen.get(&index)? {
            Seen::NotYet => None,
            Seen::Done => Some((StepResult::Already, None)),
            // It is verified until it is visible.
            Seen::UnderWay => Some((StepResult::Done, None)),
            Seen::Conflict(what) => Some((StepResult::Conflict, Some(what.clone()))),
        }
    }

    /// Verifies every change that was accepted and not confirmed, and those that failed, since an error can hide a change that was
    /// applied.
    async fn verify(&self, steps: &[K::Step], reports: &mut [StepReport]) {
        let patience = self.patience;
        let changed =
            |report: &StepReport| matches!(report.result, StepResult::Done | StepResult::Failed) && report.ended.is_none();
        let mut open: Vec<usize> = (0..steps.len()).filter(|&i| changed(&reports[i])).collect();
        let slowest = open.iter().map(|&i| steps[i].seen_within()).max().unwrap_or_default();
        let patient = patience.at_most(slowest);
        let mut why = "accepted, not visible yet".to_owned();
        for read in 0.. {
            let waiting = if read < READS { patience } else { patient };
            if open.is_empty() || (read > 0 && !waiting.pause_before(read).await) {
                break;
            }
            let asked: Vec<K::Step> = open.iter().map(|&i| steps[i].clone()).collect();
            match self.kind.verify(&asked, &patience).await {
                Ok(seen) => {
                    let now = self.now();
                    let reported = open.iter().copied().zip(seen);
                    open = reported.filter_map(|(i, seen)| take_over(&mut reports[i], seen, now).then_some(i)).collect();
                }
                Err(error) => {
                    why = format!("accepted, but could not be verified: {error}");
                    break;
                }
            }
        }
        for i in open {
            if reports[i].result == StepResult::Done {
                reports[i].result = StepResult::Pending;
                reports[i].detail = Some(why.clone());
            }
        }
    }

    fn bucket<T>(&self, spend: impl FnOnce(&mut Bucket, Timestamp) -> T) -> T {
        spend(&mut self.bucket.lock().unwrap_or_else(PoisonError::into_inner), self.patience.now())
    }

    /// Now, by the journal's clock where that is known.
    fn now(&self) -> Timestamp {
        let now = self.patience.now();
        now.checked_add(self.ahead).unwrap_or(now)
    }

    fn passed_ms(&self) -> u64 {
        let passed: Duration = self.patience.now().duration_since(self.started).try_into().unwrap_or_default();
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Records what was read. Returns whether to read again.
fn take_over(report: &mut StepReport, seen: Seen, now: Timestamp) -> bool {
    match seen {
        Seen::Done => {
            report.result = StepResult::Done;
            report.detail = None;
            report.ended = Some(now);
            false
        }
        Seen::UnderWay => {
            report.result = StepResult::Done;
            report.detail = None;
            true
        }
        Seen::NotYet => report.result == StepResult::Done,
        Seen::Conflict(what) => {
            report.result = StepResult::Conflict;
            report.detail = Some(what);
            false
        }
    }
}

//! Runs a plan: paced, retried and verified, within the time there is.

use std::{
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
    step::{Applied, Seen, Step, StepReport, StepResult},
    text::clip,
};
use futures::{FutureExt, StreamExt, stream};
use jiff::Timestamp;

use crate::{kind::Kind, retry::Patience};

/// The number of reads within which a change becomes visible, unless its step takes longer.
const READS: u32 = 6;
/// The longest detail of a step, in bytes: hundreds of them must fit into one journal item.
const LONGEST_DETAIL: usize = 200;

/// Runs the steps of a stage. One that fails does not stop the others.
pub(crate) struct Act<'a, K> {
    pub(crate) kind: &'a K,
    /// The time limit for starting anything.
    pub(crate) patience: Patience<'a>,
    pub(crate) started: Timestamp,
    pub(crate) bucket: &'a Mutex<Bucket>,
    /// Set once another invocation has acquired the lease. Nothing further is started then.
    pub(crate) overtaken: &'a AtomicBool,
}

impl<K: Kind> Act<'_, K> {
    pub(crate) async fn stage(&self, steps: &[K::Step]) -> Vec<StepReport> {
        let at_once = usize::try_from(K::PACE.burst).unwrap_or(usize::MAX);
        // A step that is retried for long occupies one slot only and does not delay the steps behind it.
        let applied = steps.iter().enumerate().map(|(index, step)| self.apply(step).map(move |report| (index, report)));
        let mut reports: Vec<(usize, StepReport)> = stream::iter(applied).buffer_unordered(at_once).collect().await;
        reports.sort_by_key(|(index, _)| *index);
        let mut reports: Vec<StepReport> = reports.into_iter().map(|(_, report)| report).collect();
        self.verify(steps, &mut reports).await;
        reports
    }

    async fn apply(&self, step: &K::Step) -> StepReport {
        let (card, began) = (step.card(), self.patience.now());
        let patience = step.dispensable_after().map_or(self.patience, |span| self.patience.at_most(span));
        let mut last_error = None;
        let mut attempt = 0;
        let (result, detail) = loop {
            let wait = self.bucket(Bucket::take);
            let time_left = patience.pause(wait).await;
            if self.overtaken.load(Ordering::Relaxed) {
                break (StepResult::Pending, Some("not started: another invocation took the lease".to_owned()));
            }
            if !time_left {
                break (StepResult::Pending, Some(last_error.unwrap_or_else(|| "not started: the time ran out".to_owned())));
            }
            match self.kind.apply(step, &patience).await {
                Ok(Applied::Done) => break (StepResult::Done, None),
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
        StepReport { card, result, took_ms: self.passed_ms(), detail, began: Some(began), ended: None, rest: Rest::new() }
    }

    /// Verifies every change that was accepted, and those that failed, since an error can hide a change that was applied.
    async fn verify(&self, steps: &[K::Step], reports: &mut [StepReport]) {
        let patience = self.patience;
        let changed = |report: &StepReport| matches!(report.result, StepResult::Done | StepResult::Failed);
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
                    let now = patience.now();
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
        Seen::NotYet => report.result == StepResult::Done,
        Seen::Conflict(what) => {
            report.result = StepResult::Conflict;
            report.detail = Some(what);
            false
        }
    }
}

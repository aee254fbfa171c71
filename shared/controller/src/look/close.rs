//! Writes down, tells, gives the lease back, answers: in this order, so that dying in between tells
//! twice rather than never.

use super::{DISPENSABLE, Ending, Known, Look, NOTICE_TIME};
use crate::{
    answer::{TargetAnswer, sides},
    cloud::{Change, Written},
    health::Health,
    kind::Kind,
    topology::Spec,
};

/// Notices that are kept for later; older ones are in the logs.
const UNSENT_KEPT: usize = 20;

impl<K: Kind> Look<'_, K> {
    pub(super) async fn finish(mut self, mut known: Known, ending: Ending) -> TargetAnswer {
        if self.is_dry_run() {
            return self.answer(&known.health, ending, None, 0);
        }
        let notice_id = ending.notice.as_ref().map(|notice| notice.id.clone());
        known.memory.unsent.extend(ending.notice.clone());
        if !known.memory.unsent.is_empty() {
            self.record(&mut known, false).await;
            self.publish(&mut known).await;
        }
        let unsent = known.memory.unsent.len();
        self.record(&mut known, true).await;
        self.answer(&known.health, ending, notice_id, unsent)
    }

    async fn record(&mut self, known: &mut Known, release: bool) {
        let memory = (known.memory != known.written).then_some(&known.memory);
        let change = Change { memory, ended: &known.ended, release: release.then(|| self.now()) };
        match self.write(known.epoch, change).await {
            Ok(()) => {
                known.written = known.memory.clone();
                known.ended.clear();
            }
            Err(why) => self.remark(why),
        }
    }

    pub(super) async fn write(&self, epoch: Option<u64>, change: Change<'_>) -> Result<(), String> {
        let Some(epoch) = epoch else { return Ok(()) };
        let name = &self.target.policy.name;
        let journal = &self.controller.ports.journal;
        match self.patience().at_most(DISPENSABLE).call(name, || journal.write(name, epoch, change)).await {
            Ok(Written::Yes) => Ok(()),
            Ok(Written::StaleEpoch) => Err("another invocation took the lease meanwhile, and goes on".to_owned()),
            Err(error) => Err(format!("the journal could not be written: {error}")),
        }
    }

    async fn publish(&mut self, known: &mut Known) {
        let mut unsent = Vec::new();
        for notice in std::mem::take(&mut known.memory.unsent) {
            let publication = notice.publication();
            let patience = self.patience().at_most(NOTICE_TIME);
            let sent = patience.call(&notice.id, || self.controller.ports.notices.publish(&publication)).await;
            let Err(error) = sent else { continue };
            tracing::error!(
                target = notice.target,
                crossover = notice.crossover_id,
                trigger = notice.trigger,
                %error,
                notice = notice.text(),
                "a notice could not be sent"
            );
            let kept = match known.epoch {
                Some(_) => "it is kept in the journal and sent with the next look",
                None => "and without the journal it could not be kept; it stands in the log",
            };
            self.remark(format!("notice {} could not be sent, {kept}: {error}", notice.id));
            unsent.push(notice);
        }
        let surplus = unsent.len().saturating_sub(UNSENT_KEPT);
        known.memory.unsent = unsent.split_off(surplus);
    }

    pub(super) fn answer(self, health: &Health, ending: Ending, notice_id: Option<String>, unsent: usize) -> TargetAnswer {
        let took = self.now().duration_since(self.began).unsigned_abs();
        TargetAnswer {
            target: self.target.policy.name.clone(),
            kind: <K::Spec as Spec>::KIND.to_owned(),
            outcome: ending.outcome,
            reason: ending.reason,
            crossover_id: ending.crossover_id,
            sides: sides(health),
            steps: ending.steps,
            notice_id,
            remarks: self.remarks,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            unsent,
            retry_can_help: ending.retry_can_help,
        }
    }
}

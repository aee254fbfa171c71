//! What must hold of a database once everything has healed.

use std::time::Duration;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, answer::Answer, guard, half_done::HalfDone, outcome::Outcome};
use crossover_rds::{AVAILABLE, RdsAccount};
use crossover_route53::{RecordAnswer, Route53Account};
use crossover_sandbox::{Account, Sandbox};
use crossover_sns::{SnsAccount, sandbox::Published};
use serde_json::json;

use super::{
    DatabaseTarget, RENAMED,
    happenings::BROKEN,
    scene::{Fence, Scene},
};
use crate::{
    database::{Kind, TARGET, endpoint, is_quarantine, record},
    simulation::{
        history::History,
        told::{refused, untold},
        triggers::Trigger,
    },
};

const MINUTE: Duration = Duration::from_secs(61);
/// Ticks after which everything is settled: the longest promotion, the longest block, and some.
const TICKS: usize = 30;
/// How often a person gives a command while another invocation has the lease.
const TRIES: usize = 4;
/// A month, about.
const MONTH: Duration = Duration::from_hours(24 * 30);
/// Sides that flapped have not for so long then.
const QUIET: Duration = Duration::from_mins(65);

/// Every side is healthy again; what was fenced or stopped stays so.
fn mend(sandbox: &Sandbox, scene: &Scene) {
    sandbox.change(|account, now| {
        account.rds_mut().unreachable.clear();
        for side in &scene.sides {
            account.cloudwatch_mut().set_alarm(side.alarm, AlarmState::Ok, now);
            account.rds_mut().set_lag(&side.id, Some(1.0), now);
        }
        for instance in account.rds_mut().instances.iter_mut().filter(|instance| BROKEN.contains(&instance.status.as_str())) {
            AVAILABLE.clone_into(&mut instance.status);
        }
        account.rds_mut().instances.iter_mut().for_each(|instance| instance.pending.clear());
    });
}

/// The promotions that are under way, and would be for a month, end now.
fn end_promotions(sandbox: &Sandbox) {
    sandbox.change(|account, now| {
        let rds = account.rds_mut();
        rds.promotion_ms = 240_000;
        rds.coming.iter_mut().filter(|coming| coming.at > now + MONTH / 4).for_each(|coming| coming.at = now);
    });
}

impl History<DatabaseTarget> {
    pub(super) async fn heal(&mut self) {
        mend(&self.stage.sandbox, &self.world.scene);
        self.resume().await;
        self.release().await;
        for _ in 0..TICKS {
            self.tick_after(MINUTE).await;
        }
        if self.world.scene.is_endless() {
            self.overdue_is_told();
            end_promotions(&self.stage.sandbox);
            for _ in 0..TICKS {
                self.tick_after(MINUTE).await;
            }
        }
        self.let_in().await;
        self.settle_rivals().await;
        self.stage.wait(QUIET).await;
        for _ in 0..3 {
            self.tick_after(MINUTE).await;
        }
        let before = self.counts();
        let last = self.tick_after(MINUTE).await;
        self.again().await;
        let broken = self.healed(&last);
        self.broken.extend(broken);
        if self.counts() != before {
            self.broken.push("twice is once: with nothing left to do, something was changed or recorded".to_owned());
        }
    }

    /// A person ends every wish. An order that an invocation died over is taken up first, and its wish stands then; and that lease
    /// may end later than a minute, where a clock was ahead.
    async fn release(&mut self) {
        let is_behind_a_lease =
            |answer: &Answer| answer.targets.iter().any(|it| it.outcome == Outcome::Held && it.held.is_none());
        for _ in 0..TRIES {
            let taken_up = self.tick_after(MINUTE).await;
            let released = self.invoke(Trigger::noted("release", &json!({ "target": TARGET }))).await.expect("no faults");
            if !is_behind_a_lease(&taken_up) && !is_behind_a_lease(&released) {
                return;
            }
        }
    }

    /// People know of a promotion that takes longer than it may.
    fn overdue_is_told(&mut self) {
        let account = self.stage.sandbox.account();
        let Some(open) = account.dynamodb().journal.get(TARGET).and_then(|record| record.memory.open.clone()) else { return };
        let is_under_way = account.rds().coming.iter().any(|coming| coming.at > account.time + MONTH / 4);
        let is_of_it = |notice: &&Published| {
            notice.attributes["outcome"] == "held" && notice.bodies["sqs"].contains("longer than promote_timeout")
        };
        if is_under_way && !account.sns().published.iter().any(|notice| is_of_it(&notice)) {
            self.broken.push(format!("told: nobody was told that the promotion of {} does not end", open.id));
        }
    }

    /// Whose groups nobody remembers is told to be out of reach, and a person lets clients in again.
    async fn let_in(&mut self) {
        let writer = self.world.writer();
        let shut = |account: &Account| {
            let writer = account.rds().instances.iter().find(|instance| instance.id == writer);
            writer.is_some_and(|writer| writer.security_groups.iter().any(|group| is_quarantine(group)))
        };
        if !self.stage.sandbox.inspect(shut) {
            return;
        }
        let last = self.tick_after(MINUTE).await;
        if last.outcome != Outcome::Held {
            self.broken.push(format!("told: no client reaches {writer}, and that was answered {last:?}"));
        }
        self.stage.sandbox.change(|account, _| {
            for instance in account.rds_mut().instances.iter_mut().filter(|instance| instance.id == writer) {
                instance.security_groups = ["sg-clients".to_owned()].into();
            }
        });
    }

    /// Who forces a promotion without the journal, or ends a crossover whose promotion RDS completes, is told later that two
    /// members take writes, and says which is meant.
    async fn settle_rivals(&mut self) {
        let (writer, at_home) = (self.world.writer(), self.world.scene.home().id.clone());
        let account = self.stage.sandbox.account();
        let left = account.dynamodb().journal.get(TARGET).map_or(&[][..], |record| &record.memory.half_done);
        let requested = left.iter().any(HalfDone::is_request);
        if !(self.world.watch().unrecorded || requested)
            || opened(&account) < 2
            || record(&account).starts_with(&format!("{writer}."))
        {
            return;
        }
        let last = self.tick_after(MINUTE).await;
        if last.outcome != Outcome::Held && (requested || self.world.scene.fence != Fence::None) {
            self.broken.push(format!("told: {writer} takes writes beside {at_home}, and that was answered {last:?}"));
        }
        let region = self.world.scene.side(&writer).map(|side| side.region.clone()).unwrap_or_default();
        self.stage.sandbox.change(|account, _| {
            let values = vec![endpoint(&region, &writer)];
            account.route53_mut().hosted_zones[0].record_sets[0].answer = RecordAnswer::Values { ttl: 5, values };
        });
        for _ in 0..5 {
            self.tick_after(MINUTE).await;
        }
    }

    /// What was asked of RDS and Route 53, and what was recorded.
    fn counts(&self) -> (usize, usize) {
        let changes = |call: &&crossover_sandbox::Call| {
            call.is_write() && (call.call.starts_with("rds:") || call.call.starts_with("route53:"))
        };
        let made = self.stage.sandbox.calls().iter().filter(changes).count();
        (made, self.stage.sandbox.inspect(|account| account.dynamodb().crossovers.len()))
    }

    fn healed(&self, last: &Answer) -> Vec<String> {
        let (scene, account) = (&self.world.scene, self.stage.sandbox.account());
        let found = account.dynamodb().journal.get(TARGET).cloned().unwrap_or_default();
        let memory = &found.memory;
        let writer = writer(scene, &account, &self.world.writer());
        let at_home = writer.as_deref() == Some(scene.home().id.as_str());
        // A replica goes home only by hand.
        let may_be_held = scene.automatic && scene.kind == Kind::Replica && !at_home;
        let flaps = guard::flaps(memory, &scene.home().name, account.time);
        let due = scene.automatic && scene.kind != Kind::Replica && !flaps;
        let fenced = scene.kind != Kind::Replica || scene.fence == Fence::None || opened(&account) == 1;
        // Clients stay connected to an old writer whose restart RDS has refused for good.
        let refused = [TARGET, RENAMED].iter().flat_map(|target| refused(&account, target));
        let keeps_connections = refused.into_iter().any(|card| card.step == "restart");
        let leads =
            scene.kind == Kind::MultiAz || writer.as_ref().is_some_and(|id| record(&account).starts_with(&format!("{id}.")));
        let settled = last.outcome == Outcome::Settled;
        let promises = [
            (settled || (may_be_held && last.outcome == Outcome::Held), "killed anywhere: it is not settled in the end"),
            (memory.open.is_none(), "killed anywhere: a crossover is left open"),
            (memory.died.is_none(), "killed anywhere: a death is left unseen to"),
            (memory.unsent.is_empty(), "told: a notice is left unsent"),
            (found.held_at(account.time).is_none(), "killed anywhere: the lease is left held"),
            (writer.is_some(), "somebody serves: nobody is the writer, or no client reaches it"),
            (fenced || keeps_connections, "an old writer is left open"),
            (leads, "the record does not lead to the writer"),
            (!due || at_home, "killed anywhere: what is due at home does not go there"),
        ];
        let line = |what: &str| {
            let reason = last.targets.first().map(|target| target.reason.as_str()).unwrap_or_default();
            format!("{what}: {writer:?}, led to {}, {} ({reason}) {memory:?}", record(&account), last.outcome)
        };
        promises.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| line(what)).chain(untold(&account, &self.held)).collect()
    }
}

/// How many members clients can write to.
fn opened(account: &Account) -> usize {
    account.rds().instances.iter().filter(|instance| account.rds().takes_writes(instance, is_quarantine)).count()
}

/// Who is the writer, where clients can reach it.
fn writer(scene: &Scene, account: &Account, asked_for: &str) -> Option<String> {
    if scene.kind != Kind::Replica {
        return scene.kind.writer(account).and_then(|writer| scene.side(writer)).map(|side| side.id.clone());
    }
    let found = account.rds().instances.iter().find(|instance| instance.id == asked_for);
    found.filter(|found| account.rds().takes_writes(found, is_quarantine)).map(|found| found.id.clone())
}

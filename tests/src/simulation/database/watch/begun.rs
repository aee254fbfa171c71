//! What must hold when RDS is asked to change something, above all who is the writer.

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::journal::TargetRecord;
use crossover_rds::{
    AVAILABLE, RdsAccount,
    sandbox::{Becomes, Coming},
};
use crossover_sandbox::{Account, Arrival};

use super::{Caller, Planned, Watch, WriterIs, follows, is_open};
use crate::{
    database::{Kind, is_quarantine},
    simulation::triggers::Sort,
};

/// The calls with which the writer is moved, and those of them that can lose what was written last.
const MOVES: [&str; 5] = [
    "rds:PromoteReadReplica",
    "rds:FailoverGlobalCluster",
    "rds:SwitchoverGlobalCluster",
    "rds:RebootDBInstance",
    "rds:FailoverDBCluster",
];
const LOSING: [&str; 2] = ["rds:PromoteReadReplica", "rds:FailoverGlobalCluster"];
/// What passes between the reads of a look and its last write.
const LOOK: Duration = Duration::from_mins(1);

impl Watch {
    /// RDS has done what it was asked for.
    pub(super) fn changed(&mut self, caller: &Caller, arrival: &Arrival<'_>, account: &Account) {
        let record = account.dynamodb().journal.get(&self.target).cloned().unwrap_or_default();
        let held = record.interrupted().is_some_and(|lease| lease.holder == arrival.invocation);
        if !held && !caller.forgetful {
            self.broke(arrival, "one at a time: it does not hold the lease");
        }
        // The old writer is restarted once it is fenced.
        let restarts = self.scene.kind == Kind::Replica && arrival.call == "rds:RebootDBInstance";
        if MOVES.contains(&arrival.call) && !restarts {
            self.moved(caller, arrival, account, &record);
        }
    }

    /// Nobody's pending changes are made with ours, and nothing is shut for a promotion that can't be.
    pub(super) fn modified(&mut self, caller: &Caller, arrival: &Arrival<'_>, account: &Account) {
        let id = arrival.resource;
        let is_pending = account.rds().instances.iter().any(|instance| instance.id == id && !instance.pending.is_empty());
        if self.pending.contains(id) && !is_pending && caller.pending.contains(id) {
            self.broke(arrival, "nothing but what had to: pending changes were made, too");
        }
        let shuts = account.rds().instances.iter().any(|instance| {
            instance.id == id
                && !instance.security_groups.is_empty()
                && instance.security_groups.iter().all(|group| is_quarantine(group))
        });
        let open = account.dynamodb().journal.get(&self.target).and_then(|record| record.memory.open.as_ref());
        let chosen = open.and_then(|open| self.chosen(open)).map(|(open, to, _)| (open.id.clone(), to));
        let Some((open, to)) = chosen.filter(|(_, to)| shuts && id == self.writer && *to != self.writer) else { return };
        let is_its = |coming: &Coming| coming.then == Becomes::Promoted && coming.of.ends_with(&format!(":{to}"));
        let is_under_way = account.rds().coming.iter().any(is_its);
        if let Some(status) = caller.statuses.get(&to).filter(|status| *status != AVAILABLE && !is_under_way) {
            let what = format!("somebody serves: {id} was fenced for {open}, and {to}, which is {status}, can't be promoted");
            self.broke(arrival, &what);
        }
    }

    fn moved(&mut self, caller: &Caller, arrival: &Arrival<'_>, account: &Account, record: &TargetRecord) {
        let Some((from, to)) = self.sides_of(arrival, account) else {
            return self.broke(arrival, "nobody knows who becomes the writer");
        };
        let by_hand = matches!(caller.sort, Some(Sort::Order(_) | Sort::Forced(_)));
        let open = record.memory.open.as_ref().filter(|open| self.chosen(open).is_some_and(|(_, chosen, _)| chosen == to));
        let order = open.and_then(|open| open.order.as_ref());
        let forced = matches!(caller.sort, Some(Sort::Forced(_))) || order.is_some_and(|order| order.force);
        let planned = open.and_then(|open| self.planned.get(&open.id)).filter(|planned| planned.to == to).cloned();

        if self.scene.kind == Kind::Replica {
            let followed = account.rds().instances.iter().find(|instance| instance.id == to).and_then(follows);
            // Who forces it twice without the journal has nothing that could hold the second one back.
            let unheld = forced && caller.forgetful && planned.is_none() && self.unrecorded;
            if followed != Some(self.writer.as_str()) && !unheld {
                let what = format!("one at a time: {to} was promoted, and does not follow {}", self.writer);
                self.broke(arrival, &what);
            }
            self.writer.clone_from(&to);
        }
        if let Some(open) = open.filter(|_| !caller.forgetful || planned.is_some())
            && self.begun.insert(open.id.clone(), to.clone()).is_some()
        {
            self.broke(arrival, "one at a time: its crossover has moved the writer before");
        }
        let losing = LOSING.contains(&arrival.call);
        if losing && planned.is_none() {
            self.unrecorded = true;
            if !forced {
                self.broke(arrival, "an irreversible step was begun, and is not in the journal");
            }
        }
        if losing && !forced && self.is_stopped(by_hand, arrival, account) {
            self.broke(arrival, "stop means stop: an irreversible step was begun after it");
        }
        if losing && !self.may_lose(caller, arrival, account, planned.as_ref(), &from, &to) {
            self.broke(arrival, &format!("{to} was promoted without a good enough sample, and nobody accepted that: {caller:?}"));
        }
        if arrival.call == "rds:PromoteReadReplica" && self.fences_by_group() && caller.writer_is == WriterIs::Open {
            self.broke(arrival, &format!("{from} was open when it was looked at, and no fence was asked for"));
        }
        let all_healthy = [&from, &to].into_iter().all(|side| caller.healthy.contains(side));
        if arrival.call == "rds:SwitchoverGlobalCluster" && !all_healthy && !caller.blind {
            self.broke(arrival, "a switchover was begun, and not every side is healthy");
        }
        let intended = record
            .memory
            .intent
            .as_ref()
            .is_some_and(|intent| self.scene.side(&from).is_some_and(|side| intent.aim.leaves(&side.name)));
        let homeward = to == self.scene.home().id;
        let why = by_hand
            || order.is_some()
            || intended
            || homeward
            || caller.blind
            || planned.is_some()
            || caller.unhealthy.contains(&from);
        if !why {
            self.broke(arrival, &format!("{from} is not unhealthy, and nobody asked to leave it"));
        }
        let asked_for = by_hand || order.is_some() || intended || homeward;
        let begun_by = planned.as_ref().map_or(caller, |planned| &planned.by);
        let is_available = begun_by.statuses.get(&from).is_some_and(|status| status == AVAILABLE);
        // The alarm has fired again since the plan that this one goes on with, and with data.
        let has_data = caller.unhealthy.contains(&from) && !caller.missing.contains(&from);
        if losing && !asked_for && begun_by.missing.contains(&from) && is_available && !has_data {
            self.broke(arrival, &format!("{from} is available, and nothing but missing data speaks against it"));
        }
        let well = forced || caller.blind || caller.healthy.contains(&to);
        if !well {
            self.broke(arrival, &format!("somebody serves: {to} is not known to be healthy"));
        }
        if !by_hand && !caller.forgetful && self.is_paused(caller, arrival, account) {
            self.broke(arrival, "it is paused");
        }
    }

    /// Who is left, and who becomes the writer.
    fn sides_of(&self, arrival: &Arrival<'_>, account: &Account) -> Option<(String, String)> {
        let rds = &account.rds();
        let id = |side: &str| self.scene.side(side).map(|side| side.id.clone());
        let from = match self.scene.kind {
            Kind::Replica => Some(self.writer.clone()),
            kind => kind.writer(account).and_then(id),
        };
        let to = match self.scene.kind {
            Kind::Replica => id(arrival.resource),
            Kind::Global => rds.global_clusters[0].moving_to.as_deref().and_then(id),
            Kind::MultiAz => rds.instances[0].secondary_zone.as_deref().and_then(id),
            Kind::Aurora => rds.coming.iter().find_map(|coming| match &coming.then {
                crossover_rds::sandbox::Becomes::Writer(writer) => id(writer),
                _ => None,
            }),
        };
        from.zip(to)
    }

    /// Whether what is lost with it is allowed: by the policy within its limits, or by a person; as it is
    /// now, or as it was when the plan was written down.
    fn may_lose(
        &self,
        caller: &Caller,
        arrival: &Arrival<'_>,
        account: &Account,
        planned: Option<&Planned>,
        from: &str,
        to: &str,
    ) -> bool {
        let writer = account.rds().instances.iter().find(|instance| instance.id == from);
        let cut_off = self.fences_by_group() && writer.is_some_and(|writer| !is_open(writer));
        let lasts = Duration::from_mins(self.scene.max_sample_age.unsigned_abs()) + LOOK;
        let fresh = |planned: &&Planned| cut_off || arrival.at.duration_since(planned.at).unsigned_abs() <= lasts;
        let earlier = planned.filter(fresh);
        let then = earlier.map(|planned| &planned.by);
        let record = account.dynamodb().journal.get(&self.target);
        let order = record.and_then(|record| record.memory.open.as_ref()).and_then(|open| open.order.as_ref());
        let accepts = caller.accepts
            || earlier.is_some_and(|planned| planned.accepted)
            || order.is_some_and(|order| order.accept_data_loss);
        let forces = matches!(caller.sort, Some(Sort::Forced(_))) || order.is_some_and(|order| order.force);
        let any = |of: fn(&Caller, &str) -> bool| of(caller, to) || then.is_some_and(|then| of(then, to));
        let good = any(|caller, to| caller.good.contains(to));
        let known = any(|caller, to| caller.known.contains(to));
        (good && !self.scene.refuses_loss) || (accepts && (known || forces))
    }
}

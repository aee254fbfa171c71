//! The failback. Pure.
//!
//! If the home member is a replica of the writer, the two change roles. After a promotion it is not: then a new replica is
//! created first, and an operator makes it the writer.

use std::collections::BTreeSet;

use crossover_model::{
    decision::{Plan, Verdict},
    health::State,
    hold::{Held, Hold},
    loss::Loss,
    step::Way,
};
use crossover_rds::{AVAILABLE, LagMeter, LagMetric, NewReplica, is_default_group, needs_parameter_group};

use super::{course::Course, plan::card};
use crate::{
    member::Is,
    observe::{Role, Seen, Sight},
    spec::Engine,
    step::{CatchUpStep, DatabaseStep, ReplicaStep},
    words::failover,
};

impl Course<'_> {
    /// Homes that could be the writer again without data loss.
    pub(super) fn ready(&self) -> Option<String> {
        let view = self.view;
        let home = view.spec().home();
        let lossless = !view.spec().engine.loses_data() || self.is_planned(home);
        let is_ready =
            !view.is_home(self.writer) && lossless && view.health(home) == State::Healthy && self.unable(home).is_none();
        is_ready.then(|| home.to_owned())
    }

    /// The failback without data loss, once home is healthy; or its preparation, once an operator orders it.
    pub(super) fn homewards(&self) -> Option<Verdict<DatabaseStep>> {
        let view = self.view;
        let (home, required) = (view.spec().home(), view.situation.required);
        if view.is_home(self.writer) {
            return None;
        }
        if required.called_home.contains(home)
            && let Some(prepare) = self.prepare(home)
        {
            return Some(prepare);
        }
        // The order ends once the replica exists: making it the writer takes an order of its own.
        let lag = view.lag_of(home);
        let prepared = view.situation.memory.open.iter().flat_map(|open| &open.steps).any(|step| step.card.resource == lag);
        (required.home.contains(home) && !prepared).then(|| self.go_home(home))
    }

    /// RDS can't fail back without data loss for every engine.
    fn go_home(&self, home: &str) -> Verdict<DatabaseStep> {
        let view = self.view;
        if let Some(why) = self.unable(home) {
            return Verdict::Hold(Hold { why: Held::HomeUnhealthy, text: format!("nothing can be failed back: {why}") });
        }
        if !view.spec().engine.loses_data() || self.is_planned(home) {
            return Verdict::CrossOver(self.plan(home, true, self.planned_loss()));
        }
        Verdict::Hold(Hold { why: Held::DataLoss, text: self.no_switchover(home) })
    }

    /// Creates a replica of the writer to replace the old one, and waits until it has caught up.
    fn prepare(&self, home: &str) -> Option<Verdict<DatabaseStep>> {
        let view = self.view;
        let member = view.spec().member(home).filter(|member| member.is == Is::Instance)?;
        if view.spec().engine != Engine::RdsReplica || (self.is_planned(home) && self.unable(home).is_none()) {
            return None;
        }
        let (label, writer) = (view.label(home), view.label(self.writer));
        let begun = match view.observed().members.get(home)? {
            Sight::Missing => false,
            Sight::Seen(seen) if seen.role == Role::Replica(Some(self.writer.to_owned())) => {
                if seen.status == AVAILABLE && seen.lag.is_within(view.spec().max_lag) {
                    return None;
                }
                true
            }
            Sight::Seen(_) => return Some(Verdict::Hold(Hold { why: Held::HomeUnhealthy, text: self.taken(home) })),
            Sight::Unreadable(_) => return None,
        };
        let source = view.observed().seen(self.writer)?;
        // The security groups of another Region don't exist there.
        let same_region = view.spec().member(self.writer).is_some_and(|writer| writer.region == member.region);
        let shall = &view.spec().replica;
        if source.encrypted && !same_region && shall.kms_key.is_none() && !begun {
            let text = format!(
                "{writer} is encrypted, and a replica of it in another Region needs a KMS key there: add replica = {{ kms_key = \"alias/…\" }} \
                 to the side {home} in the topology, and order the failback again"
            );
            return Some(Verdict::Hold(Hold { why: Held::HomeUnhealthy, text }));
        }
        if let Some(hold) = self.no_parameters(home, source).filter(|_| !same_region && !begun) {
            return Some(Verdict::Hold(hold));
        }
        let groups = if same_region { source.security_groups.clone() } else { BTreeSet::new() };
        let replica = NewReplica {
            id: member.id.clone(),
            source: source.arn.clone(),
            security_groups: if shall.security_groups.is_empty() { groups } else { shall.security_groups.clone() },
            subnet_group: shall.subnet_group.clone(),
            kms_key: shall.kms_key.clone().filter(|_| source.encrypted),
            parameter_group: shall.parameter_group.clone().filter(|_| !same_region),
        };
        let is_made = view.observed().seen(home).is_some_and(|seen| seen.status == AVAILABLE);
        let following = format!("a replica of {writer}");
        let make = DatabaseStep::Replica(ReplicaStep {
            card: card("create-read-replica", view.replica_of(home), "none", &following, Way::InPlace),
            member: member.clone(),
            replica,
            begun,
        });
        let catch_up = DatabaseStep::CatchUp(CatchUpStep {
            card: card("catch-up", view.lag_of(home), "behind", "within max_lag", Way::InPlace),
            member: member.clone(),
            meter: LagMeter::of(LagMetric::ReplicaLag, &source.engine),
            max_lag: view.spec().max_lag,
            max_sample_age: view.spec().max_sample_age,
        });
        let stages = [(!is_made).then_some(make), Some(catch_up)];
        Some(Verdict::CrossOver(Plan {
            stages: stages.into_iter().flatten().map(|step| vec![step]).collect(),
            left: BTreeSet::new(),
            to: BTreeSet::new(),
            reason: format!("{label} towards home, as a new replica of {writer}; an operator then makes it the writer"),
            loss: Loss::nothing("the writer stays where it is"),
            continues: false,
        }))
    }

    /// Why no replica is created in another Region: RDS requires a parameter group there, and none is declared.
    fn no_parameters(&self, home: &str, source: &Seen) -> Option<Hold> {
        let view = self.view;
        let group = source.parameter_group.as_deref();
        let is_missing = view.spec().replica.parameter_group.is_none() && needs_parameter_group(&source.engine, group);
        is_missing.then(|| {
            let text = format!(
                "{} is Db2 with one's own license, and a replica of it in another Region needs a parameter group there with the IBM site \
                 and customer ids: add replica = {{ parameter_group = \"…\" }} to the side {home} in the topology, and order the failback \
                 again",
                view.label(self.writer)
            );
            Hold { why: Held::HomeUnhealthy, text }
        })
    }

    /// Why the home member can't become a replica, and what an operator has to do.
    fn taken(&self, home: &str) -> String {
        let view = self.view;
        let (label, id) = (view.label(home), view.spec().member(home).map_or("", |member| &member.id));
        format!(
            "{label} is still the old writer, with its last writes. Save what you need from it. Then delete it, or \
             rename it with aws rds modify-db-instance --db-instance-identifier {id} --new-db-instance-identifier {id}-old --apply-immediately. \
             Then order the failback again: it creates a new replica of {} in its place",
            view.label(self.writer)
        )
    }

    /// The command for an operator once home has caught up, if RDS has no switchover for the engine.
    pub(super) fn could_take_over(&self) -> Option<String> {
        let view = self.view;
        let home = view.spec().home();
        let seen = view.observed().seen(home).filter(|seen| seen.role == Role::Replica(Some(self.writer.to_owned())))?;
        let caught_up = seen.status == AVAILABLE && seen.lag.is_within(view.spec().max_lag);
        let by_person = view.spec().engine.loses_data() && !self.is_planned(home);
        let writers = view.observed().seen(self.writer).and_then(|writer| writer.parameter_group.as_deref());
        let has_default = seen.parameter_group.as_deref().is_some_and(is_default_group);
        let parameters = writers.filter(|group| has_default && !is_default_group(group)).map_or_else(String::new, |group| {
            format!(" It has the default parameters, and the writer those of {group}: give it a parameter group first.")
        });
        (caught_up && by_person).then(|| {
            let command = failover(view.name(), home, " --accept-data-loss");
            format!(
                "{} is a replica of the writer, within max_lag.{parameters} To make it the writer, stop the writes, then: {command}",
                view.label(home)
            )
        })
    }
}

//! The steps of a plan, in order: fence, move the writer, point the record to it, back it up. Pure.

use std::collections::BTreeSet;

use crossover_model::{
    decision::Plan,
    later::Rest,
    loss::Loss,
    step::{StepCard, Undo, Way},
};
use crossover_route53::{RecordAnswer, RecordSet, RecordsStep};

use super::course::Course;
use crate::{
    member::Is,
    observe::{Record, Role},
    spec::{Engine, Fence},
    step::{AfterStep, DatabaseStep, FENCE, FenceStep, UNFENCE, Verb, WriterStep},
    view::plain,
};

impl Course<'_> {
    /// The plan that makes `to` the writer.
    pub(super) fn plan(&self, to: &str, planned: bool, loss: Loss) -> Plan<DatabaseStep> {
        let view = self.view;
        // Besides the current writer, earlier ones that still take writes.
        let (others, _) = view.to_fence(self.writer);
        let fences = |before: bool| -> Vec<DatabaseStep> {
            let early = matches!(view.spec().fence, Fence::SecurityGroup(_));
            let sides = std::iter::once(self.writer).chain(others.iter().copied()).filter(|_| early == before && !planned);
            sides.filter_map(|side| self.fence(side, false)).collect()
        };
        let alone = |step: Option<DatabaseStep>| step.into_iter().collect::<Vec<_>>();
        let stages = [
            fences(true),
            alone(self.become_writer(to, planned, false)),
            alone(self.record(to)),
            fences(false),
            alone(self.after(to)),
        ];
        let out_of_reach = !planned && view.spec().fence != Fence::None && view.observed().is_unreadable(self.writer);
        let goes_home = view.is_home(to) && !view.situation.required.leave.contains(self.writer);
        Plan {
            stages: stages.into_iter().filter(|stage| !stage.is_empty()).collect(),
            left: if goes_home { BTreeSet::new() } else { [self.writer.to_owned()].into() },
            reason: format!("the writer from {} to {}, because {}", view.label(self.writer), view.label(to), self.why(goes_home)),
            loss,
            continues: out_of_reach || self.record_is_due(),
        }
    }

    fn why(&self, goes_home: bool) -> String {
        let (view, writer) = (self.view, self.view.label(self.writer));
        let wanted = view.situation.memory.intent.as_ref().is_some_and(|intent| intent.aim.leaves(self.writer));
        let status = view.observed().seen(self.writer).map_or("can't be read", |seen| &seen.status);
        if goes_home {
            format!("{} is healthy and failback is allowed", view.label(view.spec().home()))
        } else if wanted {
            format!("an operator wants {writer} empty")
        } else {
            format!("{writer} is {} (RDS says: {status})", view.health(self.writer))
        }
    }

    /// Whether the record could not be read, and must be read again.
    pub(super) fn record_is_due(&self) -> bool {
        matches!(self.view.observed().record, Some(Record::Unreadable(_)))
    }

    pub(super) fn become_writer(&self, to: &str, planned: bool, begun: bool) -> Option<DatabaseStep> {
        let view = self.view;
        let spec = view.spec();
        let from = view.choice().filter(|choice| begun && choice.to == to).map_or(self.writer, |choice| choice.from);
        let member = spec.member(to)?;
        let verb = match &spec.engine {
            Engine::RdsReplica if planned => Verb::SwitchoverReplica,
            Engine::RdsReplica if member.is == Is::Cluster => Verb::PromoteCluster,
            Engine::RdsReplica => Verb::PromoteReplica,
            Engine::RdsMultiAz { .. } => Verb::Reboot,
            Engine::Aurora { .. } => Verb::FailoverCluster,
            Engine::AuroraGlobal { .. } if planned => Verb::SwitchoverGlobal,
            Engine::AuroraGlobal { .. } => Verb::FailoverGlobal,
        };
        let way = if view.is_home(to) { Way::Home } else { Way::Away };
        Some(DatabaseStep::Writer(WriterStep {
            card: card(verb.as_str(), view.resource(), from, to, way),
            verb,
            begun,
            engine: spec.engine.clone(),
            from: spec.member(from)?.clone(),
            to: member.clone(),
            within: spec.promote_timeout,
        }))
    }

    /// Fences a side; `None` if it is fenced already.
    pub(super) fn fence(&self, side: &str, finishes: bool) -> Option<DatabaseStep> {
        let view = self.view;
        let seen = view.observed().seen(side).filter(|seen| seen.role == Role::Writer && !view.is_fenced(side))?;
        let (groups, from, to, undo) = match &view.spec().fence {
            Fence::SecurityGroup(group) => {
                // Its security groups before the first attempt, in case the fence is removed again.
                let before = view.groups_before(side).unwrap_or_else(|| seen.security_groups.clone());
                let undo = Undo::Restore { ids: before.clone(), rest: Rest::new() };
                (Some([group.clone()].into()), joined(&before), group.clone(), Some(undo))
            }
            Fence::Stop => (None, seen.status.clone(), "stopped".to_owned(), None),
            Fence::None => return None,
        };
        Some(DatabaseStep::Fence(FenceStep {
            card: StepCard { undo, ..card(FENCE, view.fence_of(side), &from, &to, Way::InPlace) },
            member: view.spec().member(side)?.clone(),
            groups,
            finishes,
        }))
    }

    /// Removes the writer's fence.
    pub(super) fn unfence(&self, from: &str, before: BTreeSet<String>) -> Option<DatabaseStep> {
        let view = self.view;
        Some(DatabaseStep::Fence(FenceStep {
            card: StepCard {
                undo: Some(Undo::Restore { ids: before.clone(), rest: Rest::new() }),
                ..card(UNFENCE, view.label(self.writer), from, &joined(&before), Way::InPlace)
            },
            member: view.spec().member(self.writer)?.clone(),
            groups: Some(before),
            finishes: false,
        }))
    }

    /// Points the writer's record to a side; `None` if it already does.
    pub(super) fn record(&self, to: &str) -> Option<DatabaseStep> {
        let view = self.view;
        let spec = view.spec().writer_record.as_ref()?;
        let (set, value) = view.record()?;
        let endpoint = view.endpoint(to).filter(|endpoint| plain(endpoint) != value)?;
        let from = view.record_side().unwrap_or(&value);
        let answer = RecordAnswer::Values { ttl: spec.ttl, values: vec![endpoint.to_owned()] };
        let after = RecordSet { answer, ..set.clone() };
        let way = if view.is_home(to) { Way::Home } else { Way::Away };
        let card = card("change-records", spec.resource(), from, to, way);
        Some(DatabaseStep::Record(RecordsStep::new(spec.hosted_zone.clone(), vec![(set.clone(), after)], card)))
    }

    /// Enables the writer's backups and standby; `None` if they match the topology.
    pub(super) fn after(&self, to: &str) -> Option<DatabaseStep> {
        let view = self.view;
        let after = view.spec().after;
        let seen =
            view.observed().seen(to).filter(|seen| view.spec().engine == Engine::RdsReplica && !view.is_as_declared(seen))?;
        let in_words = |days: Option<u32>, standby: Option<bool>| {
            let days = days.map(|days| format!("backups kept for {days} d"));
            let standby = standby.map(|standby| if standby { "Multi-AZ".to_owned() } else { "no standby".to_owned() });
            days.into_iter().chain(standby).collect::<Vec<_>>().join(", ")
        };
        let from =
            in_words(after.backup_retention_days.map(|_| seen.backup_retention_days), after.multi_az.map(|_| seen.multi_az));
        let wanted = in_words(after.backup_retention_days, after.multi_az);
        Some(DatabaseStep::After(AfterStep {
            card: card("modify-instance", view.label(to), &from, &wanted, Way::InPlace),
            member: view.spec().member(to)?.clone(),
            after,
        }))
    }
}

fn joined(groups: &BTreeSet<String>) -> String {
    groups.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

pub(super) fn card(step: &str, resource: String, from: &str, to: &str, way: Way) -> StepCard {
    StepCard { step: step.to_owned(), resource, from: from.to_owned(), to: to.to_owned(), way, undo: None }
}

//! The steps of a plan, in order: fence, move the writer, point the record to it, back it up. Pure.

use std::collections::BTreeSet;

use crossover_model::{
    decision::Plan,
    hold::{Held, Hold},
    later::Rest,
    loss::Loss,
    step::{StepCard, StepReport, Undo, Way},
};
use crossover_rds::AVAILABLE;
use crossover_route53::{RecordAnswer, RecordSet, RecordsStep};

use super::course::Course;
use crate::{
    member::{Is, Member},
    observe::{Record, Role, Seen},
    spec::{After, Engine, Fence},
    step::{AfterStep, DatabaseStep, FENCE, FenceStep, Purpose, RESTART, RestartStep, UNFENCE, Verb, WriterStep},
    view::plain,
};

impl Course<'_> {
    /// The plan that makes `to` the writer.
    pub(super) fn plan(&self, to: &str, planned: bool, loss: Loss) -> Plan<DatabaseStep> {
        let view = self.view;
        // Besides the current writer, earlier ones that still take writes.
        let (others, _) = view.to_fence(self.writer);
        let fences = |before: bool| -> Vec<DatabaseStep> {
            let early = matches!(view.spec().fence, Fence::SecurityGroups(_));
            let sides = std::iter::once(self.writer).chain(others.iter().copied()).filter(|_| early == before && !planned);
            sides.filter_map(|side| self.fence(side, false)).collect()
        };
        let alone = |step: Option<DatabaseStep>| step.into_iter().collect::<Vec<_>>();
        let early = fences(true);
        // Only a restart ends the connections that are older than the fence. It delays no promotion.
        let restarts = early.iter().filter_map(|step| self.restart_after(step));
        let stages = [
            early.clone(),
            self.become_writer(to, planned, false).into_iter().chain(restarts).collect(),
            alone(self.record(to)),
            fences(false),
            alone(self.after(to, self.backups_of_promotion(to, planned))),
        ];
        let out_of_reach = !planned && view.spec().can_fence(self.writer) && view.observed().is_unreadable(self.writer);
        let goes_home = view.is_home(to) && !view.situation.required.leave.contains(self.writer);
        Plan {
            stages: stages.into_iter().filter(|stage| !stage.is_empty()).collect(),
            left: if goes_home { BTreeSet::new() } else { [self.writer.to_owned()].into() },
            to: BTreeSet::from([to.to_owned()]),
            reason: format!("the writer from {} to {}, because {}", view.label(self.writer), view.label(to), self.why(goes_home)),
            loss,
            continues: out_of_reach || self.record_is_due() || self.waits_for_changes(to).is_some(),
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
            backup_retention_days: self.backups_of_promotion(to, planned),
        }))
    }

    /// The retention of backups that the promotion itself turns on (RDS API Reference, `PromoteReadReplica`), so that they are on from
    /// the first moment. Only a later change turns them off: RDS refuses that for an instance with replicas.
    fn backups_of_promotion(&self, to: &str, planned: bool) -> Option<u32> {
        let spec = self.view.spec();
        let promotes = spec.engine == Engine::RdsReplica && !planned && spec.member(to)?.is == Is::Instance;
        spec.after.backup_retention_days.filter(|days| promotes && *days > 0)
    }

    /// Fences a side; `None` if it is fenced already.
    pub(super) fn fence(&self, side: &str, finishes: bool) -> Option<DatabaseStep> {
        let view = self.view;
        let seen = view.observed().seen(side).filter(|seen| seen.role == Role::Writer && !view.is_fenced(side))?;
        let (groups, from, to, undo) = match &view.spec().fence {
            Fence::SecurityGroups(groups) => {
                let group = groups.get(side)?;
                let before = self.groups_to_restore(seen, side, group);
                let undo = Undo::Restore { ids: before.clone(), rest: Rest::new() };
                (Some([group.clone()].into()), joined(&before), group.clone(), Some(undo))
            }
            Fence::Stop => (None, seen.status.clone(), "stopped".to_owned(), None),
            Fence::None => return None,
        };
        Some(DatabaseStep::Fence(FenceStep {
            card: StepCard { undo, ..card(FENCE, view.fence_of(side), &from, &to, Way::InPlace) },
            member: view.spec().member(side)?.clone(),
            from: seen.security_groups.clone(),
            groups,
            purpose: if finishes { Purpose::Finish } else { Purpose::Prepare },
        }))
    }

    /// The security groups that a member in its fence had before, or has besides: a person may have added some.
    fn groups_to_restore(&self, seen: &Seen, side: &str, group: &str) -> BTreeSet<String> {
        let besides = seen.security_groups.iter().filter(|other| *other != group).cloned();
        let is_begun = seen.security_groups.contains(group);
        let before = self.view.groups_before(side).filter(|_| is_begun).unwrap_or_default();
        besides.chain(before).collect()
    }

    /// Restarts the member that this step moves into a security group.
    pub(super) fn restart_after(&self, step: &DatabaseStep) -> Option<DatabaseStep> {
        let DatabaseStep::Fence(FenceStep { member, groups: Some(groups), .. }) = step else { return None };
        Some(self.restart(member.clone(), groups.clone()))
    }

    /// Whether an old writer was fenced by an invocation that could not record it, which may not have restarted it: clients are
    /// led to it until now, or the memory does not have the new writer.
    fn is_unrecorded(&self, side: &str) -> bool {
        let view = self.view;
        let is_led_to = view.record_side().is_some_and(|led| led == side);
        let is_over = |step: &StepReport| step.card.resource == view.connections_of(side) && step.result.is_good();
        let is_done = view.situation.memory.open.iter().flat_map(|open| &open.steps).any(is_over);
        let is_old = side != self.writer && view.is_settled_in(self.writer) && view.runs_fenced(side);
        view.choice().is_none() && (is_led_to || !view.is_recorded(self.writer)) && is_old && !is_done
    }

    /// Restarts a member that is in its fence, if its connections may be older than that.
    pub(super) fn restart_of(&self, side: &str) -> Option<DatabaseStep> {
        let view = self.view;
        let group = view.spec().fence_group(side).filter(|_| view.must_restart(side) || self.is_unrecorded(side))?;
        Some(self.restart(view.spec().member(side)?.clone(), [group.to_owned()].into()))
    }

    fn restart(&self, member: Member, groups: BTreeSet<String>) -> DatabaseStep {
        let card = card(RESTART, self.view.connections_of(&member.side), "open", "ended", Way::InPlace);
        DatabaseStep::Restart(RestartStep { card, member, groups })
    }

    /// Removes a side's fence, if its earlier security groups are known. Guards do not hold this back: nobody can write to it
    /// meanwhile.
    pub(super) fn unfence(&self, side: &str) -> Option<DatabaseStep> {
        let view = self.view;
        let (seen, group) = (view.observed().seen(side)?, view.spec().fence_group(side)?);
        view.groups_before(side)?;
        let before = self.groups_to_restore(seen, side, group);
        Some(DatabaseStep::Fence(FenceStep {
            card: StepCard {
                undo: Some(Undo::Restore { ids: before.clone(), rest: Rest::new() }),
                ..card(UNFENCE, view.label(side), group, &joined(&before), Way::InPlace)
            },
            member: view.spec().member(side)?.clone(),
            from: seen.security_groups.clone(),
            groups: Some(before),
            purpose: Purpose::Undo,
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

    /// A member whose backups and standby do not match the topology.
    fn differs(&self, to: &str) -> Option<&Seen> {
        let view = self.view;
        view.observed().seen(to).filter(|seen| view.spec().engine == Engine::RdsReplica && !view.is_as_declared(seen))
    }

    /// Why the writer's backups and standby are not enabled: RDS would make its pending changes too, at once.
    pub(super) fn waits_for_changes(&self, to: &str) -> Option<Hold> {
        let seen = self.differs(to).filter(|seen| !seen.pending.is_empty())?;
        let (label, pending) = (self.view.label(to), joined(&seen.pending));
        let text = format!(
            "{label} is the writer, and its backups and standby are not as declared. To change them, RDS would also apply the \
             pending changes of {label} now, which may restart it: {pending}. Apply or cancel those; Crossover then goes on"
        );
        Some(Hold { why: Held::PendingChanges, text })
    }

    /// Whether the writer's backups and standby wait until RDS has finished what it does beside serving.
    pub(super) fn waits_for_rds(&self, to: &str) -> bool {
        self.differs(to).is_some_and(|seen| seen.pending.is_empty() && seen.status != AVAILABLE)
    }

    /// Enables the writer's backups and standby; `None` if they match the topology, or the promotion turns them on, other changes are
    /// pending, or RDS does not change it now.
    pub(super) fn after(&self, to: &str, by_promotion: Option<u32>) -> Option<DatabaseStep> {
        let view = self.view;
        let seen = self.differs(to).filter(|seen| seen.pending.is_empty() && seen.status == AVAILABLE)?;
        let declared = view.spec().after;
        let after = After {
            backup_retention_days: declared
                .backup_retention_days
                .filter(|days| *days != by_promotion.unwrap_or(seen.backup_retention_days)),
            multi_az: declared.multi_az.filter(|standby| *standby != seen.multi_az),
        };
        if after == After::default() {
            return None;
        }
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

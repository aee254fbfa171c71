//! The permissions to move a writer, with the steps before and after. Pure.

use crossover_model::{
    arn,
    permission::{Caller, Context, ContextValue, Right},
};
use crossover_rds::NewReplica;
use crossover_route53::{RecordPosition, records_rights};

use crate::{
    member::{Is, Member},
    observe::Observed,
    spec::{DatabaseSpec, Engine, Fence},
    step::{DatabaseStep, Verb, WriterStep},
};

pub(crate) fn rights(spec: &DatabaseSpec, observed: &Observed, caller: &Caller) -> Vec<Right> {
    let of = Of { caller };
    let mut rights = match &spec.engine {
        Engine::RdsReplica => spec.members.iter().flat_map(|member| of.replica(spec, observed, member)).collect(),
        Engine::RdsMultiAz { instance } => vec![of.right("rds:RebootDBInstance", instance)],
        Engine::Aurora { cluster } => vec![of.right("rds:FailoverDBCluster", cluster)],
        Engine::AuroraGlobal { global } => of.global(global, &spec.members),
    };
    if let Some(record) = &spec.writer_record {
        let position = RecordPosition { name: record.name.clone(), kind: "CNAME".to_owned(), set_id: None };
        rights.extend(records_rights(caller, &record.hosted_zone, [position].iter()));
    }
    rights
}

/// The permissions that the calls of a step need, but for what a promotion is better without than not made: the restart of the old
/// writer, and chores.
pub(crate) fn of_step(step: &DatabaseStep, caller: &Caller) -> Vec<Right> {
    let of = Of { caller };
    match step {
        DatabaseStep::Writer(step) => of.writer(step),
        DatabaseStep::Fence(step) => {
            let action = if step.groups.is_some() { "rds:ModifyDBInstance" } else { "rds:StopDBInstance" };
            vec![of.right(action, &step.member)]
        }
        DatabaseStep::Record(step) => step.rights(caller),
        DatabaseStep::Replica(step) if !step.begun => {
            let NewReplica { kms_key, parameter_group, subnet_group, .. } = &step.replica;
            of.new_replica(&step.member, kms_key.as_deref(), parameter_group.as_deref(), subnet_group.as_deref())
        }
        DatabaseStep::Restart(_) | DatabaseStep::After(_) | DatabaseStep::Replica(_) | DatabaseStep::CatchUp(_) => Vec::new(),
    }
}

fn on(action: &'static str, region: &str, resource: String) -> Right {
    Right { action, resource, context: Context::from([("aws:RequestedRegion", ContextValue::Text(region.to_owned()))]) }
}

struct Of<'a> {
    caller: &'a Caller,
}

impl Of<'_> {
    fn region<'m>(&'m self, member: &'m Member) -> &'m str {
        member.region.as_deref().unwrap_or(&self.caller.region)
    }

    fn right(&self, action: &'static str, member: &Member) -> Right {
        let region = self.region(member);
        let kind = if member.is == Is::Cluster { "cluster" } else { "db" };
        on(action, region, self.caller.arn("rds", region, &format!("{kind}:{}", member.id)))
    }

    /// What makes a member the writer, with all that AWS changes in it.
    fn writer(&self, step: &WriterStep) -> Vec<Right> {
        if step.begun {
            return Vec::new();
        }
        match (step.verb, &step.engine) {
            (Verb::PromoteReplica, _) => vec![self.right("rds:PromoteReadReplica", &step.to)],
            (Verb::PromoteCluster, _) => vec![self.right("rds:PromoteReadReplicaDBCluster", &step.to)],
            (Verb::SwitchoverReplica, _) => vec![self.right("rds:SwitchoverReadReplica", &step.to)],
            (Verb::Reboot, Engine::RdsMultiAz { instance }) => vec![self.right("rds:RebootDBInstance", instance)],
            (Verb::FailoverCluster, Engine::Aurora { cluster }) => vec![self.right("rds:FailoverDBCluster", cluster)],
            (Verb::FailoverGlobal, Engine::AuroraGlobal { global }) => {
                self.of_global("rds:FailoverGlobalCluster", global, &[&step.to])
            }
            (Verb::SwitchoverGlobal, Engine::AuroraGlobal { global }) => {
                self.of_global("rds:SwitchoverGlobalCluster", global, &[&step.from, &step.to])
            }
            (Verb::Reboot | Verb::FailoverCluster | Verb::FailoverGlobal | Verb::SwitchoverGlobal, _) => Vec::new(),
        }
    }

    /// An action on a global database and on these of its members.
    fn of_global(&self, action: &'static str, global: &str, members: &[&Member]) -> Vec<Right> {
        let whole = self.caller.arn("rds", "", &format!("global-cluster:{global}"));
        let of_member = |member: &&Member| [on(action, self.region(member), whole.clone()), self.right(action, member)];
        members.iter().flat_map(of_member).collect()
    }

    /// Any member may become the writer, be fenced, and be created again as a replica.
    fn replica(&self, spec: &DatabaseSpec, observed: &Observed, member: &Member) -> Vec<Right> {
        if member.is == Is::Cluster {
            return vec![self.right("rds:PromoteReadReplicaDBCluster", member)];
        }
        let switches = observed.seen(&member.side).is_some_and(|seen| seen.switches_roles);
        let fences = spec.fence_group(&member.side).is_some();
        let modifies = fences || spec.after.backup_retention_days.is_some() || spec.after.multi_az.is_some();
        let actions = [
            ("rds:PromoteReadReplica", true),
            ("rds:SwitchoverReadReplica", switches),
            ("rds:ModifyDBInstance", modifies),
            ("rds:RebootDBInstance", fences),
            ("rds:StopDBInstance", spec.fence == Fence::Stop),
        ];
        let mut rights: Vec<Right> =
            actions.into_iter().filter(|(_, needed)| *needed).map(|(action, _)| self.right(action, member)).collect();
        if member.side == spec.home() {
            let encrypted = spec.members.iter().filter_map(|member| observed.seen(&member.side)).any(|seen| seen.encrypted);
            let shall = &spec.replica;
            let key = shall.kms_key.as_deref().filter(|_| encrypted);
            rights.extend(self.new_replica(member, key, shall.parameter_group.as_deref(), shall.subnet_group.as_deref()));
        }
        rights
    }

    /// What creates a replica, with the groups and the key that are named (RDS User Guide, "Actions, resources, and condition keys for
    /// Amazon RDS"). RDS uses a key of the customer with the permissions of the caller ("AWS KMS key management"); a policy names
    /// that by its ARN, so an alias says nothing here.
    fn new_replica(
        &self,
        member: &Member,
        kms_key: Option<&str>,
        parameter_group: Option<&str>,
        subnet_group: Option<&str>,
    ) -> Vec<Right> {
        let region = self.region(member);
        let create = "rds:CreateDBInstanceReadReplica";
        let group = |kind: &str, name: &str| on(create, region, self.caller.arn("rds", region, &format!("{kind}:{name}")));
        let groups =
            parameter_group.map(|name| group("pg", name)).into_iter().chain(subnet_group.map(|name| group("subgrp", name)));
        let via = |action| {
            let service = ContextValue::Text(format!("rds.{region}.amazonaws.com"));
            let key = kms_key.filter(|key| arn::is_meant(key))?;
            let right = on(action, region, key.to_owned());
            Some(Right { context: right.context.into_iter().chain([("kms:ViaService", service)]).collect(), ..right })
        };
        let keys = ["kms:CreateGrant", "kms:DescribeKey"].into_iter().filter_map(via);
        std::iter::once(self.right(create, member)).chain(groups).chain(keys).collect()
    }

    fn global(&self, global: &str, members: &[Member]) -> Vec<Right> {
        let all: Vec<&Member> = members.iter().collect();
        let actions = ["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"];
        actions.into_iter().flat_map(|action| self.of_global(action, global, &all)).collect()
    }
}

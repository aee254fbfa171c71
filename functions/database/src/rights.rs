//! The permissions to move a writer, with the steps before and after. Pure.

use crossover_model::permission::{Caller, Context, ContextValue, Right};
use crossover_route53::{RecordPosition, records_rights};

use crate::{
    member::{Is, Member},
    observe::Observed,
    spec::{DatabaseSpec, Engine, Fence},
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

    /// Any member may become the writer, be fenced, and be created again as a replica.
    fn replica(&self, spec: &DatabaseSpec, observed: &Observed, member: &Member) -> Vec<Right> {
        if member.is == Is::Cluster {
            return vec![self.right("rds:PromoteReadReplicaDBCluster", member)];
        }
        let switches = observed.seen(&member.side).is_some_and(|seen| seen.switches_roles);
        let modifies = matches!(spec.fence, Fence::SecurityGroup(_))
            || spec.after.backup_retention_days.is_some()
            || spec.after.multi_az.is_some();
        let actions = [
            ("rds:PromoteReadReplica", true),
            ("rds:SwitchoverReadReplica", switches),
            ("rds:ModifyDBInstance", modifies),
            ("rds:StopDBInstance", spec.fence == Fence::Stop),
            ("rds:CreateDBInstanceReadReplica", member.side == spec.home()),
        ];
        actions.into_iter().filter(|(_, needed)| *needed).map(|(action, _)| self.right(action, member)).collect()
    }

    fn global(&self, global: &str, members: &[Member]) -> Vec<Right> {
        let whole = self.caller.arn("rds", "", &format!("global-cluster:{global}"));
        let mut rights = Vec::new();
        for action in ["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"] {
            for member in members {
                rights.push(on(action, self.region(member), whole.clone()));
                rights.push(self.right(action, member));
            }
        }
        rights
    }
}

//! The findings of a check for a database. Pure, but for the reads of security groups.

pub(crate) mod fence_groups;
pub(crate) mod record_changes;

use crossover_model::{
    finding::{Finding, Rule},
    rules::{MISSING, UNDECLARED, UNREADABLE, unreadable},
};
use crossover_rds::{AVAILABLE, is_default_group, takes_parameter_group};
use crossover_route53::RECORD_UNFIT;

use crate::{
    able::Unfit,
    lag::Lag,
    member::Member,
    observe::{Observed, Record, Role, Seen, Sight},
    rules::{
        ENGINE_VERSION, NO_DESTINATION, NO_INSTANCE, NO_STANDBY, NOT_AVAILABLE, PENDING_CHANGES, REPLICA_BEHIND, REPLICA_KEY,
        REPLICA_PARAMETERS,
    },
    spec::{DatabaseSpec, Engine, WriterRecord},
};

const REPLICAS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html";
const MULTI_AZ: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html";

const HEADLESS: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-attach.console.headless.html";
const MULTI_AZ_CLUSTER: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_FailoverDBCluster.html";
const VERSIONS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-upgrade.html";
pub(crate) fn findings(spec: &DatabaseSpec, observed: &Observed) -> Vec<Finding> {
    let members = spec.members.iter().flat_map(|member| of_member(spec, observed, member));
    let record = match (&spec.writer_record, &observed.record) {
        (Some(declared), Some(Record::Missing(why))) => Some(not_movable(&MISSING, declared, why)),
        (Some(declared), Some(Record::Unfit(why))) => Some(not_movable(&RECORD_UNFIT, declared, why)),
        (Some(declared), Some(Record::Unreadable(why))) => {
            Some(UNREADABLE.finding(declared.resource(), format!("could not be read: {why}"), "resolve the error"))
        }
        _ => None,
    };
    let undeclared = observed.undeclared.iter().map(|name| {
        let what = "belongs to the database but is not a declared side: Crossover neither monitors it nor promotes it";
        UNDECLARED.finding(name, what, "declare it as a side, or accept the finding if it serves reads only")
    });
    members
        .chain(record)
        .chain(no_key(spec, observed))
        .chain(no_parameters(spec, observed))
        .chain(changes_pending(spec, observed))
        .chain(undeclared)
        .collect()
}

fn not_movable(rule: &'static Rule, record: &WriterRecord, why: &str) -> Finding {
    rule.finding(record.resource(), format!("can't be moved: {why}"), "create it as a simple CNAME that points to the writer")
}

/// An encrypted home that could not be created again in another Region than the writer's.
fn no_key(spec: &DatabaseSpec, observed: &Observed) -> Option<Finding> {
    let home = spec.members.first().filter(|_| spec.engine == Engine::RdsReplica && spec.replica.kms_key.is_none())?;
    let far = spec.members.iter().any(|member| member.region != home.region);
    let encrypted = spec.members.iter().filter_map(|member| observed.seen(&member.side)).any(|seen| seen.encrypted);
    (far && encrypted).then(|| {
        let what = "is encrypted: after a failover to another Region, RDS needs a KMS key to create it again";
        let fix = "add replica = { kms_key = \"alias/…\" } to its side in the topology";
        REPLICA_KEY.finding(home.label(), what, fix).see(REPLICAS)
    })
}

/// A home that would be created again in another Region than the writer's without the parameters of the writer, where RDS takes a
/// parameter group for it.
fn no_parameters(spec: &DatabaseSpec, observed: &Observed) -> Option<Finding> {
    let home = spec.members.first().filter(|_| spec.engine == Engine::RdsReplica && spec.replica.parameter_group.is_none())?;
    let far = spec.members.iter().filter(|member| member.region != home.region);
    let tuned = far.filter_map(|member| observed.seen(&member.side)).find_map(|seen| {
        let group = seen.parameter_group.as_deref().filter(|group| !is_default_group(group))?;
        takes_parameter_group(&seen.engine).then_some(group)
    })?;
    let what =
        format!("would be created again with the default parameters after a failover to another Region, where {tuned} applies");
    let fix = "add replica = { parameter_group = \"…\" } to its side in the topology, with a group of its Region";
    Some(REPLICA_PARAMETERS.finding(home.label(), what, fix).see(REPLICAS))
}

/// The members whose pending changes would be made with their standby, or with the end of their backups, which the promotion turns on.
fn changes_pending(spec: &DatabaseSpec, observed: &Observed) -> Vec<Finding> {
    let modifies = spec.after.backup_retention_days == Some(0) || spec.after.multi_az.is_some();
    let members = spec.members.iter().filter(|_| modifies && spec.engine == Engine::RdsReplica);
    let pending = members.filter_map(|member| Some((member, observed.seen(&member.side)?)));
    let pending = pending.filter(|(_, seen)| !seen.pending.is_empty() && matches!(seen.role, Role::Replica(_)));
    pending
        .map(|(member, seen)| {
            let changes = seen.pending.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let what = format!("has pending changes: {changes}");
            PENDING_CHANGES.finding(member.label(), what, "apply or cancel them")
        })
        .collect()
}

fn of_member(spec: &DatabaseSpec, observed: &Observed, member: &Member) -> Vec<Finding> {
    let resource = member.label();
    match observed.members.get(&member.side) {
        Some(Sight::Seen(seen)) => of_seen(spec, observed, resource, seen),
        Some(Sight::Unreadable(why)) => {
            vec![unreadable(resource, why)]
        }
        Some(Sight::Missing) | None => vec![MISSING.finding(resource, "does not exist", "create it, or correct the topology")],
    }
}

fn of_seen(spec: &DatabaseSpec, observed: &Observed, resource: String, seen: &Seen) -> Vec<Finding> {
    if seen.status != AVAILABLE {
        let what = format!("has the status {}, not available", seen.status);
        return vec![NOT_AVAILABLE.finding(resource, what, "wait, or resolve the status in the RDS console")];
    }
    let writer = observed.writer.as_deref().and_then(|writer| observed.seen(writer));
    if let Some(unfit) = Unfit::of(spec, seen, writer) {
        return vec![not_fit(resource, seen, unfit)];
    }
    if matches!(spec.engine, Engine::RdsMultiAz { .. }) && !seen.multi_az {
        let found = NO_STANDBY.finding(resource, "has no standby to fail over to", "convert it to a Multi-AZ deployment");
        return vec![found.see(MULTI_AZ)];
    }
    let loses = spec.engine.loses_data() && matches!(seen.role, Role::Replica(_));
    if loses && !seen.lag.is_within(spec.max_lag) {
        let what = format!("can't take over automatically: it is {}", seen.lag.in_words(observed.at));
        let rule = if matches!(seen.lag, Lag::Unreadable(_)) { &UNREADABLE } else { &REPLICA_BEHIND };
        return vec![rule.finding(resource, what, "check its replication, or raise max_lag").see(REPLICAS)];
    }
    Vec::new()
}

fn not_fit(resource: String, seen: &Seen, unfit: Unfit<'_>) -> Finding {
    let (rule, fix, page) = match unfit {
        Unfit::Headless => (&NO_INSTANCE, "add an instance to the cluster", HEADLESS),
        Unfit::NoDestination => (&NO_DESTINATION, "remove it from the topology: RDS fails over by itself", MULTI_AZ_CLUSTER),
        Unfit::OtherVersion(_) => (&ENGINE_VERSION, "upgrade the secondary clusters, and then the primary", VERSIONS),
    };
    rule.finding(resource, unfit.in_words(seen), fix).see(page)
}

//! What a check finds of a database. Pure.

use crossover_model::{
    finding::{Finding, Rule},
    rules::{MISSING, RECORD_UNFIT, UNDECLARED, UNREADABLE, unreadable},
};
use crossover_rds::AVAILABLE;

use crate::{
    lag::Lag,
    member::Member,
    observe::{Observed, Record, Role, Seen, Sight},
    rules::{NO_STANDBY, NOT_AVAILABLE, REPLICA_BEHIND, REPLICA_KEY},
    spec::{DatabaseSpec, Engine, WriterRecord},
};

const REPLICAS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html";
const MULTI_AZ: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html";

pub(crate) fn findings(spec: &DatabaseSpec, observed: &Observed) -> Vec<Finding> {
    let members = spec.members.iter().flat_map(|member| of_member(spec, observed, member));
    let record = match (&spec.writer_record, &observed.record) {
        (Some(declared), Some(Record::Missing(why))) => Some(not_movable(&MISSING, declared, why)),
        (Some(declared), Some(Record::Unfit(why))) => Some(not_movable(&RECORD_UNFIT, declared, why)),
        (Some(declared), Some(Record::Unreadable(why))) => {
            Some(UNREADABLE.finding(declared.resource(), format!("could not be read: {why}"), "mend what the error says"))
        }
        _ => None,
    };
    let undeclared = observed.undeclared.iter().map(|name| {
        let what = "belongs to the database, and no side names it: it never takes over, and is not looked at";
        UNDECLARED.finding(name, what, "declare it as a side, or accept it if it is for reading only")
    });
    members.chain(record).chain(no_key(spec, observed)).chain(undeclared).collect()
}

fn not_movable(rule: &'static Rule, record: &WriterRecord, why: &str) -> Finding {
    rule.finding(record.resource(), format!("can't be moved: {why}"), "create it as a simple CNAME that leads to the writer")
}

/// An encrypted home that could not be made anew in another Region than the writer's.
fn no_key(spec: &DatabaseSpec, observed: &Observed) -> Option<Finding> {
    let home = spec.members.first().filter(|_| spec.engine == Engine::RdsReplica && spec.replica.kms_key.is_none())?;
    let far = spec.members.iter().any(|member| member.region != home.region);
    let encrypted = spec.members.iter().filter_map(|member| observed.seen(&member.side)).any(|seen| seen.encrypted);
    (far && encrypted).then(|| {
        let what = "is encrypted, and after a failover to another Region it could not be made anew: RDS wants a KMS key for that";
        let fix = "add replica = { kms_key = \"alias/…\" } to its side in the topology";
        REPLICA_KEY.finding(home.place(), what, fix).see(REPLICAS)
    })
}

fn of_member(spec: &DatabaseSpec, observed: &Observed, member: &Member) -> Vec<Finding> {
    let resource = member.place();
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
        let what = format!("is {}, and not available", seen.status);
        return vec![NOT_AVAILABLE.finding(resource, what, "wait, or see to it in the RDS console")];
    }
    if matches!(spec.engine, Engine::RdsMultiAz { .. }) && !seen.multi_az {
        let found = NO_STANDBY.finding(resource, "has no standby that could take over", "make the instance a Multi-AZ one");
        return vec![found.see(MULTI_AZ)];
    }
    let loses = spec.engine.loses_data() && matches!(seen.role, Role::Replica(_));
    if loses && !seen.lag.is_within(spec.max_lag) {
        let what = format!("could not take over without a person: it is {}", seen.lag.in_words(observed.at));
        let rule = if matches!(seen.lag, Lag::Unreadable(_)) { &UNREADABLE } else { &REPLICA_BEHIND };
        return vec![rule.finding(resource, what, "look at its replication, or raise max_lag").see(REPLICAS)];
    }
    Vec::new()
}

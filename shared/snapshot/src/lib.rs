//! What a topology names of an account, as a sandbox account: the real one's shape, to rehearse on.
//!
//! Each target is looked at as a check looks at it, and what was read for that is written down. So a snapshot holds
//! what a decision is made from, and nothing else: no user data, no user names, no tags but those that the topology
//! selects by, no values of TXT records, no reasons of alarms; of what is remembered, nobody's name and no reasons.

mod memories;
mod named;
mod origin;
mod people;

use std::{sync::Arc, time::Duration};

use crossover_arc::{ArcAccount, ArcNotes};
use crossover_cloudwatch::{CloudWatchAccount, CloudWatchNotes, RecordedAlarms};
use crossover_database::DatabaseClouds;
use crossover_dns::DnsClouds;
use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::{Ec2Account, Ec2Notes};
use crossover_engine::{
    audit::{Auditor, Stores, audit},
    group::TargetGroup,
    ports::Journal,
    retry::Patience,
};
use crossover_kinds::{Clouds, kinds, sections};
use crossover_model::{
    reserved::EVERYTHING,
    topology::{Document, Problems},
};
use crossover_rds::{RdsAccount, RdsNotes};
use crossover_route53::{Route53Account, Route53Notes};
use crossover_s3::{S3Account, S3Notes};
use crossover_sandbox::{
    Account, Limit,
    record::{Notes, Recorder},
};
use memories::Memories;
use named::Named;

pub use origin::{Origin, Snapshot};

/// How long the rest may be asked for, once the targets have been looked at: Route 53 says how a health check
/// stands once a second.
const TIME: Duration = Duration::from_mins(5);
/// What AWS lets an account do a second, as the sandbox's examples have it.
const LIMITS: [(&str, Limit); 3] = [
    ("ec2:ReplaceRoute", Limit { burst: 50, per_second: 5 }),
    ("route53:*", Limit { burst: 50, per_second: 10 }),
    ("route53:GetHealthCheckStatus", Limit { burst: 4, per_second: 1 }),
];
/// Records that one call of the journal reads (`BatchGetItem`).
const RECORDS_A_CALL: usize = 100;

/// Takes a snapshot of what the topology names. It never fails for the account: what can't be read is listed.
///
/// # Errors
/// All problems of the topology.
pub async fn snapshot(origin: &Origin, topology: &str) -> Result<Snapshot, Problems> {
    let named = Named::of(topology)?;
    let notes = Arc::new(Notes::default());
    let kinds = here(kinds(|_| recorded(&origin.clouds, &notes), &Document::new(topology))?, &notes);
    let clock = origin.clock.as_ref();
    let until = clock.now() + TIME;
    let (alarms, actors) = (RecordedAlarms(Recorder::of(&origin.alarms, &notes)), Vec::new());
    // For what it reads; what it finds is of no use here, and what is allowed is not asked.
    let stores = Stores::default();
    let auditor = Auditor { alarms: &alarms, clock, permissions: &|_| None, actors: &actors, stores: &stores, mode: None, until };
    audit(&kinds, &auditor).await;
    let patience = Patience::new(clock, clock.now() + TIME);
    read_the_rest(&origin.clouds, &notes, &named, &patience).await;
    if let Some(journal) = &origin.journal {
        read_memories(journal.as_ref(), &kinds, &notes, &patience).await;
    }
    Ok(Snapshot { account: account(&notes, &named, origin), unread: notes.take_unread() })
}

/// A sandbox account out of what was read.
fn account(notes: &Notes, named: &Named, origin: &Origin) -> Account {
    let (now, region) = (origin.clock.now(), origin.region.as_str());
    let databases: RdsNotes = notes.take();
    let account_id = origin.account_id.clone().or(databases.account_id()).unwrap_or_else(|| "000000000000".to_owned());
    let mut account = Account::new(account_id.clone(), region, now, &sections());
    account.limits = LIMITS.into_iter().map(|(call, limit)| (call.to_owned(), limit)).collect();
    *account.ec2_mut() = notes.take::<Ec2Notes>().section(&named.tags);
    *account.cloudwatch_mut() = notes.take::<CloudWatchNotes>().section(&account_id, region, now);
    *account.route53_mut() = notes.take::<Route53Notes>().section(&named.records);
    *account.s3_mut() = notes.take::<S3Notes>().section();
    *account.arc_mut() = notes.take::<ArcNotes>().section();
    *account.rds_mut() = databases.section(region, now);
    account.dynamodb_mut().journal = notes.take::<Memories>().records();
    account
}

/// A sandbox account is one account: what is reached through a role is in another one.
fn here(kinds: Vec<Box<dyn TargetGroup>>, notes: &Notes) -> Vec<Box<dyn TargetGroup>> {
    for target in kinds.iter().flat_map(|targets| targets.target_refs()) {
        if let Some(role) = &target.policy.role {
            let why = format!("is reached through {}, and a sandbox account is one account", role.arn);
            notes.unread("target", &target.policy.name, &why);
        }
    }
    kinds.into_iter().filter(|targets| targets.target_refs().iter().all(|target| target.policy.role.is_none())).collect()
}

fn recorded(clouds: &Clouds, notes: &Arc<Notes>) -> Clouds {
    let Clouds { routes, dns, database } = clouds;
    Clouds {
        routes: Arc::new(Recorder::of(routes, notes)),
        dns: DnsClouds {
            records: Arc::new(Recorder::of(&dns.records, notes)),
            health_checks: Arc::new(Recorder::of(&dns.health_checks, notes)),
            objects: Arc::new(Recorder::of(&dns.objects, notes)),
            metrics: Arc::new(Recorder::of(&dns.metrics, notes)),
            routing_controls: Arc::new(Recorder::of(&dns.routing_controls, notes)),
        },
        database: DatabaseClouds {
            databases: Arc::new(Recorder::of(&database.databases, notes)),
            changes: Arc::new(Recorder::of(&database.changes, notes)),
            lags: Arc::new(Recorder::of(&database.lags, notes)),
            records: Arc::new(Recorder::of(&database.records, notes)),
        },
    }
}

/// What no look needs, and a change on the snapshot does: each zone's name, and every health check that a record set
/// names. What fails is in the notes.
async fn read_the_rest(clouds: &Clouds, notes: &Arc<Notes>, named: &Named, patience: &Patience<'_>) {
    let recorded = recorded(clouds, notes).dns;
    for zone in notes.of(|notes: &mut Route53Notes| notes.unnamed_zones()) {
        let _ = patience.call(&zone, || recorded.records.hosted_zone(&zone)).await;
    }
    for check in notes.of(|notes: &mut Route53Notes| notes.unread_health_checks(&named.records)) {
        let _ = patience.call(&check, || recorded.health_checks.health_check(&check)).await;
        let _ = patience.call(&check, || recorded.health_checks.checker_reports(&check)).await;
    }
}

/// What is remembered of the targets, and of everything.
async fn read_memories(journal: &dyn Journal, kinds: &[Box<dyn TargetGroup>], notes: &Notes, patience: &Patience<'_>) {
    let target_refs = kinds.iter().flat_map(|targets| targets.target_refs());
    let mut names: Vec<String> = target_refs.map(|target| target.policy.name.clone()).collect();
    names.push(EVERYTHING.to_owned());
    for names in names.chunks(RECORDS_A_CALL) {
        match patience.call("records", || journal.records(names)).await {
            Ok(records) => memories::remember(notes, records),
            Err(error) => notes.unread("journal", &names.join(", "), &error.to_string()),
        }
    }
}

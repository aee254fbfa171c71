//! The rehearsal of a database target: its members fail, and their lag is no longer measured.

use std::{collections::BTreeSet, time::Duration};

use crossover_ec2::Ec2;
use crossover_engine::retry::Patience;
use crossover_model::{arn::Arn, topology::Target};
use crossover_rds::{DatabaseFails, LagStops, Rds, RdsAccount, RegionFails, StandbyFails};
use crossover_route53::{Route53, Route53Account, Route53Notes};
use crossover_sandbox::{
    Account, Sections,
    record::Notes,
    rehearsal::{Failure, Rehearsed},
};

use crate::{
    Database, DatabaseClouds,
    member::{Is, Member},
    spec::{DatabaseSpec, Engine},
};

impl Rehearsed for Database {
    /// A promotion takes some four minutes, and backups and a standby two more.
    const ENDS_WITHIN: Duration = Duration::from_mins(12);

    // A second restart of a fenced writer does no harm, and has the name of the failover of a Multi-AZ instance.
    const ONCE: &'static [&'static str] =
        &["rds:PromoteReadReplica", "rds:FailoverDBCluster", "rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"];

    fn sections(sections: Sections) -> Sections {
        sections.with::<Rds>().with::<Route53>().with::<Ec2>()
    }

    fn failures(target: &Target<DatabaseSpec>, lost: &BTreeSet<String>, account: &Account) -> Vec<Box<dyn Failure>> {
        of_members(&target.spec, lost, account)
    }

    fn region_failures(region: &str) -> Vec<Box<dyn Failure>> {
        vec![Box::new(RegionFails(region.to_owned()))]
    }

    /// The members that take writes.
    fn serving(target: &Target<DatabaseSpec>, account: &Account) -> BTreeSet<String> {
        let spec = &target.spec;
        let takes_writes = |member: &&Member| serves(spec, member, account);
        spec.members.iter().filter(takes_writes).map(|member| member.side.clone()).collect()
    }

    fn violation(_: &Target<DatabaseSpec>, serving: &BTreeSet<String>) -> Option<&'static str> {
        (serving.len() > 1).then_some("two members take writes")
    }

    fn accelerate(account: &mut Account) {
        account.route53_mut().control_plane.in_sync_after_ms = 200;
    }

    fn select(target: &Target<DatabaseSpec>, notes: &Notes) {
        if let Some(record) = &target.spec.writer_record {
            notes.of(|notes: &mut Route53Notes| notes.select(&record.hosted_zone, &record.name, "CNAME"));
        }
    }

    /// The name of the zone that the writer's record is in.
    async fn read_more(clouds: &DatabaseClouds, notes: &Notes, patience: &Patience<'_>) {
        for zone in notes.of(|notes: &mut Route53Notes| notes.unnamed_zones()) {
            let _ = patience.call(&zone, || clouds.records.hosted_zone(&zone)).await;
        }
    }
}

fn serves(spec: &DatabaseSpec, member: &Member, account: &Account) -> bool {
    let rds = account.rds();
    let home = &account.region;
    let names = |id: &str, arn: &str| {
        let region = member.region.as_ref().unwrap_or(home);
        member.id == id && Arn::of(arn).is_some_and(|arn| arn.region == *region)
    };
    match &spec.engine {
        Engine::RdsReplica => {
            let is_quarantine = |group: &str| spec.fence_group(&member.side) == Some(group);
            let mut instances = rds.instances.iter();
            instances.any(|instance| names(&instance.id, &instance.arn) && rds.takes_writes(instance, is_quarantine))
        }
        Engine::RdsMultiAz { instance } => {
            let found = rds.instance(instance.region.as_ref().unwrap_or(home), &instance.id);
            found.is_some_and(|found| found.zone.as_ref() == Some(&member.side))
        }
        Engine::Aurora { cluster } => {
            let clusters = rds.clusters.iter().filter(|found| found.id == cluster.id);
            clusters.flat_map(|found| &found.members).any(|found| found.writer && found.instance == member.id)
        }
        Engine::AuroraGlobal { global } => {
            // A cluster without instances serves nobody.
            let serves = |arn: &str| rds.clusters.iter().any(|cluster| cluster.arn == arn && !cluster.members.is_empty());
            let all = rds.global_clusters.iter().filter(|found| found.id == *global);
            all.flat_map(|found| &found.members).any(|found| {
                found.writer
                    && serves(&found.cluster)
                    && Arn::of(&found.cluster).is_some_and(|arn| names(arn.id(), &found.cluster))
            })
        }
    }
}

fn of_members(spec: &DatabaseSpec, lost: &BTreeSet<String>, account: &Account) -> Vec<Box<dyn Failure>> {
    let region = |member: &Member| member.region.clone().unwrap_or_else(|| account.region.clone());
    if let Engine::RdsMultiAz { instance } = &spec.engine {
        let found = account.rds().instance(&region(instance), &instance.id);
        let standby = found.filter(|found| found.secondary_zone.as_ref().is_some_and(|zone| lost.contains(zone)));
        // RDS has no status for the loss of the other zone. The standby can take over, and clients wait until then.
        return standby.map(|found| Box::new(StandbyFails(found.arn.clone())) as Box<dyn Failure>).into_iter().collect();
    }
    let arn = |member: &Member| match member.is {
        Is::Cluster => {
            let region = region(member);
            let in_region = |arn: &str| Arn::of(arn).is_some_and(|arn| arn.region == region);
            let mut clusters = account.rds().clusters.iter();
            clusters.find(|cluster| cluster.id == member.id && in_region(&cluster.arn)).map(|cluster| cluster.arn.clone())
        }
        Is::Instance | Is::Zone => account.rds().instance(&region(member), &member.id).map(|instance| instance.arn.clone()),
    };
    let members = spec.members.iter().filter(|member| lost.contains(&member.side));
    let failed = members.filter_map(arn).map(|arn| Box::new(DatabaseFails(arn)) as Box<dyn Failure>);
    // The lag of lost members, and of their replicas, is no longer measured.
    let silent = spec.members.iter().filter(|_| spec.engine.loses_data());
    let silent = silent.map(|member| Box::new(LagStops(member.id.clone())) as Box<dyn Failure>);
    failed.chain(silent).collect()
}

//! How a database target is rehearsed: its members fail, and their lag is not measured any more.

use crossover_engine::retry::Patience;
use crossover_model::{arn::Arn, topology::Target};
use crossover_rds::{DatabaseFails, LagStops, Rds, RdsAccount, RegionFails, StandbyFails};
use crossover_route53::{Route53, Route53Notes};
use crossover_sandbox::{
    Account, Sections,
    record::Notes,
    rehearsal::{Failure, Lost, Rehearsed},
};

use crate::{
    Database, DatabaseClouds,
    member::{Is, Member},
    spec::{DatabaseSpec, Engine},
};

impl Rehearsed for Database {
    fn sections(sections: Sections) -> Sections {
        sections.with::<Rds>().with::<Route53>()
    }

    fn failures(target: &Target<DatabaseSpec>, lost: Lost<'_>, account: &Account) -> Vec<Box<dyn Failure>> {
        let mut failures = of_members(&target.spec, lost, account);
        failures.extend(lost.region.map(|region| Box::new(RegionFails(region.to_owned())) as Box<dyn Failure>));
        failures
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

fn of_members(spec: &DatabaseSpec, lost: Lost<'_>, account: &Account) -> Vec<Box<dyn Failure>> {
    let region = |member: &Member| member.region.clone().unwrap_or_else(|| account.region.clone());
    if let Engine::RdsMultiAz { instance } = &spec.engine {
        let found = account.rds().instance(&region(instance), &instance.id);
        let standby = found.filter(|found| found.secondary_zone.as_ref().is_some_and(|zone| lost.sides.contains(zone)));
        // The loss of the other zone is no status of RDS: the standby can take over, and its clients wait.
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
    let members = spec.members.iter().filter(|member| lost.sides.contains(&member.side));
    let failed = members.filter_map(arn).map(|arn| Box::new(DatabaseFails(arn)) as Box<dyn Failure>);
    // The lag of whoever follows what is lost, and of what is lost itself, is not measured any more.
    let silent = spec.members.iter().filter(|_| spec.engine.loses_data());
    let silent = silent.map(|member| Box::new(LagStops(member.id.clone())) as Box<dyn Failure>);
    failed.chain(silent).collect()
}

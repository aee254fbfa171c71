//! What fails, and what that looks like in an account. Pure.

use std::collections::BTreeSet;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_database::{DatabaseSpec, Engine as Replication, Is, Member};
use crossover_dns::DnsSpec;
use crossover_ec2::Ec2Account;
use crossover_model::{
    alarm::AlarmState,
    arn::{Arn, alarm_known_at},
    evacuation::{is_in, is_place, nothing_in, places},
    text::nearest,
    topology::{Document, Problems, Topology},
};
use crossover_nat::NatSpec;
use crossover_rds::{AVAILABLE, Rds, RdsAccount};
use crossover_route53::{Route53Account, sandbox::Watches};
use crossover_sandbox::{Account, Fault, FaultRule};
use jiff::Timestamp;

use crate::engine::Engine;

/// What an instance, a cluster or a gateway is that does not work any more.
const FAILED: &str = "failed";
/// How many checkers look at an endpoint, where the account does not say it.
const CHECKERS: usize = 15;

/// A target with the sides of it that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) target: String,
    pub(crate) kind: String,
    pub(crate) sides: BTreeSet<String>,
    /// Whether another side is left.
    pub(crate) has_others: bool,
    alarms: BTreeSet<String>,
}

/// The sides that `what` is or holds: `TARGET/SIDE`, a zone or a Region.
pub(crate) fn lost(engine: &Engine, what: &str) -> Result<Vec<Lost>, String> {
    let of_target =
        |kind: &str, target_ref: &crossover_model::correlation::TargetRef<'_>, is_lost: &dyn Fn(&str, &str) -> bool| {
            let (inside, others): (Vec<_>, Vec<_>) = target_ref.sides.iter().partition(|side| is_lost(&side.name, &side.place));
            (!inside.is_empty()).then(|| Lost {
                target: target_ref.policy.name.clone(),
                kind: kind.to_owned(),
                sides: inside.iter().map(|side| side.name.clone()).collect(),
                has_others: !others.is_empty(),
                alarms: inside.iter().flat_map(|side| side.alarms.iter().cloned()).collect(),
            })
        };
    let Some((target, side)) = what.split_once('/') else {
        let found: Vec<Lost> = engine
            .targets()
            .filter_map(|(kind, target_ref)| of_target(kind, &target_ref, &|_, place| is_in(place, what)))
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let known = places(engine.targets().map(|(_, target_ref)| target_ref));
        let hint = if is_place(what) { "" } else { "; a side of a target is given as TARGET/SIDE" };
        return Err(nothing_in(what, &known) + hint);
    };
    let Some((kind, target_ref)) = engine.targets().find(|(_, target_ref)| target_ref.policy.name == target) else {
        let known: Vec<&str> = engine.targets().map(|(_, target_ref)| target_ref.policy.name.as_str()).collect();
        return Err(unknown(target, "targets", &known));
    };
    let found = of_target(kind, &target_ref, &|name, _| name == side);
    let known: Vec<&str> = target_ref.sides.iter().map(|known| known.name.as_str()).collect();
    found.map(|lost| vec![lost]).ok_or_else(|| unknown(side, &format!("sides of {target}"), &known))
}

fn unknown(name: &str, of: &str, known: &[&str]) -> String {
    let near = nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!("did you mean {near}? "));
    format!("\"{name}\" is not one of the {of}; {near}known: {}", known.join(", "))
}

/// What breaks with the sides that fail.
#[derive(Debug, Clone, Default)]
pub(crate) struct Breaks {
    pub(crate) lost: Vec<Lost>,
    /// Alarms by their names in the account, and those that the topology names and the account has not.
    pub(crate) alarms: BTreeSet<String>,
    pub(crate) missing_alarms: BTreeSet<String>,
    gateways: BTreeSet<String>,
    health_checks: BTreeSet<String>,
    /// DB instances and clusters, by ARN.
    databases: BTreeSet<String>,
    /// Multi-AZ instances, by ARN, whose standby is lost.
    standbys: BTreeSet<String>,
    /// Replicas, by identifier, of which nothing is heard any more.
    silent: BTreeSet<String>,
    /// A Region that does not answer.
    region: Option<String>,
}

impl Breaks {
    pub(crate) fn of(account: &Account, topology: &str, lost: &[Lost], what: &str) -> Result<Self, Problems> {
        let mut breaks = Self { lost: lost.to_vec(), ..Self::default() };
        for alarm in lost.iter().flat_map(|lost| &lost.alarms) {
            let name = alarm_known_at(alarm, &account.region, &account.account_id).to_owned();
            let exists = account.cloudwatch().alarms.iter().any(|known| known.name == name);
            if exists {
                breaks.alarms.insert(name)
            } else {
                breaks.missing_alarms.insert(name)
            };
        }
        let document = Document::new(topology);
        let of = |name: &str| lost.iter().find(|lost| lost.target == name).map(|lost| &lost.sides);
        for target in Topology::<NatSpec>::read(&document)?.targets() {
            let sides = of(&target.policy.name).into_iter().flatten().filter_map(|side| target.spec.sides.get(side));
            breaks.gateways.extend(sides.map(|side| side.gateway.clone()));
        }
        for target in Topology::<DnsSpec>::read(&document)?.targets() {
            let Some(sides) = of(&target.policy.name) else { continue };
            breaks.health_checks.extend(health_checks(account, &target.spec, sides));
        }
        for target in Topology::<DatabaseSpec>::read(&document)?.targets() {
            let Some(sides) = of(&target.policy.name) else { continue };
            breaks.database(account, &target.spec, sides);
        }
        // A zone's letter is no Region.
        breaks.region = (is_place(what) && !what.ends_with(|c: char| c.is_ascii_lowercase())).then(|| what.to_owned());
        Ok(breaks)
    }

    fn database(&mut self, account: &Account, spec: &DatabaseSpec, sides: &BTreeSet<String>) {
        let region = |member: &Member| member.region.clone().unwrap_or_else(|| account.region.clone());
        if let Replication::RdsMultiAz { instance } = &spec.engine {
            let found = account.rds().instance(&region(instance), &instance.id);
            let standby = found.filter(|found| found.secondary_zone.as_ref().is_some_and(|zone| sides.contains(zone)));
            // The loss of the other zone is no status of RDS: the standby can take over, and its clients wait.
            self.standbys.extend(standby.map(|found| found.arn.clone()));
            return;
        }
        for member in spec.members.iter().filter(|member| sides.contains(&member.side)) {
            let arn = match member.is {
                Is::Cluster => {
                    let in_region = |arn: &str| Arn::of(arn).is_some_and(|arn| arn.region == region(member));
                    account
                        .rds()
                        .clusters
                        .iter()
                        .find(|cluster| cluster.id == member.id && in_region(&cluster.arn))
                        .map(|it| &it.arn)
                }
                Is::Instance | Is::Zone => account.rds().instance(&region(member), &member.id).map(|instance| &instance.arn),
            };
            self.databases.extend(arn.cloned());
        }
        // Who follows what is lost, and what is lost itself, is not heard of again.
        if spec.engine.loses_data() {
            self.silent.extend(spec.members.iter().map(|member| member.id.clone()));
        }
    }

    /// What becomes of each thing, for people.
    pub(crate) fn in_words(&self) -> Vec<String> {
        let failed = self.gateways.iter().chain(&self.databases).map(|id| format!("{id} is {FAILED}"));
        let checks = self.health_checks.iter().map(|id| format!("health check {id} fails"));
        let standbys = self.standbys.iter().map(|id| format!("{id} has no standby"));
        let regions = self.region.iter().map(|region| format!("RDS in {region} does not answer"));
        let alarms = self.alarms.iter().map(|alarm| format!("alarm {alarm} goes off"));
        let missing = self.missing_alarms.iter().map(|alarm| format!("alarm {alarm} does not exist, and tells nobody"));
        failed.chain(checks).chain(standbys).chain(regions).chain(alarms).chain(missing).collect()
    }

    /// Lets it fail.
    pub(crate) fn apply(&self, account: &mut Account, now: Timestamp) {
        for gateway in account.ec2_mut().nat_gateways.iter_mut().filter(|gateway| self.gateways.contains(&gateway.id)) {
            FAILED.clone_into(&mut gateway.state);
        }
        for instance in account.ec2_mut().instances.iter_mut().filter(|instance| self.gateways.contains(&instance.id)) {
            "stopped".clone_into(&mut instance.state);
        }
        for interface in account.ec2_mut().interfaces.iter_mut().filter(|interface| self.gateways.contains(&interface.id)) {
            AVAILABLE.clone_into(&mut interface.status);
        }
        for check in account.route53_mut().health_checks.iter_mut().filter(|check| self.health_checks.contains(&check.id)) {
            // One that is inverted fails while its endpoint passes.
            if let Watches::Endpoint(reports) = &mut check.watches {
                *reports = vec![check.inverted; if reports.is_empty() { CHECKERS } else { reports.len() }];
            }
        }
        for (arn, status) in statuses(account).filter(|(arn, _)| self.databases.contains(*arn)) {
            let _ = arn;
            FAILED.clone_into(status);
        }
        for instance in account.rds_mut().instances.iter_mut().filter(|instance| self.standbys.contains(&instance.arn)) {
            instance.multi_az = false;
        }
        for replica in &self.silent {
            account.rds_mut().set_lag(replica, None, now);
        }
        account.rds_mut().unreachable.extend(self.region.clone());
        account.faults.extend(self.region.iter().map(|region| FaultRule {
            resource: Some(region.clone()),
            ..FaultRule::every("route53-recovery-cluster:*", Fault::Timeout)
        }));
        for alarm in &self.alarms {
            account.cloudwatch_mut().set_alarm(alarm, AlarmState::Alarm, now);
        }
    }

    /// Mends it: what was broken is as it was `before`, unless something else has become of it meanwhile.
    pub(crate) fn mend(&self, account: &mut Account, before: &Account, now: Timestamp) {
        for gateway in &mut account.ec2_mut().nat_gateways {
            let was = before.ec2().nat_gateways.iter().find(|was| was.id == gateway.id && self.gateways.contains(&was.id));
            gateway.state = was.map_or_else(|| gateway.state.clone(), |was| was.state.clone());
        }
        for instance in &mut account.ec2_mut().instances {
            let was = before.ec2().instances.iter().find(|was| was.id == instance.id && self.gateways.contains(&was.id));
            instance.state = was.map_or_else(|| instance.state.clone(), |was| was.state.clone());
        }
        for interface in &mut account.ec2_mut().interfaces {
            let was = before.ec2().interfaces.iter().find(|was| was.id == interface.id && self.gateways.contains(&was.id));
            interface.status = was.map_or_else(|| interface.status.clone(), |was| was.status.clone());
        }
        for check in &mut account.route53_mut().health_checks {
            let was =
                before.route53().health_checks.iter().find(|was| was.id == check.id && self.health_checks.contains(&was.id));
            check.watches = was.map_or_else(|| check.watches.clone(), |was| was.watches.clone());
        }
        for (_, status) in statuses(account).filter(|(arn, status)| self.databases.contains(*arn) && *status == FAILED) {
            AVAILABLE.clone_into(status);
        }
        for instance in account.rds_mut().instances.iter_mut().filter(|instance| self.standbys.contains(&instance.arn)) {
            instance.multi_az = true;
        }
        for series in before.rds().lags.iter().filter(|series| self.silent.contains(&series.id)) {
            account.rds_mut().set_lag(&series.id, series.each_minute, now);
        }
        account.rds_mut().unreachable.clone_from(&before.rds().unreachable);
        account.faults.clone_from(&before.faults);
        for alarm in &self.alarms {
            account.cloudwatch_mut().set_alarm(alarm, AlarmState::Ok, now);
        }
    }
}

/// The ARNs and statuses of the account's instances and clusters.
fn statuses(account: &mut Account) -> impl Iterator<Item = (&String, &mut String)> {
    let Rds { instances, clusters, .. } = account.rds_mut();
    let instances = instances.iter_mut().map(|instance| (&instance.arn, &mut instance.status));
    instances.chain(clusters.iter_mut().map(|cluster| (&cluster.arn, &mut cluster.status)))
}

/// The health checks of the sides' record sets that look at an endpoint: a beacon's or a routing control's say where
/// the answers go, and not how a side is.
fn health_checks(account: &Account, spec: &DnsSpec, sides: &BTreeSet<String>) -> BTreeSet<String> {
    let zones = account.route53().hosted_zones.iter().filter(|zone| zone.id == spec.hosted_zone);
    let of_sides = zones.flat_map(|zone| &zone.record_sets).filter(|set| {
        let is_named = spec.records.contains(&(set.name.clone(), set.kind.clone()));
        is_named && set.set_id.as_ref().is_some_and(|id| sides.contains(id))
    });
    let looks = |id: &String| {
        let check = account.route53().health_checks.iter().find(|check| check.id == *id);
        check.is_some_and(|check| matches!(&check.watches, Watches::Endpoint(reports) if !reports.is_empty()))
    };
    of_sides.filter_map(|set| set.health_check.clone()).filter(looks).collect()
}

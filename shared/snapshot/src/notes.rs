//! What was read, and a sandbox account out of that.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crossover_engine::cloud::{
    self, BeaconMetric, BeaconObject, CheckerReport, ControlState, DbCluster, DbInstance, Gateway, GlobalCluster, LagMetric,
    LagSample, RecordAnswer, RecordSet,
};
use crossover_estate::Estate;
use crossover_model::{
    alarm::AlarmReading,
    error::CloudError,
    journal::{Memory, TargetRecord},
};
use crossover_sandbox::{
    Account, Alarm, Bucket, HealthCheck, HostedZone, Instance, Interface, LagSeries, Limit, MetricValue, NatGateway, Rds,
    Route53, RouteTable, Subnet, Watches,
};
use jiff::Timestamp;

use crate::{Origin, Snapshot, named::Named, people::without_people};

/// A replica whose last sample is at most this old goes on being as far behind.
const FRESH: Duration = Duration::from_mins(5);
const MINUTE: Duration = Duration::from_mins(1);

/// What AWS lets an account do a second, as the sandbox's examples have it.
const LIMITS: [(&str, Limit); 3] = [
    ("ec2:ReplaceRoute", Limit { burst: 50, per_second: 5 }),
    ("route53:*", Limit { burst: 50, per_second: 10 }),
    ("route53:GetHealthCheckStatus", Limit { burst: 4, per_second: 1 }),
];

/// What was read so far; two looks at one thing leave one note.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Read>);

#[derive(Default)]
struct Read {
    /// What could not be read, by what it is and its name, and why.
    unread: BTreeMap<(String, String), String>,
    tables: BTreeMap<String, (String, cloud::RouteTable)>,
    subnets: BTreeMap<String, Subnet>,
    /// The gateways that were asked for; none for one that does not exist.
    gateways: BTreeMap<String, Option<Gateway>>,
    alarms: BTreeMap<String, AlarmReading>,
    zones: BTreeMap<String, cloud::HostedZone>,
    record_sets: BTreeMap<String, Vec<RecordSet>>,
    health_checks: BTreeMap<String, cloud::HealthCheck>,
    reports: BTreeMap<String, Vec<bool>>,
    buckets: BTreeMap<(String, String), BTreeMap<String, String>>,
    metrics: BTreeMap<BeaconMetric, f64>,
    controls: BTreeMap<String, ControlState>,
    instances: BTreeMap<String, DbInstance>,
    clusters: BTreeMap<String, DbCluster>,
    globals: BTreeMap<String, GlobalCluster>,
    /// By Region (none for the own one), metric and replica.
    lags: BTreeMap<(Option<String>, LagMetric, String), Vec<LagSample>>,
    memories: BTreeMap<String, Memory>,
}

impl Notes {
    fn read(&self) -> MutexGuard<'_, Read> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn unread(&self, what: &str, name: &str, why: &str) {
        self.read().unread.insert((what.to_owned(), name.to_owned()), why.to_owned());
    }

    /// A call that failed before has passed.
    pub(crate) fn was_read(&self, what: &str, name: &str) {
        self.read().unread.remove(&(what.to_owned(), name.to_owned()));
    }

    pub(crate) fn route_tables(&self, vpc: &str, tables: &[cloud::RouteTable]) {
        self.read().tables.extend(tables.iter().map(|table| (table.id.clone(), (vpc.to_owned(), table.clone()))));
    }

    pub(crate) fn subnets(&self, vpc: &str, subnets: &[cloud::Subnet]) {
        let subnet = |subnet: &cloud::Subnet| {
            (
                subnet.id.clone(),
                Subnet { id: subnet.id.clone(), vpc: vpc.to_owned(), zone: subnet.zone.clone(), used: subnet.used },
            )
        };
        self.read().subnets.extend(subnets.iter().map(subnet));
    }

    pub(crate) fn gateways(&self, asked: &BTreeSet<String>, found: &BTreeMap<String, Gateway>) {
        self.read().gateways.extend(asked.iter().map(|id| (id.clone(), found.get(id).cloned())));
    }

    pub(crate) fn alarms(&self, readings: &BTreeMap<String, AlarmReading>) {
        self.read().alarms.extend(readings.clone());
    }

    pub(crate) fn zone(&self, id: &str, zone: &cloud::HostedZone) {
        self.read().zones.insert(id.to_owned(), zone.clone());
    }

    pub(crate) fn record_sets(&self, zone: &str, sets: &[RecordSet]) {
        let mut read = self.read();
        let known = read.record_sets.entry(zone.to_owned()).or_default();
        for set in sets {
            let same = |other: &RecordSet| (&other.name, &other.kind, &other.set_id) == (&set.name, &set.kind, &set.set_id);
            known.retain(|other| !same(other));
            known.push(set.clone());
        }
    }

    pub(crate) fn health_check(&self, id: &str, check: Option<cloud::HealthCheck>) {
        self.read().health_checks.extend(check.map(|check| (id.to_owned(), check)));
    }

    pub(crate) fn checker_reports(&self, id: &str, reports: &[CheckerReport]) {
        self.read().reports.insert(id.to_owned(), reports.iter().map(|report| report.passed).collect());
    }

    pub(crate) fn beacon_object(&self, object: &BeaconObject, there: bool) {
        let mut read = self.read();
        let objects = read.buckets.entry((object.region.clone(), object.bucket.clone())).or_default();
        if there {
            objects.insert(object.key.clone(), String::new());
        }
    }

    pub(crate) fn beacon_metric(&self, metric: &BeaconMetric, value: Option<f64>) {
        self.read().metrics.extend(value.map(|value| (metric.clone(), value)));
    }

    pub(crate) fn routing_control(&self, control: &str, state: ControlState) {
        self.read().controls.insert(control.to_owned(), state);
    }

    pub(crate) fn instances(&self, instances: &[DbInstance]) {
        self.read().instances.extend(instances.iter().map(|instance| (instance.arn.clone(), instance.clone())));
    }

    pub(crate) fn clusters(&self, clusters: &[DbCluster]) {
        self.read().clusters.extend(clusters.iter().map(|cluster| (cluster.arn.clone(), cluster.clone())));
    }

    pub(crate) fn global_cluster(&self, global: Option<&GlobalCluster>) {
        self.read().globals.extend(global.map(|global| (global.id.clone(), global.clone())));
    }

    pub(crate) fn lags(&self, region: Option<&str>, metric: LagMetric, samples: &BTreeMap<String, Vec<LagSample>>) {
        let series = samples.iter().map(|(id, samples)| ((region.map(str::to_owned), metric, id.clone()), samples.clone()));
        self.read().lags.extend(series);
    }

    /// What is remembered, without people, the leases, which are of processes, and the notices that are to be sent.
    pub(crate) fn remembered(&self, records: BTreeMap<String, Result<TargetRecord, CloudError>>) {
        for (target, record) in records {
            match record {
                Ok(record) => {
                    self.read().memories.insert(target, without_people(record.memory));
                }
                Err(error) => self.unread("journal", &target, &error.to_string()),
            }
        }
    }

    /// Zones of which only record sets were read.
    pub(crate) fn unnamed_zones(&self) -> Vec<String> {
        let read = self.read();
        read.record_sets.keys().filter(|zone| !read.zones.contains_key(*zone)).cloned().collect()
    }

    /// Health checks that record sets name and that nobody asked for.
    pub(crate) fn unread_health_checks(&self, named: &Named) -> BTreeSet<String> {
        let read = self.read();
        let of_zone = |(zone, sets): (&String, &Vec<RecordSet>)| taken(named, zone, sets);
        let checks = read.record_sets.iter().flat_map(of_zone).filter_map(|set| set.health_check);
        checks.filter(|id| !read.health_checks.contains_key(id) && !read.reports.contains_key(id)).collect()
    }

    /// A sandbox account out of what was read.
    pub(crate) fn take(&self, named: &Named, origin: &Origin) -> Snapshot {
        let read = std::mem::take(&mut *self.read());
        let unread = read.unread.iter().map(|((what, name), why)| format!("{what} {name}: {why}")).collect();
        Snapshot { account: read.into_account(named, origin), unread }
    }
}

/// The record sets of a zone that the topology names.
fn taken(named: &Named, zone: &str, sets: &[RecordSet]) -> Vec<RecordSet> {
    let is_named = |set: &&RecordSet| named.records.contains(&(zone.to_owned(), set.name.clone(), set.kind.clone()));
    sets.iter().filter(is_named).map(without_text).collect()
}

/// What a text says may be a secret, and nothing is decided by it.
fn without_text(set: &RecordSet) -> RecordSet {
    let mut set = set.clone();
    if let ("TXT" | "SPF", RecordAnswer::Values { values, .. }) = (set.kind.as_str(), &mut set.answer) {
        for (number, value) in values.iter_mut().enumerate() {
            *value = format!("\"text {}, left out\"", number + 1);
        }
    }
    set
}

impl Read {
    fn into_account(self, named: &Named, origin: &Origin) -> Account {
        let now = origin.clock.now();
        let mut arns = self.instances.keys().chain(self.clusters.keys());
        let of_databases = arns.find_map(|arn| arn.split(':').nth(4)).map(str::to_owned);
        let account_id = origin.account_id.clone().or(of_databases).unwrap_or_else(|| "000000000000".to_owned());
        let own_alarms = format!("arn:aws:cloudwatch:{}:{account_id}:alarm:", origin.region);
        let alarm = |(name, reading): (String, AlarmReading)| Alarm {
            name: name.strip_prefix(&own_alarms).map_or(name.clone(), str::to_owned),
            state: reading.state,
            since: reading.since.unwrap_or(now),
            reason: String::new(),
            actions: reading.actions,
            metrics: reading.metrics,
        };
        let alarms: BTreeMap<String, Alarm> = self
            .alarms
            .iter()
            .map(|(name, reading)| {
                let alarm = alarm((name.clone(), reading.clone()));
                (alarm.name.clone(), alarm)
            })
            .collect();
        Account {
            account_id,
            region: origin.region.clone(),
            time: now,
            call_ms: 30,
            slow_ms: BTreeMap::new(),
            routes_lag_ms: 0,
            limits: LIMITS.into_iter().map(|(call, limit)| (call.to_owned(), limit)).collect(),
            route_tables: self.route_tables(named),
            nat_gateways: self.of_gateways(|id, gateway| match gateway {
                Gateway::NatGateway { state } => Some(NatGateway { id, state }),
                _ => None,
            }),
            instances: self.of_gateways(|id, gateway| match gateway {
                Gateway::Instance { state, source_dest_check } => {
                    Some(Instance { interface: self.interface_of(&id), id, state, source_dest_check })
                }
                _ => None,
            }),
            interfaces: self.of_gateways(|id, gateway| match gateway {
                Gateway::Interface { status, source_dest_check } => Some(Interface { id, status, source_dest_check }),
                _ => None,
            }),
            subnets: self.subnets.values().cloned().collect(),
            alarms: alarms.into_values().collect(),
            hosted_zones: self.hosted_zones(named),
            route53: Route53::default(),
            health_checks: self.health_checks.iter().map(|(id, check)| self.health_check(id, *check)).collect(),
            buckets: self
                .buckets
                .iter()
                .map(|((region, name), objects)| Bucket { name: name.clone(), region: region.clone(), objects: objects.clone() })
                .collect(),
            metric_values: self
                .metrics
                .iter()
                .map(|(of, value)| MetricValue {
                    region: of.region.clone(),
                    namespace: of.namespace.clone(),
                    metric: of.metric.clone(),
                    at: now,
                    value: *value,
                })
                .collect(),
            routing_controls: self.controls.clone(),
            safety_rules: Vec::new(),
            rds: Rds {
                lags: self.lags.iter().map(|of| lag_series(of, &origin.region, now)).collect(),
                instances: self.instances.into_values().collect(),
                clusters: self.clusters.into_values().collect(),
                global_clusters: self.globals.into_values().collect(),
                ..Rds::default()
            },
            estate: Estate::default(),
            journal: self
                .memories
                .into_iter()
                .map(|(target, memory)| (target, TargetRecord { memory, ..TargetRecord::default() }))
                .collect(),
            crossovers: Vec::new(),
            published: Vec::new(),
            denied: BTreeSet::new(),
            faults: Vec::new(),
        }
    }

    fn of_gateways<T>(&self, make: impl Fn(String, Gateway) -> Option<T>) -> Vec<T> {
        self.gateways.iter().filter_map(|(id, gateway)| make(id.clone(), gateway.clone()?)).collect()
    }

    /// The network interface that EC2 shows beside an instance in its routes.
    fn interface_of(&self, instance: &str) -> String {
        let routes = self.tables.values().flat_map(|(_, table)| &table.routes);
        let mut pairs = routes.filter(|route| route.via.iter().any(|id| id == instance)).flat_map(|route| &route.via);
        pairs.find(|id| id.starts_with("eni-")).cloned().unwrap_or_default()
    }

    /// Of each table the routes to the gateways that the topology names: no others are ever moved.
    fn route_tables(&self, named: &Named) -> Vec<RouteTable> {
        let route = |route: &cloud::Route| {
            let via = route.via.iter().find(|id| self.gateways.contains_key(*id))?;
            Some((route.destination.clone(), via.clone()))
        };
        let table = |(vpc, table): &(String, cloud::RouteTable)| RouteTable {
            id: table.id.clone(),
            vpc: vpc.clone(),
            main: table.main,
            subnets: table.subnets.clone(),
            tags: table
                .tags
                .iter()
                .filter(|(key, _)| named.tags.contains(*key))
                .map(|(key, tag)| (key.clone(), tag.clone()))
                .collect(),
            routes: table.routes.iter().filter_map(route).collect(),
        };
        self.tables.values().map(table).collect()
    }

    fn hosted_zones(&self, named: &Named) -> Vec<HostedZone> {
        let zone = |(id, zone): (&String, &cloud::HostedZone)| HostedZone {
            id: id.clone(),
            name: zone.name.clone(),
            private: zone.private,
            accelerated_recovery: zone.accelerated_recovery,
            record_sets: taken(named, id, self.record_sets.get(id).map_or(&[][..], Vec::as_slice)),
        };
        self.zones.iter().map(zone).collect()
    }

    /// What it watches is not said; without reports it tells what no checker has seen.
    fn health_check(&self, id: &str, check: cloud::HealthCheck) -> HealthCheck {
        let reports = self.reports.get(id).cloned().unwrap_or_default();
        HealthCheck { id: id.to_owned(), disabled: check.disabled, inverted: check.inverted, watches: Watches::Endpoint(reports) }
    }
}

/// The samples as they were, and from then on what the last one says, when that is fresh.
fn lag_series(
    ((region, metric, id), samples): (&(Option<String>, LagMetric, String), &Vec<LagSample>),
    own: &str,
    now: Timestamp,
) -> LagSeries {
    let last = samples.iter().max_by_key(|sample| sample.at).filter(|last| now.duration_since(last.at).unsigned_abs() <= FRESH);
    LagSeries {
        region: region.clone().unwrap_or_else(|| own.to_owned()),
        metric: *metric,
        id: id.clone(),
        samples: samples.clone(),
        each_minute: last.map(|last| last.value),
        since: last.map(|last| last.at + MINUTE),
    }
}

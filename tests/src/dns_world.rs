//! A DNS target on the emulators: what [`Way::account`] is to the sandbox.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use crossover_arc::{ArcAccount, ClusterEndpoint};
use crossover_aws::OnAws;
use crossover_cloudwatch::{CloudWatchAccount, Metric, sandbox::MetricValue};
use crossover_dns::DnsClouds;
use crossover_route53::{RecordChange, RecordSet, Route53Account, read_record_sets};
use crossover_s3::{Object, S3Account};
use crossover_sandbox::Account;
use serde_json::Value;

use crate::{
    arc,
    dns::{self, ALARM_HOME, ALARM_STANDBY, TARGET, Way, ZONE},
    emulators::{EMULATORS, config},
    proxy::{self, Watch},
    world::World,
};

const REGION: &str = "us-west-2";
const BUCKET: &str = "example-beacon";
const CHECKS: [&str; 2] = ["hc-home", "hc-standby"];

/// The alarms, the journal and the topic of a [`World`], and a zone with the target's record sets.
pub struct DnsWorld {
    /// The world that it is a part of.
    pub world: World,
    way: Way,
    zone: String,
    health_checks: [String; 2],
    clouds: DnsClouds,
    cluster: ClusterEndpoint,
}

impl DnsWorld {
    /// Makes one with everything at home; `name` keeps it apart from those of other tests.
    pub async fn new(name: &str, way: Way) -> Self {
        let world = Box::pin(World::new(name)).await;
        let zone = world.zone("example.com").await;
        world.bucket().await;
        let mut health_checks = CHECKS.map(str::to_owned);
        for check in &mut health_checks {
            *check = world.health_check(&world.moto, &format!("{name}-{check}"), false).await;
        }
        let clouds = DnsClouds::on_aws(&config(&EMULATORS.ministack).await);
        let home = way.account();
        let controls: Vec<&str> = home.arc().routing_controls.keys().map(String::as_str).collect();
        let cluster = ClusterEndpoint { region: REGION.to_owned(), url: arc::start(&controls).await };
        let dns = Self { world, way, zone, health_checks, clouds, cluster };
        let creates: Vec<RecordChange> = home.route53().hosted_zones[0].record_sets.iter().map(|set| dns.create(set)).collect();
        dns.clouds.records.change_records(&dns.zone, &creates).await.expect("the records");
        dns
    }

    fn create(&self, set: &RecordSet) -> RecordChange {
        let mut set = set.clone();
        set.health_check = set.health_check.map(|check| self.health_checks[usize::from(check == CHECKS[1])].clone());
        RecordChange::Create(set)
    }

    /// The record sets that are there, with the health checks as [`Way::account`] names them.
    pub async fn record_sets(&self) -> BTreeSet<RecordSet> {
        let all = self.way.account().route53().hosted_zones[0]
            .record_sets
            .iter()
            .map(|set| (set.name.clone(), set.kind.clone()))
            .collect();
        let mut sets = read_record_sets(self.clouds.records.as_ref(), &self.zone, &all, None).await.expect("the records");
        for set in &mut sets {
            set.health_check = set.health_check.take().map(|id| CHECKS[usize::from(id == self.health_checks[1])].to_owned());
        }
        sets.into_iter().collect()
    }

    /// The sides that DNS answers with: what is there, put into a sandbox account.
    pub async fn serving(&self) -> BTreeSet<&'static str> {
        let mut account: Account = self.way.account();
        account.route53_mut().hosted_zones[0].record_sets = self.record_sets().await.into_iter().collect();
        let object = Object { region: REGION.to_owned(), bucket: self.world.name.clone(), key: TARGET.to_owned() };
        if self.clouds.objects.has_object(&object).await.expect("the beacon") {
            account.s3_mut().buckets[0].objects.insert(TARGET.to_owned(), String::new());
        }
        let (namespace, metric) = ("Crossover".to_owned(), self.world.name.clone());
        let beacon = Metric { region: REGION.to_owned(), namespace: namespace.clone(), metric };
        if let Some(value) = self.clouds.metrics.metric_value(&beacon).await.expect("the beacon") {
            let (metric, at) = (TARGET.to_owned(), account.time);
            account.cloudwatch_mut().metric_values.push(MetricValue { region: REGION.to_owned(), namespace, metric, at, value });
        }
        for (control, state) in &mut account.arc_mut().routing_controls {
            *state = self.clouds.routing_controls.control_state(&self.cluster, control).await.expect("the routing control");
        }
        dns::serving(&account)
    }

    /// The topology of its only target, which bears the world's name. Of the cluster's endpoints the
    /// first can't be reached.
    #[must_use]
    pub fn topology(&self) -> String {
        self.way
            .topology()
            .replace(&format!("name = \"{TARGET}\""), &format!("name = \"{}\"", self.world.name))
            .replace(ZONE, &self.zone)
            .replace(ALARM_HOME, &self.world.alarms[0])
            .replace(ALARM_STANDBY, &self.world.alarms[1])
            .replace(BUCKET, &self.world.name)
            .replace("metric = \"www\"", &format!("metric = \"{}\"", self.world.name))
            .replace("https://a.example", "http://127.0.0.1:9")
            .replace("https://b.example", &self.cluster.url)
    }

    /// The address of the cluster of routing controls that answers.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.cluster.url
    }

    /// An environment for a real binary, whose calls pass a proxy.
    pub async fn environment(&self, topology: &Path, watch: &Arc<Watch>) -> Vec<(String, String)> {
        let mut environment = self.world.environment(topology);
        environment.retain(|(key, _)| key != "AWS_ENDPOINT_URL");
        environment.push(("AWS_ENDPOINT_URL".to_owned(), proxy::start(&EMULATORS.ministack, watch).await));
        let route53 = proxy::start_route53(&EMULATORS.ministack, &EMULATORS.moto, watch).await;
        environment.push(("AWS_ENDPOINT_URL_ROUTE_53".to_owned(), route53));
        environment
    }

    /// A person's command on the target.
    #[must_use]
    pub fn command(&self, verb: &str, more: &Value) -> Value {
        let mut command = dns::command(verb, more);
        command["target"] = self.world.name.clone().into();
        command
    }
}

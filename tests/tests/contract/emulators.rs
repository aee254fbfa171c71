//! The emulators as a backend, through the real SDKs.

use std::{sync::Arc, time::Duration};

use crossover_arc::{ArcRoutingControls, ClusterEndpoint, RoutingControls, contract::CONTROLS};
use crossover_aws::{Accounts, SdkConfig, SystemClock};
use crossover_cloudwatch::{CloudWatchAlarms, CloudWatchMetrics, Metrics};
use crossover_dynamodb::DynamoJournal;
use crossover_ec2::{Ec2Routes, Routes};
use crossover_engine::ports::{Alarms, Clock, Journal, Notices, Permissions};
use crossover_iam::{IamPermissions, contract::GRANTED};
use crossover_model::alarm::{AlarmMetric, AlarmState};
use crossover_rds::{
    CloudWatchLags, RdsDatabases,
    contract::{OTHER, Parts},
};
use crossover_route53::{HealthChecks, Records, Route53HealthChecks, Route53Records};
use crossover_s3::{Objects, S3Objects};
use crossover_sns::SnsNotices;
use crossover_tests::{
    arc,
    emulators::{EMULATORS, config},
    world::World,
};
use jiff::Timestamp;

use crate::cases;

/// The emulators, with a VPC of two zones in them. None of them knows all of AWS.
struct Emulated {
    world: World,
    alarms: CloudWatchAlarms,
    metrics: CloudWatchMetrics,
    journal: DynamoJournal,
    notices: SnsNotices,
    permissions: IamPermissions,
    routes: Ec2Routes,
    records: Route53Records,
    health_checks: Route53HealthChecks,
    objects: S3Objects,
    controls: ArcRoutingControls,
    instances: Parts,
    clusters: Parts,
    endpoint: ClusterEndpoint,
}

fn databases(config: &SdkConfig) -> Parts {
    let databases = Arc::new(RdsDatabases::new(config));
    Parts { databases: databases.clone(), changes: databases, lags: Arc::new(CloudWatchLags::new(config)) }
}

impl Emulated {
    async fn new(name: &str) -> Self {
        let world = World::new(name).await;
        let (moto, ministack) = (config(&EMULATORS.moto).await, config(&EMULATORS.ministack).await);
        let url = arc::start(&CONTROLS).await;
        Self {
            alarms: CloudWatchAlarms::new(&Accounts::new(ministack.clone(), []).await),
            metrics: CloudWatchMetrics::new(&ministack),
            journal: DynamoJournal::new(&ministack, &world.journal),
            notices: SnsNotices::new(&ministack, &world.topic),
            permissions: IamPermissions::new(&ministack),
            routes: Ec2Routes::new(&moto),
            records: Route53Records::new(&ministack),
            health_checks: Route53HealthChecks::new(&moto),
            objects: S3Objects::new(&ministack),
            controls: ArcRoutingControls::new(&ministack),
            instances: databases(&moto),
            clusters: databases(&ministack),
            endpoint: ClusterEndpoint { region: "us-east-1".to_owned(), url },
            world,
        }
    }
}

impl crossover_ec2::contract::Backend for Emulated {
    fn routes(&self) -> &dyn Routes {
        &self.routes
    }

    fn vpc(&self) -> &str {
        &self.world.vpc
    }

    fn nats(&self) -> &[String; 2] {
        &self.world.nats
    }

    fn tables(&self) -> &[String] {
        &self.world.tables
    }

    async fn delete_gateway(&self, id: &str) {
        self.world.delete_gateway(id).await;
    }

    /// Each gateway is in a subnet of its own, and the private ones are empty.
    async fn use_addresses(&self) {}
}

impl crossover_cloudwatch::contract::Backend for Emulated {
    fn alarms(&self) -> &dyn Alarms {
        &self.alarms
    }

    fn metrics(&self) -> &dyn Metrics {
        &self.metrics
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn account_id(&self) -> &'static str {
        "000000000000"
    }

    fn names(&self) -> &[String; 2] {
        &self.world.alarms
    }

    fn metric(&self) -> String {
        format!("beacon-{}", self.world.vpc)
    }

    async fn set_alarm(&self, alarm: &str, state: AlarmState) {
        self.world.set_alarm(alarm, state.as_str()).await;
    }

    async fn let_call(&self, _: &str, calls: bool) {
        if calls {
            self.world.let_alarms_tell(&self.world.topic).await;
        }
    }

    /// They are made so.
    async fn be_on(&self, _: &str, _: &AlarmMetric) {}
}

impl crossover_sns::contract::Backend for Emulated {
    fn notices(&self) -> &dyn Notices {
        &self.notices
    }

    async fn published(&self, _: &str) -> Vec<String> {
        self.world.notices().await.iter().map(ToString::to_string).collect()
    }
}

impl crossover_iam::contract::Backend for Emulated {
    fn permissions(&self) -> &dyn Permissions {
        &self.permissions
    }

    async fn role(&self) -> String {
        self.world.role(&self.world.name, &[GRANTED]).await
    }
}

impl crossover_dynamodb::contract::Backend for Emulated {
    fn journal(&self) -> &dyn Journal {
        &self.journal
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

impl crossover_route53::contract::Backend for Emulated {
    fn records(&self) -> &dyn Records {
        &self.records
    }

    fn health_checks(&self) -> &dyn HealthChecks {
        &self.health_checks
    }

    fn clock(&self) -> &dyn Clock {
        &SystemClock
    }

    async fn zone(&self) -> String {
        self.world.zone("example.com").await
    }

    async fn health_check(&self) -> String {
        self.world.health_check(&self.world.ministack, &self.world.name, false).await
    }

    async fn watched_health_check(&self, disabled: bool) -> String {
        self.world.health_check(&self.world.moto, &self.world.name, disabled).await
    }
}

impl crossover_s3::contract::Backend for Emulated {
    fn objects(&self) -> &dyn Objects {
        &self.objects
    }

    async fn bucket(&self) -> String {
        self.world.bucket().await
    }
}

impl crossover_arc::contract::Backend for Emulated {
    fn controls(&self) -> &dyn RoutingControls {
        &self.controls
    }

    fn endpoint(&self) -> &ClusterEndpoint {
        &self.endpoint
    }
}

impl crossover_rds::contract::Backend for Emulated {
    fn instances(&self) -> &Parts {
        &self.instances
    }

    fn clusters(&self) -> &Parts {
        &self.clusters
    }

    fn clock(&self) -> &dyn Clock {
        &SystemClock
    }

    /// An emulator has done it at once, or never will.
    fn waits(&self) -> (usize, Duration) {
        (3, Duration::from_secs(1))
    }

    async fn replicas(&self) -> [String; 2] {
        self.world.replicas().await
    }

    async fn cluster(&self) -> (String, [String; 2]) {
        self.world.cluster(&self.world.name).await
    }

    async fn global(&self) -> (String, [String; 2]) {
        self.world.global().await
    }

    async fn put_lag(&self, replica: &str, value: f64) {
        self.world.put_lag(OTHER, replica, value).await;
    }
}

/// What the emulators get wrong. Each of these fails there; one that passes is to be struck off.
const WRONG_ON_THE_EMULATORS: &[(&str, &str)] = &[
    ("a_gateway_that_is_not_there_is_refused", "moto accepts a ReplaceRoute to any id; EC2 answers InvalidNatGatewayID.NotFound"),
    ("a_route_to_a_deleted_gateway_is_a_blackhole", "moto leaves the route active; EC2 shows it as a blackhole"),
    ("each_of_several_resources_is_told", "ministack looks at the first resource alone"),
    ("a_name_of_another_zone_is_refused", "ministack takes any name into any zone"),
    ("a_name_has_one_primary", "ministack does not compare the members of a set with one another"),
    ("a_name_has_one_policy", "as with two primaries"),
    ("a_member_of_a_set_needs_an_identifier", "ministack takes it without one"),
    ("a_cname_stands_alone", "ministack takes it beside others"),
    ("a_record_set_needs_a_health_check_that_exists", "ministack does not look for it"),
    ("a_promoted_replica_is_none_any_more", "moto leaves it the source that it had"),
    ("what_is_no_replica_is_not_promoted", "moto accepts it; RDS answers InvalidDBInstanceState"),
    ("a_promotion_is_not_begun_twice", "with moto no time passes, so that nothing is ever under way"),
    ("an_instance_that_is_not_there_is_not_found", "moto's PromoteReadReplica fails on it"),
    ("what_has_replicas_is_not_stopped", "moto stops it"),
    ("a_standby_takes_over", "moto leaves the instance in its zone"),
    ("without_a_standby_nothing_takes_over", "moto accepts it; RDS answers InvalidDBInstanceState"),
];

#[tokio::test]
async fn the_emulators_keep_the_contract_but_for_what_is_known() {
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let known = WRONG_ON_THE_EMULATORS.iter().find(|(known, _)| *known == name);
        let backend = Box::pin(Emulated::new(&format!("contract-{}", name.replace('_', "-")))).await;
        match (case(&backend).await, known) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some((_, reason))) => wrong.push(format!("{name} passes; strike it off the list: {reason}")),
            (Err(what), None) => wrong.push(format!("{name}: {what}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

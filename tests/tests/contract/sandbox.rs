//! The sandbox as a backend.

use std::{sync::Arc, time::Duration};

use crossover_arc::{ArcAccount, ClusterEndpoint, ControlState, RoutingControls, contract::CONTROLS, sandbox::SafetyRule};
use crossover_cloudwatch::{CloudWatchAccount, Metrics, SandboxAlarms};
use crossover_dynamodb::SandboxJournal;
use crossover_ec2::{Ec2Account, Routes, sandbox::RouteTable};
use crossover_engine::ports::{Alarms, Clock, Journal, Notices, Permissions};
use crossover_iam::{SandboxPermissions, contract::DENIED};
use crossover_model::alarm::{AlarmActions, AlarmMetric, AlarmState};
use crossover_rds::{
    AVAILABLE, ClusterMember, DbCluster, DbInstance, GlobalCluster, GlobalMember, LagMetric, RdsAccount,
    contract::{HOME, OTHER, Parts},
    sandbox::LagSeries,
};
use crossover_route53::{
    HealthChecks, Records, Route53Account,
    sandbox::{HealthCheck, HostedZone, Watches},
};
use crossover_s3::{Objects, S3Account, sandbox::Bucket};
use crossover_sandbox::Sandbox;
use crossover_sns::{SandboxNotices, SnsAccount};
use crossover_tests::{
    database::{cluster, instance},
    stage::{ALARM_A, ALARM_B, account},
};
use jiff::Timestamp;

/// A sandbox with a VPC of two zones in it.
pub(crate) struct InMemory {
    sandbox: Sandbox,
    alarms: SandboxAlarms,
    journal: SandboxJournal,
    notices: SandboxNotices,
    permissions: SandboxPermissions,
    databases: Parts,
    vpc: String,
    nats: [String; 2],
    tables: Vec<String>,
    names: [String; 2],
    endpoint: ClusterEndpoint,
}

impl InMemory {
    pub(crate) fn new() -> Self {
        let mut account = account();
        account.arc_mut().routing_controls =
            [(CONTROLS[0].to_owned(), ControlState::On), (CONTROLS[1].to_owned(), ControlState::Off)].into();
        let controls = CONTROLS.map(str::to_owned).into();
        account.arc_mut().safety_rules = vec![SafetyRule { name: "one-on".to_owned(), controls, at_least: 1 }];
        let leads_to_a_gateway = |table: &&RouteTable| table.routes.values().any(|via| via.starts_with("nat-"));
        let tables = account.ec2().route_tables.iter().filter(leads_to_a_gateway).map(|table| table.id.clone()).collect();
        let nats = [0, 1].map(|side: usize| account.ec2().nat_gateways[side].id.clone());
        let vpc = account.ec2().subnets[0].vpc.clone();
        let sandbox = Sandbox::new(account);
        let shared = Arc::new(sandbox.clone());
        Self {
            alarms: SandboxAlarms(sandbox.clone()),
            journal: SandboxJournal(sandbox.clone()),
            notices: SandboxNotices(sandbox.clone()),
            permissions: SandboxPermissions(sandbox.clone()),
            databases: Parts { databases: shared.clone(), changes: shared.clone(), lags: shared },
            sandbox,
            vpc,
            nats,
            tables,
            names: [ALARM_A, ALARM_B].map(str::to_owned),
            endpoint: ClusterEndpoint { region: "us-east-1".to_owned(), url: "https://cluster.example".to_owned() },
        }
    }
}

impl crossover_ec2::contract::Backend for InMemory {
    fn routes(&self) -> &dyn Routes {
        &self.sandbox
    }

    fn vpc(&self) -> &str {
        &self.vpc
    }

    fn nats(&self) -> &[String; 2] {
        &self.nats
    }

    fn tables(&self) -> &[String] {
        &self.tables
    }

    async fn delete_gateway(&self, id: &str) {
        self.sandbox.change(|account, _| {
            let gateways = account.ec2_mut().nat_gateways.iter_mut().filter(|gateway| gateway.id == id);
            gateways.for_each(|gateway| "deleted".clone_into(&mut gateway.state));
        });
    }

    async fn use_addresses(&self) {
        self.sandbox.change(|account, _| {
            account.ec2_mut().subnets[0].used = Some(1);
            account.ec2_mut().subnets[1].used = Some(0);
        });
    }
}

impl crossover_cloudwatch::contract::Backend for InMemory {
    fn alarms(&self) -> &dyn Alarms {
        &self.alarms
    }

    fn metrics(&self) -> &dyn Metrics {
        &self.sandbox
    }

    fn now(&self) -> Timestamp {
        self.sandbox.now()
    }

    fn account_id(&self) -> &'static str {
        "111122223333"
    }

    fn names(&self) -> &[String; 2] {
        &self.names
    }

    fn metric(&self) -> String {
        "beacon".to_owned()
    }

    async fn set_alarm(&self, alarm: &str, state: AlarmState) {
        self.sandbox.change(|account, now| account.cloudwatch_mut().set_alarm(alarm, state, now));
    }

    async fn let_call(&self, alarm: &str, calls: bool) {
        self.sandbox.change(|account, _| {
            let alarm = account.cloudwatch_mut().alarms.iter_mut().find(|known| known.name == alarm);
            alarm.expect("the alarm").actions = if calls { AlarmActions::Enabled } else { AlarmActions::None };
        });
    }

    async fn be_on(&self, alarm: &str, metric: &AlarmMetric) {
        self.sandbox.change(|account, _| {
            let alarm = account.cloudwatch_mut().alarms.iter_mut().find(|known| known.name == alarm);
            alarm.expect("the alarm").metrics = vec![metric.clone()];
        });
    }
}

impl crossover_sns::contract::Backend for InMemory {
    fn notices(&self) -> &dyn Notices {
        &self.notices
    }

    async fn published(&self, subject: &str) -> Vec<String> {
        let account = self.sandbox.account();
        let published = account.sns().published.iter().filter(|published| published.subject == subject);
        published.map(|published| published.bodies["sqs"].clone()).collect()
    }
}

impl crossover_iam::contract::Backend for InMemory {
    fn permissions(&self) -> &dyn Permissions {
        &self.permissions
    }

    async fn role(&self) -> String {
        self.sandbox.change(|account, _| _ = account.denied.insert(DENIED.to_owned()));
        "arn:aws:iam::111122223333:role/crossover".to_owned()
    }
}

impl crossover_dynamodb::contract::Backend for InMemory {
    fn journal(&self) -> &dyn Journal {
        &self.journal
    }

    fn now(&self) -> Timestamp {
        self.sandbox.now()
    }
}

impl crossover_route53::contract::Backend for InMemory {
    fn records(&self) -> &dyn Records {
        &self.sandbox
    }

    fn health_checks(&self) -> &dyn HealthChecks {
        &self.sandbox
    }

    fn clock(&self) -> &dyn Clock {
        &self.sandbox
    }

    async fn zone(&self) -> String {
        let id = "Z0001".to_owned();
        let zone = HostedZone {
            id: id.clone(),
            name: "example.com.".to_owned(),
            private: false,
            accelerated_recovery: false,
            record_sets: Vec::new(),
            ..HostedZone::default()
        };
        self.sandbox.change(|account, _| account.route53_mut().hosted_zones.push(zone));
        id
    }

    async fn health_check(&self) -> String {
        self.watched_health_check(false).await
    }

    async fn watched_health_check(&self, disabled: bool) -> String {
        let id = "hc-1".to_owned();
        let check = HealthCheck { id: id.clone(), disabled, inverted: false, watches: Watches::Endpoint(vec![true; 15]) };
        self.sandbox.change(|account, _| account.route53_mut().health_checks.push(check));
        id
    }
}

impl crossover_s3::contract::Backend for InMemory {
    fn objects(&self) -> &dyn Objects {
        &self.sandbox
    }

    async fn bucket(&self) -> String {
        let name = "example-beacon".to_owned();
        let bucket = Bucket { name: name.clone(), region: "us-west-2".to_owned(), objects: [].into() };
        self.sandbox.change(|account, _| account.s3_mut().buckets.push(bucket));
        name
    }
}

impl crossover_arc::contract::Backend for InMemory {
    fn controls(&self) -> &dyn RoutingControls {
        &self.sandbox
    }

    fn endpoint(&self) -> &ClusterEndpoint {
        &self.endpoint
    }
}

impl crossover_rds::contract::Backend for InMemory {
    fn instances(&self) -> &Parts {
        &self.databases
    }

    fn clusters(&self) -> &Parts {
        &self.databases
    }

    fn clock(&self) -> &dyn Clock {
        &self.sandbox
    }

    fn waits(&self) -> (usize, Duration) {
        (90, Duration::from_secs(10))
    }

    async fn replicas(&self) -> [String; 2] {
        let [home, other] = ["orders-use1", "orders-usw2"].map(str::to_owned);
        let first = instance(HOME, &home, None);
        let second = DbInstance { multi_az: false, ..instance(OTHER, &other, Some(&first.arn)) };
        self.sandbox.change(|account, _| account.rds_mut().instances = vec![first, second]);
        [home, other]
    }

    async fn cluster(&self) -> (String, [String; 2]) {
        let names = ["orders-1", "orders-2"].map(str::to_owned);
        let member = |name: &String| ClusterMember { instance: name.clone(), writer: *name == names[0], promotion_tier: 1 };
        let members = names.iter().map(member).collect();
        let cluster = DbCluster { members, ..cluster(HOME, "orders") };
        self.sandbox.change(|account, _| account.rds_mut().clusters = vec![cluster]);
        ("orders".to_owned(), names)
    }

    async fn global(&self) -> (String, [String; 2]) {
        let clusters = [cluster(HOME, "orders-use1"), cluster(OTHER, "orders-usw2")];
        let arns = clusters.clone().map(|cluster| cluster.arn);
        let member = |arn: &String| GlobalMember { cluster: arn.clone(), writer: *arn == arns[0] };
        let (id, members) = ("orders".to_owned(), arns.iter().map(member).collect());
        let global = GlobalCluster { id: id.clone(), status: AVAILABLE.to_owned(), members, moving_to: None };
        self.sandbox.change(|account, _| {
            account.rds_mut().clusters = clusters.into();
            account.rds_mut().global_clusters = vec![global];
        });
        (id, arns)
    }

    async fn put_lag(&self, replica: &str, value: f64) {
        let (region, metric, id) = (OTHER.to_owned(), LagMetric::ReplicaLag, replica.to_owned());
        let series =
            LagSeries { region, metric, id, samples: Vec::new(), each_minute: Some(value), since: None, counts_on_since: None };
        self.sandbox.change(|account, _| account.rds_mut().lags.push(series));
    }
}

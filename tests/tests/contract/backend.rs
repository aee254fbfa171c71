//! What the suite runs against.

use std::{collections::BTreeSet, sync::Arc};

use crossover_arc::{ClusterEndpoint, ControlState, sandbox::SafetyRule};
use crossover_aws::{Accounts, CloudWatchLags, RdsDatabases, SdkConfig};
use crossover_dns::DnsClouds;
use crossover_ec2::{Routes, Tables};
use crossover_engine::ports::{Permissions, Ports};
use crossover_kinds::ports;
use crossover_model::alarm::AlarmState;
use crossover_rds::{
    AVAILABLE, ClusterMember, DatabaseChanges, Databases, DbCluster, DbInstance, GlobalCluster, GlobalMember, LagMetric, Lags,
    sandbox::LagSeries,
};
use crossover_route53::sandbox::{HealthCheck, HostedZone, Watches};
use crossover_s3::sandbox::Bucket;
use crossover_sandbox::Sandbox;
use crossover_tests::{
    arc,
    database::{cluster, instance},
    emulators::{EMULATORS, config},
    stage::{ALARM_A, ALARM_B, account},
    world::World,
};

/// The routing controls that every backend has: the first is on, the second off, and one of them must
/// be on.
pub(super) const CONTROLS: [&str; 2] = [
    "arn:aws:route53-recovery-control::1:controlpanel/p/routingcontrol/home",
    "arn:aws:route53-recovery-control::1:controlpanel/p/routingcontrol/standby",
];

/// The Regions of a database.
pub(super) const HOME: &str = "us-east-1";
pub(super) const OTHER: &str = "us-west-2";

/// What [`Backend::role`] may do, and something that it may not.
pub(super) const GRANTED: &str = "route53:GetChange";
pub(super) const DENIED: &str = "ec2:ReplaceRoute";

/// What knows databases.
pub(super) struct Rds {
    pub(super) databases: Arc<dyn Databases>,
    pub(super) changes: Arc<dyn DatabaseChanges>,
    pub(super) lags: Arc<dyn Lags>,
}

impl Rds {
    fn sandbox(sandbox: &Sandbox) -> Self {
        let sandbox = Arc::new(sandbox.clone());
        Self { databases: sandbox.clone(), changes: sandbox.clone(), lags: sandbox }
    }

    fn on_aws(config: &SdkConfig) -> Self {
        let databases = Arc::new(RdsDatabases::new(config));
        Self { databases: databases.clone(), changes: databases, lags: Arc::new(CloudWatchLags::new(config)) }
    }
}

/// A backend with a VPC of two zones in it.
pub(super) struct Backend {
    pub(super) ports: Ports,
    pub(super) routes: Arc<dyn Routes>,
    pub(super) dns: DnsClouds,
    pub(super) permissions: Arc<dyn Permissions>,
    /// What knows instances, and what knows clusters: no emulator knows all.
    pub(super) instances: Rds,
    pub(super) clusters: Rds,
    pub(super) vpc: String,
    pub(super) nats: [String; 2],
    pub(super) tables: Vec<String>,
    pub(super) alarms: [String; 2],
    /// An endpoint of the cluster of routing controls.
    pub(super) cluster: ClusterEndpoint,
    pub(super) behind: Behind,
}

pub(super) enum Behind {
    Sandbox(Sandbox),
    Emulators(Box<World>),
}

impl Backend {
    pub(super) fn sandbox() -> Self {
        let mut account = account();
        account.routing_controls =
            [(CONTROLS[0].to_owned(), ControlState::On), (CONTROLS[1].to_owned(), ControlState::Off)].into();
        let controls = CONTROLS.map(str::to_owned).into();
        account.safety_rules = vec![SafetyRule { name: "one-on".to_owned(), controls, at_least: 1 }];
        let leads_to_a_gateway =
            |table: &&crossover_ec2::sandbox::RouteTable| table.routes.values().any(|via| via.starts_with("nat-"));
        let tables = account.route_tables.iter().filter(leads_to_a_gateway).map(|table| table.id.clone()).collect();
        let nats = [0, 1].map(|side: usize| account.nat_gateways[side].id.clone());
        let vpc = account.subnets[0].vpc.clone();
        let sandbox = Sandbox::new(account);
        Self {
            ports: ports(&sandbox),
            routes: Arc::new(sandbox.clone()),
            dns: DnsClouds::of(Arc::new(sandbox.clone())),
            permissions: Arc::new(sandbox.clone()),
            instances: Rds::sandbox(&sandbox),
            clusters: Rds::sandbox(&sandbox),
            vpc,
            nats,
            tables,
            alarms: [ALARM_A, ALARM_B].map(str::to_owned),
            cluster: ClusterEndpoint { region: "us-east-1".to_owned(), url: "https://cluster.example".to_owned() },
            behind: Behind::Sandbox(sandbox),
        }
    }

    pub(super) async fn emulators(name: &str) -> Self {
        let world = World::new(name).await;
        let (moto, ministack) = (config(&EMULATORS.moto).await, config(&EMULATORS.ministack).await);
        let url = arc::start(&CONTROLS).await;
        Self {
            ports: crossover_aws::ports(&Accounts::new(ministack.clone(), []).await, &world.journal, &world.topic),
            routes: Arc::new(crossover_aws::Ec2Routes::new(&moto)),
            dns: DnsClouds {
                health_checks: Arc::new(crossover_aws::Route53HealthChecks::new(&moto)),
                ..DnsClouds::on_aws(&ministack)
            },
            permissions: Arc::new(crossover_aws::IamPermissions::new(&ministack)),
            instances: Rds::on_aws(&moto),
            clusters: Rds::on_aws(&ministack),
            vpc: world.vpc.clone(),
            nats: world.nats.clone(),
            tables: world.tables.to_vec(),
            alarms: world.alarms.clone(),
            cluster: ClusterEndpoint { region: "us-east-1".to_owned(), url },
            behind: Behind::Emulators(Box::new(world)),
        }
    }

    /// A role, by its ARN.
    pub(super) async fn role(&self) -> String {
        match &self.behind {
            Behind::Sandbox(sandbox) => {
                sandbox.change(|account, _| _ = account.denied.insert(DENIED.to_owned()));
                "arn:aws:iam::111122223333:role/crossover".to_owned()
            }
            Behind::Emulators(world) => world.role(&world.name, &[GRANTED]).await,
        }
    }

    pub(super) async fn set_alarm(&self, alarm: &str, state: AlarmState) {
        match &self.behind {
            Behind::Sandbox(sandbox) => sandbox.change(|account, now| account.set_alarm(alarm, state, now)),
            Behind::Emulators(world) => world.set_alarm(alarm, state.as_str()).await,
        }
    }

    pub(super) async fn delete_gateway(&self, id: &str) {
        match &self.behind {
            Behind::Sandbox(sandbox) => sandbox.change(|account, _| {
                account
                    .nat_gateways
                    .iter_mut()
                    .filter(|gateway| gateway.id == id)
                    .for_each(|gateway| "deleted".clone_into(&mut gateway.state));
            }),
            Behind::Emulators(world) => world.delete_gateway(id).await,
        }
    }

    pub(super) async fn leads_to(&self, table: &str) -> (Vec<String>, bool) {
        let ids = BTreeSet::from([table.to_owned()]);
        let tables = self.routes.route_tables(Tables::WithIds(&ids)).await.expect("the table");
        let default = tables[0].routes.iter().find(|route| route.destination == "0.0.0.0/0").expect("the default route");
        (default.via.clone(), default.blackhole)
    }

    /// A new zone for `example.com`, with none but a zone's own record sets.
    pub(super) async fn zone(&self) -> String {
        match &self.behind {
            Behind::Sandbox(sandbox) => {
                let id = "Z0001".to_owned();
                let zone = HostedZone {
                    id: id.clone(),
                    name: "example.com.".to_owned(),
                    private: false,
                    accelerated_recovery: false,
                    record_sets: Vec::new(),
                };
                sandbox.change(|account, _| account.hosted_zones.push(zone));
                id
            }
            Behind::Emulators(world) => world.zone("example.com").await,
        }
    }

    /// A new health check of an endpoint that passes everywhere, in the account that takes records.
    pub(super) async fn health_check(&self) -> String {
        match &self.behind {
            Behind::Sandbox(sandbox) => {
                let id = "hc-1".to_owned();
                let watches = Watches::Endpoint(vec![true; 15]);
                let check = HealthCheck { id: id.clone(), disabled: false, inverted: false, watches };
                sandbox.change(|account, _| account.health_checks.push(check));
                id
            }
            Behind::Emulators(world) => world.health_check(&world.ministack, &world.name, false).await,
        }
    }

    /// A new health check of an endpoint that passes everywhere, where its status is asked for.
    pub(super) async fn watched_health_check(&self, disabled: bool) -> String {
        match &self.behind {
            Behind::Sandbox(sandbox) => {
                let id = self.health_check().await;
                sandbox.change(|account, _| account.health_checks[0].disabled = disabled);
                id
            }
            Behind::Emulators(world) => world.health_check(&world.moto, &world.name, disabled).await,
        }
    }

    /// A new bucket in us-west-2.
    pub(super) async fn bucket(&self) -> String {
        match &self.behind {
            Behind::Sandbox(sandbox) => {
                let name = "example-beacon".to_owned();
                let bucket = Bucket { name: name.clone(), region: "us-west-2".to_owned(), objects: [].into() };
                sandbox.change(|account, _| account.buckets.push(bucket));
                name
            }
            Behind::Emulators(world) => world.bucket().await,
        }
    }

    /// A new instance with a standby, and its replica in another Region.
    pub(super) async fn replicas(&self) -> [String; 2] {
        match &self.behind {
            Behind::Sandbox(sandbox) => {
                let [home, other] = ["orders-use1", "orders-usw2"].map(str::to_owned);
                let first = instance(HOME, &home, None);
                let second = DbInstance { multi_az: false, ..instance(OTHER, &other, Some(&first.arn)) };
                sandbox.change(|account, _| account.rds.instances = vec![first, second]);
                [home, other]
            }
            Behind::Emulators(world) => world.replicas().await,
        }
    }

    /// A new cluster of two instances, the first of which is the writer.
    pub(super) async fn cluster(&self) -> (String, [String; 2]) {
        match &self.behind {
            Behind::Sandbox(sandbox) => {
                let names = ["orders-1", "orders-2"].map(str::to_owned);
                let member =
                    |name: &String| ClusterMember { instance: name.clone(), writer: *name == names[0], promotion_tier: 1 };
                let members = names.iter().map(member).collect();
                sandbox.change(|account, _| account.rds.clusters = vec![DbCluster { members, ..cluster(HOME, "orders") }]);
                ("orders".to_owned(), names)
            }
            Behind::Emulators(world) => world.cluster(&world.name).await,
        }
    }

    /// A new global database, and its two clusters by their ARNs, the first of which is the primary.
    pub(super) async fn global(&self) -> (String, [String; 2]) {
        match &self.behind {
            Behind::Sandbox(sandbox) => {
                let clusters = [cluster(HOME, "orders-use1"), cluster(OTHER, "orders-usw2")];
                let arns = clusters.clone().map(|cluster| cluster.arn);
                let member = |arn: &String| GlobalMember { cluster: arn.clone(), writer: *arn == arns[0] };
                let (id, members) = ("orders".to_owned(), arns.iter().map(member).collect());
                let global = GlobalCluster { id: id.clone(), status: AVAILABLE.to_owned(), members, moving_to: None };
                sandbox.change(|account, _| {
                    account.rds.clusters = clusters.into();
                    account.rds.global_clusters = vec![global];
                });
                (id, arns)
            }
            Behind::Emulators(world) => world.global().await,
        }
    }

    /// A sample of how far a replica in the other Region is behind.
    pub(super) async fn put_lag(&self, replica: &str, value: f64) {
        match &self.behind {
            Behind::Sandbox(sandbox) => sandbox.change(|account, _| {
                let (region, metric, id) = (OTHER.to_owned(), LagMetric::ReplicaLag, replica.to_owned());
                let series = LagSeries { region, metric, id, samples: Vec::new(), each_minute: Some(value), since: None };
                account.rds.lags.push(series);
            }),
            Behind::Emulators(world) => world.put_lag(OTHER, replica, value).await,
        }
    }
}

//! A database on a sandbox account, for each engine.

use std::collections::BTreeSet;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_ec2::{Ec2Account, SecurityGroup};
use crossover_model::{alarm::AlarmState, answer::TargetAnswer};
use crossover_rds::{
    ClusterMember, DbCluster, DbInstance, GlobalCluster, GlobalMember, LagMetric, RdsAccount, sandbox::LagSeries,
};
use crossover_route53::{RecordAnswer, RecordSet, Route53Account, Routing, sandbox::HostedZone};
use crossover_sandbox::Account;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::stage::{self, Stage, alarm_event};

/// The target.
pub const TARGET: &str = "orders";
/// The alarm of the home side.
pub const ALARM_HOME: &str = "orders-home-down";
/// The alarm of the other side.
pub const ALARM_OTHER: &str = "orders-other-down";
/// The alarm of the third side, where there is one.
pub const ALARM_THIRD: &str = "orders-third-down";
/// The security group that lets nobody in, in home's Region.
pub const QUARANTINE: &str = "sg-quarantine";
/// That of the second side.
pub const QUARANTINE_OTHER: &str = "sg-quarantine-usw2";
/// That of the third side.
pub const QUARANTINE_THIRD: &str = "sg-quarantine-euw1";

/// Whether a security group lets nobody in.
#[must_use]
pub fn is_quarantine(group: &str) -> bool {
    group.starts_with(QUARANTINE)
}
/// The writer's record, as Route 53 writes it.
pub const RECORD: &str = "orders-db.internal.example.com.";

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A replica in another Region, and one in the same.
    Replica,
    /// A Multi-AZ instance.
    MultiAz,
    /// A cluster of three instances.
    Aurora,
    /// A global database of two clusters.
    Global,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Replica, Self::MultiAz, Self::Aurora, Self::Global];

    /// The sides, home first.
    #[must_use]
    pub fn sides(self) -> Vec<&'static str> {
        match self {
            Self::Replica => vec!["orders-use1", "arn:aws:rds:us-west-2:111122223333:db:orders-usw2"],
            Self::MultiAz => vec!["us-east-1a", "us-east-1b"],
            Self::Aurora => vec!["orders-1", "orders-2", "orders-3"],
            Self::Global => vec![
                "arn:aws:rds:us-east-1:111122223333:cluster:orders-use1",
                "arn:aws:rds:us-west-2:111122223333:cluster:orders-usw2",
            ],
        }
    }

    /// The topology, with these lines in the target.
    #[must_use]
    pub fn topology(self, lines: &str) -> String {
        let engine = match self {
            Self::Replica => "engine = \"rds-replica\"\nafter = { backup_retention_days = 7, multi_az = true }",
            Self::MultiAz => "engine = \"rds-multi-az\"\ninstance = \"orders\"",
            Self::Aurora => "engine = \"aurora\"\ncluster = \"orders\"",
            Self::Global => "engine = \"aurora-global\"\nglobal_cluster = \"orders\"",
        };
        let defaults = [
            (matches!(self, Self::Replica | Self::Global), "max_lag", "\"30s\""),
            (matches!(self, Self::Replica | Self::Global), "data_loss", "\"accept\""),
            (self == Self::Replica, "fence", "{ security_group = \"sg-quarantine\" }"),
        ];
        let defaults = defaults.iter().filter(|(has, key, _)| *has && !lines.contains(&format!("{key} =")));
        let defaults = defaults.map(|(_, key, value)| format!("{key} = {value}\n")).collect::<Vec<_>>().concat();
        let alarms = [ALARM_HOME, ALARM_OTHER, ALARM_THIRD];
        let fences = self == Self::Replica && !lines.contains("fence =");
        let side = |(member, alarm): (&str, &str)| {
            let fence = if fences && member.starts_with("arn:") { fence(QUARANTINE_OTHER) } else { String::new() };
            format!("[[database.side]]\nmember = \"{member}\"\nalarms = [\"{alarm}\"]\n{fence}\n")
        };
        let sides: String = self.sides().into_iter().zip(alarms).map(side).collect();
        let record = "[database.writer_record]\nhosted_zone = \"Z123\"\nname = \"orders-db.internal.example.com\"\nttl = 5\n\n";
        let record = if self == Self::MultiAz { "" } else { record };
        format!("[[database]]\nname = \"{TARGET}\"\nowner = \"tests\"\n{engine}\n{defaults}{lines}\n\n{record}{sides}")
    }

    /// The account, with the writer at home and everybody well.
    #[must_use]
    pub fn account(self) -> Account {
        let mut account = stage::account();
        for alarm in [ALARM_HOME, ALARM_OTHER, ALARM_THIRD] {
            let since = account.time - SignedDuration::from_hours(9);
            account.cloudwatch_mut().set_alarm(alarm, AlarmState::Ok, since);
        }
        let groups = [QUARANTINE, QUARANTINE_OTHER, QUARANTINE_THIRD].into_iter().zip(["us-east-1", "us-west-2", "eu-west-1"]);
        let group = |(id, region): (&str, &str)| SecurityGroup { id: id.to_owned(), vpc: vpc(region), inbound: 0 };
        account.ec2_mut().security_groups = groups.map(group).collect();
        let rds = account.rds_mut();
        let home = match self {
            Self::Replica => {
                rds.instances = vec![instance("us-east-1", "orders-use1", None), {
                    let source = "arn:aws:rds:us-east-1:111122223333:db:orders-use1";
                    DbInstance { backup_retention_days: 0, multi_az: false, ..instance("us-west-2", "orders-usw2", Some(source)) }
                }];
                rds.lags = vec![lag("us-west-2", LagMetric::ReplicaLag, "orders-usw2", 2.0)];
                endpoint("us-east-1", "orders-use1")
            }
            Self::MultiAz => {
                rds.instances = vec![instance("us-east-1", "orders", None)];
                endpoint("us-east-1", "orders")
            }
            Self::Aurora => {
                let names = ["orders-1", "orders-2", "orders-3"];
                let of = |name: &str| DbInstance {
                    cluster: Some("orders".to_owned()),
                    engine: "aurora-mysql".to_owned(),
                    ..instance("us-east-1", name, None)
                };
                rds.instances = names.iter().map(|name| of(name)).collect();
                let tiers = names.iter().zip([0, 2, 1]);
                let member = |(name, tier): (&&str, u32)| ClusterMember {
                    instance: (*name).to_owned(),
                    writer: *name == "orders-1",
                    promotion_tier: tier,
                };
                rds.clusters = vec![DbCluster { members: tiers.map(member).collect(), ..cluster("us-east-1", "orders") }];
                rds.lags = names[1..].iter().map(|name| lag("us-east-1", LagMetric::AuroraReplicaLag, name, 20.0)).collect();
                endpoint("us-east-1", "orders-1")
            }
            Self::Global => {
                rds.clusters = [("us-east-1", "orders-use1", true), ("us-west-2", "orders-usw2", false)]
                    .map(|(region, id, writer)| {
                        let instance = ClusterMember { instance: format!("{id}-1"), writer, promotion_tier: 1 };
                        DbCluster { members: vec![instance], ..cluster(region, id) }
                    })
                    .into();
                let member = |(cluster, writer): (&str, bool)| GlobalMember { cluster: cluster.to_owned(), writer };
                rds.global_clusters = vec![GlobalCluster {
                    id: "orders".to_owned(),
                    status: "available".to_owned(),
                    members: self.sides().into_iter().zip([true, false]).map(member).collect(),
                    moving_to: None,
                }];
                rds.lags = vec![lag("us-west-2", LagMetric::AuroraGlobalReplicationLag, "orders-usw2", 900.0)];
                endpoint("us-east-1", "orders-use1")
            }
        };
        account.route53_mut().control_plane.in_sync_after_ms = 200;
        account.route53_mut().hosted_zones = vec![HostedZone {
            id: "Z123".to_owned(),
            name: "internal.example.com.".to_owned(),
            private: true,
            accelerated_recovery: false,
            record_sets: vec![RecordSet {
                name: RECORD.to_owned(),
                kind: "CNAME".to_owned(),
                set_id: None,
                routing: Routing::Simple,
                health_check: None,
                answer: RecordAnswer::Values { ttl: 5, values: vec![home] },
            }],
            ..HostedZone::default()
        }];
        account
    }

    /// A stage with the writer at home.
    #[must_use]
    pub fn stage(self) -> Stage {
        Stage::with(self.account(), &self.topology(""))
    }

    /// The side that is the writer, as AWS sees it; none when several or none could be.
    #[must_use]
    pub fn writer(self, account: &Account) -> Option<&'static str> {
        let rds = &account.rds();
        let is_writer = |side: &&str| match self {
            Self::Replica => {
                let id = side.rsplit(':').next().unwrap_or_default();
                rds.instances.iter().any(|instance| instance.id == id && rds.takes_writes(instance, is_quarantine))
            }
            Self::MultiAz => rds.instances[0].zone.as_deref() == Some(side),
            Self::Aurora => rds.clusters[0].members.iter().any(|member| member.writer && member.instance == *side),
            Self::Global => rds.global_clusters[0].members.iter().any(|member| member.writer && member.cluster == *side),
        };
        let writers: Vec<&str> = self.sides().into_iter().filter(is_writer).collect();
        if let [writer] = writers[..] { Some(writer) } else { None }
    }

    /// The call with which the writer is moved in a failover.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Replica => "rds:PromoteReadReplica",
            Self::MultiAz => "rds:RebootDBInstance",
            Self::Aurora => "rds:FailoverDBCluster",
            Self::Global => "rds:FailoverGlobalCluster",
        }
    }
}

/// The third side, where there is one.
pub const THIRD: &str = "arn:aws:rds:eu-west-1:111122223333:db:orders-euw1";

/// A source with two replicas, of which the third side's is further behind, and these lines in the target.
#[must_use]
pub fn three_replicas(lines: &str) -> (Account, String) {
    let mut account = Kind::Replica.account();
    let source = Some("arn:aws:rds:us-east-1:111122223333:db:orders-use1");
    account.rds_mut().instances.push(instance("eu-west-1", "orders-euw1", source));
    account.rds_mut().lags.push(lag("eu-west-1", LagMetric::ReplicaLag, "orders-euw1", 9.0));
    let fence = if lines.contains("fence =") { String::new() } else { fence(QUARANTINE_THIRD) };
    let side = format!("[[database.side]]\nmember = \"{THIRD}\"\nalarms = [\"{ALARM_THIRD}\"]\n{fence}");
    (account, Kind::Replica.topology(lines) + &side)
}

/// The line of a side with its fence.
fn fence(group: &str) -> String {
    format!("fence = {{ security_group = \"{group}\" }}\n")
}

/// The VPC of a Region.
#[must_use]
pub fn vpc(region: &str) -> String {
    format!("vpc-{region}")
}

/// The name that clients connect to.
#[must_use]
pub fn endpoint(region: &str, id: &str) -> String {
    format!("{id}.c0ffee.{region}.rds.amazonaws.com")
}

/// An instance that is healthy.
#[must_use]
pub fn instance(region: &str, id: &str, source: Option<&str>) -> DbInstance {
    DbInstance {
        id: id.to_owned(),
        arn: format!("arn:aws:rds:{region}:111122223333:db:{id}"),
        status: "available".to_owned(),
        engine: "mysql".to_owned(),
        source: source.map(str::to_owned),
        replicas: BTreeSet::new(),
        parameter_group: None,
        cluster: None,
        endpoint: Some(endpoint(region, id)),
        zone: Some(format!("{region}a")),
        secondary_zone: Some(format!("{region}b")),
        multi_az: true,
        multi_az_pending: false,
        encrypted: false,
        backup_retention_days: 7,
        backup_window: None,
        security_groups: BTreeSet::from(["sg-clients".to_owned(), "sg-people".to_owned()]),
        security_groups_pending: false,
        vpc: Some(vpc(region)),
        pending: BTreeSet::new(),
    }
}

/// A cluster that is healthy, without instances.
#[must_use]
pub fn cluster(region: &str, id: &str) -> DbCluster {
    DbCluster {
        id: id.to_owned(),
        arn: format!("arn:aws:rds:{region}:111122223333:cluster:{id}"),
        status: "available".to_owned(),
        engine: "aurora-mysql".to_owned(),
        engine_version: "8.0.mysql_aurora.3.08.2".to_owned(),
        endpoint: Some(endpoint(region, id)),
        source: None,
        replicas: BTreeSet::new(),
        members: Vec::new(),
    }
}

/// A replica that is as far behind every minute.
#[must_use]
pub fn lag(region: &str, metric: LagMetric, id: &str, value: f64) -> LagSeries {
    LagSeries {
        region: region.to_owned(),
        metric,
        id: id.to_owned(),
        samples: Vec::new(),
        each_minute: Some(value),
        since: None,
        counts_on_since: None,
    }
}

/// What the writer's record answers with.
#[must_use]
pub fn record(account: &Account) -> String {
    match &account.route53().hosted_zones[0].record_sets[0].answer {
        RecordAnswer::Values { values, .. } => values[0].clone(),
        RecordAnswer::Alias(_) => String::new(),
    }
}

/// An alarm enters a state, and its event comes.
pub async fn alarm(stage: &mut Stage, name: &str, turns: AlarmState) -> TargetAnswer {
    stage.set_alarm(name, turns);
    let event = alarm_event(name, turns, stage.sandbox.now());
    stage.reconcile(&event).await
}

/// A person's command on the target.
#[must_use]
pub fn command(verb: &str, more: &Value) -> Value {
    let mut command = stage::command(verb, more);
    command["target"] = json!(TARGET);
    command
}

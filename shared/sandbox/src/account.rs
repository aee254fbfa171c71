//! An account as one JSON file.

use std::collections::{BTreeMap, BTreeSet};

use crossover_engine::cloud::ControlState;
use crossover_estate::Estate;
use crossover_model::{
    alarm::{AlarmActions, AlarmMetric, AlarmState},
    crossover::Crossover,
    journal::TargetRecord,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    beacons::{Bucket, MetricValue},
    databases::Rds,
    fault::FaultRule,
    health_checks::HealthCheck,
    records::{HostedZone, Route53},
    routing_controls::SafetyRule,
};

/// Everything that the sandbox holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Twelve digits.
    pub account_id: String,
    /// The Region.
    pub region: String,
    /// The time on its clock when it is loaded.
    pub time: Timestamp,
    /// How long each call takes, in milliseconds.
    #[serde(default = "default_call_ms")]
    pub call_ms: u64,
    /// How long other calls take than that, in milliseconds, as in `dynamodb:*`.
    #[serde(default)]
    pub slow_ms: BTreeMap<String, u64>,
    /// How long a changed route is still read as it was, in milliseconds (eventual consistency).
    #[serde(default)]
    pub routes_lag_ms: u64,
    /// Token buckets by call, as in `ec2:ReplaceRoute`.
    #[serde(default)]
    pub limits: BTreeMap<String, Limit>,
    /// Subnets.
    #[serde(default)]
    pub subnets: Vec<Subnet>,
    /// Route tables.
    #[serde(default)]
    pub route_tables: Vec<RouteTable>,
    /// NAT gateways.
    #[serde(default)]
    pub nat_gateways: Vec<NatGateway>,
    /// Instances.
    #[serde(default)]
    pub instances: Vec<Instance>,
    /// Network interfaces.
    #[serde(default)]
    pub interfaces: Vec<Interface>,
    /// CloudWatch alarms.
    #[serde(default)]
    pub alarms: Vec<Alarm>,
    /// Hosted zones.
    #[serde(default)]
    pub hosted_zones: Vec<HostedZone>,
    /// The rest of Route 53.
    #[serde(default)]
    pub route53: Route53,
    /// Health checks.
    #[serde(default)]
    pub health_checks: Vec<HealthCheck>,
    /// Buckets.
    #[serde(default)]
    pub buckets: Vec<Bucket>,
    /// Values of CloudWatch metrics.
    #[serde(default)]
    pub metric_values: Vec<MetricValue>,
    /// ARC's routing controls, by ARN.
    #[serde(default)]
    pub routing_controls: BTreeMap<String, ControlState>,
    /// The safety rules for them.
    #[serde(default)]
    pub safety_rules: Vec<SafetyRule>,
    /// RDS and Aurora.
    #[serde(default)]
    pub rds: Rds,
    /// What stands around the targets, as a check reads it.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub estate: Estate,
    /// The journal's records by target.
    #[serde(default)]
    pub journal: BTreeMap<String, TargetRecord>,
    /// The crossovers in the journal, in the order of their first writing.
    #[serde(default)]
    pub crossovers: Vec<Crossover>,
    /// What was published, in order.
    #[serde(default)]
    pub published: Vec<Published>,
    /// The actions that no policy allows, as in `ec2:ReplaceRoute`; everything else is allowed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub denied: BTreeSet<String>,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Vec<FaultRule>,
}

fn is_empty(estate: &Estate) -> bool {
    *estate == Estate::default()
}

fn default_call_ms() -> u64 {
    30
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Calls at once.
    pub burst: u32,
    /// Calls a second after that.
    pub per_second: u32,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// `subnet-…`
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// The name of its zone.
    pub zone: String,
    /// How many of its IPv4 addresses are in use, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u32>,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// `rtb-…`
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// Whether it is the VPC's main table.
    #[serde(default)]
    pub main: bool,
    /// The subnets that are associated with it by name.
    #[serde(default)]
    pub subnets: Vec<String>,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Destination to what it leads to.
    pub routes: BTreeMap<String, String>,
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// `nat-…`
    pub id: String,
    /// `available`, `failed`, `deleted`, …
    pub state: String,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `i-…`
    pub id: String,
    /// `running`, `stopped`, `terminated`, …
    pub state: String,
    /// Whether it drops what is not its own.
    pub source_dest_check: bool,
    /// Its first network interface.
    pub interface: String,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// `eni-…`
    pub id: String,
    /// `in-use` or `available`.
    pub status: String,
    /// Whether it drops what is not its own.
    pub source_dest_check: bool,
}

/// A CloudWatch alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: AlarmState,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Whom it calls.
    #[serde(default, skip_serializing_if = "AlarmActions::is_unknown")]
    pub actions: AlarmActions,
    /// The metrics that it is on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<AlarmMetric>,
}

/// A published notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// When.
    pub at: Timestamp,
    /// The subject.
    pub subject: String,
    /// Bodies by protocol.
    pub bodies: BTreeMap<String, String>,
    /// Message attributes.
    pub attributes: BTreeMap<String, String>,
}

/// An account file that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the account file can't be read: {0}; expected a sandbox account, as in events/accounts/two-zones.json")]
pub struct BadAccount(#[from] serde_json::Error);

impl Account {
    /// Reads an account file.
    ///
    /// # Errors
    /// Names the line, the field and what was expected.
    pub fn parse(json: &str) -> Result<Self, BadAccount> {
        Ok(serde_json::from_str(json)?)
    }

    /// The account as a file.
    ///
    /// # Errors
    /// None that a valid account can cause.
    pub fn print(&self) -> Result<String, BadAccount> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Puts an alarm into a state at `now`; one that does not exist is made.
    pub fn set_alarm(&mut self, name: &str, state: AlarmState, now: Timestamp) {
        match self.alarms.iter_mut().find(|alarm| alarm.name == name) {
            Some(alarm) if alarm.state == state => {}
            Some(alarm) => (alarm.state, alarm.since) = (state, now),
            None => {
                let (name, reason, actions) = (name.to_owned(), String::new(), AlarmActions::Unknown);
                self.alarms.push(Alarm { name, state, since: now, reason, actions, metrics: Vec::new() });
            }
        }
    }

    /// Whether traffic that is sent to this id arrives anywhere; EC2 shows a route to what is gone
    /// as a blackhole.
    #[must_use]
    pub fn is_there(&self, id: &str) -> bool {
        let gone = |state: &str| matches!(state, "deleted" | "terminated");
        if id.starts_with("nat-") {
            return self.nat_gateways.iter().any(|gateway| gateway.id == id && !gone(&gateway.state));
        }
        if id.starts_with("i-") {
            return self.instances.iter().any(|instance| instance.id == id && instance.state == "running");
        }
        if id.starts_with("eni-") {
            let instance = self.instances.iter().find(|instance| instance.interface == id);
            return self.interfaces.iter().any(|eni| eni.id == id && eni.status == "in-use")
                || instance.is_some_and(|instance| instance.state == "running");
        }
        true
    }
}

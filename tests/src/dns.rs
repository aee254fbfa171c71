//! A DNS target on a sandbox account, for each way to switch it.

use std::collections::BTreeSet;

use crossover_arc::{ArcAccount, ControlState, sandbox::SafetyRule};
use crossover_cloudwatch::CloudWatchAccount;
use crossover_model::alarm::AlarmState;
use crossover_route53::{
    AliasTarget, RecordAnswer, RecordSet, Role, Route53Account, Routing,
    sandbox::{HealthCheck, HostedZone, Watches},
};
use crossover_s3::{S3Account, sandbox::Bucket};
use crossover_sandbox::Account;
use serde_json::{Value, json};

use crate::stage::{self, Stage};

/// The target.
pub const TARGET: &str = "www";
/// The hosted zone.
pub const ZONE: &str = "Z0001";
/// The side that everything is at home on; set identifiers may have spaces.
pub const HOME: &str = "us east 1";
/// The other side.
pub const STANDBY: &str = "us west 2";
/// The alarm of the home side.
pub const ALARM_HOME: &str = "www-use1-5xx";
/// The alarm of the other side.
pub const ALARM_STANDBY: &str = "www-usw2-5xx";

/// The ways to switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Roles of failover pairs.
    Failover,
    /// Weights.
    Weighted,
    /// The values of a record set alone.
    Simple,
    /// The values of a latency set's members.
    Latency,
    /// An object, watched by an inverted health check.
    BeaconObject,
    /// A metric.
    BeaconMetric,
    /// Routing controls.
    RoutingControl,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Failover,
        Self::Weighted,
        Self::Simple,
        Self::Latency,
        Self::BeaconObject,
        Self::BeaconMetric,
        Self::RoutingControl,
    ];

    /// Whether it needs Route 53's control plane.
    #[must_use]
    pub fn is_of_records(self) -> bool {
        matches!(self, Self::Failover | Self::Weighted | Self::Simple | Self::Latency)
    }

    /// The topology.
    #[must_use]
    pub fn topology(self) -> String {
        let (switch, home, standby) = match self {
            Self::Failover => ("switch = \"failover\"", "", ""),
            Self::Weighted => ("switch = \"weighted\"", "weight = 200", "weight = 0"),
            Self::Simple | Self::Latency => ("switch = \"simple\"", "values = [\"192.0.2.1\"]", "values = [\"192.0.2.2\"]"),
            Self::BeaconObject => (
                "switch = \"beacon-object\"\nbeacon = { region = \"us-west-2\", bucket = \"example-beacon\", key = \"www\" }",
                "",
                "",
            ),
            Self::BeaconMetric => (
                "switch = \"beacon-metric\"\nbeacon = { region = \"us-west-2\", namespace = \"Crossover\", metric = \"www\" }",
                "",
                "",
            ),
            Self::RoutingControl => (
                "switch = \"routing-control\"\nendpoints = { us-east-1 = \"https://a.example\", us-west-2 = \"https://b.example\", \
                 eu-west-1 = \"https://c.example\", ap-northeast-1 = \"https://d.example\", ap-southeast-2 = \"https://e.example\" }",
                "routing_control = \"arn:aws:route53-recovery-control::1:controlpanel/p/routingcontrol/home\"",
                "routing_control = \"arn:aws:route53-recovery-control::1:controlpanel/p/routingcontrol/standby\"",
            ),
        };
        let records = match self {
            Self::Simple | Self::Latency => "records = [{ name = \"www.example.com\", type = \"A\" }]",
            _ => {
                "records = [{ name = \"www.example.com\", type = \"A\" }, { name = \"*.api.example.com\", type = \"CNAME\" }, \
                 { name = \"example.com\", type = \"AAAA\" }]"
            }
        };
        format!(
            "[[dns]]\nname = \"{TARGET}\"\nowner = \"tests\"\nhosted_zone = \"{ZONE}\"\n{records}\n{switch}\n\n\
             [[dns.side]]\nid = \"{HOME}\"\nregion = \"us-east-1\"\nalarms = [\"{ALARM_HOME}\"]\n{home}\n\n\
             [[dns.side]]\nid = \"{STANDBY}\"\nregion = \"us-west-2\"\nalarms = [\"{ALARM_STANDBY}\"]\n{standby}\n"
        )
    }

    /// The account, with everything at home.
    #[must_use]
    pub fn account(self) -> Account {
        let mut account = stage::account();
        for alarm in [ALARM_HOME, ALARM_STANDBY] {
            let since = account.time - jiff::SignedDuration::from_hours(9);
            account.cloudwatch_mut().set_alarm(alarm, AlarmState::Ok, since);
        }
        account.route53_mut().hosted_zones = vec![HostedZone {
            id: ZONE.to_owned(),
            name: "example.com.".to_owned(),
            private: self == Self::Simple,
            accelerated_recovery: false,
            record_sets: self.record_sets(),
            ..HostedZone::default()
        }];
        account.s3_mut().buckets = vec![Bucket {
            name: "example-beacon".to_owned(),
            region: "us-west-2".to_owned(),
            objects: std::collections::BTreeMap::new(),
        }];
        let control = |last: &str| format!("arn:aws:route53-recovery-control::1:controlpanel/p/routingcontrol/{last}");
        account.arc_mut().routing_controls =
            [(control("home"), ControlState::On), (control("standby"), ControlState::Off)].into();
        account.arc_mut().safety_rules = vec![SafetyRule {
            name: "one-on".to_owned(),
            controls: account.arc().routing_controls.keys().cloned().collect(),
            at_least: 1,
        }];
        let check = |id: &str, inverted, watches| HealthCheck { id: id.to_owned(), disabled: false, inverted, watches };
        let metric = ("us-west-2".to_owned(), "Crossover".to_owned(), "www".to_owned());
        let home = match self {
            Self::BeaconObject => {
                let object = ("us-west-2".to_owned(), "example-beacon".to_owned(), "www".to_owned());
                check("hc-home", true, Watches::Object { region: object.0, bucket: object.1, key: object.2 })
            }
            Self::BeaconMetric => {
                check("hc-home", false, Watches::Metric { region: metric.0, namespace: metric.1, metric: metric.2 })
            }
            Self::RoutingControl => check("hc-home", false, Watches::Control(control("home"))),
            _ => check("hc-home", false, Watches::Endpoint(vec![true; 15])),
        };
        let standby = match self {
            Self::RoutingControl => Watches::Control(control("standby")),
            _ => Watches::Endpoint(vec![true; 15]),
        };
        account.route53_mut().health_checks = vec![home, check("hc-standby", false, standby)];
        account
    }

    fn record_sets(self) -> Vec<RecordSet> {
        let [home, standby] = match self {
            Self::Weighted => [Routing::Weighted(200), Routing::Weighted(0)],
            Self::Latency => ["us-east-1", "us-west-2"].map(|region| Routing::Latency(region.to_owned())),
            _ => [Role::Primary, Role::Secondary].map(Routing::Failover),
        };
        let pair = |name: &str, kind: &str, answers: [RecordAnswer; 2]| {
            let [one, two] = answers;
            let set = |id: &str, routing: &Routing, check: &str, answer| RecordSet {
                name: name.to_owned(),
                kind: kind.to_owned(),
                set_id: Some(id.to_owned()),
                routing: routing.clone(),
                health_check: Some(check.to_owned()),
                answer,
            };
            [set(HOME, &home, "hc-home", one), set(STANDBY, &standby, "hc-standby", two)]
        };
        let values = |ttl, value: &str| RecordAnswer::Values { ttl, values: vec![value.to_owned()] };
        let alias = |name: &str| {
            let zone = "Z35SXDOTRQ7X7K".to_owned();
            RecordAnswer::Alias(AliasTarget { zone, name: name.to_owned(), evaluate_target_health: true })
        };
        let www = pair("www.example.com.", "A", [values(30, "192.0.2.1"), values(60, "192.0.2.2")]);
        let other = values_of("other.example.com.");
        match self {
            Self::Simple => {
                let [www, _] = www;
                vec![RecordSet { set_id: None, routing: Routing::Simple, health_check: None, ..www }, other]
            }
            Self::Latency => www.into_iter().chain([other]).collect(),
            _ => www
                .into_iter()
                .chain(pair("\\052.api.example.com.", "CNAME", [values(20, "a.example.net."), values(25, "b.example.net.")]))
                .chain(pair("example.com.", "AAAA", [alias("lb-1.example.net."), alias("lb-2.example.net.")]))
                .chain([other])
                .collect(),
        }
    }

    /// A stage with everything at home.
    #[must_use]
    pub fn stage(self) -> Stage {
        Stage::with(self.account(), &self.topology())
    }
}

/// A record that is none of the target's.
fn values_of(name: &str) -> RecordSet {
    RecordSet {
        name: name.to_owned(),
        kind: "A".to_owned(),
        set_id: None,
        routing: Routing::Simple,
        health_check: None,
        answer: RecordAnswer::Values { ttl: 300, values: vec!["198.51.100.7".to_owned()] },
    }
}

/// The sides that DNS answers with for `www.example.com`.
#[must_use]
pub fn serving(account: &Account) -> BTreeSet<&'static str> {
    let answers = account.answers(ZONE, "www.example.com.", "A").into_iter().flat_map(|set| match &set.answer {
        RecordAnswer::Values { values, .. } => values.clone(),
        RecordAnswer::Alias(_) => Vec::new(),
    });
    answers.map(|value| if value == "192.0.2.1" { HOME } else { STANDBY }).collect()
}

/// A person's command on the target.
#[must_use]
pub fn command(verb: &str, more: &Value) -> Value {
    let mut command = stage::command(verb, more);
    command["target"] = json!(TARGET);
    command
}

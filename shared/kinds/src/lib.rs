//! The registry: all kinds at once, and the sandbox account with a section for each service.

mod account;
mod events;

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use crossover_arc::RoutingControls;
use crossover_cloudwatch::Metrics;
use crossover_database::{Database, DatabaseClouds, DatabaseSpec};
use crossover_dns::{Dns, DnsClouds, DnsSpec};
use crossover_ec2::Routes;
use crossover_engine::{audit::ACCOUNT, group::TargetGroup, kind::Kind, kind_group::by_role};
use crossover_model::{
    finding::Rule,
    rules,
    topology::{self, Document, Problem, Problems, Role, RootSection, Spec, Topology},
};
use crossover_nat::{Nat, NatSpec};
use crossover_rds::{DatabaseChanges, Databases, Lags};
use crossover_route53::{HealthChecks, Records};
use crossover_s3::Objects;

pub use account::{ports, sections};
pub use events::events;

/// The kinds' words.
pub const KINDS: &[&str] = &[NatSpec::KIND, DnsSpec::KIND, DatabaseSpec::KIND];

/// The sections of a topology: those of every kind, and those beside them.
pub const SECTIONS: &[RootSection] = &[
    RootSection::of_kind(NatSpec::SECTION),
    RootSection::of_kind(DnsSpec::SECTION),
    RootSection::of_kind(DatabaseSpec::SECTION),
    crossover_probe::declared::SECTION,
];

/// What all kinds need of a cloud.
#[derive(Clone)]
pub struct Clouds {
    /// EC2.
    pub routes: Arc<dyn Routes>,
    /// Route 53, beacons and ARC.
    pub dns: DnsClouds,
    /// RDS, its lag metrics, and Route 53.
    pub database: DatabaseClouds,
}

impl Clouds {
    /// One that has all of it, as a sandbox account has.
    #[must_use]
    pub fn of<C>(cloud: Arc<C>) -> Self
    where
        C: Routes + Records + HealthChecks + Objects + Metrics + RoutingControls + Databases + DatabaseChanges + Lags + 'static,
    {
        Self { routes: cloud.clone(), dns: DnsClouds::of(cloud.clone()), database: DatabaseClouds::of(cloud) }
    }

    /// The account and the Region of this configuration.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn on_aws(config: &crossover_aws::SdkConfig) -> Self {
        Self {
            routes: Arc::new(crossover_ec2::Ec2Routes::new(config)),
            dns: DnsClouds::on_aws(config),
            database: DatabaseClouds::on_aws(config),
        }
    }
}

/// Every kind with its targets of this topology; `clouds` gives what is reached through a role of another
/// account, and our own without one.
///
/// # Errors
/// All problems of the topology.
pub fn kinds(clouds: impl Fn(Option<&Role>) -> Clouds, document: &Document<'_>) -> Result<Vec<Box<dyn TargetGroup>>, Problems> {
    let (nat, dns, database) = (
        Topology::read_among(document, SECTIONS),
        Topology::read_among(document, SECTIONS),
        Topology::read_among(document, SECTIONS),
    );
    match (nat, dns, database) {
        (Ok(nat), Ok(dns), Ok(database)) => {
            let made = RefCell::new(BTreeMap::new());
            let clouds = |role: Option<&Role>| -> Clouds {
                made.borrow_mut().entry(role.cloned()).or_insert_with(|| clouds(role)).clone()
            };
            let mut kinds = by_role(nat, |role| Nat::new(clouds(role).routes));
            kinds.extend(by_role(dns, |role| Dns::new(clouds(role).dns)));
            kinds.extend(by_role(database, |role| Database::new(clouds(role).database)));
            Ok(kinds)
        }
        (nat, dns, database) => Err(together(nat.err().into_iter().chain(dns.err()).chain(database.err()))),
    }
}

/// The JSON Schema of a topology, with every kind.
#[must_use]
pub fn schema() -> serde_json::Value {
    topology::schema(SECTIONS)
}

/// Rules of a check, and what they are about: any target, a kind of target, or the account.
pub type RuleGroup = (&'static str, &'static [&'static Rule]);

/// All rules of a check, by what they are about.
pub const RULES: [RuleGroup; 5] = [
    ("every target", rules::RULES),
    (NatSpec::KIND, Nat::RULES),
    (DnsSpec::KIND, Dns::RULES),
    (DatabaseSpec::KIND, Database::RULES),
    (ACCOUNT, crossover_posture::RULES),
];

/// All rules of a check.
#[must_use]
pub fn rules() -> Vec<&'static Rule> {
    RULES.iter().flat_map(|(_, rules)| rules.iter().copied()).collect()
}

/// Each problem once: every kind finds those of the whole file.
fn together(all: impl Iterator<Item = Problems>) -> Problems {
    let mut together: Vec<Problem> = Vec::new();
    for problem in all.flat_map(|problems| problems.0) {
        if !together.contains(&problem) {
            together.push(problem);
        }
    }
    together.sort_by_key(|problem| problem.line);
    Problems(together)
}

/// A kind's place in the order of an evacuation: a kind that is not known here comes before users are sent anywhere, and after
/// what it may depend on.
#[must_use]
pub fn rank(kind: &str) -> u8 {
    match kind {
        NatSpec::KIND => Nat::RANK,
        DatabaseSpec::KIND => Database::RANK,
        DnsSpec::KIND => Dns::RANK,
        _ => 2,
    }
}

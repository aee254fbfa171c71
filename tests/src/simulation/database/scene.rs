//! Which database it is: its engine, its members, how it is fenced, and what may be lost.

use crossover_rds::{DbInstance, LagMetric, RdsAccount};
use crossover_sandbox::Account;
use fastrand::Rng;

use crate::{
    database::{ALARM_HOME, ALARM_OTHER, ALARM_THIRD, Kind, QUARANTINE, QUARANTINE_OTHER, THIRD, instance, lag, three_replicas},
    simulation::triggers::pick,
};

/// How far behind a replica may be that takes over.
pub(super) const MAX_LAG: f64 = 30.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// A replica in another Region.
    Far,
    /// A replica in the same Region.
    Near,
    /// Replicas in two other Regions.
    Three,
    /// Whatever the engine has.
    Whole(Kind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fence {
    Group,
    Stop,
    None,
}

/// How long a promotion takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promotion {
    Usual,
    /// As with a large redo log.
    Long,
    Endless,
}

/// A side of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) name: String,
    /// The identifier of its instance or its cluster; or the zone.
    pub(super) id: String,
    pub(super) region: String,
    pub(super) alarm: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    layout: Layout,
    pub(super) kind: Kind,
    pub(super) sides: Vec<Side>,
    pub(super) fence: Fence,
    /// Whether a person has to accept each loss.
    pub(super) refuses_loss: bool,
    pub(super) automatic: bool,
    /// How old the last good sample may be, in minutes.
    pub(super) max_sample_age: i64,
    promotion: Promotion,
    /// Of replicas, whose lag is counted by it.
    engine: &'static str,
}

/// How much older than a call a Region's descriptions are, in milliseconds.
const READS_LAG: [u64; 3] = [700, 4_000, 20_000];
/// How long an endless promotion takes, in milliseconds: longer than a history.
const ENDLESS: u64 = 30 * 24 * 3_600_000;

impl Scene {
    pub(super) fn new(random: &mut Rng) -> Self {
        use Layout::{Far, Near, Three, Whole};
        let whole = [Kind::MultiAz, Kind::Aurora, Kind::Global, Kind::Global].map(Whole);
        let layout = *pick(random, &[&[Far, Far, Far, Near, Near, Three, Three][..], &whole].concat());
        let kind = if let Whole(kind) = layout { kind } else { Kind::Replica };
        let fence = match (kind, layout) {
            (Kind::Replica, Three) => *pick(random, &[Fence::Group, Fence::Group, Fence::None]),
            (Kind::Replica, _) => *pick(random, &[Fence::Group, Fence::Group, Fence::Group, Fence::Stop, Fence::None]),
            _ => Fence::None,
        };
        let names: Vec<&str> = match layout {
            Near => vec!["orders-use1", "orders-2"],
            Three => kind.sides().into_iter().chain([THIRD]).collect(),
            Far | Whole(_) => kind.sides(),
        };
        let side = |(name, alarm): (&str, &'static str)| Side {
            name: name.to_owned(),
            id: name.rsplit(':').next().unwrap_or_default().to_owned(),
            region: name.split(':').nth(3).unwrap_or("us-east-1").to_owned(),
            alarm,
        };
        Self {
            layout,
            kind,
            sides: names.into_iter().zip([ALARM_HOME, ALARM_OTHER, ALARM_THIRD]).map(side).collect(),
            fence,
            refuses_loss: random.u8(0..4) == 0,
            automatic: random.u8(0..3) == 0,
            max_sample_age: *pick(random, &[5, 5, 2]),
            promotion: match random.u8(0..20) {
                0 | 1 if kind == Kind::Replica => Promotion::Endless,
                0..5 => Promotion::Long,
                _ => Promotion::Usual,
            },
            engine: if kind == Kind::Replica { *pick(random, &["mysql", "postgres"]) } else { "mysql" },
        }
    }

    /// Whether the lag of a replica grows with the clock while nothing arrives.
    pub(super) fn counts_on(&self) -> bool {
        self.engine == "postgres"
    }

    /// How old the last good sample may be, also where the source was idle, in minutes.
    pub(super) fn max_age(&self) -> i64 {
        self.max_sample_age + if self.counts_on() { 5 } else { 0 }
    }

    /// Whether a promotion ends only when somebody sees to it.
    pub(super) fn is_endless(&self) -> bool {
        self.promotion == Promotion::Endless
    }

    /// Whether what was written last can be lost.
    pub(super) fn loses_data(&self) -> bool {
        matches!(self.kind, Kind::Replica | Kind::Global)
    }

    pub(super) fn home(&self) -> &Side {
        &self.sides[0]
    }

    pub(super) fn side(&self, id: &str) -> Option<&Side> {
        self.sides.iter().find(|side| side.id == id || side.name == id)
    }

    pub(super) fn metric(&self) -> LagMetric {
        match self.kind {
            Kind::Replica | Kind::MultiAz => LagMetric::ReplicaLag,
            Kind::Aurora => LagMetric::AuroraReplicaLag,
            Kind::Global => LagMetric::AuroraGlobalReplicationLag,
        }
    }

    /// The account, with the writer at home and everybody well.
    pub(super) fn account(&self, random: &mut Rng) -> Account {
        let mut account = match self.layout {
            Layout::Three => three_replicas("").0,
            _ => self.kind.account(),
        };
        let rds = account.rds_mut();
        if self.layout == Layout::Near {
            rds.instances[1] = DbInstance { backup_retention_days: 0, ..instance("us-east-1", "orders-2", Some("orders-use1")) };
        }
        if self.counts_on() {
            rds.instances.iter_mut().for_each(|instance| self.engine.clone_into(&mut instance.engine));
        }
        if self.loses_data() {
            // Whoever becomes a replica has samples.
            rds.lags = self.sides.iter().map(|side| lag(&side.region, self.metric(), &side.id, 1.0)).collect();
        }
        rds.promotion_ms = match self.promotion {
            Promotion::Usual => *pick(random, &[60_000, 240_000, 240_000]),
            Promotion::Long => 840_000,
            Promotion::Endless => ENDLESS,
        };
        rds.security_groups_ms = *pick(random, &[0, 5_000, 40_000]);
        rds.creation_ms = 150_000;
        for side in &self.sides {
            if random.u8(0..4) == 0 {
                rds.reads_lag_ms.insert(side.region.clone(), *pick(random, &READS_LAG));
            }
        }
        account
    }

    pub(super) fn topology(&self) -> String {
        let mut lines = vec!["block = \"10m\""];
        let age = format!("max_sample_age = \"{}m\"", self.max_sample_age);
        if self.automatic {
            lines.extend(["failback = \"automatic\"", "stable_for = \"5m\""]);
        }
        if self.loses_data() {
            lines.push(&age);
            lines.extend(self.refuses_loss.then_some("data_loss = \"refuse\""));
        }
        if self.kind == Kind::Replica {
            lines.push("promote_timeout = \"10m\"");
            lines.extend(match self.fence {
                Fence::Group => None,
                Fence::Stop => Some("fence = \"stop\""),
                Fence::None => Some("fence = \"none\""),
            });
        }
        let lines = lines.join("\n");
        match self.layout {
            Layout::Three => three_replicas(&lines).1,
            Layout::Near => {
                self.kind.topology(&lines).replace(self.kind.sides()[1], "orders-2").replace(QUARANTINE_OTHER, QUARANTINE)
            }
            Layout::Far | Layout::Whole(_) => self.kind.topology(&lines),
        }
    }
}

//! A database, for each engine, and what happens to it.

mod happenings;
mod healed;
mod scene;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossover_rds::RdsAccount;
use crossover_sandbox::{Account, FaultRule};
use fastrand::Rng;
use happenings::Happening;
use jiff::Timestamp;
use scene::Scene;
use serde_json::json;
use watch::Watch;

use crate::{
    database::{TARGET, THIRD},
    simulation::{
        declared::{Declared, Renames},
        history::{History, World},
        triggers::{Names, Target, Trigger, pick},
    },
    stage::Stage,
};

/// What the target is called for a while.
const RENAMED: &str = "orders-new";

pub(crate) struct DatabaseTarget {
    names: Names,
    scene: Scene,
    topology: String,
    watch: Arc<Mutex<Watch>>,
}

impl DatabaseTarget {
    /// A world on its stage, watched from now on; and what it is, in words.
    pub(crate) fn new(random: &mut Rng) -> (Self, Stage, String) {
        let scene = Scene::new(random);
        let account = scene.account(random);
        let (promotion, lags) = (account.rds().promotion_ms, &account.rds().reads_lag_ms);
        let title = format!("{scene:?} promotion {promotion} ms, descriptions are older by {lags:?} ms");
        let watch = Arc::new(Mutex::new(Watch::new(scene.clone(), &account)));
        let topology = scene.topology();
        let stage = Stage::with(account, &topology);
        let notes = Arc::clone(&watch);
        stage.sandbox.watch(move |arrival, account| lock(&notes).see(arrival, account));
        let sides = scene.sides.iter().map(|side| (side.name.clone(), side.alarm.to_owned())).collect();
        let names = Names { targets: vec![Target { name: TARGET.to_owned(), sides }] };
        (Self { names, scene, topology, watch }, stage, title)
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        lock(&self.watch)
    }

    /// Of replicas: who takes the writes.
    fn writer(&self) -> String {
        self.watch().writer.clone()
    }
}

fn lock(watch: &Mutex<Watch>) -> MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World for DatabaseTarget {
    const EVENTS: usize = 14;
    const CHANGES: u8 = 3;
    const KNOWS_RENAMES: bool = true;
    const CALLS: &'static [&'static str] = &[
        "*",
        "*",
        "*",
        "rds:*",
        "rds:DescribeDBInstances",
        "rds:ModifyDBInstance",
        "rds:PromoteReadReplica",
        "rds:FailoverGlobalCluster",
        "cloudwatch:GetMetricData",
        "cloudwatch:*",
        "route53:*",
        "dynamodb:*",
        "sns:*",
    ];
    const OUTAGES: &'static [&'static str] = &["dynamodb:*", "sns:*", "cloudwatch:*", "rds:*", "route53:*"];

    fn names(&self) -> &Names {
        &self.names
    }

    fn begins(&self, holder: &str, trigger: &Trigger, now: Timestamp) {
        self.watch().begins(holder, trigger, now);
    }

    fn change(&mut self, random: &mut Rng, stage: &Stage) -> (String, Trigger) {
        let writer = self.writer();
        let (what, trigger, moves) =
            stage.sandbox.change(|account, now| Happening { scene: &self.scene, random, account, now, writer: &writer }.happen());
        if moves {
            self.watch().moved_by_others();
        }
        (what, trigger)
    }

    /// A promotion takes some minutes, and something is to happen in each of them.
    fn pause(random: &mut Rng) -> u64 {
        match random.u8(0..4) {
            0 => random.u64(1..400),
            _ => random.u64(15..75),
        }
    }

    /// With a loss accepted or not, and forced or not.
    fn order(&self, random: &mut Rng) -> Trigger {
        let side = &pick(random, &self.scene.sides).name;
        let (verb, mut more) = match random.u8(0..14) {
            0..=3 => ("failover", json!({ "away_from": side })),
            4 | 5 => ("failover", json!({ "to": side })),
            6 => ("switchover", json!({ "away_from": side })),
            7 => ("switchover", json!({ "to": side })),
            8 => ("failback", json!({ "side": side })),
            9 => ("unfence", json!({})),
            10 => ("unfence", json!({ "side": side })),
            _ => ("failback", json!({})),
        };
        if verb == "failover" {
            match random.u8(0..4) {
                0 => {}
                1 | 2 => more["accept_data_loss"] = json!(true),
                _ => (more["accept_data_loss"], more["force"]) = (json!(true), json!(true)),
            }
        }
        Trigger::ordered(0, &self.names.targets[0].name, verb, more)
    }

    /// A promotion takes longer than an invocation.
    fn is_sure(&self, _: &[FaultRule]) -> bool {
        false
    }

    fn topology(&self) -> &str {
        &self.topology
    }

    /// The target is renamed, or its third side is gone, which was never chosen.
    fn topologies(&self) -> Vec<Declared> {
        let name = |name: &str| format!("name = \"{name}\"");
        let topology = self.topology.replace(&name(TARGET), &name(RENAMED));
        let renames = Renames::Target(TARGET.to_owned(), RENAMED.to_owned());
        let with_new_name = Declared { what: format!("{TARGET} is {RENAMED}"), topology, renames };
        let third = self.topology.split_once(&format!("[[database.side]]\nmember = \"{THIRD}\""));
        let gone = |(rest, _): (&str, &str)| Declared {
            what: format!("{THIRD} is removed"),
            topology: rest.to_owned(),
            renames: Renames::Nothing,
        };
        std::iter::once(with_new_name).chain(third.map(gone)).collect()
    }

    fn renamed(&mut self, renames: &Renames) {
        if let Renames::Target(_, new) = renames {
            self.names.targets[0].name.clone_from(new);
            self.watch().target.clone_from(new);
        }
    }

    fn journal_changed(&self, account: &Account) {
        self.watch().journal_changed(account);
    }

    async fn heal(history: &mut History<Self>) {
        history.heal().await;
    }

    fn seen(&self) -> Vec<String> {
        self.watch().broken()
    }
}

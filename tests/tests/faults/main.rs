//! Every fault on every call of a failover of the real binaries, and then the next tick.
//!
//! In a process of its own, and so with emulators of its own: what hundreds of cases leave in an account makes the
//! emulators slow for whoever reads all of it.

#![expect(clippy::expect_used, clippy::disallowed_methods, reason = "tests")]

#[path = "../wire/function.rs"]
mod function;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crossover_sandbox::Fault;
use crossover_tests::{
    database_world::DatabaseWorld,
    dns::{STANDBY, Way},
    dns_world::DnsWorld,
    emulators::EMULATORS,
    lambda::Lambda,
    proxy::{self, Watch},
    world::World,
};
use function::{TIME, respond, topology_file};
use futures::{StreamExt, future::ready, stream};
use serde_json::{Value, json};

/// A target whose home is in ALARM.
enum Scene {
    Nat(World),
    Dns(DnsWorld),
    Database(DatabaseWorld),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Nat,
    Dns,
    Database,
}

impl Scene {
    async fn new(kind: Kind, name: &str) -> Self {
        let scene = match kind {
            Kind::Nat => Self::Nat(World::new(name).await),
            Kind::Dns => Self::Dns(DnsWorld::new(name, Way::Failover).await),
            Kind::Database => {
                let database = Box::pin(DatabaseWorld::global(name)).await;
                database.world.put_global_lag(&database.sides[1], 900.0).await;
                Self::Database(database)
            }
        };
        let world = scene.world();
        world.set_alarm(&world.alarms[0], "ALARM").await;
        scene
    }

    fn world(&self) -> &World {
        match self {
            Self::Nat(world) => world,
            Self::Dns(dns) => &dns.world,
            Self::Database(database) => &database.world,
        }
    }

    fn function(&self) -> &'static str {
        match self {
            Self::Nat(_) => "crossover-nat",
            Self::Dns(_) => "crossover-dns",
            Self::Database(_) => "crossover-database",
        }
    }

    /// An environment whose every call passes a proxy.
    async fn environment(&self, watch: &Arc<Watch>) -> Vec<(String, String)> {
        match self {
            Self::Nat(world) => {
                let mut environment = world.environment(&topology_file(world, &world.topology()));
                for (key, upstream) in [("AWS_ENDPOINT_URL", &EMULATORS.ministack), ("AWS_ENDPOINT_URL_EC2", &EMULATORS.moto)] {
                    environment.retain(|(known, _)| known != key);
                    environment.push((key.to_owned(), proxy::start(upstream, watch).await));
                }
                environment
            }
            Self::Dns(dns) => dns.environment(&topology_file(&dns.world, &dns.topology()), watch).await,
            Self::Database(database) => database.environment(&topology_file(&database.world, &database.topology), watch).await,
        }
    }

    async fn is_moved(&self) -> bool {
        match self {
            Self::Nat(world) => world.routes().await.iter().all(|via| *via == world.nats[1]),
            Self::Dns(dns) => dns.serving().await == BTreeSet::from([STANDBY]),
            Self::Database(database) => {
                let (of, [_, other]) = (&database.of, &database.sides);
                let moved = database.world.primary(of).await == *other;
                moved && database.leads_to().await == database.world.endpoint_of_cluster(other).await
            }
        }
    }
}

/// Longer than a function needs to act, which keeps eight seconds back for its closing; shorter than a
/// process is frozen.
const LEASE: Duration = Duration::from_secs(12);

/// Longer than the first pause after a promotion that RDS refuses.
const REFUSED: Duration = Duration::from_secs(125);

/// Runs an alarm's event while one call goes wrong; when the process dies of it or stands still, gives
/// the same event to a new process once the lease is over; and then a tick.
async fn faulty(kind: Kind, call: usize, fault: Fault) -> Result<(), String> {
    let case = format!("wire-fault-{kind:?}-{call}-{fault:?}").to_lowercase();
    let scene = Box::pin(Scene::new(kind, &case)).await;
    let watch = Arc::new(Watch::for_call(call, fault));
    let environment = scene.environment(&watch).await;
    let event = scene.world().event(0, "ALARM").to_string();
    let mut lambda = Lambda::start(scene.function(), &environment).await;
    watch.process.store(lambda.id(), Ordering::SeqCst);
    let time = if fault.is_of_the_process() { LEASE } else { TIME };
    let later = async {
        if !fault.is_of_the_process() {
            return None;
        }
        tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
        let mut next = Lambda::start(scene.function(), &environment).await;
        next.invoke(event.clone(), TIME).await;
        Some(next)
    };
    let (first, next) = tokio::join!(lambda.invoke(event.clone(), time), later);
    let kills = matches!(fault, Fault::KillBefore | Fault::KillAfter);
    if first.is_some() == kills {
        return Err(format!("{case}: {first:?}"));
    }
    let tick = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" });
    let mut last_process = next.unwrap_or(lambda);
    let mut last = last_process.invoke(tick.to_string(), TIME).await;
    // What a service refused is asked again after a pause.
    if fault == Fault::Refuse && matches!(kind, Kind::Database) && !scene.is_moved().await {
        tokio::time::sleep(REFUSED).await;
        last = last_process.invoke(tick.to_string(), TIME).await;
    }

    let check = |holds: bool, what: String| if holds { Ok(()) } else { Err(format!("{case}: {what}; {first:?}; {last:?}")) };
    check(scene.is_moved().await, "the work is not where it should be".to_owned())?;
    scene.world().verify().await;
    let recorded = scene.world().crossovers().await;
    check(recorded.len() == 1, format!("these crossovers are recorded: {recorded:?}"))?;
    let mut told = scene.world().notices().await;
    // That nothing could be read for a while is told, too.
    told.retain(|notice| notice.get("crossover_id").is_some());
    // That a crossover begins is told besides its outcome.
    told.retain(|notice| !notice["id"].as_str().is_some_and(|id| id.ends_with("-begins")));
    let stood_still = matches!(fault, Fault::Freeze | Fault::FreezeBefore);
    // One that stood still before it had the lease wakes too late to do anything, and says so.
    if stood_still {
        // The plan of a database has two stages: having made the first one is not all of it.
        let is_part_of_it = |steps: &str| matches!(kind, Kind::Database) && steps.contains("\"result\":\"pending\"");
        let did_something = |notice: &&Value| {
            let steps = notice["steps"].to_string();
            notice["outcome"] == "pending" && steps.contains("\"result\":\"done\"") && !is_part_of_it(&steps)
        };
        let half: Vec<&Value> = told.iter().filter(did_something).collect();
        check(half.is_empty(), format!("what had moved was told as pending: {half:?}"))?;
        told.retain(|notice| notice["outcome"] != "pending");
    }
    let ids: BTreeSet<String> = told.iter().map(|notice| notice["crossover_id"].as_str().expect("an id").to_owned()).collect();
    check(ids.contains(&recorded[0]), format!("{recorded:?} is recorded, and told is {ids:?}"))?;
    // A crossover whose lease was refused is found, and told again under the id by which it is recorded.
    // A process that stood still tells what it did, and so does the one that took its place, which
    // begins anew when nothing had moved by then.
    let one_id = ids.len() == 1 || fault == Fault::Refuse || stood_still;
    let headlines: Vec<String> = told.iter().map(|notice| format!("{} {}", notice["id"], notice["headline"])).collect();
    check(one_id && (1..=2).contains(&told.len()), format!("told {headlines:#?}"))
}

async fn every_fault_on_every_call(kind: Kind, expected: std::ops::RangeInclusive<usize>) {
    let scene = Box::pin(Scene::new(kind, &format!("wire-fault-{kind:?}-none").to_lowercase())).await;
    let watch = Arc::new(Watch::default());
    let mut lambda = Lambda::start(scene.function(), &scene.environment(&watch).await).await;
    let answer = respond(&mut lambda, &scene.world().event(0, "ALARM")).await;
    assert_eq!(answer["outcome"], "completed", "{answer:#}");
    let calls = watch.calls();
    assert!(expected.contains(&calls), "{calls} calls");

    let cases: Vec<(usize, Fault)> = (0..calls).flat_map(|call| Fault::ALL.map(|fault| (call, fault))).collect();
    let run = |(call, fault)| async move { tokio::spawn(faulty(kind, call, fault)).await.expect("no panic").err() };
    let broken: Vec<String> = stream::iter(cases.iter().copied()).map(run).buffer_unordered(12).filter_map(ready).collect().await;
    println!("{kind:?}: {} cases of one fault on one of {calls} calls", cases.len());
    assert!(broken.is_empty(), "{} of {}:\n{}", broken.len(), cases.len(), broken.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_at_any_call_of_a_nat_failover_is_healed_by_the_next_tick() {
    every_fault_on_every_call(Kind::Nat, 10..=20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_at_any_call_of_a_dns_failover_is_healed_by_the_next_tick() {
    every_fault_on_every_call(Kind::Dns, 10..=24).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_at_any_call_of_a_failover_of_a_global_database_is_healed_by_the_next_tick() {
    every_fault_on_every_call(Kind::Database, 10..=30).await;
}

//! How many round trips wait for one another, and how many calls are made: the figures of `docs/performance.md`.
//!
//! Counts, taken in rounds: they are the same on a slow machine. In a process of its own, and so with emulators of its
//! own: one that others keep busy does not answer in a function's time, which then rightly holds back.

#![expect(clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

#[path = "../wire/function.rs"]
mod function;

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crossover_tests::{
    database_world::DatabaseWorld,
    dns::{STANDBY, Way},
    dns_world::DnsWorld,
    emulators::EMULATORS,
    lambda::Lambda,
    proxy::{self, Pace, Passed, Watch},
    stub::Stub,
    world::World,
};
use function::{respond, topology_file};
use serde_json::Value;

/// Longer than two machines' clocks may be apart: what was read so long after a lease was given back is believed.
const UNCONTENDED: Duration = Duration::from_secs(3);

/// How many round trips it took until the last call that needed this action was answered.
fn trips(passed: &[Passed], action: &str) -> u32 {
    let rounds = passed.iter().filter(|call| call.is(action)).map(|call| call.round + 1);
    rounds.max().unwrap_or_else(|| panic!("no {action}: {passed:#?}"))
}

/// What was called in each round, and how often.
fn rounds(passed: &[Passed]) -> Vec<String> {
    let mut rounds: BTreeMap<u32, BTreeMap<String, usize>> = BTreeMap::new();
    for call in passed {
        let name = call.actions.join(" and ");
        *rounds.entry(call.round).or_default().entry(name).or_default() += 1;
    }
    let line = |calls: BTreeMap<String, usize>| {
        let counted = calls.into_iter().map(|(name, times)| if times == 1 { name } else { format!("{times} {name}") });
        counted.collect::<Vec<_>>().join(", ")
    };
    rounds.into_values().map(line).collect()
}

fn watched() -> Arc<Watch> {
    Arc::new(Watch::at_pace(Pace::InRounds))
}

/// Starts a function whose sleep tells the watch that a round is over.
async fn start(name: &str, environment: &[(String, String)], watch: &Watch) -> Lambda {
    let lambda = Lambda::start(name, environment).await;
    watch.process.store(lambda.id(), Ordering::SeqCst);
    lambda
}

/// An event, and the calls that were made for it.
async fn counted(lambda: &mut Lambda, watch: &Watch, event: &Value) -> (Value, Vec<Passed>) {
    watch.forget();
    let answer = respond(lambda, event).await;
    (answer, watch.passed())
}

const READS: &str = "cloudwatch:DescribeAlarms, dynamodb:GetItem, dynamodb:UpdateItem, ec2:DescribeNatGateways, \
                     ec2:DescribeRouteTables, ec2:DescribeSubnets";

/// Every read of EC2 is filtered by the server, and asks for the largest page.
fn are_filtered(passed: &[Passed]) {
    for call in passed.iter().filter(|call| call.actions[0].starts_with("ec2:Describe")) {
        assert!(call.body.contains("Filter.1.Value.1=") && call.body.contains("MaxResults="), "{call:?}");
    }
}

async fn tables(tables: usize) {
    let (stub, watch) = (Arc::new(Stub::new(tables)), watched());
    let topology = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("round-trips-{tables}.toml"));
    std::fs::write(&topology, Stub::topology()).expect("a file");
    let environment = Stub::environment(&topology, &proxy::start_stub(&stub, &watch).await);
    let mut lambda = start("crossover-nat", &environment, &watch).await;

    stub.set_alarm("OK");
    let (settled, quiet) = counted(&mut lambda, &watch, &Stub::event("OK")).await;
    assert_eq!(settled["outcome"], "settled", "{settled:#}");
    assert_eq!(rounds(&quiet), [READS, "dynamodb:UpdateItem"], "the lease, taken and given back, and not one more write");
    are_filtered(&quiet);

    let replaced = if tables == 1 { "ec2:ReplaceRoute".to_owned() } else { format!("{tables} ec2:ReplaceRoute") };
    let act = format!("dynamodb:UpdateItem, {replaced}");
    let close = ["dynamodb:UpdateItem and dynamodb:PutItem", "sns:Publish", "dynamodb:UpdateItem"];
    stub.reset();
    stub.set_alarm("ALARM");
    let (moved, calls) = counted(&mut lambda, &watch, &Stub::event("ALARM")).await;
    assert_eq!((&moved["outcome"], stub.moved()), (&"completed".into(), tables), "{moved:#}");
    let expected = [&[READS, &act, "ec2:DescribeRouteTables"][..], &close].concat();
    assert_eq!(rounds(&calls), expected);
    assert_eq!(trips(&calls, "ec2:ReplaceRoute"), 2);
    are_filtered(&calls);

    // Somebody gave the lease back a moment ago: what was read meanwhile is read again.
    stub.reset();
    stub.set_alarm("OK");
    counted(&mut lambda, &watch, &Stub::event("OK")).await;
    stub.set_alarm("ALARM");
    let (again, contended) = counted(&mut lambda, &watch, &Stub::event("ALARM")).await;
    assert_eq!((&again["outcome"], stub.moved()), (&"completed".into(), tables), "{again:#}");
    assert_eq!(trips(&contended, "ec2:ReplaceRoute"), 3, "{:#?}", rounds(&contended));
    assert_eq!(contended.len(), calls.len() + 4, "only the alarms and the resources are read again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_1_8_or_50_tables_is_replaced_after_two_round_trips_and_three_when_contended() {
    tokio::join!(tables(1), tables(8), tables(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_emulators_the_last_table_is_replaced_after_two_round_trips_too() {
    let (world, watch) = (World::new("wire-trips-nat").await, watched());
    let mut environment = world.environment(&topology_file(&world, &world.topology()));
    for (key, upstream) in [("AWS_ENDPOINT_URL", &EMULATORS.ministack), ("AWS_ENDPOINT_URL_EC2", &EMULATORS.moto)] {
        environment.retain(|(known, _)| known != key);
        environment.push((key.to_owned(), proxy::start(upstream, &watch).await));
    }
    let mut lambda = start("crossover-nat", &environment, &watch).await;
    world.set_alarm(&world.alarms[0], "ALARM").await;
    let (moved, calls) = counted(&mut lambda, &watch, &world.event(0, "ALARM")).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(trips(&calls, "ec2:ReplaceRoute"), 2, "{:#?}", rounds(&calls));
    let (settled, quiet) = counted(&mut lambda, &watch, &world.event(0, "ALARM")).await;
    assert_eq!(settled["outcome"], "settled", "{settled:#}");
    let writes: Vec<&Passed> = quiet.iter().filter(|call| call.is_write()).collect();
    assert!(writes.iter().all(|call| call.is("dynamodb:UpdateItem")) && writes.len() == 2, "{writes:#?}");
}

async fn dns(way: Way) -> (u32, u32) {
    let (dns, watch) = (DnsWorld::new(&format!("wire-trips-{way:?}").to_lowercase(), way).await, watched());
    let environment = dns.environment(&topology_file(&dns.world, &dns.topology()), &watch).await;
    let (world, change) = (&dns.world, "route53:ChangeResourceRecordSets");
    world.set_alarm(&world.alarms[0], "ALARM").await;
    let mut cold = start("crossover-dns", &environment, &watch).await;
    let (moved, calls) = counted(&mut cold, &watch, &world.event(0, "ALARM")).await;
    assert_eq!(moved["outcome"], "completed", "{way:?}: {moved:#}");
    assert!(dns.serving().await.contains(STANDBY), "{way:?}");
    let first = trips(&calls, change);

    tokio::time::sleep(UNCONTENDED).await;
    world.set_alarm(&world.alarms[0], "OK").await;
    let (home, calls) = counted(&mut cold, &watch, &dns.command("failback", &serde_json::json!({}))).await;
    assert_eq!(home["outcome"], "completed", "{way:?}: {home:#}");
    (first, trips(&calls, change))
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_changed_after_two_round_trips_and_three_where_their_health_checks_are_not_known_yet() {
    let (simple, failover) = tokio::join!(Box::pin(dns(Way::Simple)), Box::pin(dns(Way::Failover)));
    assert_eq!(simple, (2, 2));
    assert_eq!(failover, (3, 2), "a function that has looked at the target before knows its health checks");
}

async fn database(scene: DatabaseWorld, action: &str) -> u32 {
    let watch = watched();
    let topology = topology_file(&scene.world, &scene.topology);
    let mut lambda = start("crossover-database", &scene.environment(&topology, &watch).await, &watch).await;
    scene.world.set_alarm(&scene.world.alarms[0], "ALARM").await;
    let (begun, calls) = counted(&mut lambda, &watch, &scene.world.event(0, "ALARM")).await;
    assert!(["completed", "pending"].map(Value::from).contains(&begun["outcome"]), "{begun:#}");
    trips(&calls, action)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_told_to_move_after_two_round_trips_and_three_where_it_can_not_be_taken_back() {
    let aurora = async { database(DatabaseWorld::aurora("wire-trips-aurora").await, "rds:FailoverDBCluster").await };
    let global = async {
        let scene = Box::pin(DatabaseWorld::global("wire-trips-global")).await;
        scene.world.put_global_lag(&scene.sides[1], 900.0).await;
        database(scene, "rds:FailoverGlobalCluster").await
    };
    let (aurora, global) = tokio::join!(Box::pin(aurora), Box::pin(global));
    // What can't be taken back is in the journal before it is begun.
    assert_eq!((aurora, global), (2, 3));
}

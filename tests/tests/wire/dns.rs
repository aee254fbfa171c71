//! DNS targets: every way to switch one.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crossover_tests::{
    dns::{STANDBY, Way},
    dns_world::DnsWorld,
    lambda::Lambda,
    proxy::Watch,
};
use serde_json::{Value, json};

use crate::{respond, topology_file};

async fn environment(dns: &DnsWorld) -> Vec<(String, String)> {
    dns.environment(&topology_file(&dns.world, &dns.topology()), &Arc::new(Watch::default())).await
}

/// The answer, or that of later ticks while it is pending: of a metric, CloudWatch shows the greatest
/// value of a minute.
async fn finished(lambda: &mut Lambda, payload: &Value) -> Value {
    let mut answer = respond(lambda, payload).await;
    for _ in 0..3 {
        if answer["outcome"] != "pending" {
            break;
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
        answer = respond(lambda, &tick()).await;
    }
    answer
}

fn tick() -> Value {
    json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" })
}

/// Over to the standby, nothing the second time, and home again to exactly what there was.
async fn there_and_back(way: Way) {
    let dns = DnsWorld::new(&format!("wire-dns-{way:?}").to_lowercase(), way).await;
    let world = &dns.world;
    let mut lambda = Lambda::start("crossover-dns", &environment(&dns).await).await;
    let (before, at_home) = (dns.record_sets().await, dns.serving().await);

    world.set_alarm(&world.alarms[0], "ALARM").await;
    let moved = respond(&mut lambda, &world.event(0, "ALARM")).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(dns.serving().await, BTreeSet::from([STANDBY]));
    let again = respond(&mut lambda, &world.event(0, "ALARM")).await;
    assert_eq!(again["outcome"], "settled", "{again:#}");

    world.set_alarm(&world.alarms[0], "OK").await;
    let recovered = respond(&mut lambda, &world.event(0, "OK")).await;
    assert_eq!(recovered["outcome"], "settled", "{recovered:#}");
    let home = finished(&mut lambda, &dns.command("failback", &json!({}))).await;
    assert_eq!(home["outcome"], "completed", "{home:#}");
    assert_eq!(dns.serving().await, at_home);
    assert_eq!(dns.record_sets().await, before);

    let told = world.notices().await;
    let outcomes: Vec<&Value> = told.iter().map(|notice| &notice["outcome"]).filter(|outcome| *outcome != "pending").collect();
    assert_eq!(outcomes, ["completed", "completed"], "{told:#?}");
    assert!(told[0].to_string().contains("resolvers may return the old value"), "{:#}", told[0]);
    world.verify().await;
}

macro_rules! there_and_back {
    ($($name:ident: $way:ident),* $(,)?) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            there_and_back(Way::$way).await;
        }
    )* };
}

there_and_back! {
    roles_of_failover_pairs_are_swapped: Failover,
    weights_are_moved: Weighted,
    a_record_alone_is_pointed_elsewhere: Simple,
    a_latency_set_is_pointed_elsewhere: Latency,
    an_object_is_lit_as_a_beacon: BeaconObject,
    a_metric_is_lit_as_a_beacon: BeaconMetric,
    routing_controls_are_set_where_an_endpoint_answers: RoutingControl,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_looks_after_dns_too() {
    let dns = DnsWorld::new("wire-dns-sweep", Way::Failover).await;
    let world = &dns.world;
    let mut lambda = Lambda::start("crossover-sweep", &environment(&dns).await).await;
    world.set_alarm(&world.alarms[0], "ALARM").await;
    let moved = respond(&mut lambda, &tick()).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(dns.serving().await, BTreeSet::from([STANDBY]));
    world.verify().await;
}

//! Databases: an Aurora cluster and a global database.

use std::sync::Arc;

use crossover_tests::{database_world::DatabaseWorld, lambda::Lambda, proxy::Watch};
use serde_json::{Value, json};

use crate::{respond, topology_file};

async fn function(scene: &DatabaseWorld, name: &str) -> Lambda {
    let topology = topology_file(&scene.world, &scene.topology);
    Lambda::start(name, &scene.environment(&topology, &Arc::new(Watch::default())).await).await
}

/// The alarm fires; its answer, or that of the ticks that finish what it began.
async fn home_fails(scene: &DatabaseWorld, lambda: &mut Lambda) -> Value {
    scene.world.set_alarm(&scene.world.alarms[0], "ALARM").await;
    let mut answer = respond(lambda, &scene.world.event(0, "ALARM")).await;
    for _ in 0..4 {
        if answer["outcome"] != "pending" {
            break;
        }
        let tick = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" });
        answer = respond(lambda, &tick).await;
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aurora_replica_takes_over() {
    let scene = DatabaseWorld::aurora("wire-aurora").await;
    let mut lambda = function(&scene, "crossover-database").await;

    let moved = home_fails(&scene, &mut lambda).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(scene.world.writer(&scene.of).await, scene.sides[1]);
    let again = respond(&mut lambda, &scene.world.event(0, "ALARM")).await;
    assert_eq!(again["outcome"], "settled", "{again:#}");
    assert_eq!(scene.world.crossovers().await.len(), 1);
    let told = scene.world.notices().await;
    assert!(told.iter().any(|notice| notice["outcome"] == "completed"), "{told:#?}");
    scene.world.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_region_of_a_global_database_takes_over_within_the_lag_that_is_accepted() {
    let scene = DatabaseWorld::global("wire-global").await;
    let other = scene.world.endpoint_of_cluster(&scene.sides[1]).await;
    assert_ne!(scene.leads_to().await, other);
    let mut lambda = function(&scene, "crossover-sweep").await;

    // Nobody knows how far it is behind: no automatic failover.
    let held = home_fails(&scene, &mut lambda).await;
    assert_eq!(held["outcome"], "held", "{held:#}");
    assert_eq!(scene.world.primary(&scene.of).await, scene.sides[0]);

    scene.world.put_global_lag(&scene.sides[1], 900.0).await;
    let moved = home_fails(&scene, &mut lambda).await;
    assert_eq!(moved["outcome"], "completed", "{moved:#}");
    assert_eq!(scene.world.primary(&scene.of).await, scene.sides[1]);
    assert_eq!(scene.leads_to().await, other);
    let told = scene.world.notices().await;
    let done = told.iter().find(|notice| notice["outcome"] == "completed").expect("a notice");
    assert!(done.to_string().contains("behind"), "{done:#}");
    scene.world.verify().await;
}

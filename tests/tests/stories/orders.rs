//! What an order may do, and for how long.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_ec2::Ec2Account;
use crossover_model::{
    alarm::AlarmState::{Alarm, InsufficientData, Ok},
    hold::Held,
    outcome::Outcome,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::stage::{ALARM_A, ALARM_B, ALARM_C, Stage, command, three_sides};
use serde_json::json;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// Three sides, of which a person has left the first with force, while the second one was in doubt. One of its routes is
/// refused for good, so the crossover stays open.
async fn forced_and_never_finished() -> Stage {
    let (account, topology) = three_sides(&[("block", "\"0 s\"")]);
    let mut stage = Stage::with(account, &topology);
    let tables = stage.sandbox.account().ec2().route_tables.clone();
    let refused = tables.iter().find(|table| table.tags.get("Name").is_some_and(|name| name == "app-a")).expect("a table");
    stage.faults([FaultRule { resource: Some(refused.id.clone()), ..FaultRule::every("ec2:ReplaceRoute", Fault::Refuse) }]);
    stage.set_alarm(ALARM_B, InsufficientData);
    stage.wait(std::time::Duration::from_mins(1)).await;
    let order = command("failover", &json!({ "away_from": "us-east-1a", "force": true }));
    let answer = stage.reconcile(&order).await;
    assert_eq!(answer.outcome, Outcome::Partial, "{answer:?}");
    stage
}

#[test]
fn a_side_that_fails_hours_after_a_forced_order_is_left() {
    run(async {
        let mut stage = forced_and_never_finished().await;
        stage.set_alarm(ALARM_B, Ok);
        stage.ticks(120).await;
        assert!(stage.memory().open.is_some_and(|open| open.order.is_some_and(|order| order.force)));
        stage.alarm(ALARM_C, Alarm).await;
        let routes = stage.routes();
        assert!(routes.values().all(|gateway| !gateway.ends_with('3')), "{routes:?}");
    });
}

#[test]
fn a_side_that_a_forced_order_overrode_is_left_when_it_fails_anew() {
    run(async {
        let mut stage = forced_and_never_finished().await;
        stage.set_alarm(ALARM_B, Ok);
        stage.ticks(5).await;
        stage.alarm(ALARM_B, Alarm).await;
        let routes = stage.routes();
        assert!(routes.values().all(|gateway| !gateway.ends_with('2')), "{routes:?}");
    });
}

#[test]
fn a_side_that_a_released_order_left_by_force_is_left_while_it_is_unhealthy() {
    run(async {
        let (account, topology) = three_sides(&[("block", "\"0 s\"")]);
        let mut stage = Stage::with(account, &topology);
        stage.set_alarm(ALARM_A, Alarm);
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        let order = command("failover", &json!({ "away_from": "us-east-1a", "force": true }));
        assert_eq!(stage.invoke(&order).await, None);
        stage.faults([FaultRule::every("ec2:ReplaceRoute", Fault::Refuse)]);
        stage.ticks(2).await;
        assert!(stage.memory().open.is_some_and(|open| open.order.is_some_and(|order| order.force)));
        stage.reconcile(&command("release", &json!({}))).await;
        stage.faults([]);
        stage.ticks(1).await;
        let routes = stage.routes();
        assert!(routes.values().all(|gateway| gateway != "nat-0a1b2c3d4e5f60001"), "{routes:?}");
    });
}

#[test]
fn the_only_side_that_an_order_allows_fails_and_it_is_told() {
    run(async {
        let (account, topology) = three_sides(&[("block", "\"0 s\"")]);
        let mut stage = Stage::with(account, &topology);
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::Refuse)]);
        let order = command("failover", &json!({ "to": "us-east-1c", "force": true }));
        assert_eq!(stage.reconcile(&order).await.outcome, Outcome::Partial);
        stage.faults([FaultRule::every("ec2:ReplaceRoute", Fault::Refuse)]);
        stage.ticks(120).await;
        let held = stage.alarm(ALARM_C, Alarm).await;
        assert_eq!(held.held, Some(Held::NoSideAble), "{held:?}");
        assert!(stage.mail().contains("us-east-1c is unhealthy"), "{}", stage.mail());
        assert!(stage.mail().contains("crossover release"), "{}", stage.mail());
    });
}

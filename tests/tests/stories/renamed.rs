//! The topology changes while something is open: sides and targets are renamed, or are gone.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_kinds::registry;
use crossover_model::{
    alarm::AlarmState::{Alarm, Ok},
    hold::Held,
    journal::Memory,
    outcome::Outcome,
    reserved::TARGETS,
    trigger::Aim,
};
use crossover_rds::RdsAccount;
use crossover_sandbox::{Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::{
    database::{self, Kind, three_replicas},
    dns::{self, ALARM_HOME, ALARM_STANDBY, HOME, STANDBY, Way, serving},
    stage::{self, Stage, TARGET, alarm_event, tick},
};
use serde_json::json;

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// The same account, whose topology has this text in place of that.
fn renamed(stage: &Stage, topology: &str, old: &str, new: &str) -> Stage {
    assert!(topology.contains(old), "{old}");
    stage.copy(&registry(), stage.sandbox.account(), &topology.replace(old, new))
}

/// The topology of a target that fails back by itself.
fn automatic(way: Way) -> String {
    way.topology().replace("owner =", "failback = \"automatic\"\nstable_for = \"5m\"\nblock = \"1m\"\nowner =")
}

#[test]
fn a_wish_for_a_side_that_was_renamed_is_held_and_told_and_keeps_its_words() {
    run(async {
        let way = Way::RoutingControl;
        let mut stage = Stage::with(way.account(), &automatic(way));
        let moved = stage.reconcile(&dns::command("failover", &json!({ "to": STANDBY }))).await;
        assert_eq!(moved.outcome, Outcome::Completed, "{}", moved.reason);

        let mut stage = renamed(&stage, &automatic(way), STANDBY, "west");
        let held = stage.reconcile(&tick()).await;
        assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::Undeclared)), "{}", held.reason);
        assert!(held.reason.contains("us west 2 (the operator's intent)"), "{}", held.reason);
        assert!(stage.mail().contains("\"command\":\"rename\""), "{}", stage.mail());
        // To keep everything at a side that is no more is not to leave all of them, nor to go home.
        stage.ticks(30).await;
        assert_eq!(serving(&stage.sandbox.account()), [STANDBY].into());
        assert_eq!(stage.count("route53-recovery-cluster:UpdateRoutingControlStates"), 0);
        let intent = stage.sandbox.account().dynamodb().journal[dns::TARGET].memory.intent.clone();
        assert_eq!(intent.map(|intent| intent.aim), Some(Aim::To(STANDBY.to_owned())), "as it was written");

        // To say it again ends that.
        let again = stage.reconcile(&dns::command("failover", &json!({ "to": "west" }))).await;
        assert!(again.outcome != Outcome::Failed, "{}", again.reason);
    });
}

#[test]
fn a_side_that_an_operator_left_is_not_gone_home_to_under_another_name() {
    run(async {
        let way = Way::RoutingControl;
        let mut stage = Stage::with(way.account(), &automatic(way));
        stage.reconcile(&dns::command("failover", &json!({ "away_from": HOME }))).await;
        let mut stage = renamed(&stage, &automatic(way), HOME, "east");
        let last = stage.ticks(30).await;
        assert_eq!(last.outcome, Outcome::Held, "{last:?}");
        assert_eq!(serving(&stage.sandbox.account()), [STANDBY].into());
        // Its release ends it, and work goes home.
        stage.reconcile(&dns::command("release", &json!({}))).await;
        stage.ticks(30).await;
        assert_eq!(serving(&stage.sandbox.account()), [HOME].into());
    });
}

#[test]
fn a_failure_is_failed_over_whatever_the_wish_for_a_renamed_side_was() {
    run(async {
        let way = Way::RoutingControl;
        let mut stage = way.stage();
        stage.reconcile(&dns::command("failover", &json!({ "to": HOME }))).await;
        let mut stage = renamed(&stage, &way.topology(), HOME, "east");
        let moved = stage.alarm(ALARM_HOME, Alarm).await;
        assert_eq!(moved.outcome, Outcome::Completed, "{}", moved.reason);
        assert_eq!(serving(&stage.sandbox.account()), [STANDBY].into());
        assert!(stage.mail().contains("us east 1 (the operator's intent)"), "{}", stage.mail());
        stage.set_alarm(ALARM_STANDBY, Ok);
    });
}

#[test]
fn a_side_that_was_left_as_failed_is_not_presumed_healthy_under_another_name() {
    run(async {
        let way = Way::RoutingControl;
        let mut stage = way.stage();
        stage.alarm(ALARM_HOME, Alarm).await;
        assert_eq!(serving(&stage.sandbox.account()), [STANDBY].into());
        let mut stage = renamed(&stage, &way.topology(), HOME, "east");
        stage.wait(Duration::from_hours(2)).await;
        stage.faults([FaultRule::every("cloudwatch:*", Fault::ServerError)]);
        let event = alarm_event(ALARM_STANDBY, Alarm, stage.sandbox.now());
        let held = stage.reconcile(&event).await;
        assert_eq!(held.outcome, Outcome::Held, "{}", held.reason);
        assert_eq!(serving(&stage.sandbox.account()), [STANDBY].into());
    });
}

/// Home has failed, and the invocation that chose a side died at its promotion. Somebody renames that side at RDS, and
/// deploys its new name.
async fn chosen_side_renamed(at_promotion: Fault) -> Stage {
    let (account, topology) = three_replicas("");
    let mut stage = Stage::with(account, &topology);
    stage.set_alarm(database::ALARM_HOME, Alarm);
    stage.faults([FaultRule::once("rds:PromoteReadReplica", 0, at_promotion)]);
    let event = alarm_event(database::ALARM_HOME, Alarm, stage.sandbox.now());
    assert!(stage.invoke(&event).await.is_none(), "killed");
    stage.faults([]);
    stage.sandbox.change(|account, _| {
        for instance in account.rds_mut().instances.iter_mut().filter(|instance| instance.id == "orders-usw2") {
            "orders-west".clone_into(&mut instance.id);
            instance.arn = instance.arn.replace("orders-usw2", "orders-west");
        }
        for lag in account.rds_mut().lags.iter_mut().filter(|lag| lag.id == "orders-usw2") {
            "orders-west".clone_into(&mut lag.id);
        }
    });
    let old = Kind::Replica.sides()[1];
    renamed(&stage, &topology, old, WEST)
}

const WEST: &str = "arn:aws:rds:us-west-2:111122223333:db:orders-west";

#[test]
fn no_second_side_is_promoted_when_the_chosen_one_was_renamed() {
    run(async {
        let mut stage = chosen_side_renamed(Fault::KillAfter).await;
        stage.ticks(12).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 0, "{:?}", stage.told());
    });
    run(async {
        let mut stage = chosen_side_renamed(Fault::KillBefore).await;
        let held = stage.ticks(12).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 0, "{:?}", stage.told());
        assert_eq!(held.targets[0].held, Some(Held::Undeclared), "{held:?}");
        assert!(held.targets[0].reason.contains("so another side may have been chosen already"), "{held:?}");
        assert_eq!(stage.times_told("the journal names sides that the topology"), 1, "{:?}", stage.told());
    });
}

#[test]
fn renamed_sides_are_given_their_new_names_in_the_journal() {
    run(async {
        // The promotion of the chosen side goes on under its new name.
        let mut stage = chosen_side_renamed(Fault::KillBefore).await;
        stage.wait(Duration::from_secs(61)).await;
        let side = format!("{}={WEST}", Kind::Replica.sides()[1]);
        let done = stage.reconcile(&database::command("rename", &json!({ "side": side }))).await;
        assert_eq!(done.outcome, Outcome::Recorded, "{}", done.reason);
        let again = stage.reconcile(&database::command("rename", &json!({ "side": side }))).await;
        assert_eq!(again.outcome, Outcome::Settled, "{}", again.reason);
        stage.ticks(12).await;
        let account = stage.sandbox.account();
        let promoted: Vec<&str> =
            account.rds().instances.iter().filter(|instance| instance.source.is_none()).map(|it| it.id.as_str()).collect();
        assert_eq!(promoted, ["orders-use1", "orders-west"]);
        assert_eq!(account.dynamodb().journal[database::TARGET].memory.open, None, "{:?}", stage.told());
    });
}

#[test]
fn what_names_a_removed_side_is_ended() {
    run(async {
        let way = Way::RoutingControl;
        let mut stage = way.stage();
        stage.reconcile(&dns::command("failover", &json!({ "to": STANDBY }))).await;
        let mut stage = renamed(&stage, &way.topology(), STANDBY, "west");
        assert_eq!(stage.ticks(1).await.outcome, Outcome::Held);
        let declared = stage.invoke(&dns::command("forget", &json!({ "side": "west" }))).await.expect("nobody is killed");
        assert_eq!(declared.outcome, Outcome::Failed, "{declared:?}");
        let done = stage.reconcile(&dns::command("forget", &json!({ "side": STANDBY }))).await;
        assert_eq!(done.outcome, Outcome::Recorded, "{}", done.reason);
        assert!(done.reason.contains("it had the intent of tester"), "{}", done.reason);
        stage.ticks(3).await;
        assert_eq!(stage.ticks(1).await.outcome, Outcome::Settled);
    });
}

#[test]
fn a_promotion_under_way_goes_on_under_the_new_name_of_its_target() {
    run(async {
        let (account, topology) = three_replicas("");
        let mut stage = Stage::with(account, &topology);
        let began = database::alarm(&mut stage, database::ALARM_HOME, Alarm).await;
        assert_eq!(began.outcome, Outcome::Pending, "{}", began.reason);
        let (old, new) = (format!("name = \"{}\"", database::TARGET), "name = \"orders-new\"");
        let mut stage = renamed(&stage, &topology, &old, new);
        stage.wait(Duration::from_secs(61)).await;
        let done = stage.reconcile(&database::command("rename", &json!({ "to": "orders-new" }))).await;
        assert_eq!(done.outcome, Outcome::Recorded, "{}", done.reason);
        stage.ticks(12).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 0, "{:?}", stage.told());
        let memory = memory_of(&stage, "orders-new");
        assert_eq!(memory.open, None, "{:?}", stage.told());
        assert!(memory.away.contains_key("orders-new writer"), "{:?}", memory.away);
        assert!(database::record(&stage.sandbox.account()).starts_with("orders-usw2."), "clients are led to the new writer");
    });
}

/// The example has failed over by an order, of which the rest is open, and is told later; then the topology has another name for
/// it.
async fn renamed_target() -> Stage {
    let mut stage = Stage::new();
    stage.ticks(1).await;
    stage.faults([FaultRule::every("sns:*", Fault::ServerError), FaultRule::every("ec2:ReplaceRoute", Fault::Throttle)]);
    let order = stage::command("failover", &json!({ "away_from": "us-east-1a" }));
    assert_eq!(stage.reconcile(&order).await.outcome, Outcome::Failed);
    stage.faults([]);
    renamed(&stage, &stage::topology(), TARGET, "egress")
}

fn memory_of(stage: &Stage, target: &str) -> Memory {
    stage.sandbox.account().dynamodb().journal.get(target).map(|record| record.memory.clone()).unwrap_or_default()
}

#[test]
fn the_record_of_a_target_that_is_not_declared_is_told_once_a_day_and_its_notices_are_sent() {
    run(async {
        let mut stage = renamed_target().await;
        assert!(!memory_of(&stage, TARGET).unsent.is_empty());
        stage.ticks(3).await;
        assert!(memory_of(&stage, TARGET).unsent.is_empty());
        assert_eq!(stage.times_told("failover FAILED"), 1, "{:?}", stage.told());
        let words = "the topology does not declare this target";
        assert_eq!(stage.times_told(words), 1, "{:?}", stage.told());
        stage.ticks(60 * 24).await;
        assert_eq!(stage.times_told(words), 2, "{:?}", stage.told());
        let mails = stage.sandbox.account().sns().published.clone();
        let mail = mails.iter().find(|mail| mail.subject.contains(words)).expect("told").bodies["email"].clone();
        assert!(mail.contains("the intent of tester, away from us-east-1a"), "{mail}");
        assert!(
            mail.contains("\n    crossover rename egress-prod ") && mail.contains("\n    crossover forget egress-prod "),
            "{mail}"
        );
        // Nobody has ended its crossover for more than a day.
        let broken = stage.verify();
        assert!(broken.len() == 1 && broken[0].contains("is open since"), "{broken:?}");
    });
}

#[test]
fn a_target_that_is_not_declared_is_forgotten_and_that_is_told() {
    run(async {
        let mut stage = renamed_target().await;
        stage.ticks(2).await;
        let forget = stage::command("forget", &json!({}));
        let done = stage.reconcile(&forget).await;
        assert_eq!(done.outcome, Outcome::Recorded, "{}", done.reason);
        for words in ["forgotten by tester", "failover stopped, 0 of 2 steps done, the rest is no longer needed"] {
            assert_eq!(stage.times_told(words), 1, "{words}: {:?}", stage.told());
        }
        let crossovers = stage.sandbox.account().dynamodb().crossovers.clone();
        assert!(crossovers.iter().all(|crossover| crossover.ended.is_some()) && crossovers.len() == 1, "{crossovers:?}");
        assert_eq!(stage.reconcile(&forget).await.outcome, Outcome::Settled);
        let told = stage.told().len();
        stage.ticks(60 * 24).await;
        assert_eq!(stage.times_told("does not declare this target"), 1, "{:?}", stage.told()[told..].to_vec());
        let known = memory_of(&stage, TARGETS).targets.expect("the names");
        assert!(known.undeclared.is_empty() && known.declared.contains("egress"), "{known:?}");
    });
    // Not what is declared.
    run(async {
        let mut stage = Stage::new();
        let refused = stage.invoke(&stage::command("forget", &json!({}))).await.expect("nobody is killed");
        assert_eq!(refused.outcome, Outcome::Failed);
        assert!(refused.reason.is_some_and(|why| why.contains("the topology declares \"egress-prod\"")));
    });
}

#[test]
fn the_record_of_a_renamed_target_is_moved_whenever_the_move_dies() {
    for (call, fault) in [("dynamodb:*", Fault::KillBefore), ("dynamodb:*", Fault::KillAfter), ("sns:*", Fault::KillAfter)] {
        for skip in 0..9 {
            run(async {
                let mut stage = renamed_target().await;
                stage.ticks(1).await;
                let before = memory_of(&stage, TARGET);
                assert!(before.intent.is_some() && before.open.is_some(), "{before:?}");
                let rename = stage::command("rename", &json!({ "to": "egress" }));
                stage.faults([FaultRule::once(call, skip, fault)]);
                let killed = stage.invoke(&rename).await.is_none();
                stage.faults([]);
                stage.wait(Duration::from_secs(61)).await;
                if killed {
                    stage.ticks(1).await;
                }
                let last = stage.reconcile(&rename).await;
                assert!(matches!(last.outcome, Outcome::Recorded | Outcome::Settled), "{skip} {fault:?}: {}", last.reason);
                assert_eq!(memory_of(&stage, TARGET).open, None, "{skip} {fault:?}");
                assert_eq!(memory_of(&stage, TARGET).intent, None, "{skip} {fault:?}");
                stage.ticks(3).await;
                let moved = memory_of(&stage, "egress");
                assert_eq!(moved.intent.map(|intent| intent.aim), before.intent.map(|intent| intent.aim), "{skip} {fault:?}");
                assert_eq!(moved.open, None, "{skip} {fault:?}");
                assert_eq!(stage.routes()["app-a"], stage.routes()["app-b"], "{skip} {fault:?}: the order is carried out");
                let ids: Vec<String> = stage.sandbox.account().dynamodb().crossovers.iter().map(|it| it.id.clone()).collect();
                assert_eq!(ids, [before.open.expect("open").id.replace(TARGET, "egress")], "{skip} {fault:?}");
            });
        }
    }
}

//! A database's writer is lost, and another member takes over: stories for each engine.

#![expect(clippy::expect_used, reason = "tests")]

mod announced;
mod choice;
mod chores;
mod clusters;
mod connections;
mod ended;
mod fence;
mod home;
mod killed;
mod loss;
mod lost;
mod pending;
mod refused;
mod rights;
mod unseen;

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_kinds::registry;
use crossover_model::{alarm::AlarmState, direction::Direction, loss::Loss, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::{
    database::{ALARM_HOME, ALARM_OTHER, Kind, TARGET, alarm, command, endpoint, record},
    fixture, payload,
    stage::{Stage, alarm_event, tick},
};
use serde_json::json;

pub(crate) fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// All mails, one after the other.
pub(crate) fn mails(stage: &Stage) -> String {
    let published = stage.sandbox.account().sns().published.clone();
    published.iter().map(|published| published.bodies["email"].clone()).collect::<Vec<_>>().join("\n")
}

/// The operations of RDS that were asked for, in their order.
pub(crate) fn changes(stage: &Stage) -> Vec<&'static str> {
    let calls = stage.sandbox.calls();
    calls.iter().filter(|made| made.is_write()).filter_map(|made| made.call.strip_prefix("rds:")).collect()
}

/// Home has failed and is fenced, and the invocation died before it promoted anybody.
async fn killed_before_it_promotes() -> Stage {
    let mut stage = Kind::Replica.stage();
    stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
    stage.faults([FaultRule::once("rds:PromoteReadReplica", 0, Fault::KillBefore)]);
    let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
    assert!(stage.invoke(&event).await.is_none(), "killed");
    stage.faults([]);
    stage.wait(Duration::from_secs(61)).await;
    stage
}

#[test]
fn a_failover_moves_the_writer_and_its_record_and_settles() {
    for kind in Kind::ALL {
        run(async {
            let mut stage = kind.stage();
            assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled, "{kind:?}");
            let first = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert!(matches!(first.outcome, Outcome::Pending | Outcome::Completed), "{kind:?}: {first:?}");
            stage.ticks(8).await;

            let account = stage.sandbox.account();
            let (to, expected) = match kind {
                Kind::Replica | Kind::Global => (kind.sides()[1], endpoint("us-west-2", "orders-usw2")),
                Kind::MultiAz => (kind.sides()[1], endpoint("us-east-1", "orders-use1")),
                Kind::Aurora => (kind.sides()[2], endpoint("us-east-1", "orders-3")),
            };
            assert_eq!(kind.writer(&account), Some(to), "{kind:?}");
            assert_eq!(stage.count(kind.verb()), 1, "{kind:?}");
            assert!(kind == Kind::MultiAz || record(&account) == expected, "{kind:?}: {}", record(&account));
            assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled, "{kind:?}");
            assert_eq!(account.dynamodb().crossovers.len(), 1, "{kind:?}");
            assert_eq!(
                account.dynamodb().crossovers[0].outcome,
                Outcome::Completed,
                "{kind:?}: {:?}",
                account.dynamodb().crossovers[0]
            );
            assert!(mails(&stage).contains("Worst loss"), "{kind:?}");
            assert!(account.dynamodb().journal[TARGET].memory.away.values().all(|at| at == to), "{kind:?}");
        });
    }
}

#[test]
fn an_uncontended_failover_costs_few_dependent_round_trips() {
    for kind in Kind::ALL {
        run(async {
            let mut stage = kind.stage();
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            let calls = stage.sandbox.calls();
            let begun = calls.iter().find(|call| call.is_write() && call.call.starts_with("rds:")).expect("a write").ended;
            let until: Vec<_> = calls.into_iter().filter(|call| call.ended <= begun).collect();
            // What can't be taken back is written down in between.
            let trips = if matches!(kind, Kind::Replica | Kind::Global) { 3 } else { 2 };
            assert_eq!(crossover_sandbox::round_trips(&until), trips, "{kind:?}: {until:?}");
        });
    }
}

#[test]
fn the_same_event_again_changes_nothing() {
    for kind in Kind::ALL {
        run(async {
            let mut stage = kind.stage();
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            stage.ticks(8).await;
            let before = changes(&stage).len();
            let again = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(again.outcome, Outcome::Settled, "{kind:?}: {again:?}");
            assert_eq!(changes(&stage).len(), before, "{kind:?}");
        });
    }
}

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    for kind in Kind::ALL {
        run(async {
            let mut stage = kind.stage();
            stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
            let plan = command("failover", &json!({ "away_from": kind.sides()[0], "dry_run": true }));
            let answer = stage.reconcile(&plan).await;
            assert_eq!(answer.outcome, Outcome::DryRun, "{kind:?}: {answer:?}");
            // A person's word is that the loss is not accepted.
            assert!(answer.reason.contains("would"), "{kind:?}: {}", answer.reason);
            assert!(stage.sandbox.calls().iter().all(|call| !call.is_write()), "{kind:?}");
        });
    }
}

#[test]
fn a_switchover_takes_the_call_that_loses_nothing() {
    let verbs =
        [(Kind::MultiAz, "RebootDBInstance"), (Kind::Aurora, "FailoverDBCluster"), (Kind::Global, "SwitchoverGlobalCluster")];
    for (kind, verb) in verbs {
        run(async {
            let mut stage = kind.stage();
            let answer = stage.reconcile(&command("switchover", &json!({ "away_from": kind.sides()[0] }))).await;
            assert!(matches!(answer.outcome, Outcome::Completed | Outcome::Pending), "{kind:?}: {answer:?}");
            stage.ticks(3).await;
            assert_eq!(changes(&stage), [verb], "{kind:?}");
            let account = stage.sandbox.account();
            assert_eq!(account.dynamodb().crossovers[0].direction, Direction::Switchover, "{kind:?}");
            let loss = &account.dynamodb().crossovers[0].could_lose;
            assert!(matches!(loss, Some(Loss::Nothing { .. })), "{kind:?}: {loss:?}");
        });
    }
}

#[test]
fn rds_switches_over_oracle_and_nothing_else() {
    run(async {
        let mut stage = Kind::Replica.stage();
        let order = command("switchover", &json!({ "away_from": "orders-use1" }));
        let held = stage.reconcile(&order).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        let side = Kind::Replica.sides()[1];
        assert!(held.reason.contains(&format!("crossover failover orders --to {side} --accept-data-loss")), "{}", held.reason);
        assert_eq!(changes(&stage), [""; 0]);

        let mut account = Kind::Replica.account();
        account.rds_mut().instances.iter_mut().for_each(|instance| "oracle-ee".clone_into(&mut instance.engine));
        let topology = Kind::Replica.topology("").replace("after = { backup_retention_days = 7, multi_az = true }", "");
        let mut stage = Stage::with(account, &topology);
        let answer = stage.reconcile(&order).await;
        assert!(matches!(answer.outcome, Outcome::Completed | Outcome::Pending), "{answer:?}");
        stage.ticks(4).await;
        assert_eq!(changes(&stage), ["SwitchoverReadReplica"]);
        let account = stage.sandbox.account();
        assert_eq!(Kind::Replica.writer(&account), Some(side));
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);

        // And home again, which needs no fence either: the old writer is a replica of the new one.
        let home = stage.reconcile(&command("failback", &json!({}))).await;
        assert!(matches!(home.outcome, Outcome::Completed | Outcome::Pending), "{home:?}");
        stage.ticks(4).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some("orders-use1"));
        assert_eq!(changes(&stage), ["SwitchoverReadReplica", "SwitchoverReadReplica"]);
    });
}

/// Aurora makes another instance the writer by itself.
fn aws_moves_the_writer(account: &mut Account, to: &str) {
    account.rds_mut().clusters[0].members.iter_mut().for_each(|member| member.writer = member.instance == to);
}

#[test]
fn when_aws_moves_the_writer_only_the_record_follows_and_it_is_told() {
    run(async {
        let mut stage = Kind::Aurora.stage();
        stage.sandbox.change(|account, _| aws_moves_the_writer(account, "orders-2"));
        let mut event = payload("rds/cluster-0071-failover-completed.json");
        event["resources"] = json!(["arn:aws:rds:us-east-1:111122223333:cluster:orders"]);
        event["detail"]["SourceIdentifier"] = json!("orders");
        let answer = stage.reconcile(&event).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
        assert_eq!(changes(&stage), [""; 0], "no failover of ours");
        assert_eq!(record(&stage.sandbox.account()), endpoint("us-east-1", "orders-2"));
        assert_eq!(stage.told().len(), 1, "{:?}", stage.told());
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);

        // Its alarm comes late: the writer has left that side already.
        let late = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(late.outcome, Outcome::Settled, "{late:?}");
    });
    run(async {
        let mut stage = Kind::MultiAz.stage();
        stage.sandbox.change(|account, _| {
            let instance = &mut account.rds_mut().instances[0];
            std::mem::swap(&mut instance.zone, &mut instance.secondary_zone);
        });
        let mut event = payload("rds/instance-0049-failover-completed.json");
        event["resources"] = json!(["arn:aws:rds:us-east-1:111122223333:db:orders"]);
        event["detail"]["SourceIdentifier"] = json!("orders");
        let answer = stage.reconcile(&event).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
        assert!(answer.reason.contains("found away from home"), "{}", answer.reason);
        assert_eq!(changes(&stage), [""; 0]);
    });
}

#[test]
fn no_event_of_rds_is_believed_before_the_database_is_described() {
    let folder = fixture("rds");
    let names = std::fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").file_name());
    let names: Vec<String> = names.map(|name| format!("rds/{}", name.to_string_lossy())).collect();
    assert!(names.len() >= 37, "{names:?}");
    run(async {
        let mut stage = Kind::Replica.stage();
        let mut looked = 0;
        for name in names {
            let answer = stage.invoke(&payload(&name)).await.expect("alive");
            assert!(matches!(answer.outcome, Outcome::Settled | Outcome::Ignored), "{name}: {answer:?}");
            looked += answer.targets.len();
        }
        assert!(looked >= 18, "each that names a member wakes its target: {looked}");
        assert_eq!(changes(&stage), [""; 0]);
        assert_eq!(stage.told(), [""; 0]);
    });
}

#[test]
fn without_a_loss_the_writer_goes_home_by_itself_when_that_is_declared() {
    for kind in [Kind::MultiAz, Kind::Aurora, Kind::Global] {
        run(async {
            let topology = kind.topology("failback = \"automatic\"\nstable_for = \"15m\"\nblock = \"5m\"");
            let mut stage = Stage::with(kind.account(), &topology);
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            stage.ticks(8).await;
            assert_ne!(kind.writer(&stage.sandbox.account()), Some(kind.sides()[0]), "{kind:?}");
            stage.set_alarm(ALARM_HOME, AlarmState::Ok);
            stage.ticks(20).await;
            assert_eq!(kind.writer(&stage.sandbox.account()), Some(kind.sides()[0]), "{kind:?}");
            assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 2, "{kind:?}");
        });
    }
}

#[test]
fn nothing_is_begun_while_every_side_is_unhealthy_but_what_was_begun_is_finished() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.set_alarm(ALARM_OTHER, AlarmState::Alarm);
        let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert_eq!(changes(&stage), [""; 0]);

        stage.set_alarm(ALARM_OTHER, AlarmState::Ok);
        stage.ticks(2).await;
        assert!(changes(&stage).contains(&"PromoteReadReplica"));
        // While it reboots, the alarm of the new writer fires.
        stage.set_alarm(ALARM_OTHER, AlarmState::Alarm);
        stage.ticks(8).await;
        let account = stage.sandbox.account();
        assert_eq!(Kind::Replica.writer(&account), Some(Kind::Replica.sides()[1]));
        assert_eq!(record(&account), endpoint("us-west-2", "orders-usw2"), "clients have to find it all the same");
    });
}

#[test]
fn a_pause_holds_back_what_is_not_begun() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.invoke(&command("pause", &json!({}))).await.expect("alive");
        let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert_eq!(changes(&stage), [""; 0]);
    });
}

#[test]
fn a_promotion_that_takes_too_long_is_told_and_finished_all_the_same() {
    run(async {
        let mut account = Kind::Replica.account();
        account.rds_mut().promotion_ms = 1_800_000;
        let mut stage = Stage::with(account, &Kind::Replica.topology("promote_timeout = \"10m\""));
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(4).await;
        assert!(!mails(&stage).contains("promote_timeout"), "not yet");
        stage.ticks(4).await;
        assert!(mails(&stage).contains("longer than promote_timeout = 10 min 0 s"), "{}", mails(&stage));
        stage.ticks(25).await;
        assert_eq!(Kind::Replica.writer(&stage.sandbox.account()), Some(Kind::Replica.sides()[1]));
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1);
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1);
    });
}

#[test]
fn an_account_file_holds_a_promotion_that_is_under_way() {
    run(async {
        let mut stage = Kind::Replica.stage();
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.wait(Duration::from_secs(30)).await;
        let printed = stage.sandbox.account().print().expect("a file");
        let loaded = Account::parse(&printed, &registry().sections()).expect("a good account");
        assert_eq!(loaded, stage.sandbox.account());
        let mut later = Stage::with(loaded, &Kind::Replica.topology(""));
        later.ticks(8).await;
        assert_eq!(Kind::Replica.writer(&later.sandbox.account()), Some(Kind::Replica.sides()[1]));
        assert_eq!(later.count("rds:PromoteReadReplica"), 0, "it was begun before");
    });
}

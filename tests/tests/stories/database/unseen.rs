//! What was begun and can't be seen, or is not remembered.

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_rds::RdsAccount;
use crossover_route53::Route53Account;
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, Kind, TARGET, alarm, command, endpoint, is_quarantine, record, three_replicas},
    stage::Stage,
};
use serde_json::json;

use super::{killed_before_it_promotes, mails, run};

fn open_writers(account: &Account) -> usize {
    account.rds().instances.iter().filter(|instance| account.rds().takes_writes(instance, is_quarantine)).count()
}

fn unreachable(stage: &Stage, region: Option<&str>) {
    stage.sandbox.change(|account, _| account.rds_mut().unreachable = region.map(str::to_owned).into_iter().collect());
}

#[test]
fn a_promotion_whose_region_can_not_be_read_any_more_is_not_forgotten() {
    run(async {
        let other = Kind::Replica.sides()[1];
        let orders = [None, Some(command("failover", &json!({ "away_from": other, "accept_data_loss": true })))];
        for order in orders {
            let mut stage = Kind::Replica.stage();
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(stage.count("rds:PromoteReadReplica"), 1);
            unreachable(&stage, Some("us-west-2"));
            // Home is healthy again, and who was chosen may be a writer by now: nobody may be let in here.
            let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Ok).await;
            assert_eq!(answer.outcome, Outcome::Held, "{answer:?}");
            assert!(answer.reason.contains("requested that orders-usw2 in us-west-2 replace"), "{}", answer.reason);
            if let Some(order) = &order {
                assert_eq!(stage.reconcile(order).await.outcome, Outcome::Held);
            }
            stage.ticks(6).await;
            assert_eq!(stage.times_told("HELD"), 1 + usize::from(order.is_some()), "{:?}", stage.told());
            unreachable(&stage, None);
            stage.ticks(6).await;
            let account = stage.sandbox.account();
            assert_eq!(Kind::Replica.writer(&account), Some(other));
            assert_eq!(record(&account), endpoint("us-west-2", "orders-usw2"));
            assert_eq!(open_writers(&account), 1);
            assert_eq!((account.dynamodb().crossovers.len(), account.dynamodb().crossovers[0].outcome), (1, Outcome::Completed));
        }
    });
}

#[test]
fn without_the_journal_the_record_waits_for_the_writer_too() {
    run(async {
        let mut stage = Kind::Replica.stage();
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.faults([FaultRule::every("dynamodb:*", Fault::Refuse)]);
        for _ in 0..8 {
            stage.ticks(1).await;
            let account = stage.sandbox.account();
            let replica = &account.rds().instances[1];
            let is_ready = replica.source.is_none() && ["available", "backing-up"].contains(&replica.status.as_str());
            assert_eq!(record(&account) == endpoint("us-west-2", "orders-usw2"), is_ready, "while it is {}", replica.status);
        }
    });
}

#[test]
fn a_writer_that_nobody_remembers_making_is_told_until_a_person_says_which_is_meant() {
    run(async {
        let mut account = Kind::Replica.account();
        account.rds_mut().promotion_ms = 600_000;
        let mut stage = Stage::with(account, &Kind::Replica.topology("fence = \"stop\""));
        stage.faults([FaultRule::every("dynamodb:*", Fault::Refuse)]);
        let forced = json!({ "away_from": "orders-use1", "accept_data_loss": true, "force": true });
        stage.reconcile(&command("failover", &forced)).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1);
        stage.faults([]);
        let last = stage.ticks(15).await;
        assert_eq!(last.outcome, Outcome::Held, "{last:?}");
        assert!(mails(&stage).contains("orders-usw2 in us-west-2 and orders-use1 both take writes"), "{}", mails(&stage));
        assert_eq!(stage.times_told("HELD"), 1, "{:?}", stage.told());

        stage.sandbox.change(|account, _| {
            let sets = &mut account.route53_mut().hosted_zones[0].record_sets;
            let values = vec![endpoint("us-west-2", "orders-usw2")];
            sets[0].answer = crossover_route53::RecordAnswer::Values { ttl: 5, values };
        });
        let last = stage.ticks(5).await;
        assert_eq!(last.outcome, Outcome::Settled, "{last:?}");
        assert_eq!(open_writers(&stage.sandbox.account()), 1);
        assert!(stage.sandbox.account().dynamodb().journal[TARGET].memory.open.is_none());
    });
}

#[test]
fn a_summary_in_the_journal_still_says_who_was_chosen() {
    for skip in 0..8 {
        run(async {
            let (mut account, topology) = three_replicas("");
            account.rds_mut().promotion_ms = 900_000;
            let mut stage = Stage::with(account, &topology);
            stage.faults([FaultRule::once("dynamodb:TransactWriteItems", skip, Fault::Refuse)]);
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            stage.faults([]);
            stage.ticks(20).await;
            assert_eq!(stage.count("rds:PromoteReadReplica"), 1, "write {skip}");
            let account = stage.sandbox.account();
            assert_eq!(account.dynamodb().crossovers.len(), 1, "write {skip}: {:#?}", account.dynamodb().crossovers);
        });
    }
}

#[test]
fn a_record_that_can_not_be_read_is_told_though_something_else_could_not_be_either() {
    run(async {
        let mut stage = Kind::Global.stage();
        stage.faults([FaultRule::every("rds:*", Fault::Refuse)]);
        stage.ticks(1).await;
        stage.faults([]);
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.faults([FaultRule::every("route53:*", Fault::Refuse)]);
        stage.ticks(2).await;
        let told = stage.times_told("its record could not be read");
        assert!(told == 1 || record(&stage.sandbox.account()) == endpoint("us-west-2", "orders-usw2"), "{:?}", stage.told());
    });
}

#[test]
fn a_writer_that_was_fenced_and_whose_groups_nobody_remembers_is_told_as_out_of_reach() {
    run(async {
        let mut stage = Kind::Replica.stage();
        stage.faults([
            FaultRule::every("dynamodb:*", Fault::Refuse),
            FaultRule::once("rds:PromoteReadReplica", 0, Fault::KillBefore),
        ]);
        let forced = json!({ "away_from": "orders-use1", "accept_data_loss": true, "force": true });
        assert!(stage.invoke(&command("failover", &forced)).await.is_none(), "killed");
        stage.faults([]);
        let last = stage.ticks(3).await;
        assert_eq!(last.outcome, Outcome::Held, "{last:?}");
        assert!(mails(&stage).contains("orders-use1 is the writer, and clients can't reach it"), "{}", mails(&stage));
        stage.sandbox.change(|account, _| {
            let groups = ["sg-clients", "sg-people"].map(str::to_owned);
            account.rds_mut().instances[0].security_groups = groups.into();
        });
        let last = stage.ticks(2).await;
        assert_eq!(last.outcome, Outcome::Settled, "{last:?}");
    });
}

#[test]
fn a_person_may_keep_the_writer_whatever_became_of_the_one_that_was_chosen() {
    run(async {
        let mut stage = killed_before_it_promotes().await;
        unreachable(&stage, Some("us-west-2"));
        let held = alarm(&mut stage, ALARM_HOME, AlarmState::Ok).await;
        assert!(held.reason.ends_with("crossover failover orders --to orders-use1 --force --reason WHY"), "{}", held.reason);
        let groups = stage.sandbox.account().rds().instances[0].security_groups.clone();
        assert!(groups.iter().all(|group| is_quarantine(group)), "home is fenced: {groups:?}");

        let as_told = json!({ "to": "orders-use1", "force": true });
        stage.reconcile(&command("failover", &as_told)).await;
        stage.ticks(2).await;
        let account = stage.sandbox.account();
        assert_eq!(Kind::Replica.writer(&account), Some("orders-use1"), "clients are let in again: {}", mails(&stage));
        assert_eq!(stage.count("rds:PromoteReadReplica"), 0);
    });
}

#[test]
fn a_promotion_that_does_not_end_is_told_also_where_the_old_writer_is_stopped_after_it() {
    run(async {
        for fence in ["fence = \"stop\"", "fence = \"none\"", ""] {
            let mut account = Kind::Replica.account();
            account.rds_mut().promotion_ms = 30 * 24 * 3_600_000;
            let mut stage = Stage::with(account, &Kind::Replica.topology(&format!("{fence}\npromote_timeout = \"10m\"")));
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            stage.ticks(15).await;
            assert!(mails(&stage).contains("longer than promote_timeout"), "{fence}: {:?}", stage.told());
            assert_eq!(stage.count("rds:PromoteReadReplica"), 1, "{fence}");
        }
    });
}

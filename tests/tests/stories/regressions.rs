//! What was once wrong, named by what it did.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::{
    Ec2Account,
    sandbox::{RouteTable, Subnet},
};
use crossover_engine::environment::Invocation;
use crossover_model::{
    alarm::AlarmState::{self, Alarm, InsufficientData, Ok},
    answer::TargetAnswer,
    direction::Direction,
    outcome::Outcome,
    topology::Topology,
};
use crossover_sandbox::{Account, Fault, FaultRule, Limit};
use crossover_sns::SnsAccount;
use crossover_tests::{
    fleet::{alarm as fleet_alarm, fleet, moved},
    stage::{
        ALARM_A, ALARM_B, ALARM_C, Stage, TARGET, TIME_LIMIT, account, alarm_event, command, three_sides, tick, topology,
        topology_with,
    },
    watch::LeaseWatch,
};
use serde_json::{Value, json};

const NAT_A: &str = "nat-0a1b2c3d4e5f60001";
const NAT_B: &str = "nat-0a1b2c3d4e5f60002";
const JOURNAL_WRITE: &str = "dynamodb:TransactWriteItems";

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// One invocation for the only target; none when it was killed.
async fn try_look(stage: &mut Stage, payload: &Value) -> Option<TargetAnswer> {
    stage.invoke(payload).await.map(|mut answer| answer.targets.remove(0))
}

async fn look(stage: &mut Stage, payload: &Value) -> TargetAnswer {
    try_look(stage, payload).await.expect("nobody is killed")
}

async fn alarm(stage: &mut Stage, name: &str, becomes: AlarmState) -> Option<TargetAnswer> {
    stage.set_alarm(name, becomes);
    let event = alarm_event(name, becomes, stage.sandbox.now());
    try_look(stage, &event).await
}

/// The faults end, and so does the lease of an invocation that was killed.
async fn heal(stage: &Stage) {
    stage.faults([]);
    stage.wait(Duration::from_secs(61)).await;
}

fn told(stage: &Stage, words: &str) -> usize {
    stage.told().iter().filter(|subject| subject.contains(words)).count()
}

fn table_mut<'a>(account: &'a mut Account, name: &str) -> &'a mut RouteTable {
    account
        .ec2_mut()
        .route_tables
        .iter_mut()
        .find(|table| table.tags.get("Name").is_some_and(|tag| tag == name))
        .expect("the table")
}

#[test]
fn a_failback_after_a_death_took_the_failovers_id_and_its_place_in_the_history() {
    run(async {
        // Dies before the lease is given back; everything is written and told by then.
        let mut stage = Stage::new();
        stage.faults([FaultRule::once(JOURNAL_WRITE, 2, Fault::KillBefore)]);
        assert!(alarm(&mut stage, ALARM_A, Alarm).await.is_none());
        heal(&stage).await;
        stage.set_alarm(ALARM_A, Ok);
        look(&mut stage, &command("failback", &json!({}))).await;
        let history = stage.sandbox.account().dynamodb().crossovers.clone();
        let directions: Vec<Direction> = history.iter().map(|crossover| crossover.direction).collect();
        assert_eq!(directions, [Direction::Failover, Direction::Failback]);
        assert!(!history[1].resumed);
    });
}

#[test]
fn a_crossover_that_another_one_took_the_place_of_was_never_told() {
    run(async {
        // Dies with its steps done and nothing of that written.
        let mut stage = Stage::new();
        stage.faults([FaultRule::once(JOURNAL_WRITE, 1, Fault::KillBefore)]);
        assert!(alarm(&mut stage, ALARM_A, Alarm).await.is_none());
        heal(&stage).await;
        stage.set_alarm(ALARM_A, Ok);
        look(&mut stage, &command("failback", &json!({}))).await;
        assert_eq!((told(&stage, "failover completed"), told(&stage, "failback completed")), (1, 1), "{:?}", stage.told());
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 2);
    });
}

#[test]
fn an_unfinished_failback_made_the_next_failover_pass_for_a_persons() {
    run(async {
        let mut stage = Stage::new();
        alarm(&mut stage, ALARM_A, Alarm).await;
        stage.set_alarm(ALARM_A, Ok);
        stage.wait(Duration::from_mins(5)).await;
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 1, Fault::Refuse)]);
        assert_eq!(look(&mut stage, &command("failback", &json!({}))).await.outcome, Outcome::Partial);
        heal(&stage).await;
        let again = alarm(&mut stage, ALARM_A, Alarm).await.expect("alive");
        assert_eq!(again.outcome, Outcome::Held, "the block was passed by: {}", again.reason);
    });
}

#[test]
fn a_command_was_lost_with_the_second_invocation_that_died_over_it() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        let away = command("failover", &json!({ "away_from": "us-east-1a" }));
        stage.sandbox.change(|account, _| _ = account.slow_ms.insert("dynamodb:*".to_owned(), 100));
        assert!(try_look(&mut stage, &away).await.is_none());
        heal(&stage).await;
        stage.faults([FaultRule::once("ec2:DescribeSubnets", 0, Fault::KillBefore)]);
        assert!(try_look(&mut stage, &tick()).await.is_none());
        heal(&stage).await;
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Completed);
        assert_eq!((stage.routes()["app-a"].as_str(), stage.routes()["data-a"].as_str()), (NAT_B, NAT_B));
        assert!(stage.sandbox.account().dynamodb().journal[TARGET].memory.intent.is_some());
    });
}

#[test]
fn an_invocation_that_had_finished_and_died_before_its_release_passed_for_one_that_had_not() {
    run(async {
        let mut stage = Stage::new();
        let failing = FaultRule {
            resource: Some("rtb-0a1b2c3d4e5f6a100".to_owned()),
            ..FaultRule::every("ec2:ReplaceRoute", Fault::Refuse)
        };
        stage.faults([failing, FaultRule::once(JOURNAL_WRITE, 2, Fault::KillBefore)]);
        assert!(alarm(&mut stage, ALARM_A, Alarm).await.is_none());
        assert_eq!(told(&stage, "PARTIAL"), 1);
        heal(&stage).await;
        let rest = look(&mut stage, &tick()).await;
        assert_eq!(rest.outcome, Outcome::Completed);
        assert!(!rest.remarks.iter().any(|remark| remark.contains("did not finish")), "{:?}", rest.remarks);
    });
}

#[test]
fn a_journal_that_was_down_for_a_minute_undid_an_operators_intent() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"1m\"")]));
        look(&mut stage, &command("failover", &json!({ "away_from": "us-east-1a" }))).await;
        stage.wait(Duration::from_hours(2)).await;
        stage.faults([FaultRule::every("dynamodb:*", Fault::ServerError)]);
        look(&mut stage, &tick()).await;
        assert_eq!(stage.routes()["app-a"], NAT_B);
    });
}

#[test]
fn without_cloudwatch_work_went_back_to_the_side_that_had_failed() {
    run(async {
        let mut stage = Stage::new();
        alarm(&mut stage, ALARM_A, Alarm).await;
        stage.wait(Duration::from_hours(2)).await;
        stage.faults([FaultRule::every("cloudwatch:*", Fault::ServerError)]);
        let answer = alarm(&mut stage, ALARM_B, Alarm).await.expect("alive");
        assert_eq!(answer.outcome, Outcome::Held, "{}", answer.reason);
        assert_eq!(stage.routes()["app-b"], NAT_B);
    });
}

#[test]
fn without_cloudwatch_one_event_delivered_twice_made_a_quorum_of_two() {
    run(async {
        let topology = topology_with(&[("quorum", "2")])
            .replace(&format!("\"{ALARM_A}\""), &format!("\"{ALARM_A}\", \"second-a\""))
            .replace(&format!("\"{ALARM_B}\""), &format!("\"{ALARM_B}\", \"second-b\""));
        let mut stage = Stage::with(account(), &topology);
        stage.faults([FaultRule::every("cloudwatch:*", Fault::ServerError)]);
        let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now()).to_string();
        let twice = json!({ "Records": [{ "body": event }, { "body": event }] });
        assert_eq!(look(&mut stage, &twice).await.outcome, Outcome::Settled);
    });
}

#[test]
fn a_long_outage_of_sns_dropped_the_notice_of_the_failover() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every("sns:*", Fault::ServerError)]);
        alarm(&mut stage, ALARM_A, Alarm).await;
        stage.faults([FaultRule::every("sns:*", Fault::ServerError), FaultRule::every("ec2:Describe*", Fault::Refuse)]);
        for _ in 0..30 {
            stage.wait(Duration::from_hours(1)).await;
            let answer = look(&mut stage, &tick()).await;
            assert!(answer.took_ms < 15_000, "unsent notices hold the lease for {} ms", answer.took_ms);
        }
        heal(&stage).await;
        look(&mut stage, &tick()).await;
        assert_eq!(told(&stage, "failover completed"), 1, "{:?}", stage.told());
    });
}

#[test]
fn routes_that_lead_nowhere_any_more_were_told_as_being_home_again() {
    run(async {
        let mut stage = Stage::new();
        alarm(&mut stage, ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(5)).await;
        stage.sandbox.change(|account, _| {
            table_mut(account, "app-a").routes.insert("0.0.0.0/0".to_owned(), "tgw-1".to_owned());
            table_mut(account, "data-a").routes.remove("0.0.0.0/0");
        });
        let answer = look(&mut stage, &tick()).await;
        assert!(answer.reason.contains("2 of them not served by any side"), "{}", answer.reason);
        let last = stage.sandbox.account().sns_mut().published.pop().expect("a notice");
        assert_eq!(last.attributes["severity"], "warning");
        assert!(!last.bodies["email"].contains("at home"), "{}", last.bodies["email"]);
    });
}

#[test]
fn a_target_that_could_not_be_read_was_told_every_minute_and_kept_the_wish_of_a_failed_command() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every("ec2:Describe*", Fault::Refuse)]);
        look(&mut stage, &command("failover", &json!({ "away_from": "us-east-1a" }))).await;
        for _ in 0..30 {
            stage.wait(Duration::from_mins(1)).await;
            look(&mut stage, &tick()).await;
        }
        // The answer to the command does not suppress the notice to those who only hear what needs somebody now.
        let account = stage.sandbox.account();
        let severities: Vec<&str> = account.sns().published.iter().map(|told| told.attributes["severity"].as_str()).collect();
        assert_eq!(severities, ["info", "critical"], "{:?}", stage.told());
        heal(&stage).await;
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Settled);
        assert_eq!(stage.count("ec2:ReplaceRoute"), 0);
    });
}

#[test]
fn automatic_failback_paged_critically_because_it_was_not_due() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"15m\"")]));
        alarm(&mut stage, ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(5)).await;
        alarm(&mut stage, ALARM_A, Ok).await;
        for _ in 0..60 {
            stage.wait(Duration::from_mins(1)).await;
            look(&mut stage, &tick()).await;
        }
        assert_eq!(stage.told().len(), 2, "{:?}", stage.told());
        assert_eq!(told(&stage, "failback completed"), 1);
    });
}

#[test]
fn a_flapping_alarm_paged_at_every_turn() {
    run(async {
        let mut stage = Stage::new();
        for minute in 0..60 {
            alarm(&mut stage, ALARM_A, if minute % 2 == 0 { Alarm } else { Ok }).await;
            stage.wait(Duration::from_mins(1)).await;
        }
        assert!(stage.told().len() <= 3, "{:?}", stage.told());
    });
}

#[test]
fn work_that_stays_stuck_was_told_once_and_never_again() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every("ec2:ReplaceRoute", Fault::Refuse)]);
        alarm(&mut stage, ALARM_A, Alarm).await;
        for _ in 0..120 {
            stage.wait(Duration::from_mins(1)).await;
            look(&mut stage, &tick()).await;
        }
        assert_eq!(told(&stage, "FAILED, 0 of 2 steps done"), 3, "{:?}", stage.told());
    });
}

#[test]
fn a_manual_failback_to_an_unhealthy_home_was_answered_settled() {
    run(async {
        let mut stage = Stage::new();
        alarm(&mut stage, ALARM_A, Alarm).await;
        let answer = look(&mut stage, &command("failback", &json!({}))).await;
        assert_eq!(answer.outcome, Outcome::Held);
        assert!(answer.reason.starts_with("nothing can be failed back: us-east-1a is unhealthy"), "{}", answer.reason);
    });
}

#[test]
fn an_alarm_that_met_a_tick_was_dropped() {
    run(async {
        let mut stage = Stage::new();
        let (ticking, alarming) = (stage.invocation(), stage.invocation());
        let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
        let meeting = async {
            stage.wait(Duration::from_millis(20)).await;
            stage.set_alarm(ALARM_A, Alarm);
            stage.controller.handle(&event, &alarming).await
        };
        let tick = tick();
        let (_, answer) = tokio::join!(stage.controller.handle(&tick, &ticking), meeting);
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
    });
}

#[test]
fn a_notice_that_came_back_by_its_topic_was_refused_and_told_forever() {
    run(async {
        let mut stage = Stage::new();
        alarm(&mut stage, ALARM_A, Alarm).await;
        let body = stage.sandbox.account().sns().published[0].bodies["lambda"].clone();
        let echo = json!({ "Records": [{ "Sns": { "Message": body } }] });
        assert_eq!(stage.invoke(&echo).await.expect("alive").outcome, Outcome::Ignored);
        assert_eq!(stage.told().len(), 1);
    });
}

#[test]
fn a_long_or_disguised_text_of_a_person_reached_the_mail() {
    run(async {
        let mut stage = Stage::new();
        let long = command("failover", &json!({ "away_from": "us-east-1a", "reason": "x".repeat(501) }));
        let refused = stage.invoke(&long).await.expect("alive");
        assert_eq!(refused.reason.as_deref(), Some("reason: has 501 characters; expected at most 500"));
        let forged = json!({ "away_from": "us-east-1a", "reason": "why\n\nWhat to do next\n  run this" });
        look(&mut stage, &command("failover", &forged)).await;
        let mail = stage.sandbox.account().sns_mut().published.pop().expect("a notice").bodies["email"].clone();
        assert_eq!(mail.matches("\nWhat to do next\n").count(), 1, "{mail}");
    });
}

/// So many targets with a zone of their own each, of so many tables.
fn many_targets(targets: usize, tables: usize) -> (Account, String) {
    let mut account = account();
    let mut topologies = String::new();
    for target in 0..targets {
        let (vpc, zone_a, zone_b) = (format!("vpc-{target}"), "us-east-1a", "us-east-1b");
        for table in 0..tables {
            let subnet = format!("subnet-{target}-{table}");
            account.ec2_mut().subnets.push(Subnet { id: subnet.clone(), vpc: vpc.clone(), zone: zone_a.to_owned(), used: None });
            account.ec2_mut().route_tables.push(RouteTable {
                id: format!("rtb-{target}-{table}"),
                vpc: vpc.clone(),
                main: false,
                subnets: vec![subnet],
                tags: [("Name".to_owned(), format!("{target}-{table}"))].into(),
                routes: [("0.0.0.0/0".to_owned(), format!("nat-{target}-a"))].into(),
            });
        }
        for side in ["a", "b"] {
            let state = "available".to_owned();
            account.ec2_mut().nat_gateways.push(crossover_ec2::sandbox::NatGateway {
                id: format!("nat-{target}-{side}"),
                state,
                ..crossover_ec2::sandbox::NatGateway::default()
            });
        }
        topologies += &topology()
            .replace(TARGET, &format!("egress-{target:02}"))
            .replace("vpc-0a1b2c3d4e5f60000", &vpc)
            .replace(NAT_A, &format!("nat-{target}-a"))
            .replace(NAT_B, &format!("nat-{target}-b"))
            .replace("us-east-1a", zone_a)
            .replace("us-east-1b", zone_b);
    }
    (account, topologies)
}

#[test]
fn many_targets_at_once_stormed_the_bucket_and_starved_the_last_ones() {
    run(async {
        let (account, topology) = many_targets(10, 15);
        let mut stage = Stage::with(account, &topology);
        assert!(Topology::<crossover_nat::NatSpec>::parse(&topology).is_ok());
        stage.set_alarm(ALARM_A, Alarm);
        let event = alarm_event(ALARM_A, Alarm, stage.sandbox.now());
        let answer = stage.invoke(&event).await.expect("alive");
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
        assert_eq!(answer.targets.len(), 10);
        assert_eq!(stage.count("ec2:ReplaceRoute"), 150);
    });
}

#[test]
fn a_hundred_tables_with_nowhere_to_go_made_a_notice_that_sns_refuses() {
    run(async {
        let (account, topology) = many_targets(1, 500);
        let mut stage = Stage::with(account, &topology);
        stage.sandbox.change(|account, _| account.ec2_mut().nat_gateways.retain(|gateway| gateway.id != "nat-0-b"));
        let held = alarm(&mut stage, ALARM_A, Alarm).await.expect("alive");
        assert!(held.reason.len() < 500, "{}", held.reason);
        let sizes: Vec<usize> =
            stage.sandbox.account().sns().published.iter().map(|p| p.bodies.values().map(String::len).sum()).collect();
        assert!(sizes.iter().all(|size| *size < 100_000), "{sizes:?}");
    });
}

#[test]
fn what_a_person_noted_was_never_told_when_its_invocation_died() {
    run(async {
        // Dies with the end of the pause written down and nothing told.
        let mut stage = Stage::new();
        look(&mut stage, &command("pause", &json!({}))).await;
        let resume = command("resume", &json!({}));
        stage.faults([FaultRule::once(JOURNAL_WRITE, 0, Fault::KillAfter)]);
        assert!(try_look(&mut stage, &resume).await.is_none());
        heal(&stage).await;
        assert_eq!(look(&mut stage, &resume).await.outcome, Outcome::Settled, "it is resumed already");
        assert_eq!(told(&stage, "it had been paused since"), 1, "{:?}", stage.told());
    });
}

#[test]
fn a_persons_order_was_lost_with_two_notes_that_came_after_its_invocation_had_died() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        stage.sandbox.change(|account, _| _ = account.slow_ms.insert("dynamodb:*".to_owned(), 100));
        assert!(try_look(&mut stage, &command("failover", &json!({ "away_from": "us-east-1a" }))).await.is_none());
        heal(&stage).await;
        // The first note dies with nothing but its lease written, which takes the order's place.
        let ack = command("ack", &json!({}));
        stage.faults([FaultRule::once(JOURNAL_WRITE, 0, Fault::KillBefore)]);
        assert!(try_look(&mut stage, &ack).await.is_none());
        heal(&stage).await;
        look(&mut stage, &ack).await;
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Completed);
        assert_eq!((stage.routes()["app-a"].as_str(), stage.routes()["data-a"].as_str()), (NAT_B, NAT_B));
    });
}

#[test]
fn a_route_was_moved_after_the_lease_had_ended_by_an_invocation_that_slept_for_too_long() {
    run(async {
        let mut account = account();
        account.limits.insert("ec2:ReplaceRoute".to_owned(), Limit { burst: 1, per_second: 1 });
        account.slow_ms.insert(JOURNAL_WRITE.to_owned(), 200);
        let mut stage = Stage::with(account, &topology());
        let watch = LeaseWatch::of_nat(&topology());
        watch.start(&stage.sandbox);
        // It freezes while it waits to make the second write once more, which was throttled.
        stage.faults([FaultRule::once(JOURNAL_WRITE, 0, Fault::Freeze)]);
        alarm(&mut stage, ALARM_A, Alarm).await.expect("alive");
        assert_eq!(watch.broken(), Vec::<String>::new());
    });
}

#[test]
fn a_crossover_was_never_told_when_a_last_write_was_refused_while_its_notice_waited() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every("sns:*", Fault::Timeout)]);
        alarm(&mut stage, ALARM_A, Alarm).await.expect("alive");
        stage.wait(Duration::from_mins(2)).await;
        // A later notice waits too, and the write that gives the lease back is refused, once.
        stage.faults([FaultRule::every("sns:*", Fault::Timeout), FaultRule::once(JOURNAL_WRITE, 1, Fault::Refuse)]);
        assert_eq!(look(&mut stage, &command("failback", &json!({}))).await.outcome, Outcome::Held);
        heal(&stage).await;
        look(&mut stage, &tick()).await;
        assert_eq!((told(&stage, "failover completed"), told(&stage, "HELD")), (1, 1), "{:?}", stage.told());
    });
}

#[test]
fn a_persons_failback_was_blocked_because_it_had_to_leave_a_side_that_failed() {
    run(async {
        let mut stage = Stage::new();
        stage.alarm(ALARM_A, Alarm).await;
        stage.wait(Duration::from_mins(10)).await;
        stage.alarm(ALARM_A, Ok).await;
        stage.wait(Duration::from_mins(10)).await;
        assert_eq!(stage.alarm(ALARM_B, Alarm).await.outcome, Outcome::Held);
        let answer = stage.reconcile(&command("failback", &json!({}))).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
    });
}

#[test]
fn a_target_that_had_been_unhealthy_since_yesterday_held_the_failover_of_a_zone() {
    run(async {
        let (account, topology) = fleet(12, "block = \"1m\"");
        let mut stage = Stage::with(account, &topology);
        stage.set_alarm(&fleet_alarm(1, "us-east-1b"), Alarm);
        stage.ticks(61).await;
        assert_eq!(moved(&stage.sandbox.account()), 1);
        for number in (0..12).filter(|number| number % 3 != 1) {
            stage.set_alarm(&fleet_alarm(number, "us-east-1a"), Alarm);
        }
        let answer = stage.ticks(1).await;
        assert_eq!(moved(&stage.sandbox.account()), 9, "{}", answer.targets[0].reason);
    });
}

#[test]
fn a_switchover_was_taken_up_although_nobody_knew_whether_a_side_was_well() {
    run(async {
        let (account, topology) = three_sides(&[]);
        let mut stage = Stage::with(account, &topology);
        stage.faults([FaultRule::once("dynamodb:UpdateItem", 0, Fault::KillAfter)]);
        assert!(stage.invoke(&command("switchover", &json!({ "away_from": "us-east-1a" }))).await.is_none());
        heal(&stage).await;
        stage.set_alarm(ALARM_C, InsufficientData);
        let answer = stage.reconcile(&tick()).await;
        assert_eq!(answer.outcome, Outcome::Held, "{}", answer.reason);
        assert!(stage.routes().values().filter(|to| to.starts_with("nat-")).filter(|to| to.ends_with('1')).count() == 2);
    });
}

#[test]
fn a_switchover_whose_side_failed_before_it_was_taken_up_is_a_failover() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::once("ec2:ReplaceRoute", 0, Fault::KillBefore)]);
        assert!(stage.invoke(&command("switchover", &json!({ "away_from": "us-east-1a" }))).await.is_none());
        heal(&stage).await;
        stage.set_alarm(ALARM_A, Alarm);
        let answer = stage.reconcile(&tick()).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
        assert_eq!(stage.routes()["app-a"], NAT_B);
    });
}

#[test]
fn without_the_journal_every_tick_paged_that_everyone_is_sick() {
    run(async {
        let mut stage = Stage::new();
        stage.faults([FaultRule::every("dynamodb:*", Fault::ServerError)]);
        stage.set_alarm(ALARM_A, Alarm);
        stage.set_alarm(ALARM_B, Alarm);
        let began = stage.sandbox.now();
        stage.ticks(120).await;
        // Without the journal each tick takes some seconds more than its minute.
        let minutes = usize::try_from(stage.sandbox.now().duration_since(began).as_mins().unsigned_abs()).expect("few");
        assert!((2..=minutes / 5 + 4).contains(&stage.told().len()), "in {minutes} minutes: {:?}", stage.told());
    });
}

#[test]
fn a_wish_for_a_side_that_was_empty_already_was_not_told() {
    run(async {
        let mut stage = Stage::new();
        stage.alarm(ALARM_A, Alarm).await;
        let answer = stage.reconcile(&command("failover", &json!({ "away_from": "us-east-1a" }))).await;
        assert_eq!(answer.outcome, Outcome::Settled, "{}", answer.reason);
        assert_eq!(told(&stage, "failover away from us-east-1a by tester"), 1, "{:?}", stage.told());
    });
}

#[test]
fn a_status_said_nothing_while_the_routes_could_not_be_read() {
    run(async {
        let mut stage = Stage::new();
        stage.alarm(ALARM_A, Alarm).await;
        stage.faults([FaultRule::every("ec2:Describe*", Fault::Refuse)]);
        let answer = stage.reconcile(&json!({ "command": "status", "target": TARGET })).await;
        assert_eq!(answer.status.expect("a status").away.len(), 2);
    });
}

#[test]
fn a_notice_was_said_to_be_kept_by_an_invocation_that_had_lost_its_lease() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, Alarm);
        stage.set_alarm(ALARM_B, Alarm);
        stage.faults([FaultRule::every("sns:*", Fault::Refuse), FaultRule::once("dynamodb:UpdateItem", 0, Fault::Freeze)]);
        let (first, second, tick) = (stage.invocation(), stage.invocation(), tick());
        let later = async {
            stage.wait(Duration::from_secs(61)).await;
            let second = Invocation { deadline: stage.sandbox.now() + TIME_LIMIT, ..second };
            stage.invoke_as(&second, &tick).await
        };
        let (frozen, _) = futures::join!(stage.invoke_as(&first, &tick), later);
        let remarks = frozen.expect("alive").targets.remove(0).remarks;
        assert!(remarks.iter().any(|remark| remark.contains("took the lease")), "{remarks:?}");
        assert!(!remarks.iter().any(|remark| remark.contains("it is kept in the journal")), "{remarks:?}");
    });
}

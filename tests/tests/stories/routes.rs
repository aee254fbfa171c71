//! What can be true of route tables: other destinations, other targets, other people.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::{
    Ec2Account,
    sandbox::{Instance, Interface, RouteTable, Subnet},
};
use crossover_engine::ports::Clock;
use crossover_model::{alarm::AlarmState, answer::TargetAnswer, outcome::Outcome, step::StepResult};
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::stage::{ALARM_A, Stage, account, alarm_event, command, tick, topology, topology_with};
use serde_json::json;

const NAT_A: &str = "nat-0a1b2c3d4e5f60001";
const NAT_B: &str = "nat-0a1b2c3d4e5f60002";
const VPC: &str = "vpc-0a1b2c3d4e5f60000";

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

async fn alarm(stage: &mut Stage) -> TargetAnswer {
    stage.set_alarm(ALARM_A, AlarmState::Alarm);
    let event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
    stage.invoke(&event).await.expect("nobody is killed").targets.remove(0)
}

fn table<'a>(account: &'a Account, name: &str) -> &'a RouteTable {
    account.ec2().route_tables.iter().find(|table| table.tags.get("Name").is_some_and(|tag| tag == name)).expect("the table")
}

fn table_mut<'a>(account: &'a mut Account, name: &str) -> &'a mut RouteTable {
    account
        .ec2_mut()
        .route_tables
        .iter_mut()
        .find(|table| table.tags.get("Name").is_some_and(|tag| tag == name))
        .expect("the table")
}

fn route(stage: &Stage, name: &str, destination: &str) -> String {
    table(&stage.sandbox.account(), name).routes[destination].clone()
}

/// So many more tables in the first zone.
fn with_tables(more: usize) -> Account {
    let mut account = account();
    for number in 0..more {
        let subnet = format!("subnet-{number:04}");
        account.ec2_mut().subnets.push(Subnet {
            id: subnet.clone(),
            vpc: VPC.to_owned(),
            zone: "us-east-1a".to_owned(),
            used: None,
        });
        account.ec2_mut().route_tables.push(RouteTable {
            id: format!("rtb-{number:04}"),
            vpc: VPC.to_owned(),
            main: false,
            subnets: vec![subnet],
            tags: [("Name".to_owned(), format!("more-{number:04}"))].into(),
            routes: [("0.0.0.0/0".to_owned(), NAT_A.to_owned())].into(),
        });
    }
    account
}

#[test]
fn ipv6_nat64_and_prefix_lists_move_as_declared_and_the_rest_stays() {
    run(async {
        let mut account = account();
        let app = table_mut(&mut account, "app-a");
        for destination in ["64:ff9b::/96", "pl-0123456789", "::/0", "192.0.2.0/24"] {
            app.routes.insert(destination.to_owned(), NAT_A.to_owned());
        }
        table_mut(&mut account, "data-a").routes.insert("0.0.0.0/0".to_owned(), "tgw-1".to_owned());
        let topology = topology_with(&[("destinations", "[\"0.0.0.0/0\", \"64:ff9b::/96\", \"pl-0123456789\", \"::/0\"]")]);
        let mut stage = Stage::with(account, &topology);
        let answer = alarm(&mut stage).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
        for destination in ["0.0.0.0/0", "64:ff9b::/96", "pl-0123456789", "::/0"] {
            assert_eq!(route(&stage, "app-a", destination), NAT_B);
        }
        assert_eq!(route(&stage, "app-a", "192.0.2.0/24"), NAT_A, "not declared, so not touched");
        assert_eq!(route(&stage, "data-a", "0.0.0.0/0"), "tgw-1", "leads elsewhere, so not touched");
        assert_eq!(route(&stage, "public", "0.0.0.0/0"), "igw-0a1b2c3d4e5f60001");
    });
}

#[test]
fn nat_instances_and_interfaces_are_gateways_too() {
    run(async {
        let mut account = account();
        account.ec2_mut().instances.push(Instance {
            id: "i-01".to_owned(),
            state: "running".to_owned(),
            source_dest_check: false,
            interface: "eni-01".to_owned(),
            ..Instance::default()
        });
        account.ec2_mut().interfaces.push(Interface {
            id: "eni-02".to_owned(),
            status: "in-use".to_owned(),
            source_dest_check: false,
            ..Interface::default()
        });
        for name in ["app-a", "data-a"] {
            table_mut(&mut account, name).routes.insert("0.0.0.0/0".to_owned(), "i-01".to_owned());
        }
        let topology = topology().replace(NAT_A, "i-01").replace(NAT_B, "eni-02");
        let mut stage = Stage::with(account.clone(), &topology);
        assert_eq!(alarm(&mut stage).await.outcome, Outcome::Completed);
        assert_eq!(route(&stage, "app-a", "0.0.0.0/0"), "eni-02");

        account.ec2_mut().interfaces[0].source_dest_check = true;
        let held = alarm(&mut Stage::with(account, &topology)).await;
        assert_eq!(held.outcome, Outcome::Held);
        assert!(held.reason.contains("source/destination check enabled"), "{}", held.reason);
    });
}

#[test]
fn a_blackholed_route_is_moved_and_told() {
    run(async {
        let mut account = account();
        account.ec2_mut().nat_gateways[0].state = "deleted".to_owned();
        let mut stage = Stage::with(account, &topology());
        let quiet = stage.invoke(&tick()).await.expect("nobody is killed").targets.remove(0);
        assert!(quiet.remarks[0].starts_with("blackhole routes that drop all traffic"), "{:?}", quiet.remarks);
        assert_eq!(alarm(&mut stage).await.outcome, Outcome::Completed);
        assert_eq!(route(&stage, "app-a", "0.0.0.0/0"), NAT_B);
    });
}

#[test]
fn the_main_tables_home_is_the_zone_of_the_subnets_that_name_no_other() {
    run(async {
        let mut account = account();
        table_mut(&mut account, "app-a").subnets.clear();
        table_mut(&mut account, "main").routes.insert("0.0.0.0/0".to_owned(), NAT_A.to_owned());
        let mut stage = Stage::with(account, &topology());
        alarm(&mut stage).await;
        assert_eq!(route(&stage, "main", "0.0.0.0/0"), NAT_B);
        stage.set_alarm(ALARM_A, AlarmState::Ok);
        stage.wait(Duration::from_mins(1)).await;
        stage.invoke(&command("failback", &json!({}))).await.expect("nobody is killed");
        assert_eq!(route(&stage, "main", "0.0.0.0/0"), NAT_A);
    });
}

#[test]
fn a_table_whose_home_is_unknown_moves_on_failover_stays_on_failback_and_is_told() {
    run(async {
        let mut account = account();
        let both = table_mut(&mut account, "data-a");
        both.subnets.push("subnet-0a1b2c3d4e5f6b200".to_owned());
        table_mut(&mut account, "data-b").subnets.clear();
        let mut stage = Stage::with(account, &topology());
        let answer = alarm(&mut stage).await;
        assert_eq!(route(&stage, "data-a", "0.0.0.0/0"), NAT_B);
        assert!(answer.remarks.iter().any(|remark| remark.contains("is not known")), "{:?}", answer.remarks);
        stage.set_alarm(ALARM_A, AlarmState::Ok);
        stage.wait(Duration::from_mins(1)).await;
        assert_eq!(stage.invoke(&tick()).await.expect("alive").outcome, Outcome::Settled);
        stage.invoke(&command("failback", &json!({}))).await.expect("nobody is killed");
        assert_eq!(route(&stage, "app-a", "0.0.0.0/0"), NAT_A);
        assert_eq!(route(&stage, "data-a", "0.0.0.0/0"), NAT_B);
        stage.wait(Duration::from_mins(1)).await;
        let told = stage.told().len();
        assert_eq!(stage.invoke(&tick()).await.expect("alive").outcome, Outcome::Settled);
        assert_eq!(stage.told().len(), told, "{:?}", stage.told());
    });
}

#[test]
fn a_side_may_name_its_tables_or_their_tags() {
    run(async {
        let mut account = account();
        table_mut(&mut account, "data-b").tags.insert("egress".to_owned(), "a".to_owned());
        table_mut(&mut account, "data-b").routes.insert("0.0.0.0/0".to_owned(), NAT_A.to_owned());
        let tagged = format!("gateway = \"{NAT_A}\"\ntables_tagged = {{ egress = \"a\" }}");
        let topology = topology().replacen(&format!("gateway = \"{NAT_A}\""), &tagged, 1);
        let mut stage = Stage::with(account, &topology);
        alarm(&mut stage).await;
        stage.set_alarm(ALARM_A, AlarmState::Ok);
        stage.wait(Duration::from_mins(1)).await;
        stage.invoke(&command("failback", &json!({}))).await.expect("nobody is killed");
        assert_eq!(route(&stage, "data-b", "0.0.0.0/0"), NAT_A);
    });
}

#[test]
fn a_table_that_fails_does_not_stop_the_others_and_is_tried_again() {
    run(async {
        let mut stage = Stage::new();
        let failing = table(&stage.sandbox.account(), "app-a").id.clone();
        stage.faults([FaultRule { resource: Some(failing), ..FaultRule::every("ec2:ReplaceRoute", Fault::Refuse) }]);
        let answer = alarm(&mut stage).await;
        assert_eq!(answer.outcome, Outcome::Partial);
        assert_eq!(answer.steps.iter().map(|step| step.result).collect::<Vec<_>>(), [StepResult::Refused, StepResult::Done]);
        assert_eq!(route(&stage, "data-a", "0.0.0.0/0"), NAT_B);
        assert!(stage.told()[0].contains("PARTIAL, 1 of 2 steps done"), "{:?}", stage.told());

        for _ in 0..3 {
            stage.wait(Duration::from_mins(1)).await;
            stage.invoke(&tick()).await.expect("alive");
        }
        assert_eq!(stage.told().len(), 1, "the same is told once: {:?}", stage.told());
        stage.faults([]);
        stage.wait(Duration::from_mins(1)).await;
        assert_eq!(stage.invoke(&tick()).await.expect("alive").outcome, Outcome::Completed);
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1);
        assert_eq!(stage.told().len(), 2);
    });
}

#[test]
fn what_somebody_else_changed_meanwhile_is_reported() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        let event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
        let somebody = async {
            // After our write of 60 ms, before our second look.
            stage.sandbox.sleep(Duration::from_millis(65)).await;
            stage.sandbox.change(|account, _| {
                table_mut(account, "app-a").routes.insert("0.0.0.0/0".to_owned(), "tgw-1".to_owned());
                table_mut(account, "data-a").routes.remove("0.0.0.0/0");
            });
        };
        let invocation = crossover_engine::environment::Invocation {
            holder: "us".to_owned(),
            deadline: stage.sandbox.now() + jiff::SignedDuration::from_secs(60),
            dry_run: false,
            own: None,
        };
        let (answer, ()) = tokio::join!(stage.controller.handle(&event, &invocation), somebody);
        let details: Vec<_> = answer.targets[0].steps.iter().map(|step| step.detail.clone().unwrap_or_default()).collect();
        assert_eq!(answer.outcome, Outcome::Failed);
        assert_eq!(details, ["it leads to tgw-1: another writer changed it", "the route no longer exists"]);
        stage.wait(Duration::from_mins(1)).await;
        stage.invoke(&tick()).await.expect("alive");
        assert_eq!(route(&stage, "app-a", "0.0.0.0/0"), "tgw-1");
    });
}

#[test]
fn a_change_that_is_seen_late_is_waited_for() {
    run(async {
        let mut account = account();
        account.ec2_mut().routes_lag_ms = 700;
        let mut stage = Stage::with(account, &topology());
        assert_eq!(alarm(&mut stage).await.outcome, Outcome::Completed);
        assert_eq!(stage.count("ec2:ReplaceRoute"), 2);
    });
}

#[test]
fn many_tables_go_at_the_pace_of_the_bucket_without_a_storm() {
    run(async {
        for tables in [48, 62, 198] {
            let mut stage = Stage::with(with_tables(tables), &topology());
            let answer = alarm(&mut stage).await;
            let steps = tables + 2;
            assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
            assert_eq!(stage.count("ec2:ReplaceRoute"), steps, "calls made for {steps} calls needed");
            let bound = u64::try_from(steps.saturating_sub(50)).expect("small") * 200;
            assert!(answer.took_ms <= bound + bound / 10 + 1000, "{steps} tables took {} ms of {bound}", answer.took_ms);
        }
    });
}

#[test]
fn a_bucket_that_others_have_emptied_is_waited_for() {
    run(async {
        let mut account = with_tables(30);
        account.limits.get_mut("ec2:ReplaceRoute").expect("the limit").burst = 10;
        let mut stage = Stage::with(account, &topology());
        let answer = alarm(&mut stage).await;
        assert_eq!(answer.outcome, Outcome::Completed, "{}", answer.reason);
        let calls = stage.count("ec2:ReplaceRoute");
        assert!(calls <= 32 * 2, "{calls} calls for 32 tables");
    });
}

#[test]
fn a_table_that_can_not_be_moved_holds_up_none_of_those_behind_it() {
    run(async {
        let mut stage = Stage::with(with_tables(198), &topology());
        let first =
            FaultRule { resource: Some("rtb-0000".to_owned()), ..FaultRule::every("ec2:ReplaceRoute", Fault::ServerError) };
        stage.faults([first]);
        let answer = alarm(&mut stage).await;
        assert_eq!(answer.outcome, Outcome::Partial, "{}", answer.reason);
        let moved = answer.steps.iter().filter(|step| step.result == StepResult::Done).count();
        assert_eq!((moved, answer.steps.len()), (199, 200), "{}", answer.reason);
        assert!(answer.steps.is_sorted_by_key(|step| &step.card.resource), "as they were planned");
    });
}

#[test]
fn when_the_time_runs_out_the_next_invocation_goes_on() {
    run(async {
        let mut stage = Stage::with(with_tables(398), &topology());
        assert_eq!(alarm(&mut stage).await.outcome, Outcome::Pending);
        stage.wait(Duration::from_secs(5)).await;
        assert_eq!(stage.invoke(&tick()).await.expect("alive").outcome, Outcome::Completed);
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1);
        assert_eq!(stage.sandbox.account().dynamodb().crossovers[0].steps.len(), 400);
        // The second invocation can't know that the first one emptied the bucket.
        let calls = stage.count("ec2:ReplaceRoute");
        assert!(calls <= 440, "{calls} calls for 400 tables");
    });
}

//! Gateways that can't serve a zone, and those that are no longer what the topology declares.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_ec2::{
    Ec2Account,
    sandbox::{Instance, Interface},
};
use crossover_model::{
    alarm::AlarmState::{Alarm, InsufficientData, Ok},
    hold::Held,
    outcome::Outcome,
};
use crossover_sandbox::Account;
use crossover_tests::stage::{ALARM_A, Stage, account, command, tick, topology};
use serde_json::json;

use crate::audit::found;

const NAT_A: &str = "nat-0a1b2c3d4e5f60001";
const NAT_B: &str = "nat-0a1b2c3d4e5f60002";
const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

/// The example, where the gateway of the second zone is what `change` makes of it.
fn with_second(change: impl FnOnce(&mut Account)) -> Account {
    let mut account = account();
    change(&mut account);
    account
}

fn all_at(stage: &Stage, gateway: &str) -> bool {
    stage.routes().iter().all(|(table, via)| table == "public" || via == gateway)
}

/// The subnet of a zone of the example.
fn subnet_in(account: &Account, zone: &str) -> Option<String> {
    account.ec2().subnets.iter().find(|subnet| subnet.zone == zone).map(|subnet| subnet.id.clone())
}

/// The example with NAT instances as gateways, each in its zone.
fn with_instances() -> (Account, String) {
    let mut account = account();
    for (number, zone) in [("1", ZONES[0]), ("2", ZONES[1])] {
        account.ec2_mut().instances.push(Instance {
            id: format!("i-{number}"),
            state: "running".to_owned(),
            interface: format!("eni-{number}"),
            zone: Some(zone.to_owned()),
            ..Instance::default()
        });
    }
    for table in &mut account.ec2_mut().route_tables {
        for via in table.routes.values_mut() {
            *via = via.replace(NAT_A, "i-1").replace(NAT_B, "i-2");
        }
    }
    (account, topology().replace(NAT_A, "i-1").replace(NAT_B, "i-2"))
}

#[test]
fn a_terminated_instance_whose_routes_show_only_its_interface_is_left() {
    for forgotten in [false, true] {
        run(async {
            let (account, topology) = with_instances();
            let mut stage = Stage::with(account, &topology);
            stage.sandbox.change(|account, _| {
                // EC2 shows a terminated instance for about an hour.
                if forgotten {
                    account.ec2_mut().instances.remove(0);
                    for table in &mut account.ec2_mut().route_tables {
                        table.routes.values_mut().filter(|via| *via == "i-1").for_each(|via| *via = "eni-1".to_owned());
                    }
                } else {
                    "terminated".clone_into(&mut account.ec2_mut().instances[0].state);
                }
            });
            // EC2's own word is told while its alarm has no data.
            stage.set_alarm(ALARM_A, InsufficientData);
            let held = stage.reconcile(&tick()).await;
            assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::CannotServe)), "{held:?}");
            let answer = stage.alarm(ALARM_A, Alarm).await;
            assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
            assert!(all_at(&stage, "i-2"), "{:?}", stage.routes());
            assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Settled);
        });
    }
}

#[test]
fn an_order_leaves_a_terminated_instance_too() {
    run(async {
        let (account, topology) = with_instances();
        let mut stage = Stage::with(account, &topology);
        stage.sandbox.change(|account, _| "terminated".clone_into(&mut account.ec2_mut().instances[0].state));
        let order = command("failover", &json!({ "away_from": "us-east-1a" }));
        assert_eq!(stage.reconcile(&order).await.outcome, Outcome::Completed);
        assert!(all_at(&stage, "i-2"), "{:?}", stage.routes());
    });
}

/// Second gateways that EC2 calls available, and that can't take the traffic of another zone.
fn unable() -> Vec<(&'static str, Account, String)> {
    let private = with_second(|account| account.ec2_mut().nat_gateways[1].private = true);
    let regional = with_second(|account| account.ec2_mut().nat_gateways[1].regional = true);
    let elsewhere = with_second(|account| account.ec2_mut().nat_gateways[1].subnet = subnet_in(account, ZONES[0]));
    let several = with_second(|account| {
        account.ec2_mut().instances.push(Instance {
            id: "i-2".to_owned(),
            state: "running".to_owned(),
            interface: "eni-2".to_owned(),
            several_interfaces: true,
            ..Instance::default()
        });
    });
    let stopped = with_second(|account| {
        account.ec2_mut().interfaces.push(Interface {
            id: "eni-2".to_owned(),
            status: "in-use".to_owned(),
            of_stopped: true,
            ..Interface::default()
        });
    });
    let by = |gateway: &str| topology().replace(NAT_B, gateway);
    vec![
        ("is a private NAT gateway", private, topology()),
        ("is a regional NAT gateway", regional, topology()),
        ("is in us-east-1a, and not in us-east-1b", elsewhere, topology()),
        ("has several network interfaces", several, by("i-2")),
        ("is the interface of an instance that does not run", stopped, by("eni-2")),
    ]
}

#[test]
fn a_gateway_that_cannot_serve_another_zone_is_no_destination_and_a_finding() {
    for (words, account, topology) in unable() {
        let findings = found(account.clone(), &topology);
        assert!(findings.contains(&"error gateway-unable: gateway of us-east-1b".to_owned()), "{words}: {findings:?}");
        run(async {
            let mut stage = Stage::with(account, &topology);
            let held = stage.alarm(ALARM_A, Alarm).await;
            assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::NoSideAble)), "{words}: {held:?}");
            assert!(held.reason.contains(words), "{words}: {}", held.reason);
            assert_eq!(stage.count("ec2:ReplaceRoute"), 0, "{words}");
        });
    }
}

#[test]
fn swapped_gateways_are_found_and_nothing_moves_to_the_failed_zone() {
    let mut account = account();
    for (index, zone) in ZONES.iter().enumerate() {
        let subnet = subnet_in(&account, zone);
        account.ec2_mut().nat_gateways[index].subnet = subnet;
    }
    assert_eq!(found(account.clone(), &topology()).iter().filter(|line| line.contains("gateway-unable")).count(), 0);
    let swapped = topology().replace(NAT_A, "nat-x").replace(NAT_B, NAT_A).replace("nat-x", NAT_B);
    let findings = found(account.clone(), &swapped);
    for zone in ZONES {
        assert!(findings.contains(&format!("error gateway-unable: gateway of {zone}")), "{findings:?}");
    }
    run(async {
        let mut stage = Stage::with(account, &swapped);
        let before = stage.routes();
        let held = stage.alarm(ALARM_A, Alarm).await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        assert_eq!(stage.routes(), before);
        stage.set_alarm(ALARM_A, Ok);
    });
}

#[test]
fn a_declared_table_that_is_not_there_or_has_nothing_to_move_is_a_finding() {
    let with = |table: &str| topology().replacen("gateway = ", &format!("tables = [\"rtb-gone\", \"{table}\"]\ngateway = "), 1);
    let mut account = account();
    let mut idle = account.ec2().route_tables[0].clone();
    "rtb-idle".clone_into(&mut idle.id);
    idle.routes.clear();
    idle.subnets.clear();
    account.ec2_mut().route_tables.push(idle);
    let findings = found(account, &with("rtb-idle"));
    assert!(findings.contains(&"error missing: rtb-gone".to_owned()), "{findings:?}");
    assert!(findings.contains(&"error nothing-to-move: rtb-idle".to_owned()), "{findings:?}");
}

#[test]
fn a_side_that_is_no_zone_of_the_vpc_is_said_as_what_it_is() {
    for (zone, words) in
        [("use1-az1", "is a zone's id"), ("us-east-9z", "may be a zone's name"), ("primary", "is not the name of a zone")]
    {
        let findings = crate::audit::findings(account(), &topology().replace("us-east-1a", zone));
        let found = findings.iter().find(|finding| finding.resource == format!("zone {zone}"));
        assert!(found.is_some_and(|finding| finding.what.starts_with(words)), "{zone}: {findings:?}");
    }
}

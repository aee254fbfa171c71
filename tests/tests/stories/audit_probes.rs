//! What a check finds of the probes that watch a way out, and that it finds nothing where there is nothing to find.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::BTreeMap;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_ec2::{
    Ec2Account,
    sandbox::{RouteTable, Subnet},
};
use crossover_kinds::sections;
use crossover_model::alarm::AlarmMetric;
use crossover_sandbox::Account;
use crossover_tests::stage;

use crate::audit::found;

#[test]
fn a_way_out_that_no_probe_watches_is_found() {
    let on = |metrics: [&[&str]; 2]| {
        let mut account = stage::account();
        for (alarm, metrics) in account.cloudwatch_mut().alarms.iter_mut().zip(metrics) {
            let zone = |metric: &str| metric.split_once('/').map(|(_, zone)| zone.to_owned());
            let metric =
                |metric: &&str| AlarmMetric { name: metric.split('/').next().unwrap_or_default().to_owned(), zone: zone(metric) };
            alarm.metrics = metrics.iter().map(metric).collect();
        }
        found(account, &stage::topology())
    };
    let missing = |zone: &str| format!("warning: {zone} no probe watches it, and AWS publishes no health of a gateway's path");
    assert_eq!(
        on([&["PacketsDropCount"], &["ErrorPortAllocation", "ConnectionAttemptCount"]]),
        ["us-east-1a", "us-east-1b"].map(missing)
    );
    assert_eq!(on([&["ProbeReachable"], &["PacketsDropCount"]]), [missing("us-east-1b")]);
    assert_eq!(on([&["ProbeReachable"], &["PacketsDropCount", "ProbeReachable"]]), Vec::<String>::new());
    assert_eq!(on([&[], &[]]), Vec::<String>::new(), "what a composite alarm is made of is not known");

    // The probe of another zone is none.
    assert_eq!(on([&["ProbeReachable/us-east-1a"], &["ProbeReachable/us-east-1b"]]), Vec::<String>::new());
    assert_eq!(
        on([&["ProbeReachable/us-east-1b"], &["ProbeReachable/us-east-1b"]]),
        [
            "error: alarm nat-use1a-unreachable at us-east-1a is on the probe of us-east-1b, and speaks for us-east-1a, of which it knows nothing"
                .to_owned(),
            missing("us-east-1a")
        ]
    );
    let both = &["ProbeReachable/us-east-1b", "ProbeReachable/us-east-1a"];
    assert_eq!(
        on([both, &["ProbeReachable"]]),
        Vec::<String>::new(),
        "one of them is its own, and whose the other is is not said"
    );
}

/// The example with a probe behind a table of its own in each zone, and what a check finds of it after a change.
fn found_with_probes(change: impl FnOnce(&mut Account, &mut String)) -> Vec<String> {
    let (mut account, mut topology) = (stage::account(), stage::topology());
    let vpc = account.ec2().subnets[0].vpc.clone();
    for (number, zone) in ["us-east-1a", "us-east-1b"].into_iter().enumerate() {
        let (table, subnet) = (format!("rtb-probe-{number}"), format!("subnet-probe-{number}"));
        let gateway = account.ec2().nat_gateways[number].id.clone();
        account.ec2_mut().route_tables.push(RouteTable {
            id: table.clone(),
            vpc: vpc.clone(),
            main: false,
            subnets: vec![subnet.clone()],
            tags: BTreeMap::new(),
            routes: [("0.0.0.0/0".to_owned(), gateway.clone()), ("10.0.0.0/16".to_owned(), "local".to_owned())].into(),
        });
        account.ec2_mut().subnets.push(Subnet { id: subnet, vpc: vpc.clone(), zone: zone.to_owned(), used: Some(4) });
        let gateway = format!("gateway = \"{gateway}\"");
        topology = topology.replacen(&gateway, &format!("{gateway}\nprobe_table = \"{table}\""), 1);
    }
    change(&mut account, &mut topology);
    let account = Account::parse(&account.print().expect("an account file"), &sections()).expect("an account file");
    found(account, &topology)
}

fn probe_table(account: &mut Account) -> &mut RouteTable {
    account.ec2_mut().route_tables.iter_mut().find(|table| table.id == "rtb-probe-0").expect("the probe's table")
}

#[test]
fn a_probe_that_does_not_see_its_own_gateway_is_found() {
    let finds = |change: &dyn Fn(&mut Account, &mut String), expected: &str| {
        assert_eq!(found_with_probes(change), [expected], "{expected}");
    };
    assert_eq!(found_with_probes(|_, _| ()), Vec::<String>::new());
    let nowhere = "error: rtb-probe-0 is no route table of vpc-0a1b2c3d4e5f60000, so the probe of us-east-1a can't be behind it";
    finds(&|account, _| account.ec2_mut().route_tables.retain(|table| table.id != "rtb-probe-0"), nowhere);
    finds(&|account, _| "vpc-9".clone_into(&mut probe_table(account).vpc), nowhere);

    let own = stage::account().ec2().nat_gateways[0].id.clone();
    let other = stage::account().ec2().nat_gateways[1].id.clone();
    let leads = |to: &str| format!("error: rtb-probe-0 0.0.0.0/0 leads to {to}, so the probe of us-east-1a does not see {own}");
    for to in [other.as_str(), "igw-1"] {
        finds(&|account, _| _ = probe_table(account).routes.insert("0.0.0.0/0".to_owned(), to.to_owned()), &leads(to));
    }
    finds(
        &|account, _| _ = probe_table(account).routes.remove("0.0.0.0/0"),
        &format!("error: rtb-probe-0 has no route for 0.0.0.0/0, so the probe of us-east-1a does not see {own}"),
    );

    // Each is mended, and accepted, by itself.
    let both = found_with_probes(|account, _| {
        probe_table(account).routes.clear();
        probe_table(account).subnets.clear();
    });
    let resources =
        both.iter().map(|line| line.split(" has no ").next().unwrap_or_default().split(" serves ").next().unwrap_or_default());
    assert_eq!(resources.collect::<Vec<_>>(), ["error: rtb-probe-0", "error: rtb-probe-0 in us-east-1a"], "{both:#?}");

    let foreign = "error: rtb-probe-0 in us-east-1a serves no subnet there, so the probe of us-east-1a can't be behind it";
    finds(&|account, _| probe_table(account).subnets = Vec::new(), foreign);
    let other_zone = |account: &mut Account| {
        let subnet = account.ec2_mut().subnets.iter_mut().find(|subnet| subnet.id == "subnet-probe-0").expect("its subnet");
        "us-east-1b".clone_into(&mut subnet.zone);
    };
    finds(&|account, _| other_zone(account), foreign);

    let undeclared = "warning: us-east-1a names no probe_table, so the probe of us-east-1a is moved with the rest, and then sees another gateway";
    finds(&|_, topology| *topology = topology.replace("probe_table = \"rtb-probe-0\"", ""), undeclared);
}

#[test]
fn work_that_stays_behind_with_a_probe_is_found() {
    let used = |counts: &[Option<u32>]| {
        found_with_probes(|account, _| {
            account.ec2_mut().subnets.retain(|subnet| subnet.id != "subnet-probe-0");
            let ids: Vec<String> = (0..counts.len()).map(|number| format!("subnet-{number}")).collect();
            for (id, used) in ids.iter().zip(counts) {
                let vpc = account.ec2().subnets[0].vpc.clone();
                account.ec2_mut().subnets.push(Subnet { id: id.clone(), vpc, zone: "us-east-1a".to_owned(), used: *used });
            }
            probe_table(account).subnets = ids;
        })
    };
    let kept = |what: &str| {
        vec![format!(
            "warning: rtb-probe-0 keeps more than the probe of us-east-1a: {what}; it is never moved, and neither is their work"
        )]
    };
    for alone in [&[None][..], &[Some(0)], &[Some(4)], &[Some(4), Some(0)], &[None, Some(0)]] {
        assert_eq!(used(alone), Vec::<String>::new(), "{alone:?}");
    }
    assert_eq!(used(&[Some(5)]), kept("subnet-0 has 5 in use"));
    assert_eq!(used(&[Some(1), Some(3)]), kept("subnet-0 has 1 in use, subnet-1 has 3 in use"));
    assert_eq!(used(&[None, None]), kept("subnet-0, subnet-1"), "both can't be the probe's");
    // The main table serves whatever names no other.
    let main = found_with_probes(|account, _| {
        account.ec2_mut().route_tables.iter_mut().for_each(|table| table.main = false);
        probe_table(account).main = true;
        let (vpc, zone) = (account.ec2().subnets[0].vpc.clone(), "us-east-1b".to_owned());
        account.ec2_mut().subnets.push(Subnet { id: "subnet-new".to_owned(), vpc, zone, used: Some(2) });
    });
    assert!(main.iter().any(|line| line.contains("keeps more than the probe") && line.contains("subnet-new has 2")), "{main:#?}");
}

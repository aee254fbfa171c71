//! What a check finds of the probes that watch a way out, and that it finds nothing where there is nothing to find.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_ec2::{
    Ec2Account,
    sandbox::{RouteTable, Subnet},
};
use crossover_kinds::registry;
use crossover_model::{alarm::AlarmMetric, finding::Finding};
use crossover_sandbox::Account;
use crossover_tests::stage;

use crate::audit::{findings, found, line};

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
    let missing = |zone: &str| format!("warning no-probe: {zone}");
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
        ["error probe-elsewhere: alarm nat-use1a-unreachable at us-east-1a".to_owned(), missing("us-east-1a")]
    );
    let both = &["ProbeReachable/us-east-1b", "ProbeReachable/us-east-1a"];
    assert_eq!(
        on([both, &["ProbeReachable"]]),
        Vec::<String>::new(),
        "one of them is its own, and whose the other is is not said"
    );
}

/// The example with a probe behind a table of its own in each zone, and what a check finds of it after a change.
fn found_with_probes(change: impl FnOnce(&mut Account, &mut String)) -> Vec<Finding> {
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
    let account = Account::parse(&account.print().expect("an account file"), &registry().sections()).expect("an account file");
    findings(account, &topology)
}

fn probe_table(account: &mut Account) -> &mut RouteTable {
    account.ec2_mut().route_tables.iter_mut().find(|table| table.id == "rtb-probe-0").expect("the probe's table")
}

#[test]
fn a_probe_that_does_not_see_its_own_gateway_is_found() {
    let finds = |change: &dyn Fn(&mut Account, &mut String), expected: &str| {
        let [finding] = &found_with_probes(change)[..] else { panic!("not one finding: {expected}") };
        assert_eq!(line(finding), expected);
        finding.what.clone()
    };
    assert_eq!(found_with_probes(|_, _| ()), Vec::new());
    let table = "error probe-elsewhere: rtb-probe-0";
    let gone = finds(&|account, _| account.ec2_mut().route_tables.retain(|table| table.id != "rtb-probe-0"), table);
    let moved = finds(&|account, _| "vpc-9".clone_into(&mut probe_table(account).vpc), table);

    let other = stage::account().ec2().nat_gateways[1].id.clone();
    let leads = |to: &str| {
        let lead = |account: &mut Account, _: &mut String| {
            probe_table(account).routes.insert("0.0.0.0/0".to_owned(), to.to_owned());
        };
        finds(&lead, "error probe-elsewhere: rtb-probe-0 0.0.0.0/0")
    };
    let [other, internet] = [other.as_str(), "igw-1"].map(leads);
    let nowhere = finds(&|account, _| _ = probe_table(account).routes.remove("0.0.0.0/0"), table);

    // Each is mended, and accepted, by itself.
    let both = found_with_probes(|account, _| {
        probe_table(account).routes.clear();
        probe_table(account).subnets.clear();
    });
    let in_zone = "error probe-elsewhere: rtb-probe-0 in us-east-1a";
    assert_eq!(both.iter().map(line).collect::<Vec<_>>(), [table, in_zone], "{both:#?}");

    let without = finds(&|account, _| probe_table(account).subnets = Vec::new(), in_zone);
    let other_zone = |account: &mut Account| {
        let subnet = account.ec2_mut().subnets.iter_mut().find(|subnet| subnet.id == "subnet-probe-0").expect("its subnet");
        "us-east-1b".clone_into(&mut subnet.zone);
    };
    let foreign = finds(&|account, _| other_zone(account), in_zone);

    let undeclared = finds(
        &|_, topology| *topology = topology.replace("probe_table = \"rtb-probe-0\"", ""),
        "warning probe-elsewhere: us-east-1a",
    );
    insta::assert_snapshot!([gone, moved, other, internet, nowhere, without, foreign, undeclared].join("\n"));
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
    let kept = |counts: &[Option<u32>]| {
        let [finding] = &used(counts)[..] else { panic!("not one finding: {counts:?}") };
        assert_eq!(line(finding), "warning probe-not-alone: rtb-probe-0");
        finding.what.clone()
    };
    for alone in [&[None][..], &[Some(0)], &[Some(4)], &[Some(4), Some(0)], &[None, Some(0)]] {
        assert_eq!(used(alone), Vec::new(), "{alone:?}");
    }
    // Of two whose use is not known, both can't be the probe's.
    insta::assert_snapshot!([&[Some(5)][..], &[Some(1), Some(3)], &[None, None]].map(kept).join("\n"));
    // The main table serves whatever names no other.
    let main = found_with_probes(|account, _| {
        account.ec2_mut().route_tables.iter_mut().for_each(|table| table.main = false);
        probe_table(account).main = true;
        let (vpc, zone) = (account.ec2().subnets[0].vpc.clone(), "us-east-1b".to_owned());
        account.ec2_mut().subnets.push(Subnet { id: "subnet-new".to_owned(), vpc, zone, used: Some(2) });
    });
    let is_it =
        |finding: &Finding| line(finding) == "warning probe-not-alone: rtb-probe-0" && finding.what.contains("subnet-new");
    assert!(main.iter().any(is_it), "{main:#?}");
}

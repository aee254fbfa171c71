//! Every fault on every call of a scenario, for every kind, then ticks: everything ends as it does without the fault.

use std::process::ExitCode;

use crossover_ec2::Ec2Account;
use crossover_kinds::registry;
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_tests::{
    database, dns, harness,
    layout::{self, Layout},
    stage::{account, topology, topology_with},
    sweep::{Cases, Scenario, Subject, of_examples, trials},
};
use libtest_mimic::Trial;

/// The target that always fails among those of [`five_targets`].
const FAILING: usize = 2;

fn subject(name: &str, account: Account, topology: &str) -> Subject {
    Subject::new(name, &registry(), account, topology)
}

/// Both tables of the first zone serve the other zone's subnets too, so that their home is not known.
fn homeless() -> Subject {
    let mut account = account();
    let tables = &mut account.ec2_mut().route_tables;
    let theirs: Vec<String> = tables[4..].iter_mut().flat_map(|table| table.subnets.drain(..)).collect();
    tables[2..4].iter_mut().zip(theirs).for_each(|(table, subnet)| table.subnets.push(subnet));
    subject("nat without a known home", account, &topology()).homeless()
}

/// One of five targets can't be read.
fn five_targets() -> Subject {
    let layout = Layout { targets: 5, sides: 2, tables: 1 };
    let unreadable = FaultRule { resource: Some(layout::vpc(FAILING)), ..FaultRule::every("ec2:DescribeSubnets", Fault::Refuse) };
    subject("five nat", layout.account(), &layout.topology(&[])).with_failing(layout::target(FAILING), unreadable)
}

fn nat(cases: &Cases) -> Vec<Trial> {
    let automatic = topology_with(&[("failback", "\"automatic\""), ("stable_for", "\"5m\""), ("block", "\"10m\"")]);
    let three = Layout { targets: 1, sides: 3, tables: 1 };
    [
        trials(subject("nat", account(), &topology()), &Scenario::ALL, cases),
        trials(subject("nat", account(), &automatic), &[Scenario::AutomaticFailback], cases),
        trials(subject("nat of three sides", three.account(), &three.topology(&[])), &[Scenario::FailbackOfSeveral], cases),
        trials(homeless(), &[Scenario::Failover], cases),
        trials(five_targets(), &[Scenario::LostEvents], cases),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn dns(cases: &Cases) -> Vec<Trial> {
    let of = |way: dns::Way| subject(&format!("dns by {way:?}"), way.account(), &way.topology());
    dns::Way::ALL.into_iter().flat_map(|way| trials(of(way), &[Scenario::Failover, Scenario::Failback], cases)).collect()
}

fn database(cases: &Cases) -> Vec<Trial> {
    use database::Kind;
    let of = |kind: Kind| subject(&format!("database, {kind:?}"), kind.account(), &kind.topology(""));
    // RDS has no switchover for replicas of MySQL.
    let scenarios = |kind| match kind {
        Kind::Replica => &[Scenario::Failover][..],
        _ => &[Scenario::Failover, Scenario::Switchover, Scenario::Failback],
    };
    Kind::ALL.into_iter().flat_map(|kind| trials(of(kind), scenarios(kind), cases)).collect()
}

fn main() -> ExitCode {
    let cases = Cases::default();
    let code = harness::main(
        [nat(&cases), dns(&cases), database(&cases), of_examples(&registry(), &cases)].into_iter().flatten().collect(),
    );
    if cases.count() > 0 {
        println!("{} cases of one fault on one call in all\n", cases.count());
    }
    code
}

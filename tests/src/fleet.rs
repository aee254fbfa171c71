//! Many targets in one account, each with a VPC, gateways and alarms of its own.

use std::fmt::Write;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_ec2::{
    Ec2Account,
    sandbox::{NatGateway, RouteTable, Subnet},
};
use crossover_model::alarm::AlarmState;
use crossover_sandbox::Account;

use crate::stage::account;

/// The zones of target number `number`: every third pair of three zones.
#[must_use]
pub fn zones(number: usize) -> [&'static str; 2] {
    [["us-east-1a", "us-east-1b"], ["us-east-1b", "us-east-1c"], ["us-east-1c", "us-east-1a"]][number % 3]
}

/// The name of target number `number`.
#[must_use]
pub fn name(number: usize) -> String {
    format!("egress-{number:04}")
}

/// The alarm of a zone of target number `number`.
#[must_use]
pub fn alarm(number: usize, zone: &str) -> String {
    format!("{}-{zone}", name(number))
}

/// An account with so many targets of one private table in each of two zones, and their topology
/// with these `[defaults]`.
#[must_use]
pub fn fleet(targets: usize, defaults: &str) -> (Account, String) {
    let mut fleet = account();
    let since = fleet.cloudwatch().alarms[0].since;
    fleet.limits.clear();
    fleet.ec2_mut().subnets.clear();
    fleet.ec2_mut().route_tables.clear();
    fleet.ec2_mut().nat_gateways.clear();
    fleet.cloudwatch_mut().alarms.clear();
    let mut topology = format!("[defaults]\nowner = \"tests\"\n{defaults}\n");
    for number in 0..targets {
        let vpc = format!("vpc-{number}");
        writeln!(topology, "\n[[nat]]\nname = \"{}\"\nvpc = \"{vpc}\"", name(number)).expect("a String takes all");
        for zone in zones(number) {
            let (subnet, gateway) = (format!("subnet-{number}-{zone}"), format!("nat-{number}-{zone}"));
            fleet.ec2_mut().subnets.push(Subnet { id: subnet.clone(), vpc: vpc.clone(), zone: zone.to_owned(), used: None });
            fleet.ec2_mut().route_tables.push(RouteTable {
                id: format!("rtb-{number}-{zone}"),
                vpc: vpc.clone(),
                main: false,
                subnets: vec![subnet],
                tags: [("Name".to_owned(), alarm(number, zone))].into(),
                routes: [("0.0.0.0/0".to_owned(), gateway.clone())].into(),
            });
            fleet.ec2_mut().nat_gateways.push(NatGateway {
                id: gateway.clone(),
                state: "available".to_owned(),
                ..NatGateway::default()
            });
            fleet.cloudwatch_mut().set_alarm(&alarm(number, zone), AlarmState::Ok, since);
            let alarm = alarm(number, zone);
            let side = format!("[[nat.side]]\nzone = \"{zone}\"\ngateway = \"{gateway}\"\nalarms = [\"{alarm}\"]");
            writeln!(topology, "{side}").expect("a String takes all");
        }
    }
    (fleet, topology)
}

/// How many tables lead to another gateway than their own.
#[must_use]
pub fn moved(account: &Account) -> usize {
    let away = |table: &&RouteTable| table.routes["0.0.0.0/0"].trim_start_matches("nat-") != table.id.trim_start_matches("rtb-");
    account.ec2().route_tables.iter().filter(away).count()
}

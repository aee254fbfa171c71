//! Accounts of several targets, each of two or three sides, and as small as they can be.

use std::collections::BTreeMap;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_ec2::{
    Ec2Account,
    sandbox::{NatGateway, RouteTable, Subnet},
};
use crossover_kinds::registry;
use crossover_model::alarm::AlarmState;
use crossover_sandbox::Account;

/// The destination of the routes.
pub const DEFAULT_ROUTE: &str = "0.0.0.0/0";

/// So many targets, with so many sides each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Targets: `egress-0`, …
    pub targets: usize,
    /// Sides of each: `us-east-1a`, …
    pub sides: usize,
    /// Route tables that are at home on each side.
    pub tables: usize,
}

/// A target's name.
#[must_use]
pub fn target(index: usize) -> String {
    format!("egress-{index}")
}

/// A side's name.
#[must_use]
pub fn side(index: usize) -> String {
    format!("us-east-1{}", letter(index))
}

/// The gateway of a target's side.
#[must_use]
pub fn gateway(target: usize, side: usize) -> String {
    format!("nat-{target}{}", letter(side))
}

/// The alarm of a target's side.
#[must_use]
pub fn alarm(target: usize, side: usize) -> String {
    format!("{}-unreachable", gateway(target, side))
}

/// A target's VPC.
#[must_use]
pub fn vpc(target: usize) -> String {
    format!("vpc-{target}")
}

/// A route table that is at home on a target's side.
#[must_use]
pub fn table(target: usize, side: usize, index: usize) -> String {
    format!("rtb-{target}{}{index}", letter(side))
}

fn letter(side: usize) -> char {
    ['a', 'b', 'c'][side]
}

impl Layout {
    /// All sides of all targets.
    pub fn places(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.targets).flat_map(move |target| (0..self.sides).map(move |side| (target, side)))
    }

    /// The account, with everything well and at home.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn account(self) -> Account {
        let time = "2026-03-14T03:12:40Z".parse().expect("a time");
        let mut account = Account::new("111122223333", "us-east-1", time, &registry().sections());
        let since = account.time - jiff::SignedDuration::from_hours(300);
        for (target, side) in self.places() {
            let gateway = gateway(target, side);
            account.cloudwatch_mut().set_alarm(&alarm(target, side), AlarmState::Ok, since);
            for index in 0..self.tables {
                let id = table(target, side, index);
                let subnet = format!("subnet-{id}");
                account.ec2_mut().subnets.push(Subnet {
                    id: subnet.clone(),
                    vpc: vpc(target),
                    zone: self::side(side),
                    used: None,
                });
                account.ec2_mut().route_tables.push(RouteTable {
                    tags: BTreeMap::from([("Name".to_owned(), id.clone())]),
                    id,
                    vpc: vpc(target),
                    main: false,
                    subnets: vec![subnet],
                    routes: BTreeMap::from([(DEFAULT_ROUTE.to_owned(), gateway.clone())]),
                });
            }
            account.ec2_mut().nat_gateways.push(NatGateway {
                id: gateway,
                state: "available".to_owned(),
                ..NatGateway::default()
            });
        }
        account
    }

    /// The topology, with these keys in its defaults.
    #[must_use]
    pub fn topology(self, defaults: &[(&str, &str)]) -> String {
        let side = |target: usize, place: usize| {
            let (zone, gateway, alarm) = (side(place), gateway(target, place), alarm(target, place));
            format!("[[nat.side]]\nzone = \"{zone}\"\ngateway = \"{gateway}\"\nalarms = [\"{alarm}\"]\n")
        };
        let one = |index: usize| {
            let sides: String = (0..self.sides).map(|place| side(index, place)).collect();
            format!("[[nat]]\nname = \"{}\"\nvpc = \"{}\"\n{sides}", target(index), vpc(index))
        };
        let defaults: Vec<String> = defaults.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let targets: Vec<String> = (0..self.targets).map(one).collect();
        format!("[defaults]\nowner = \"tests\"\n{}{}", defaults.concat(), targets.concat())
    }
}

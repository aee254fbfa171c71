//! A NAT target: route tables of a zone that lead to a gateway of it.

use std::{collections::BTreeMap, fmt::Write, time::Instant};

use super::alarms::ALARMS;

const VPC: &str = "vpc-0a1b2c3d4e5f60000";
const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];
const GATEWAYS: [&str; 2] = ["nat-0a1b2c3d4e5f60001", "nat-0a1b2c3d4e5f60002"];

/// Where the default routes of the first zone's tables lead; the other zone has one table.
pub(super) struct Routes {
    leads_to: Vec<&'static str>,
    bucket: Option<Bucket>,
}

/// EC2's token bucket, written anew here: that of the function would agree with its own mistakes.
pub(super) struct Bucket {
    tokens: f64,
    burst: f64,
    per_second: f64,
    filled: Instant,
}

impl Bucket {
    pub(super) fn full(burst: u32, per_second: u32) -> Self {
        let (burst, per_second) = (f64::from(burst), f64::from(per_second));
        Self { tokens: burst, burst, per_second, filled: Instant::now() }
    }

    /// Takes a token, if there is one.
    fn take(&mut self) -> bool {
        let now = Instant::now();
        let refilled = now.duration_since(self.filled).as_secs_f64() * self.per_second;
        (self.tokens, self.filled) = ((self.tokens + refilled).min(self.burst), now);
        let is_there = self.tokens >= 1.0;
        if is_there {
            self.tokens -= 1.0;
        }
        is_there
    }
}

pub(super) fn topology() -> String {
    let side = |side: usize| {
        let [zone, gateway, alarm] = [ZONES[side], GATEWAYS[side], ALARMS[side]];
        format!("[[nat.side]]\nzone = \"{zone}\"\ngateway = \"{gateway}\"\nalarms = [\"{alarm}\"]\n")
    };
    format!("[[nat]]\nname = \"egress-stub\"\nowner = \"tests\"\nvpc = \"{VPC}\"\n{}{}", side(0), side(1))
}

impl Routes {
    pub(super) fn new(tables: usize, bucket: Option<Bucket>) -> Self {
        Self { leads_to: vec![GATEWAYS[0]; tables], bucket }
    }

    pub(super) fn reset(&mut self) {
        self.leads_to.fill(GATEWAYS[0]);
    }

    /// How many tables have been moved.
    pub(super) fn moved(&self) -> usize {
        self.leads_to.iter().filter(|gateway| **gateway == GATEWAYS[1]).count()
    }

    /// Whether the bucket lets a route be replaced now.
    pub(super) fn may_replace(&mut self) -> bool {
        self.bucket.as_mut().is_none_or(Bucket::take)
    }

    pub(super) fn answer(&mut self, call: &str, asked: &BTreeMap<String, String>) -> String {
        match call {
            "DescribeRouteTables" => self.tables(asked),
            "DescribeSubnets" => {
                let subnet = |table: usize| {
                    let zone = ZONES[usize::from(table == self.leads_to.len())];
                    format!(
                        "<subnetId>{}</subnetId><vpcId>{VPC}</vpcId><availabilityZone>{zone}</availabilityZone>",
                        id("subnet", table)
                    )
                };
                set(call, "subnetSet", (0..=self.leads_to.len()).map(subnet), None)
            }
            "DescribeNatGateways" => {
                let gateway = |id: &str| format!("<natGatewayId>{id}</natGatewayId><vpcId>{VPC}</vpcId><state>available</state>");
                set(call, "natGatewaySet", GATEWAYS.into_iter().map(gateway), None)
            }
            "ReplaceRoute" => {
                let table = (0..self.leads_to.len()).find(|table| asked.get("RouteTableId") == Some(&id("rtb", *table)));
                let gateway = GATEWAYS.into_iter().find(|id| asked.get("NatGatewayId").is_some_and(|asked| asked == id));
                if let (Some(table), Some(gateway)) = (table, gateway) {
                    self.leads_to[table] = gateway;
                }
                "<ReplaceRouteResponse><return>true</return></ReplaceRouteResponse>".to_owned()
            }
            _ => String::new(),
        }
    }

    /// The tables of a page: all of them, or those whose ids are asked for.
    fn tables(&self, asked: &BTreeMap<String, String>) -> String {
        let wanted = |table: &usize| {
            let by_id = asked.get("Filter.1.Name").is_some_and(|name| name == "route-table-id");
            !by_id || asked.values().any(|value| *value == id("rtb", *table))
        };
        let number = |key: &str| asked.get(key).and_then(|value| value.parse::<usize>().ok());
        let (from, most) = (number("NextToken").unwrap_or(0), number("MaxResults").unwrap_or(1000));
        let all: Vec<usize> = (0..=self.leads_to.len()).filter(wanted).collect();
        let table = |table: &usize| {
            let gateway = self.leads_to.get(*table).unwrap_or(&GATEWAYS[1]);
            format!(
                "<routeTableId>{}</routeTableId><vpcId>{VPC}</vpcId><routeSet><item><destinationCidrBlock>0.0.0.0/0\
                 </destinationCidrBlock><natGatewayId>{gateway}</natGatewayId><state>active</state></item></routeSet>\
                 <associationSet><item><subnetId>{}</subnetId><main>false</main></item></associationSet><tagSet/>",
                id("rtb", *table),
                id("subnet", *table)
            )
        };
        let next = (all.len() > from + most).then_some(from + most);
        set("DescribeRouteTables", "routeTableSet", all.iter().skip(from).take(most).map(table), next)
    }
}

fn set(call: &str, name: &str, items: impl Iterator<Item = String>, next: Option<usize>) -> String {
    let mut inside = String::new();
    for item in items {
        write!(inside, "<item>{item}</item>").expect("a String takes all");
    }
    let next = next.map_or_else(String::new, |next| format!("<nextToken>{next}</nextToken>"));
    format!("<{call}Response><requestId>stub</requestId><{name}>{inside}</{name}>{next}</{call}Response>")
}

fn id(prefix: &str, number: usize) -> String {
    format!("{prefix}-{number:017x}")
}

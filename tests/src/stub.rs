//! An AWS that answers at once, with what a NAT target needs of it: for counts and times that must not depend on
//! how fast an emulator is.
//!
//! It checks nothing. What it answers to the same calls, the emulators of the contract suite answer too.

#![expect(clippy::disallowed_methods, reason = "its token bucket fills by the real clock, as the process under test sees it")]

use std::{
    collections::BTreeMap,
    fmt::Write,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use crossover_controller::pace::Bucket;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{cbor, proxy};

const VPC: &str = "vpc-0a1b2c3d4e5f60000";
const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];
const GATEWAYS: [&str; 2] = ["nat-0a1b2c3d4e5f60001", "nat-0a1b2c3d4e5f60002"];
const ALARMS: [&str; 2] = ["stub-a-unreachable", "stub-b-unreachable"];
/// The target.
pub const TARGET: &str = "egress-stub";

/// A target with so many tables in its first zone, whose alarm has gone off, and one in the other.
pub struct Stub(Mutex<State>);

struct State {
    /// Where the default route of each table of the first zone leads.
    leads_to: Vec<&'static str>,
    /// The journal's items.
    items: BTreeMap<String, Map<String, Value>>,
    alarm: &'static str,
    bucket: Option<Bucket>,
}

impl Stub {
    /// One with so many tables to be moved.
    #[must_use]
    pub fn new(tables: usize) -> Self {
        let (leads_to, items) = (vec![GATEWAYS[0]; tables], BTreeMap::new());
        Self(Mutex::new(State { leads_to, items, alarm: "ALARM", bucket: None }))
    }

    /// The same, with `ReplaceRoute` under a token bucket: `burst` at once, then `per_second`.
    #[must_use]
    pub fn limited(tables: usize, burst: u32, per_second: u32) -> Self {
        let stub = Self::new(tables);
        stub.lock().bucket = Some(Bucket::new(burst, per_second, Timestamp::now()));
        stub
    }

    /// How many tables have been moved.
    #[must_use]
    pub fn moved(&self) -> usize {
        self.lock().leads_to.iter().filter(|gateway| **gateway == GATEWAYS[1]).count()
    }

    /// As it was at first, with nothing remembered.
    pub fn reset(&self) {
        let mut state = self.lock();
        state.leads_to.fill(GATEWAYS[0]);
        state.items.clear();
    }

    /// Puts the alarm of the first zone into a state.
    pub fn set_alarm(&self, becomes: &'static str) {
        self.lock().alarm = becomes;
    }

    /// The target's topology.
    #[must_use]
    pub fn topology() -> String {
        let side = |side: usize| {
            let [zone, gateway, alarm] = [ZONES[side], GATEWAYS[side], ALARMS[side]];
            format!("[[nat.side]]\nzone = \"{zone}\"\ngateway = \"{gateway}\"\nalarms = [\"{alarm}\"]\n")
        };
        format!("[[nat]]\nname = \"{TARGET}\"\nowner = \"tests\"\nvpc = \"{VPC}\"\n{}{}", side(0), side(1))
    }

    /// An environment for the function, whose every call goes to `address`.
    #[must_use]
    pub fn environment(topology: &Path, address: &str) -> Vec<(String, String)> {
        [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL", address),
            ("CROSSOVER_TOPOLOGY", topology.to_str().expect("a plain path")),
            ("CROSSOVER_TABLE", "stub-journal"),
            ("CROSSOVER_TOPIC_ARN", "arn:aws:sns:us-east-1:111122223333:stub"),
            ("CROSSOVER_MODE", "armed"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    /// The event of the first zone's alarm, through EventBridge.
    #[must_use]
    pub fn event(state: &str) -> Value {
        json!({
            "source": "aws.cloudwatch",
            "detail-type": "CloudWatch Alarm State Change",
            "detail": { "alarmName": ALARMS[0], "state": { "value": state } },
        })
    }

    /// Answers the call that needs these actions.
    pub(crate) fn answer(&self, needed: &[String], headers: &HeaderMap, body: &Bytes) -> Response {
        let mut state = self.lock();
        let Some(action) = needed.first() else { return StatusCode::NOT_FOUND.into_response() };
        match action.split_once(':') {
            Some(("ec2", "ReplaceRoute")) if !state.may_replace() => {
                proxy::error(headers, StatusCode::SERVICE_UNAVAILABLE, "RequestLimitExceeded")
            }
            Some(("ec2", call)) => xml(state.ec2(call, &pairs(body))),
            Some(("dynamodb", _)) => json_answer(headers, &state.dynamodb(body)),
            Some(("cloudwatch", "DescribeAlarms")) => alarms(headers, state.alarm),
            Some(("sns", "Publish")) => {
                xml("<PublishResponse><PublishResult><MessageId>stub</MessageId></PublishResult></PublishResponse>".to_owned())
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn may_replace(&mut self) -> bool {
        let Some(bucket) = &mut self.bucket else { return true };
        let mut after = bucket.clone();
        let is_met = after.take(Timestamp::now()).is_zero();
        if is_met {
            *bucket = after;
        }
        is_met
    }

    fn ec2(&mut self, call: &str, asked: &BTreeMap<String, String>) -> String {
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

    /// Puts what is written into the item, whatever the condition is, and answers as the items were before.
    fn dynamodb(&mut self, body: &[u8]) -> Value {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let parts = request["TransactItems"].as_array().map(|parts| parts.iter().map(|part| &part["Update"]).collect());
        for update in parts.unwrap_or_else(|| vec![&request]).into_iter().filter(|part| part["UpdateExpression"].is_string()) {
            let item = self.items.entry(update["Key"].to_string()).or_default();
            let before = item.clone();
            write_to(item, update);
            if update["ReturnValues"] == "ALL_OLD" && !before.is_empty() {
                return json!({ "Attributes": before });
            }
        }
        match self.items.get(&request["Key"].to_string()) {
            Some(item) if request["UpdateExpression"].is_null() => json!({ "Item": item }),
            _ => json!({}),
        }
    }
}

/// Does what `SET #name = :value, …` and `REMOVE #name` say; an epoch is counted.
fn write_to(item: &mut Map<String, Value>, update: &Value) {
    let expression = update["UpdateExpression"].as_str().unwrap_or_default();
    let (set, remove) = expression.split_once(" REMOVE ").unwrap_or((expression, ""));
    for (name, value) in set.trim_start_matches("SET ").split(", #").filter_map(|part| part.split_once(" = ")) {
        let name = name.trim_start_matches('#');
        let value = &update["ExpressionAttributeValues"][value];
        if !value.is_null() {
            item.insert(name.to_owned(), value.clone());
        } else if name == "epoch" {
            let epoch = item.get("epoch").and_then(|epoch| epoch["N"].as_str()?.parse::<u64>().ok()).unwrap_or(0);
            item.insert("epoch".to_owned(), json!({ "N": (epoch + 1).to_string() }));
        }
    }
    for name in remove.split(", ") {
        item.remove(name.trim_start_matches('#'));
    }
}

/// The alarms of both zones, in the protocol that is asked in.
fn alarms(headers: &HeaderMap, first: &str) -> Response {
    let alarm = |(name, state): (&str, &str)| {
        json!({
            "AlarmName": name,
            "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}"),
            "StateValue": state,
            "StateTransitionedTimestamp": 1_773_457_928,
        })
    };
    let alarms: Vec<Value> = [(ALARMS[0], first), (ALARMS[1], "OK")].map(alarm).into();
    let answer = json!({ "MetricAlarms": alarms, "CompositeAlarms": [] });
    if headers.contains_key("smithy-protocol") {
        let kind = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
        return (kind, cbor::encode(&answer)).into_response();
    }
    json_answer(headers, &answer)
}

fn json_answer(headers: &HeaderMap, answer: &Value) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).cloned();
    ([(header::CONTENT_TYPE, kind.unwrap_or_else(|| header::HeaderValue::from_static("application/json")))], answer.to_string())
        .into_response()
}

fn xml(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
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

/// The pairs of a body of the query protocol.
fn pairs(body: &[u8]) -> BTreeMap<String, String> {
    let body = String::from_utf8_lossy(body);
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

//! An AWS that answers at once, with what a target of each kind needs of it: for counts and times that must not
//! depend on how fast an emulator is.
//!
//! It checks nothing. What it answers to the same calls, the emulators of the contract suite answer too.

#![expect(clippy::disallowed_methods, reason = "its token bucket fills by the real clock, as the process under test sees it")]

mod alarms;
mod aurora;
mod dns;
mod journal;
mod nat;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use self::{
    alarms::{ALARMS, alarms},
    aurora::Cluster,
    dns::Record,
    journal::Journal,
    nat::Routes,
};
use crate::{cbor, errors};

/// Targets whose first side's alarm has gone off: routes of so many tables, a record, and the writer of a cluster.
pub struct Stub(Mutex<State>);

struct State {
    routes: Routes,
    record: Record,
    cluster: Cluster,
    journal: Journal,
    alarm: &'static str,
}

impl Stub {
    /// One with so many tables to be moved.
    #[must_use]
    pub fn new(tables: usize) -> Self {
        Self::with(Routes::new(tables, None))
    }

    /// The same, with `ReplaceRoute` under a token bucket: `burst` at once, then `per_second`.
    #[must_use]
    pub fn limited(tables: usize, burst: u32, per_second: u32) -> Self {
        Self::with(Routes::new(tables, Some(nat::Bucket::full(burst, per_second))))
    }

    fn with(routes: Routes) -> Self {
        let (record, cluster, journal) = (Record::default(), Cluster::default(), Journal::default());
        Self(Mutex::new(State { routes, record, cluster, journal, alarm: "ALARM" }))
    }

    /// How many tables have been moved.
    #[must_use]
    pub fn moved(&self) -> usize {
        self.lock().routes.moved()
    }

    /// Whether the record has been moved.
    #[must_use]
    pub fn has_moved_record(&self) -> bool {
        self.lock().record.has_moved()
    }

    /// Whether the writer has been moved.
    #[must_use]
    pub fn has_moved_writer(&self) -> bool {
        self.lock().cluster.has_moved()
    }

    /// As it was at first, with nothing remembered.
    pub fn reset(&self) {
        let mut state = self.lock();
        state.routes.reset();
        (state.record, state.cluster, state.journal) = (Record::default(), Cluster::default(), Journal::default());
    }

    /// Puts the alarm of the first side into a state.
    pub fn set_alarm(&self, becomes: &'static str) {
        self.lock().alarm = becomes;
    }

    /// The targets' topology.
    #[must_use]
    pub fn topology() -> String {
        [nat::topology(), dns::topology(), aurora::topology()].concat()
    }

    /// An environment for a function, whose every call goes to `address`.
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
            ("CROSSOVER_STACK", "crossover"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    /// The event of the first side's alarm, through EventBridge.
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
            Some(("ec2", "ReplaceRoute")) if !state.routes.may_replace() => {
                errors::error(headers, StatusCode::SERVICE_UNAVAILABLE, "RequestLimitExceeded")
            }
            Some(("ec2", call)) => xml(state.routes.answer(call, &pairs(body))),
            Some(("route53", call)) => xml(state.record.answer(call, &String::from_utf8_lossy(body))),
            Some(("rds", call)) => xml(state.cluster.answer(call, &pairs(body))),
            Some(("dynamodb", _)) => json_answer(headers, &state.journal.answer(body)),
            Some(("cloudwatch", "DescribeAlarms")) => cloudwatch(headers, &alarms(state.alarm)),
            Some(("cloudwatch", "ListAlarmMuteRules")) => cloudwatch(headers, &json!({ "AlarmMuteRuleSummaries": [] })),
            Some(("cloudwatch", "GetMetricData")) => cloudwatch(headers, &json!({ "MetricDataResults": [] })),
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

/// In the protocol that is asked in.
fn cloudwatch(headers: &HeaderMap, answer: &Value) -> Response {
    if headers.contains_key("smithy-protocol") {
        let kind = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
        return (kind, cbor::encode(answer)).into_response();
    }
    json_answer(headers, answer)
}

fn json_answer(headers: &HeaderMap, answer: &Value) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).cloned();
    ([(header::CONTENT_TYPE, kind.unwrap_or_else(|| header::HeaderValue::from_static("application/json")))], answer.to_string())
        .into_response()
}

fn xml(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

/// The pairs of a body of the query protocol.
fn pairs(body: &[u8]) -> BTreeMap<String, String> {
    let body = String::from_utf8_lossy(body);
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

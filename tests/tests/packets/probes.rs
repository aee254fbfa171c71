//! The real probes, invoked as a schedule would, and their log streams.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crossover_model::alarm::PROBE_METRIC;
use crossover_tests::lambda::{Answer, Lambda, binary};
use serde_json::{Value, json};
use tokio::time::sleep_until;

use crate::{
    cloudwatch::{Point, metric},
    net::{management, within},
};

/// A fifth of a minute: the test's beat is a fifth of what would be usual.
const MINUTE: Duration = Duration::from_secs(12);
/// A fifth of the function's time limit: an invocation lasts into the next one.
const LIMIT: Duration = Duration::from_secs(18);

/// What the probe of a zone has told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Its metric.
    pub(crate) points: Vec<Point>,
    /// The lines of its rounds, in the order that they came.
    pub(crate) rounds: Vec<Value>,
    /// What its invocations answered, with what they took.
    pub(crate) ended: Vec<(Value, Duration)>,
}

/// Begins the probe of a zone: two instances, which take turns.
pub(crate) async fn begin(zone: u8, environment: &[(String, String)]) -> Arc<Mutex<Told>> {
    let told = Arc::new(Mutex::new(Told::default()));
    let host = ["probe-a", "probe-b"][usize::from(zone)];
    let began = tokio::time::Instant::now();
    for turn in 0..2 {
        let mut command = within(host, &binary("crossover-probe"));
        command.stdout(Stdio::piped());
        let mut lambda = Lambda::run_at(command, management(zone), "crossover-probe", environment).await;
        let lines = BufReader::new(lambda.log().expect("a pipe")).lines();
        let theirs = Arc::clone(&told);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
                let mut told = theirs.lock().expect("nobody panics with it");
                told.points.extend(metric(&line, PROBE_METRIC));
                if line.get("answered").is_some() {
                    told.rounds.push(line);
                }
            }
        });
        let theirs = Arc::clone(&told);
        tokio::spawn(async move {
            for minute in (turn..).step_by(2) {
                sleep_until(began + MINUTE * minute).await;
                let invoked = Instant::now();
                let answer = lambda.invoke(json!({ "source": "aws.scheduler" }).to_string(), LIMIT).await;
                let Some(Answer::Response(answer)) = answer else { panic!("a probe answered {answer:?}") };
                theirs.lock().expect("nobody panics with it").ended.push((answer, invoked.elapsed()));
            }
        });
    }
    told
}

/// The environment of the probe of a zone.
pub(crate) fn environment(zone: &str, topology: &Path, trusted: &Path) -> Vec<(String, String)> {
    let path = |path: &Path| path.to_str().expect("a plain path").to_owned();
    [
        ("CROSSOVER_PROBE_ZONE", zone.to_owned()),
        ("CROSSOVER_STACK", "packets".to_owned()),
        ("CROSSOVER_TOPOLOGY", path(topology)),
        ("SSL_CERT_FILE", path(trusted)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// Whether an invocation stopped by itself, in time.
pub(crate) fn ended_well(ended: &(Value, Duration)) -> bool {
    ended.1 < LIMIT && ended.0["rounds"].as_u64().is_some_and(|rounds| rounds >= 12)
}

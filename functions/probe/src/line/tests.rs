use std::time::Duration;

use super::*;
use crate::failure::Failure;

fn line_of(reach: Reach) -> Value {
    let failures = vec![("tcp 192.0.2.1:443".to_owned(), Failure::Silent(Duration::from_secs(2)))];
    let text = line("Crossover/prod", "us-east-1a", &Round { asked: 3, failures }, reach, Timestamp::UNIX_EPOCH);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_line_matches_its_metadata() {
    for (reach, value) in [(Reach::Reachable, 1), (Reach::Unreachable, 0)] {
        let line = line_of(reach);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "Crossover/prod");
        let metric = &directive["Metrics"][0];
        assert_eq!((&metric["Name"], &metric["StorageResolution"]), (&json!("ProbeReachable"), &json!(1)));
        assert_eq!(line["ProbeReachable"], value, "{line:#}");
        assert_eq!(line[directive["Dimensions"][0][0].as_str().unwrap()], "us-east-1a");
        assert_eq!((&line["answered"], &line["asked"]), (&json!(2), &json!(3)));
        assert_eq!(line["failed"][0]["why"], "no answer within 2s");
    }
}

#[test]
fn without_a_verdict_there_is_no_metric() {
    let line = line_of(Reach::Unknown);
    assert_eq!((line.get("_aws"), line.get("ProbeReachable")), (None, None), "{line:#}");
    assert_eq!(line["reach"], "unknown");
}

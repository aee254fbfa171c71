//! The part of CloudWatch that is between a probe's log stream and a call of the controller.

use crossover_model::alarm::AlarmState;
use serde_json::Value;

/// A value of a metric, at a time in milliseconds.
pub(crate) type Point = (i64, f64);

/// How many periods CloudWatch looks further back for the last value, before one is missing ("Configuring how
/// CloudWatch alarms treat missing data"; the number is not told, and was seen to be about this).
const FURTHER_BACK: i64 = 2;

/// The metric that a line of a log stream holds, by the embedded metric format; none when it holds none.
pub(crate) fn metric(line: &Value, name: &str) -> Option<Point> {
    let meta = line.get("_aws")?;
    let metrics = meta["CloudWatchMetrics"].as_array().expect("directives").iter().flat_map(|one| {
        let dimensions = one["Dimensions"].as_array().expect("sets of dimensions").iter().filter_map(Value::as_array);
        assert!(
            dimensions.flatten().all(|name| line[name.as_str().expect("a name")].is_string()),
            "a dimension is missing: {line}"
        );
        one["Metrics"].as_array().expect("metrics")
    });
    let mut high = metrics.filter(|metric| metric["Name"] == name);
    assert_eq!(high.next().expect("the metric")["StorageResolution"], 1, "{line}");
    Some((meta["Timestamp"].as_i64().expect("a time"), line[name].as_f64().expect("a number")))
}

/// What the template's alarm on it is at `now`: in ALARM when the minimum of the last whole period is below 1, and
/// when data is missing.
pub(crate) fn state(points: &[Point], now: i64, period: i64) -> AlarmState {
    let current = now.div_euclid(period);
    let last = (1..=1 + FURTHER_BACK).find_map(|back| {
        let of_period = points.iter().filter(|(at, _)| at.div_euclid(period) == current - back);
        of_period.map(|(_, value)| *value).reduce(f64::min)
    });
    if last.is_some_and(|minimum| minimum >= 1.0) { AlarmState::Ok } else { AlarmState::Alarm }
}

pub(crate) fn an_alarm_is_what_its_last_period_says() -> Vec<String> {
    let cases: [(&str, &[Point], AlarmState); 6] = [
        ("no findings", &[(30_100, 1.0), (35_000, 1.0)], AlarmState::Ok),
        ("a zero among ones counts", &[(30_100, 1.0), (35_000, 0.0)], AlarmState::Alarm),
        ("this period is not over", &[(35_000, 1.0), (41_000, 0.0)], AlarmState::Ok),
        ("what was before does not count", &[(25_000, 0.0), (31_000, 1.0)], AlarmState::Ok),
        ("a late line is waited for", &[(15_000, 1.0)], AlarmState::Ok),
        ("but not for long", &[(9_000, 1.0)], AlarmState::Alarm),
    ];
    let wrong = cases.into_iter().filter(|(_, points, expected)| state(points, 42_000, 10_000) != *expected);
    wrong.map(|(name, points, expected)| format!("{name}: {points:?} is not {expected:?}")).collect()
}

//! What it costs, from the calls that are counted on the sandbox and the prices in `docs/cost.md`.

use crossover_model::alarm::AlarmState;
use crossover_tests::{
    fleet::fleet,
    stage::{ALARM_A, Stage, alarm_event, topology},
    top,
};
use serde_json::json;

use crate::{
    figure::{Figure, ratio},
    modelled::counted,
    parts::tables_of_one_target,
};

/// List prices of us-east-1, in US dollars, as in `docs/cost.md`.
const LAMBDA_GB_S: f64 = 0.000_013_333_4;
const LAMBDA_CALL: f64 = 0.20e-6;
const SCHEDULER_CALL: f64 = 1.00e-6;
const READ_UNIT: f64 = 0.125e-6;
const WRITE_UNIT: f64 = 0.625e-6;
const ALARM_CALL: f64 = 0.01e-3;
const METRIC_HOUR: f64 = 0.30 / 730.0;
/// Sweeps of a month.
const RUNS: f64 = 43_800.0;
/// How long one takes, and with how much memory.
const RUN_S: f64 = 0.3;
const GB: f64 = 0.5;
/// Units of one write: an item of at most 2 KB. A transaction costs twice as much.
const UNITS: f64 = 2.0;
const TARGETS: usize = 10;
const MINUTES: usize = 60;

/// What a quiet install and a crossover cost.
#[must_use]
pub fn figures() -> Vec<Figure> {
    crossover_sandbox::run(async { vec![quiet().await, crossover().await] }).expect("a runtime")
}

/// A quiet install, by what it calls in an hour of sweeps.
async fn quiet() -> Figure {
    let (account, topology) = fleet(TARGETS, "");
    let mut stage = Stage::with(account, &topology);
    stage.ticks(MINUTES).await;
    let calls = counted(&stage.sandbox.calls());
    let a_run = |name: &str| ratio(*calls.get(name).unwrap_or(&0) as u64, MINUTES as u64);
    // The sandbox writes every change as a transaction; what is not the lease is an update there too while nothing ends.
    let writes = a_run("dynamodb:UpdateItem") + a_run("dynamodb:TransactWriteItems");
    // Each record is a unit, and so are those of everything, of the last check and of the targets' names.
    let reads = a_run("dynamodb:BatchGetItem") * ratio(TARGETS as u64 + 3, 1) + a_run("dynamodb:GetItem");
    let counted = RUNS
        * (RUN_S * GB * LAMBDA_GB_S
            + LAMBDA_CALL
            + SCHEDULER_CALL
            + reads * READ_UNIT
            + writes * UNITS * WRITE_UNIT
            + a_run("cloudwatch:DescribeAlarms") * ALARM_CALL);
    let (standing, in_all) = documented();
    let detail = json!({
        "calls_of_60_sweeps": calls, "counted_dollars": counted, "standing_dollars": standing,
        "read_units_a_run": reads, "write_units_a_run": writes * UNITS,
    });
    let what = format!("a quiet install of {TARGETS} targets");
    // The page rounds each line to a cent.
    Figure::at_most(7, what, counted + standing, in_all + 0.05, "US dollars a month").of(detail)
}

/// A crossover of ten routes.
async fn crossover() -> Figure {
    let (account, _) = tables_of_one_target(TARGETS, true);
    let mut stage = Stage::with(account, &topology());
    stage.set_alarm(ALARM_A, AlarmState::Alarm);
    let event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
    stage.invoke(&event).await.expect("nobody kills it");
    let calls = counted(&stage.sandbox.calls());
    let count = |name: &str| ratio(*calls.get(name).unwrap_or(&0) as u64, 1);
    let units = (count("dynamodb:UpdateItem") + 2.0 * count("dynamodb:TransactWriteItems")) * UNITS;
    let dollars = GB * LAMBDA_GB_S
        + LAMBDA_CALL
        + count("dynamodb:GetItem") * READ_UNIT
        + units * WRITE_UNIT
        + count("cloudwatch:DescribeAlarms") * ALARM_CALL
        + 8.0 * METRIC_HOUR;
    Figure::at_most(7, "a crossover of ten routes", dollars, 0.01, "US dollars")
        .of(json!({ "calls": calls, "write_units": units }))
}

/// Of the table in `docs/cost.md`: what is there whether or not anything is called, and all of it.
fn documented() -> (f64, f64) {
    let page = std::fs::read_to_string(top().join("docs/cost.md")).expect("docs/cost.md");
    let counted = ["Lambda", "Scheduler", "DynamoDB, reads", "DynamoDB, writes", "CloudWatch, reading alarms"];
    let (mut standing, mut in_all) = (0.0, 0.0);
    for line in page.lines().take_while(|line| !line.starts_with("## ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [what, _, _, dollars] = cells[..] else { continue };
        if let Some(total) = dollars.strip_prefix("**") {
            in_all = total.trim_end_matches('*').parse().expect("the sum");
        } else if let Ok(dollars) = dollars.parse::<f64>()
            && !counted.iter().any(|name| what.starts_with(name))
        {
            standing += dollars;
        }
    }
    assert!(in_all > 0.0, "docs/cost.md has a sum");
    (standing, in_all)
}

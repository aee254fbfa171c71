//! The real function on the wire, in front of a stub that answers at once: how long it takes beyond the round trips.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use crossover_tests::{
    lambda::Lambda,
    proxy::{self, Pace, Passed, Watch},
    stage::{TIME_LIMIT, tick},
    stub::Stub,
    top,
};
use serde_json::json;

use crossover_bench::figure::{Figure, least, median, ratio};

/// How long a call takes.
const CALL: Duration = Duration::from_millis(30);
/// How often a crossover is measured.
const TIMES: usize = 9;
/// EC2's token bucket for writes.
const BURST: u32 = 50;
const PER_SECOND: u32 = 5;

const REPLACE: &str = "ec2:ReplaceRoute";

pub(crate) async fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    for tables in [1, 8, 50] {
        figures.push(critical_path(tables).await);
    }
    let (few, more, many) = tokio::join!(many_tables(64), many_tables(200), many_tables(500));
    figures.extend([few, more, many].into_iter().flatten());
    figures
}

/// A function's binary, as `sam build` leaves it, by the function's name in the template.
pub(crate) fn built(function: &str) -> PathBuf {
    let path = top().join(".aws-sam/build").join(function).join("bootstrap");
    assert!(path.exists(), "{function} is not built: run make bench");
    path
}

/// The stub's topology, in a file: written once, as functions that start at the same time read it.
pub(crate) static TOPOLOGY: LazyLock<PathBuf> = LazyLock::new(|| {
    let file = std::env::temp_dir().join(format!("crossover-bench-{}.toml", std::process::id()));
    std::fs::write(&file, Stub::topology()).expect("a file");
    file
});

async fn start(stub: &Arc<Stub>, watch: &Arc<Watch>) -> Lambda {
    let mut command = Command::new(built("CrossoverNat"));
    command.stdout(Stdio::null());
    Lambda::run(command, "crossover-nat", &Stub::environment(&TOPOLOGY, &proxy::start_stub(stub, watch).await)).await
}

fn replaced(passed: &[Passed]) -> Vec<&Passed> {
    passed.iter().filter(|call| call.is(REPLACE)).collect()
}

/// From the event to the last route replaced, warm and uncontended.
async fn critical_path(tables: usize) -> Figure {
    let (stub, watch) = (Arc::new(Stub::new(tables)), Arc::new(Watch::at_pace(Pace::After(CALL))));
    let mut lambda = start(&stub, &watch).await;
    let mut times = Vec::new();
    for number in 0..=TIMES {
        stub.reset();
        watch.forget();
        let began = Instant::now();
        lambda.invoke(Stub::event("ALARM").to_string(), TIME_LIMIT).await.expect("it lives");
        assert_eq!(stub.moved(), tables, "all are moved");
        let ended = replaced(&watch.passed()).iter().filter_map(|call| call.ended).max().expect("an answer");
        // The first one is cold.
        if number > 0 {
            times.push(ended.duration_since(began).as_secs_f64() / (2.0 * CALL.as_secs_f64()));
        }
    }
    let what = format!("nat, {tables} tables: time to the last one, at 30 ms a call");
    let detail = json!({ "median": median(times.clone()), "all": times });
    Figure::at_most(1, what, least(&times), 1.25, "of 2 x 30 ms").of(detail)
}

/// Many tables under EC2's token bucket; what the first invocation has no time for, a tick after a minute goes on with.
async fn many_tables(tables: usize) -> Vec<Figure> {
    let stub = Arc::new(Stub::limited(tables, BURST, PER_SECOND));
    let watch = Arc::new(Watch::at_pace(Pace::After(CALL)));
    let mut lambda = start(&stub, &watch).await;
    lambda.ready().await.expect("it lives");
    let began = Instant::now();
    let mut answer = lambda.invoke(Stub::event("ALARM").to_string(), TIME_LIMIT).await;
    let mut ticks = 0;
    while stub.moved() < tables {
        ticks += 1;
        assert!(ticks < 5, "{} of {tables} tables are moved: {answer:?}", stub.moved());
        tokio::time::sleep_until((began + TIME_LIMIT * ticks).into()).await;
        answer = lambda.invoke(tick().to_string(), TIME_LIMIT).await;
    }
    let passed = watch.passed();
    let calls = replaced(&passed);
    let last = calls.iter().filter(|call| call.status == 200).filter_map(|call| call.ended).max().expect("an answer");
    let took = last.duration_since(began).as_secs_f64();
    let bucket = f64::from(u32::try_from(tables).expect("a small number") - BURST) / f64::from(PER_SECOND);
    let made = calls.len() as u64;
    let detail = json!({ "seconds": took, "bucket_seconds": bucket, "invocations": 1 + ticks, "calls": made });
    vec![
        Figure::at_most(2, format!("{tables} tables: time to the last one"), took / bucket, 1.1, "of the bucket's").of(detail),
        Figure::at_most(2, format!("{tables} tables: calls made"), ratio(made, tables as u64), 1.1, "of those needed"),
    ]
}

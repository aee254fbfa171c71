//! The real functions on the wire, in front of a stub that answers at once: how many round trips wait for one another, how
//! many calls are made, and how long it takes beyond the round trips.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, LazyLock, atomic::Ordering},
    time::{Duration, Instant},
};

use crossover_bench::figure::{Figure, least, median, ratio};
use crossover_tests::{
    lambda::Lambda,
    proxy::{self, Pace, Passed, Watch},
    replay::Replay,
    stage::{TIME_LIMIT, tick},
    stub::Stub,
};
use serde_json::json;

/// How long a call takes.
const CALL: Duration = Duration::from_millis(30);
/// How often a crossover is measured.
const TIMES: usize = 9;
/// EC2's token bucket for writes.
const BURST: u32 = 50;
const PER_SECOND: u32 = 5;

const REPLACE: &str = "ec2:ReplaceRoute";

/// A crossover of a stub's target.
struct Scene {
    what: String,
    /// The function, as the template names it and as Lambda does.
    function: [&'static str; 2],
    tables: usize,
    /// The call that moves the work.
    step: &'static str,
    has_moved: fn(&Stub, usize) -> bool,
}

impl Scene {
    fn all() -> Vec<Self> {
        let nat = |tables: usize| Self {
            what: format!("nat, {tables} {}", if tables == 1 { "table" } else { "tables" }),
            function: ["CrossoverNat", "crossover-nat"],
            tables,
            step: REPLACE,
            has_moved: |stub, tables| stub.moved() == tables,
        };
        let dns = Self {
            what: "dns, a record alone".to_owned(),
            function: ["CrossoverDns", "crossover-dns"],
            tables: 1,
            step: "route53:ChangeResourceRecordSets",
            has_moved: |stub, _| stub.has_moved_record(),
        };
        let database = Self {
            what: "database, Aurora".to_owned(),
            function: ["CrossoverDatabase", "crossover-database"],
            tables: 1,
            step: "rds:FailoverDBCluster",
            has_moved: |stub, _| stub.has_moved_writer(),
        };
        vec![nat(1), nat(8), nat(50), dns, database]
    }
}

/// A function between the runtime API and a stub.
struct Running {
    stub: Arc<Stub>,
    watch: Arc<Watch>,
    address: String,
    lambda: Lambda,
}

impl Running {
    async fn start([built_as, name]: [&str; 2], stub: Stub, pace: Pace) -> Self {
        let (stub, watch) = (Arc::new(stub), Arc::new(Watch::at_pace(pace)));
        let address = proxy::start_stub(&stub, &watch).await;
        let mut command = Command::new(built(built_as));
        command.stdout(Stdio::null());
        let lambda = Lambda::run(command, name, &Stub::environment(&TOPOLOGY, &address)).await;
        watch.process.store(lambda.id(), Ordering::SeqCst);
        Self { stub, watch, address, lambda }
    }

    /// The calls of an event.
    async fn calls(&mut self, state: &'static str) -> Vec<Passed> {
        self.watch.forget();
        self.stub.set_alarm(state);
        self.lambda.invoke(Stub::event(state).to_string(), TIME_LIMIT).await.expect("it lives");
        self.watch.passed()
    }
}

pub(crate) async fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    for scene in Scene::all() {
        let (counted, path) = counts(&scene).await;
        figures.extend(counted);
        figures.push(critical_path(&scene, &path).await);
    }
    // Alone: its limit leaves a quarter of a second for everything.
    figures.extend(many_tables(64).await);
    let (more, many) = tokio::join!(many_tables(200), many_tables(500));
    figures.extend([more, many].into_iter().flatten());
    figures
}

/// A function's binary, as `sam build` leaves it, by the function's name in the template.
pub(crate) fn built(function: &str) -> PathBuf {
    let folder = PathBuf::from(std::env::var_os("BENCH_FUNCTIONS").expect("BENCH_FUNCTIONS, as make bench sets it"));
    let path = folder.join(function).join("bootstrap");
    assert!(path.exists(), "{function} is not built: run make bench");
    path
}

/// The stub's topology, in a file: written once, as functions that start at the same time read it.
pub(crate) static TOPOLOGY: LazyLock<PathBuf> = LazyLock::new(|| {
    let file = crate::folder::folder().join("topology.toml");
    std::fs::write(&file, Stub::topology()).expect("a file");
    file
});

fn of_step<'c>(calls: &'c [Passed], step: &str) -> Vec<&'c Passed> {
    calls.iter().filter(|call| call.is(step)).collect()
}

fn number(of: usize) -> f64 {
    ratio(of as u64, 1)
}

/// The round trips and calls of a settled look, a crossover, and one that is contended; and the calls of the critical path.
async fn counts(scene: &Scene) -> (Vec<Figure>, Vec<Passed>) {
    let mut running = Running::start(scene.function, Stub::new(scene.tables), Pace::InRounds).await;
    let settled = running.calls("OK").await;
    running.stub.reset();
    let moved = running.calls("ALARM").await;
    assert!((scene.has_moved)(&running.stub, scene.tables), "{}: it is moved", scene.what);
    // The lease was given back a moment ago.
    running.stub.reset();
    running.calls("OK").await;
    let contended = running.calls("ALARM").await;
    let trips = |calls: &[Passed]| of_step(calls, scene.step).iter().map(|call| call.round + 1).max().unwrap_or(u32::MAX);
    let of = |calls: &[Passed], what: fn(&Passed) -> bool| calls.iter().filter(|call| what(call)).count();
    let is_journal = |call: &Passed| call.actions.iter().any(|action| action.starts_with("dynamodb:"));
    let to_resources = settled.iter().filter(|call| call.is_write() && !is_journal(call)).count();
    let detail = json!({
        "reads": of(&moved, |call| !call.is_write()), "writes": of(&moved, Passed::is_write),
        "settled_reads": of(&settled, |call| !call.is_write()),
    });
    let on_the_wire = |what: &str| format!("{}, on the wire: {what}", scene.what);
    let figures = vec![
        Figure::at_most(1, on_the_wire("dependent round trips"), f64::from(trips(&moved)), 2.0, "round trips").of(detail),
        Figure::at_most(1, on_the_wire("the same, contended"), f64::from(trips(&contended)), 3.0, "round trips"),
        Figure::at_most(3, on_the_wire("writes to resources when settled"), number(to_resources), 0.0, "writes"),
        // The lease, taken and given back.
        Figure::at_most(
            3,
            on_the_wire("writes to the journal when settled"),
            number(of(&settled, Passed::is_write)),
            2.0,
            "writes",
        ),
    ];
    let until = trips(&moved);
    (figures, moved.into_iter().filter(|call| call.round < until).collect())
}

/// From the event to the answer of the last step, warm and uncontended.
async fn critical_path(scene: &Scene, path: &[Passed]) -> Figure {
    let mut running = Running::start(scene.function, Stub::new(scene.tables), Pace::After(CALL)).await;
    let (mut times, mut harness) = (Vec::new(), Vec::new());
    let replay = Replay::at(&running.address);
    let of_calls = |time: Duration| time.as_secs_f64() / (2.0 * CALL.as_secs_f64());
    for round in 0..=TIMES {
        running.stub.reset();
        let began = Instant::now();
        let calls = running.calls("ALARM").await;
        assert!((scene.has_moved)(&running.stub, scene.tables), "{}: it is moved", scene.what);
        let ended = of_step(&calls, scene.step).iter().filter_map(|call| call.ended).max().expect("an answer");
        let alone = replay.time(path).await;
        // The first one is cold.
        if round > 0 {
            times.push(of_calls(ended.duration_since(began)));
            harness.push(of_calls(alone));
        }
    }
    let what = format!("{}: time to the last answer, at 30 ms a call", scene.what);
    let floor = least(&harness);
    let detail = json!({ "median": median(times.clone()), "harness_alone": floor, "all": times });
    let bound = format!("the same calls take the harness alone {floor:.3}");
    Figure::at_most(1, what, least(&times), 1.25, "of 2 x 30 ms").bound_by(bound).of(detail)
}

/// Many tables under EC2's token bucket; what the first invocation has no time for, a tick after a minute goes on with.
async fn many_tables(tables: usize) -> Vec<Figure> {
    let stub = Stub::limited(tables, BURST, PER_SECOND);
    let mut running = Running::start(["CrossoverNat", "crossover-nat"], stub, Pace::After(CALL)).await;
    running.lambda.ready().await.expect("it lives");
    let began = Instant::now();
    let mut answer = running.lambda.invoke(Stub::event("ALARM").to_string(), TIME_LIMIT).await;
    let mut ticks = 0;
    while running.stub.moved() < tables {
        ticks += 1;
        assert!(ticks < 5, "{} of {tables} tables are moved: {answer:?}", running.stub.moved());
        tokio::time::sleep_until((began + TIME_LIMIT * ticks).into()).await;
        answer = running.lambda.invoke(tick().to_string(), TIME_LIMIT).await;
    }
    let passed = running.watch.passed();
    let calls = of_step(&passed, REPLACE);
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

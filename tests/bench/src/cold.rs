//! From a process's start to ready and through its first event, against the same calls in Python.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use crossover_bench::figure::{Figure, least, median};
use crossover_tests::{
    lambda::{self, Lambda},
    proxy::{self, Pace, Passed, Watch},
    replay::Replay,
    stage::TIME_LIMIT,
    stub::Stub,
    top,
};
use serde_json::json;

use crate::wire::{TOPOLOGY, built};

/// How often each is started, in turn.
const TIMES: usize = 15;
const TABLES: usize = 2;
/// The tables of a first event that makes many connections.
const MANY_TABLES: usize = 50;

/// What one start took.
struct Start {
    ready: Duration,
    first_route: Duration,
    event: Duration,
    cpu: Duration,
    peak_kib: u64,
    calls: Vec<Passed>,
}

/// How the services are spoken to.
#[derive(Clone, Copy)]
enum Over {
    Http,
    Https,
}

pub(crate) async fn figures() -> Vec<Figure> {
    let [own, other] =
        [start(own(), TABLES, Over::Http, Pace::InRounds).await, start(python(), TABLES, Over::Http, Pace::InRounds).await];
    assert_eq!(rounds(&own.calls), rounds(&other.calls), "both make the same calls in the same concurrency");
    let mut figures = measured(Over::Http, harness(&own.calls).await).await;
    figures.extend(measured(Over::Https, None).await);
    figures.push(many_connections().await);
    figures
}

fn own() -> Command {
    Command::new(built("CrossoverNat"))
}

fn interpreter() -> PathBuf {
    std::env::var_os("BENCH_PYTHON").expect("BENCH_PYTHON, as make bench sets it").into()
}

fn python() -> Command {
    let mut command = Command::new(interpreter());
    command.args(["-m", "awslambdaric", "handler.handler"]);
    command
}

/// What was called in each round.
fn rounds(calls: &[Passed]) -> Vec<Vec<String>> {
    let round = |calls: &[Passed]| {
        let mut actions: Vec<String> = calls.iter().map(|call| call.actions.join(" and ")).collect();
        actions.sort();
        actions
    };
    calls.chunk_by(|call, next| call.round == next.round).map(round).collect()
}

/// How long the harness alone takes over the calls of a first event, in milliseconds.
async fn harness(calls: &[Passed]) -> Option<f64> {
    let (stub, watch) = (Arc::new(Stub::new(TABLES)), Arc::new(Watch::default()));
    let address = proxy::start_stub(&stub, &watch).await;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        times.push(Replay::at(&address).time(calls).await.as_secs_f64() * 1000.0);
    }
    Some(least(&times))
}

async fn measured(over: Over, harness_ms: Option<f64>) -> Vec<Figure> {
    let mut starts: [Vec<Start>; 2] = Default::default();
    // The first of each fills the machine's caches, and Python's of its compiled files.
    for number in 0..=TIMES {
        let own = start(own(), TABLES, over, Pace::AtOnce).await;
        let other = start(python(), TABLES, over, Pace::AtOnce).await;
        if number > 0 {
            starts[0].push(own);
            starts[1].push(other);
        }
    }
    let [own, other] = starts;
    let figure = |what: &str, limit: f64, of: fn(&Start) -> f64, unit: &str| {
        let [own, other]: [Vec<f64>; 2] = [&own, &other].map(|starts| starts.iter().map(of).collect());
        let detail = json!({
            "unit": unit,
            "rust": { "least": least(&own), "median": median(own.clone()) },
            "python": { "least": least(&other), "median": median(other.clone()) },
            "harness_alone_ms": harness_ms,
        });
        let what = match over {
            Over::Http => what.to_owned(),
            Over::Https => format!("{what}, over HTTPS"),
        };
        Figure::at_most(4, what, least(&own) / least(&other), 1.0 / limit, "of Python's").of(detail)
    };
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let mut figures = vec![
        figure("cold start: process start to ready", 30.0, |start| start.ready.as_secs_f64() * 1000.0, "ms"),
        figure("first event: its own time", 8.0, |start| start.event.as_secs_f64() * 1000.0, "ms"),
        figure("process start to the first route replaced", 8.0, |start| start.first_route.as_secs_f64() * 1000.0, "ms"),
        figure("peak memory", 6.0, |start| start.peak_kib as f64 / 1024.0, "MiB"),
    ];
    if let Some(harness) = harness_ms {
        figures[1].bound = format!("{harness:.1} ms of it are the harness's");
    }
    let [own, other] = [own, other].map(|starts| least(&starts.iter().map(|start| ms(start.cpu)).collect::<Vec<_>>()));
    let over = if matches!(over, Over::Https) { ", over HTTPS" } else { "" };
    let cpu = Figure::told(4, format!("CPU time of the start and the first event{over}"), own / other, "of Python's");
    figures.push(cpu.of(json!({ "unit": "ms", "rust": own, "python": other })));
    figures
}

/// What a first event of many tables costs where every call makes a connection of its own.
async fn many_connections() -> Figure {
    let mut cpu = [Vec::new(), Vec::new()];
    for _ in 0..TIMES {
        for (cpu, tables) in cpu.iter_mut().zip([TABLES, MANY_TABLES]) {
            cpu.push(start(own(), tables, Over::Https, Pace::AtOnce).await.cpu.as_secs_f64() * 1000.0);
        }
    }
    let [few, many] = cpu.map(|times| least(&times));
    let what = format!("CPU time of a first event of {MANY_TABLES} tables over HTTPS, more than of {TABLES}");
    Figure::told(4, what, many - few, "ms").of(json!({ "few": few, "many": many }))
}

async fn start(mut command: Command, tables: usize, over: Over, pace: Pace) -> Start {
    let (stub, watch) = (Arc::new(Stub::new(tables)), Arc::new(Watch::at_pace(pace)));
    command.stdout(Stdio::null());
    let address = match over {
        Over::Http => proxy::start_stub(&stub, &watch).await,
        Over::Https => proxy::start_stub_over_tls(&stub, &watch, &top().join("tests/bench/certificates")).await,
    };
    let mut environment = Stub::environment(&TOPOLOGY, &address);
    if matches!(over, Over::Https) {
        let roots = roots();
        // Rust's clients read the first, Python's the second.
        let trusted = |key: &str| (key.to_owned(), roots.to_str().expect("a plain path").to_owned());
        environment.extend(["SSL_CERT_FILE", "AWS_CA_BUNDLE"].map(trusted));
    }
    let handler = top().join("tests/bench/python");
    // As Lambda has it; boto3 reads no other.
    environment.push(("AWS_DEFAULT_REGION".to_owned(), "us-east-1".to_owned()));
    environment.push(("PYTHONPATH".to_owned(), handler.to_str().expect("a plain path").to_owned()));
    let mut lambda = Lambda::run(command, "crossover-nat", &environment).await;
    watch.process.store(lambda.id(), Ordering::SeqCst);
    let ready = lambda.ready().await.expect("it comes up");
    let handed = Instant::now();
    let answer = lambda.invoke(Stub::event("ALARM").to_string(), TIME_LIMIT).await;
    let event = handed.elapsed();
    let cpu = lambda::cpu_time(lambda.id()).unwrap_or_default();
    assert_eq!(stub.moved(), tables, "both do the work: {answer:?}");
    let calls = watch.passed();
    let first = calls.iter().filter(|call| call.is("ec2:ReplaceRoute")).filter_map(|call| call.ended).min();
    // Nobody waits between being ready and the event in Lambda.
    let first_route = ready + first.expect("a route").duration_since(handed);
    Start { ready, first_route, event, cpu, peak_kib: lambda.peak_memory().unwrap_or_default(), calls }
}

/// All the roots that Python's client trusts of itself, and the one of the benchmark: as many for both.
fn roots() -> PathBuf {
    let file = crate::folder::folder().join("roots.pem");
    let ask = "import botocore, pathlib; print(pathlib.Path(botocore.__file__).with_name('cacert.pem').read_text())";
    let known = Command::new(interpreter()).args(["-c", ask]).output().expect("it runs").stdout;
    let own = std::fs::read(top().join("tests/bench/certificates/authority.pem")).expect("the authority");
    std::fs::write(&file, [known, own].concat()).expect("a file");
    file
}

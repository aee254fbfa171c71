//! From a process's start to ready and through its first event, against the same calls in Python.

use std::{
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use crossover_tests::{
    lambda::Lambda,
    proxy::{self, Watch},
    stage::TIME_LIMIT,
    stub::Stub,
    top,
};
use serde_json::json;

use crate::wire::{TOPOLOGY, built};
use crossover_bench::figure::{Figure, least, median};

/// How often each is started, in turn.
const TIMES: usize = 15;
const TABLES: usize = 2;

/// What one start took.
struct Start {
    ready: Duration,
    first_route: Duration,
    event: Duration,
    peak_kib: u64,
}

/// How the services are spoken to.
#[derive(Clone, Copy)]
enum Over {
    Http,
    Https,
}

pub(crate) async fn figures() -> Vec<Figure> {
    let mut figures = measured(Over::Http).await;
    figures.extend(measured(Over::Https).await);
    figures
}

async fn measured(over: Over) -> Vec<Figure> {
    let python = std::env::var("BENCH_PYTHON").expect("BENCH_PYTHON, as make bench sets it");
    let python = || {
        let mut command = Command::new(&python);
        command.args(["-m", "awslambdaric", "handler.handler"]);
        command
    };
    let mut starts: [Vec<Start>; 2] = Default::default();
    // The first of each fills the machine's caches, and Python's of its compiled files.
    for number in 0..=TIMES {
        let own = start(Command::new(built("CrossoverNat")), over).await;
        let other = start(python(), over).await;
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
        });
        let what = match over {
            Over::Http => what.to_owned(),
            Over::Https => format!("{what}, over HTTPS"),
        };
        Figure::at_most(4, what, least(&own) / least(&other), 1.0 / limit, "of Python's").of(detail)
    };
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let figures = vec![
        figure("cold start: process start to ready", 30.0, |start| start.ready.as_secs_f64() * 1000.0, "ms"),
        figure("first event: its own time", 8.0, |start| start.event.as_secs_f64() * 1000.0, "ms"),
        figure("process start to the first route replaced", 8.0, |start| start.first_route.as_secs_f64() * 1000.0, "ms"),
        figure("peak memory", 6.0, |start| start.peak_kib as f64 / 1024.0, "MiB"),
    ];
    figures
}

async fn start(mut command: Command, over: Over) -> Start {
    let (stub, watch) = (Arc::new(Stub::new(TABLES)), Arc::new(Watch::default()));
    command.stdout(Stdio::null());
    let certificates = top().join("tests/bench/certificates");
    let address = match over {
        Over::Http => proxy::start_stub(&stub, &watch).await,
        Over::Https => proxy::start_stub_over_tls(&stub, &watch, &certificates).await,
    };
    let mut environment = Stub::environment(&TOPOLOGY, &address);
    if matches!(over, Over::Https) {
        // Rust's clients read the first, Python's the second.
        let authority = certificates.join("authority.pem");
        let trusted = |key: &str| (key.to_owned(), authority.to_str().expect("a plain path").to_owned());
        environment.extend(["SSL_CERT_FILE", "AWS_CA_BUNDLE"].map(trusted));
    }
    let handler = top().join("tests/bench/python");
    // As Lambda has it; boto3 reads no other.
    environment.push(("AWS_DEFAULT_REGION".to_owned(), "us-east-1".to_owned()));
    environment.push(("PYTHONPATH".to_owned(), handler.to_str().expect("a plain path").to_owned()));
    let started = Instant::now();
    let mut lambda = Lambda::run(command, "crossover-nat", &environment).await;
    let ready = lambda.ready().await.expect("it comes up");
    let handed = Instant::now();
    let answer = lambda.invoke(Stub::event("ALARM").to_string(), TIME_LIMIT).await;
    let event = handed.elapsed();
    assert_eq!(stub.moved(), TABLES, "both do the work: {answer:?}");
    let first = watch.passed().iter().filter(|call| call.is("ec2:ReplaceRoute")).filter_map(|call| call.ended).min();
    // Nobody waits between being ready and the event in Lambda.
    let first_route = ready + first.expect("a route").duration_since(handed.max(started));
    Start { ready, first_route, event, peak_kib: lambda.peak_memory().unwrap_or_default() }
}

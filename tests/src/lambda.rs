//! The Lambda runtime API, for a real binary.

#![expect(clippy::disallowed_methods, reason = "it plays Lambda, which goes by the real time")]

use std::{
    net::Ipv4Addr,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::HeaderMap,
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc, watch},
};

use crate::top;

/// A function's process with a runtime API of its own.
pub struct Lambda {
    process: Child,
    started: Instant,
    /// When it asked for an event for the first time.
    asked: watch::Receiver<Option<Instant>>,
    payloads: mpsc::Sender<(Bytes, Duration)>,
    answers: mpsc::Receiver<Answer>,
}

/// What a function reported for an invocation.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Its response.
    Response(Value),
    /// Its error.
    Error(Value),
}

struct Api {
    /// The ARN by which it is invoked.
    function: String,
    payloads: Mutex<mpsc::Receiver<(Bytes, Duration)>>,
    answers: mpsc::Sender<Answer>,
    request: std::sync::atomic::AtomicU32,
    asked: watch::Sender<Option<Instant>>,
}

/// A built binary of this workspace.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let target = std::env::current_exe().expect("a test's path");
    let profile = target.ancestors().nth(2).expect("target/debug");
    let binary = profile.join(name);
    assert!(binary.exists(), "{name} is not built: run the tests by make test");
    binary
}

impl Lambda {
    /// Starts a binary.
    pub async fn start(name: &str, environment: &[(String, String)]) -> Self {
        Self::start_logging(name, environment, Stdio::null()).await
    }

    /// Starts a binary whose standard output goes somewhere.
    pub async fn start_logging(name: &str, environment: &[(String, String)], log: impl Into<Stdio>) -> Self {
        let mut command = Command::new(binary(name));
        command.stdout(log);
        Self::run(command, name, environment).await
    }

    /// Starts whatever a command runs as the function of this name.
    pub async fn run(command: Command, name: &str, environment: &[(String, String)]) -> Self {
        Self::run_at(command, Ipv4Addr::LOCALHOST, name, environment).await
    }

    /// The same, with its runtime API at an address of ours that it can reach.
    pub async fn run_at(mut command: Command, address: Ipv4Addr, name: &str, environment: &[(String, String)]) -> Self {
        let (payloads, payloads_in) = mpsc::channel(1);
        let (answers_out, answers) = mpsc::channel(1);
        let (asked_out, asked) = watch::channel(None);
        let api = Arc::new(Api {
            function: format!("arn:aws:lambda:us-east-1:{}:function:{name}", account(environment)),
            payloads: Mutex::new(payloads_in),
            answers: answers_out,
            request: 0.into(),
            asked: asked_out,
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error_at_start))
            .with_state(api);
        let listener = TcpListener::bind((address, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("a TCP connection"));
        tokio::spawn(async move { axum::serve(listener, router).await });

        command.current_dir(top()).env_clear().envs(environment.iter().cloned());
        for (key, value) in [
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/03/14/[1]0123456789abcdef"),
        ] {
            command.env(key, value);
        }
        let started = Instant::now();
        let process = command.spawn().expect("the function can be started");
        Self { process, started, asked, payloads, answers }
    }

    /// Waits until it asks for its first event, and says how long after its start that was; none when it died.
    pub async fn ready(&mut self) -> Option<Duration> {
        loop {
            let asked = tokio::time::timeout(Duration::from_millis(50), self.asked.wait_for(Option::is_some)).await;
            if let Ok(Ok(at)) = asked {
                return at.map(|at| at.duration_since(self.started));
            }
            if self.process.try_wait().expect("a child").is_some() {
                return None;
            }
        }
    }

    /// Invokes it with these bytes and this much time; none when it died.
    pub async fn invoke(&mut self, payload: impl Into<Bytes>, time: Duration) -> Option<Answer> {
        self.payloads.send((payload.into(), time)).await.expect("the API listens");
        loop {
            if let Ok(answer) = tokio::time::timeout(Duration::from_millis(50), self.answers.recv()).await {
                return answer;
            }
            if self.process.try_wait().expect("a child").is_some() {
                return None;
            }
        }
    }

    /// What the function writes to its standard output, where it was asked to be kept.
    pub fn log(&mut self) -> Option<ChildStdout> {
        self.process.stdout.take()
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The most memory that it has had so far, in KiB (`VmHWM` of proc(5)); none where there is no such thing.
    #[must_use]
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        peak.trim().trim_end_matches(" kB").parse().ok()
    }
}

/// How long the threads of a process have been on a CPU (`schedstat` of proc(5)); none where there is no such thing.
#[must_use]
pub fn cpu_time(process: u32) -> Option<Duration> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let of = |thread: std::fs::DirEntry| -> Option<u64> {
        let times = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        times.split(' ').next()?.parse().ok()
    };
    threads.filter_map(|thread| of(thread.ok()?)).reduce(|sum, nanoseconds| sum + nanoseconds).map(Duration::from_nanos)
}

impl Drop for Lambda {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The account of the notice topic, which the function is in too.
fn account(environment: &[(String, String)]) -> &str {
    let topic = environment.iter().find(|(key, _)| key == "CROSSOVER_TOPIC_ARN");
    topic.and_then(|(_, arn)| arn.split(':').nth(4)).unwrap_or("111122223333")
}

async fn next(State(api): State<Arc<Api>>) -> (HeaderMap, Bytes) {
    api.asked.send_if_modified(|asked| {
        let first = asked.is_none();
        asked.get_or_insert_with(Instant::now);
        first
    });
    let Some((payload, time)) = api.payloads.lock().await.recv().await else { std::future::pending().await };
    let request = api.request.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let deadline = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970") + time;
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", format!("00000000-0000-0000-0000-{request:012}")),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", api.function.clone()),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700".to_owned()),
    ] {
        headers.insert(name, value.parse().expect("a header"));
    }
    (headers, payload)
}

async fn response(State(api): State<Arc<Api>>, Path(_): Path<String>, body: Bytes) {
    let answer = serde_json::from_slice(&body).expect("an answer in JSON");
    let _ = api.answers.send(Answer::Response(answer)).await;
}

async fn error(State(api): State<Arc<Api>>, Path(_): Path<String>, body: Bytes) {
    let answer = serde_json::from_slice(&body).expect("an error in JSON");
    let _ = api.answers.send(Answer::Error(answer)).await;
}

async fn error_at_start(State(api): State<Arc<Api>>, body: Bytes) {
    let answer = serde_json::from_slice(&body).expect("an error in JSON");
    let _ = api.answers.send(Answer::Error(answer)).await;
}

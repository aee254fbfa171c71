//! A proxy in front of the emulators, or of a [`Stub`], that writes the calls down, paces their answers, and lets
//! one of them go wrong.

#![expect(clippy::disallowed_methods, reason = "it waits on the real clock, as the process under test does")]

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{StatusCode, Uri, request::Parts},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use crossover_sandbox::{Fault, is_write};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::net::TcpListener;

use crate::{
    actions,
    errors::error,
    stub::Stub,
    tls::{self, TlsListener},
};

/// Longer than any client of Crossover waits for an answer.
const NO_ANSWER: Duration = Duration::from_secs(5);

/// A round of calls is over when none has come for so long.
const QUIET: Duration = Duration::from_millis(200);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// When answers come.
#[derive(Debug, Clone, Copy, Default)]
pub enum Pace {
    /// As soon as there is one.
    #[default]
    AtOnce,
    /// So long after the call, which hides how long an emulator took over it.
    After(Duration),
    /// In rounds: all answers wait until the process makes no further call without one of them. How many rounds
    /// there are is how many round trips wait for one another, however fast or slow the machine is.
    InRounds,
}

/// A call that came to a proxy.
#[derive(Debug, Clone)]
pub struct Passed {
    /// The IAM actions that it needed: one, but for a transaction.
    pub actions: Vec<String>,
    /// Its head.
    pub head: Parts,
    /// What it asked.
    pub body: String,
    /// When it came.
    pub began: Instant,
    /// When its answer went; none when there was none.
    pub ended: Option<Instant>,
    /// The HTTP status of that; 0 when there was none.
    pub status: u16,
    /// In which round, the first being 0.
    pub round: u32,
}

impl Passed {
    /// Whether it may have changed anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.actions.iter().any(|action| is_write(action))
    }

    /// Whether it needed this action.
    #[must_use]
    pub fn is(&self, action: &str) -> bool {
        self.actions.iter().any(|needed| needed == action)
    }
}

/// What is common to the proxies of one process under test.
#[derive(Default)]
pub struct Watch {
    passed: Mutex<Vec<Passed>>,
    /// The process that a fault ends or freezes; 0 for none.
    pub process: AtomicU32,
    fault: Option<(usize, Fault)>,
    pace: Pace,
    round: Mutex<Round>,
}

struct Round {
    number: u32,
    /// Calls that the upstream has not answered yet.
    unanswered: u32,
    /// When a call came last, or its answer.
    last: Instant,
}

impl Default for Round {
    fn default() -> Self {
        Self { number: 0, unanswered: 0, last: Instant::now() }
    }
}

impl Watch {
    /// Lets the call of this number go wrong.
    #[must_use]
    pub fn for_call(number: usize, fault: Fault) -> Self {
        Self { fault: Some((number, fault)), ..Self::default() }
    }

    /// Lets answers come at this pace.
    #[must_use]
    pub fn at_pace(pace: Pace) -> Self {
        Self { pace, ..Self::default() }
    }

    /// The calls seen so far, in the order in which they came.
    #[must_use]
    pub fn passed(&self) -> Vec<Passed> {
        self.lock().clone()
    }

    /// The IAM actions that the calls seen so far need.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<String> {
        self.lock().iter().flat_map(|call| call.actions.clone()).collect()
    }

    /// How many calls were seen so far.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.lock().len()
    }

    /// Forgets the calls seen so far, and counts rounds anew.
    pub fn forget(&self) {
        self.lock().clear();
        *self.round.lock().unwrap_or_else(PoisonError::into_inner) = Round::default();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Passed>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a call down, and gives its number.
    fn begin(&self, actions: Vec<String>, head: Parts, body: &[u8]) -> (usize, Instant) {
        let (began, body) = (Instant::now(), String::from_utf8_lossy(body).into_owned());
        let mut round = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        (round.unanswered, round.last) = (round.unanswered + 1, began);
        let mut passed = self.lock();
        passed.push(Passed { actions, head, body, began, ended: None, status: 0, round: round.number });
        (passed.len() - 1, began)
    }

    /// Holds the answer to a call back until its time has come.
    async fn pace(&self, number: usize, began: Instant) {
        let own = {
            let mut round = self.round.lock().unwrap_or_else(PoisonError::into_inner);
            (round.unanswered, round.last) = (round.unanswered.saturating_sub(1), Instant::now());
            self.lock().get(number).map(|call| call.round)
        };
        match self.pace {
            Pace::AtOnce => {}
            Pace::After(delay) => tokio::time::sleep_until((began + delay).into()).await,
            Pace::InRounds => {
                while own == Some(self.current_round()) {
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    /// The number of the round, which is the next one's once this one is over.
    fn current_round(&self) -> u32 {
        let mut round = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        if round.unanswered == 0 && round.last.elapsed() >= QUIET && self.is_asleep() {
            *round = Round { number: round.number + 1, ..Round::default() };
        }
        round.number
    }

    /// Whether the process waits for something, as far as the machine can tell.
    fn is_asleep(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.load(Ordering::SeqCst)));
        // The state is the first word after the name in brackets (proc(5)).
        stat.map_or(true, |stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('S')))
    }

    fn end(&self, number: usize, status: StatusCode) {
        if let Some(call) = self.lock().get_mut(number) {
            (call.ended, call.status) = (Some(Instant::now()), status.as_u16());
        }
    }
}

/// How long a frozen process stands still: longer than the lease of the tests that freeze one.
pub const FROZEN: Duration = Duration::from_secs(15);

struct Proxy {
    upstream: Upstream,
    watch: Arc<Watch>,
    client: Client<HttpConnector, Body>,
}

enum Upstream {
    Emulator {
        address: String,
        /// Where Route 53's health checks are asked for, if elsewhere.
        health_checks: Option<String>,
    },
    Stub(Arc<Stub>),
}

/// Starts a proxy to `upstream` and gives its address.
pub async fn start(upstream: &str, watch: &Arc<Watch>) -> String {
    serve(Upstream::Emulator { address: upstream.to_owned(), health_checks: None }, watch).await
}

/// The same in front of a stub.
pub async fn start_stub(stub: &Arc<Stub>, watch: &Arc<Watch>) -> String {
    serve(Upstream::Stub(Arc::clone(stub)), watch).await
}

/// The same over TLS, as `localhost` with the certificate in this folder.
pub async fn start_stub_over_tls(stub: &Arc<Stub>, watch: &Arc<Watch>, certificate: &Path) -> String {
    let (listener, router) = (listener().await, router(Upstream::Stub(Arc::clone(stub)), watch));
    let port = listener.local_addr().expect("an address").port();
    let listener = TlsListener::new(listener, tls::acceptor(certificate));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("https://localhost:{port}")
}

/// The same for Route 53, of whose calls those about health checks go elsewhere: no emulator knows all.
pub async fn start_route53(upstream: &str, health_checks: &str, watch: &Arc<Watch>) -> String {
    let (address, health_checks) = (upstream.to_owned(), Some(health_checks.to_owned()));
    serve(Upstream::Emulator { address, health_checks }, watch).await
}

async fn serve(upstream: Upstream, watch: &Arc<Watch>) -> String {
    let (listener, router) = (listener().await, router(upstream, watch));
    let address = listener.local_addr().expect("an address");
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("a TCP connection"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a port")
}

fn router(upstream: Upstream, watch: &Arc<Watch>) -> Router {
    let client = Client::builder(TokioExecutor::new()).build_http();
    Router::new().fallback(pass).with_state(Arc::new(Proxy { upstream, watch: Arc::clone(watch), client }))
}

async fn pass(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let watch = &proxy.watch;
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
    let path = head.uri.path_and_query().map_or(head.uri.path(), |whole| whole.as_str());
    let needed = actions::needed(&head.method, path, &head.headers, &body);
    let (number, began) = watch.begin(needed.clone(), head.clone(), &body);
    let fault = watch.fault.and_then(|(at, fault)| (at == number).then_some(fault));
    let call = Call { needed, head, body };
    let answer = answer(&proxy, call, fault).await;
    watch.pace(number, began).await;
    watch.end(number, answer.status());
    answer
}

/// A call as it came.
struct Call {
    needed: Vec<String>,
    head: Parts,
    body: Bytes,
}

async fn answer(proxy: &Proxy, call: Call, fault: Option<Fault>) -> Response {
    let (watch, headers) = (&proxy.watch, call.head.headers.clone());
    match fault {
        None => forward(proxy, call).await,
        Some(Fault::Refuse) => error(&headers, StatusCode::BAD_REQUEST, "ValidationError"),
        Some(Fault::ServerError) => error(&headers, StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure"),
        Some(Fault::Throttle) => error(&headers, StatusCode::BAD_REQUEST, "ThrottlingException"),
        Some(Fault::Timeout) => no_answer().await,
        Some(Fault::ReplyLost) => {
            forward(proxy, call).await;
            no_answer().await
        }
        Some(Fault::FreezeBefore) => {
            freeze(watch).await;
            no_answer().await
        }
        Some(Fault::Freeze) => {
            let answer = forward(proxy, call).await;
            freeze(watch).await;
            answer
        }
        Some(Fault::KillBefore) => {
            signal(watch, "-KILL");
            StatusCode::BAD_GATEWAY.into_response()
        }
        Some(Fault::KillAfter) => {
            let answer = forward(proxy, call).await;
            signal(watch, "-KILL");
            answer
        }
    }
}

async fn forward(proxy: &Proxy, call: Call) -> Response {
    let Call { needed, mut head, body } = call;
    let (address, health_checks) = match &proxy.upstream {
        Upstream::Emulator { address, health_checks } => (address, health_checks),
        Upstream::Stub(stub) => return stub.answer(&needed, &head.headers, &body),
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let elsewhere = health_checks.as_ref().filter(|_| path.contains("/healthcheck/"));
    head.uri = format!("{}{path}", elsewhere.unwrap_or(address)).parse::<Uri>().expect("an address");
    let answer = proxy.client.request(Request::from_parts(head, Body::from(body))).await;
    answer.map_or_else(|_| StatusCode::BAD_GATEWAY.into_response(), IntoResponse::into_response)
}

async fn no_answer() -> Response {
    tokio::time::sleep(NO_ANSWER).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}

/// Lets the process stand still, as Lambda does with one that it has no work for.
async fn freeze(watch: &Watch) {
    signal(watch, "-STOP");
    tokio::time::sleep(FROZEN).await;
    signal(watch, "-CONT");
}

fn signal(watch: &Watch, signal: &str) {
    let process = watch.process.load(Ordering::SeqCst);
    assert_ne!(process, 0, "the process is not named");
    let sent = std::process::Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{signal} can be sent to process {process}");
}

//! A proxy in front of the emulators that numbers the calls and lets one of them go wrong.

#![expect(clippy::disallowed_methods, reason = "it waits on the real clock, as the process under test does")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use crossover_sandbox::Fault;
use hyper_util::{client::legacy::Client, client::legacy::connect::HttpConnector, rt::TokioExecutor};
use serde_json::json;
use tokio::net::TcpListener;

use crate::actions;

/// Longer than any client of Crossover waits for an answer.
const NO_ANSWER: Duration = Duration::from_secs(5);

/// What is common to the proxies of one process under test.
#[derive(Default)]
pub struct Watch {
    calls: AtomicU32,
    /// The IAM actions that they needed.
    actions: Mutex<BTreeSet<String>>,
    /// The process that a fault ends or freezes; 0 for none.
    pub process: AtomicU32,
    fault: Option<(u32, Fault)>,
}

impl Watch {
    /// Lets the call of this number go wrong.
    #[must_use]
    pub fn for_call(number: u32, fault: Fault) -> Self {
        Self { fault: Some((number, fault)), ..Self::default() }
    }

    /// The IAM actions that the calls seen so far need.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<String> {
        self.actions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The calls seen so far.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }
}

/// How long a frozen process stands still: longer than the lease of the tests that freeze one.
pub const FROZEN: Duration = Duration::from_secs(15);

struct Proxy {
    upstream: String,
    /// Where Route 53's health checks are asked for, if elsewhere.
    health_checks: Option<String>,
    watch: Arc<Watch>,
    client: Client<HttpConnector, Body>,
}

/// Starts a proxy to `upstream` and gives its address.
pub async fn start(upstream: &str, watch: &Arc<Watch>) -> String {
    serve(upstream, None, watch).await
}

/// The same for Route 53, of whose calls those about health checks go elsewhere: no emulator knows all.
pub async fn start_route53(upstream: &str, health_checks: &str, watch: &Arc<Watch>) -> String {
    serve(upstream, Some(health_checks.to_owned()), watch).await
}

async fn serve(upstream: &str, health_checks: Option<String>, watch: &Arc<Watch>) -> String {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let proxy = Arc::new(Proxy { upstream: upstream.to_owned(), health_checks, watch: Arc::clone(watch), client });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().fallback(pass).with_state(proxy);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn pass(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let watch = &proxy.watch;
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
    let path = head.uri.path_and_query().map_or(head.uri.path(), |whole| whole.as_str());
    let needed = actions::needed(&head.method, path, &head.headers, &body);
    watch.actions.lock().unwrap_or_else(PoisonError::into_inner).extend(needed);
    let request = Request::from_parts(head, Body::from(body));
    let number = watch.calls.fetch_add(1, Ordering::SeqCst);
    let fault = watch.fault.and_then(|(at, fault)| (at == number).then_some(fault));
    let headers = request.headers().clone();
    match fault {
        None => forward(&proxy, request).await,
        Some(Fault::Refuse) => error(&headers, StatusCode::BAD_REQUEST, "ValidationError"),
        Some(Fault::ServerError) => error(&headers, StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure"),
        Some(Fault::Throttle) => error(&headers, StatusCode::BAD_REQUEST, "ThrottlingException"),
        Some(Fault::Timeout) => no_answer().await,
        Some(Fault::ReplyLost) => {
            forward(&proxy, request).await;
            no_answer().await
        }
        Some(Fault::FreezeBefore) => {
            freeze(watch).await;
            no_answer().await
        }
        Some(Fault::Freeze) => {
            let answer = forward(&proxy, request).await;
            freeze(watch).await;
            answer
        }
        Some(Fault::KillBefore) => {
            signal(watch, "-KILL");
            StatusCode::BAD_GATEWAY.into_response()
        }
        Some(Fault::KillAfter) => {
            let answer = forward(&proxy, request).await;
            signal(watch, "-KILL");
            answer
        }
    }
}

async fn forward(proxy: &Proxy, mut request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let elsewhere = proxy.health_checks.as_ref().filter(|_| path.contains("/healthcheck/"));
    let upstream = elsewhere.unwrap_or(&proxy.upstream);
    *request.uri_mut() = format!("{upstream}{path}").parse::<Uri>().expect("an address");
    let answer = proxy.client.request(request).await;
    answer.map_or_else(|_| StatusCode::BAD_GATEWAY.into_response(), IntoResponse::into_response)
}

async fn no_answer() -> Response {
    tokio::time::sleep(NO_ANSWER).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}

/// An error as the service would write it, in the protocol that it was asked in.
fn error(headers: &HeaderMap, status: StatusCode, code: &str) -> Response {
    let message = "a fault of the proxy";
    let asked_in = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = asked_in(header::CONTENT_TYPE);
    if headers.contains_key("smithy-protocol") {
        let answer = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
        return (status, answer, cbor(&[("__type", code), ("message", message)])).into_response();
    }
    if content_type.starts_with("application/x-amz-json") {
        let body = json!({ "__type": code, "message": message }).to_string();
        return (status, [(header::CONTENT_TYPE, content_type.to_owned())], body).into_response();
    }
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    // EC2 and S3 have shapes of their own; the others use the one of the query protocol.
    let asked_of = |service: &str| asked_in(header::USER_AGENT).contains(service);
    let body = if asked_of("api/ec2") {
        format!("<Response><Errors>{error}</Errors><RequestID>proxy</RequestID></Response>")
    } else if asked_of("api/s3") {
        error
    } else {
        format!("<ErrorResponse>{error}<RequestId>proxy</RequestId></ErrorResponse>")
    };
    (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

/// A map of short texts in CBOR (RFC 8949).
fn cbor(pairs: &[(&str, &str)]) -> Vec<u8> {
    let short = |length: usize| u8::try_from(length).expect("a short text");
    let text = |text: &str| [&[0x78, short(text.len())], text.as_bytes()].concat();
    let mut bytes = vec![0xa0 | short(pairs.len())];
    for (key, value) in pairs {
        bytes.extend(text(key));
        bytes.extend(text(value));
    }
    bytes
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

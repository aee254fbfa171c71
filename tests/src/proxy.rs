//! A proxy in front of the emulators that numbers the calls and ends a process at one of them.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use hyper_util::{client::legacy::Client, client::legacy::connect::HttpConnector, rt::TokioExecutor};
use tokio::net::TcpListener;

/// What is common to the proxies of one process under test.
#[derive(Default)]
pub struct Watch {
    calls: AtomicU32,
    /// The process to end; 0 for none.
    pub process: AtomicU32,
    at: u32,
    after: bool,
}

impl Watch {
    /// Ends a process, once it is named, at the call of this number, before or after it is passed on.
    #[must_use]
    pub fn for_call(at: u32, after: bool) -> Self {
        Self { at, after, ..Self::default() }
    }

    /// The calls seen so far.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }
}

struct Proxy {
    upstream: String,
    watch: Arc<Watch>,
    client: Client<HttpConnector, Body>,
}

/// Starts a proxy to `upstream` and gives its address.
pub async fn start(upstream: &str, watch: &Arc<Watch>) -> String {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let proxy = Arc::new(Proxy { upstream: upstream.to_owned(), watch: Arc::clone(watch), client });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().fallback(pass).with_state(proxy);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn pass(State(proxy): State<Arc<Proxy>>, mut request: Request) -> Response {
    let watch = &proxy.watch;
    let number = watch.calls.fetch_add(1, Ordering::SeqCst);
    let process = watch.process.load(Ordering::SeqCst);
    let kill = process != 0 && number == watch.at;
    if kill && !watch.after {
        end(process);
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = format!("{}{path}", proxy.upstream).parse::<Uri>().expect("an address");
    let answer = proxy.client.request(request).await;
    if kill {
        end(process);
    }
    answer.map_or_else(|_| StatusCode::BAD_GATEWAY.into_response(), IntoResponse::into_response)
}

fn end(process: u32) {
    let killed = std::process::Command::new("kill").args(["-9", &process.to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()), "process {process} can be ended");
}

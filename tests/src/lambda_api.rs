//! Lambda's own API as far as an invocation needs it, in front of a real binary.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::lambda::{Answer, Lambda};

/// How long an invocation may take.
const TIME: Duration = Duration::from_mins(1);

/// The API.
pub struct LambdaApi {
    /// Where it listens.
    pub address: String,
    inner: Arc<Inner>,
}

struct Inner {
    /// The only function that there is, by its name and its alias.
    function: String,
    process: tokio::sync::Mutex<Option<Lambda>>,
    faults: Mutex<VecDeque<Fault>>,
    invoked: AtomicU32,
}

/// What becomes of an invocation that does not get to the function.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Lambda refuses it with this status and this error code.
    Refused(u16, &'static str),
    /// The function failed, and Lambda says this of it.
    Failed(Value),
    /// It answered this.
    Answered(&'static str),
    /// No answer comes.
    Silence,
}

impl LambdaApi {
    /// Starts it, with this binary as its function; without one every invocation needs a fault.
    pub async fn start(function: &str, process: Option<Lambda>) -> Self {
        let inner = Arc::new(Inner {
            function: function.to_owned(),
            process: tokio::sync::Mutex::new(process),
            faults: Mutex::default(),
            invoked: AtomicU32::new(0),
        });
        let invocations = "/2015-03-31/functions/{name}/invocations";
        let router = Router::new().route(invocations, post(invoke)).with_state(inner.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inner }
    }

    /// Lets these befall the next invocations, one each.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.inner.faults.lock().unwrap_or_else(PoisonError::into_inner).extend(faults);
    }

    /// How many invocations it was asked for so far.
    #[must_use]
    pub fn invoked(&self) -> u32 {
        self.inner.invoked.load(Ordering::SeqCst)
    }
}

async fn invoke(State(api): State<Arc<Inner>>, Path(name): Path<String>, headers: HeaderMap, payload: Bytes) -> Response {
    api.invoked.fetch_add(1, Ordering::SeqCst);
    if name != api.function {
        return refused(404, "ResourceNotFoundException", &format!("Function not found: {name}"));
    }
    let fault = api.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    match fault {
        Some(Fault::Refused(status, code)) => refused(status, code, "the test says so"),
        Some(Fault::Failed(error)) => failed(&error),
        Some(Fault::Answered(text)) => text.into_response(),
        Some(Fault::Silence) => pending().await,
        // Whoever leaves an event is not told what becomes of it.
        None if headers.get("x-amz-invocation-type").is_some_and(|kind| kind == "Event") => {
            tokio::spawn(async move {
                let mut process = api.process.lock().await;
                process.as_mut().expect("a function").invoke(payload, TIME).await
            });
            StatusCode::ACCEPTED.into_response()
        }
        None => {
            let mut process = api.process.lock().await;
            let lambda = process.as_mut().expect("a function");
            match lambda.invoke(payload, TIME).await {
                Some(Answer::Response(answer)) => answer.to_string().into_response(),
                Some(Answer::Error(error)) => failed(&error),
                None => failed(&json!({ "errorType": "Runtime.ExitError", "errorMessage": "the process has ended" })),
            }
        }
    }
}

fn refused(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("x-amzn-errortype", code.to_owned())], json!({ "Message": message, "Type": "User" }).to_string()).into_response()
}

/// Lambda answers with 200 when it was the function that failed.
fn failed(error: &Value) -> Response {
    ([("x-amz-function-error", "Unhandled")], error.to_string()).into_response()
}

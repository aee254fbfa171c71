//! Responses from a list, below the real clients: the SDKs serialize and parse as over the wire.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;

#[derive(Debug, Clone)]
enum Next {
    Answers(Arc<Mutex<VecDeque<(u16, String)>>>),
    Unreachable(String),
    Silent,
}

/// A service with prepared responses.
#[derive(Debug, Clone)]
pub struct Canned {
    next: Next,
    sent: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// A service with these responses, by status and body, in order.
    pub fn answering<'a>(answers: impl IntoIterator<Item = (u16, &'a str)>) -> Self {
        let answers = answers.into_iter().map(|(status, body)| (status, body.to_owned())).collect();
        Self::new(Next::Answers(Arc::new(Mutex::new(answers))))
    }

    /// A service that can't be reached.
    #[must_use]
    pub fn unreachable(why: &str) -> Self {
        Self::new(Next::Unreachable(why.to_owned()))
    }

    /// A service that never responds.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(Next::Silent)
    }

    fn new(next: Next) -> Self {
        Self { next, sent: Arc::default() }
    }

    /// The bodies of the requests that were sent.
    #[must_use]
    pub fn sent(&self) -> Vec<String> {
        lock(&self.sent).clone()
    }

    /// A configuration that reaches only this service.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        let connector = SharedHttpConnector::new(self.clone());
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
            .retry_config(RetryConfig::disabled())
            .timeout_config(crate::config::timeouts(std::time::Duration::from_millis(200)))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build()
    }
}

impl aws_smithy_runtime_api::client::http::HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        lock(&self.sent).push(String::from_utf8_lossy(body).into_owned());
        match &self.next {
            Next::Answers(answers) => {
                let Some((status, body)) = lock(answers).pop_front() else {
                    unreachable!("one more call than answers");
                };
                let answer = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None));
                HttpConnectorFuture::ready(answer.map(|status| {
                    let mut response = HttpResponse::new(status, SdkBody::from(body));
                    response.headers_mut().insert("x-amzn-requestid", "canned-request-id");
                    response
                }))
            }
            Next::Unreachable(why) => HttpConnectorFuture::ready(Err(ConnectorError::io(why.clone().into()))),
            Next::Silent => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The harness's own time: the calls of a process, made again by a client that signs and decides nothing.

#![expect(clippy::disallowed_methods, reason = "it measures by the real clock")]

use std::time::{Duration, Instant};

use axum::{body::Body, extract::Request};
use futures::future::join_all;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::proxy::Passed;

/// A client with connections of its own.
pub struct Replay {
    client: Client<HttpConnector, Body>,
    address: String,
}

impl Replay {
    /// To a proxy.
    #[must_use]
    pub fn at(address: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { client: Client::builder(TokioExecutor::new()).build(connector), address: address.to_owned() }
    }

    /// How long these calls take when those of a round are made at once, and those of the next one when all are answered.
    ///
    /// # Panics
    /// When one is not answered.
    pub async fn time(&self, calls: &[Passed]) -> Duration {
        let began = Instant::now();
        for round in calls.chunk_by(|call, next| call.round == next.round) {
            join_all(round.iter().map(|call| self.call(call))).await;
        }
        began.elapsed()
    }

    async fn call(&self, call: &Passed) {
        let mut head = call.head.clone();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = format!("{}{path}", self.address).parse().expect("an address");
        let answer = self.client.request(Request::from_parts(head, Body::from(call.body.clone()))).await.expect("an answer");
        axum::body::to_bytes(Body::new(answer.into_body()), usize::MAX).await.expect("a body");
    }
}

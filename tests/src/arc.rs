//! A cluster of routing controls, of which no emulator has one: as much of its API (AWS JSON 1.0) as
//! Amazon Application Recovery Controller's API reference says of the two calls that are made.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

type States = Arc<Mutex<BTreeMap<String, String>>>;

/// Starts one endpoint of a cluster with these routing controls and gives its address. The first is on
/// and the others are off; a safety rule wants one of them to be on.
pub async fn start(controls: &[&str]) -> String {
    let state = |(number, control): (usize, &&str)| ((*control).to_owned(), if number == 0 { "On" } else { "Off" }.to_owned());
    let states: States = Arc::new(Mutex::new(controls.iter().enumerate().map(state).collect()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().fallback(answer).with_state(states);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/v1")
}

async fn answer(State(states): State<States>, headers: HeaderMap, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let mut states = states.lock().unwrap_or_else(PoisonError::into_inner);
    match headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
        Some("ToggleCustomerAPI.GetRoutingControlState") => {
            let control = asked["RoutingControlArn"].as_str().unwrap_or_default();
            match states.get(control) {
                Some(state) => reply(StatusCode::OK, &json!({ "RoutingControlArn": control, "RoutingControlState": state })),
                None => error("ResourceNotFoundException", "no such routing control"),
            }
        }
        Some("ToggleCustomerAPI.UpdateRoutingControlStates") => {
            let mut changed = states.clone();
            for entry in asked["UpdateRoutingControlStateEntries"].as_array().into_iter().flatten() {
                let control = entry["RoutingControlArn"].as_str().unwrap_or_default();
                match (changed.get_mut(control), entry["RoutingControlState"].as_str()) {
                    (Some(state), Some(wanted @ ("On" | "Off"))) => wanted.clone_into(state),
                    (None, _) => return error("ResourceNotFoundException", "no such routing control"),
                    (_, wanted) => return error("ValidationException", &format!("{wanted:?} is no state")),
                }
            }
            if changed.values().all(|state| state == "Off") {
                return error("ConflictException", "safety rule one-on is not met");
            }
            *states = changed;
            reply(StatusCode::OK, &json!({}))
        }
        other => error("ValidationException", &format!("{other:?} is not a call that this cluster knows")),
    }
}

fn error(code: &str, message: &str) -> Response {
    reply(StatusCode::BAD_REQUEST, &json!({ "__type": code, "message": message }))
}

fn reply(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body.to_string()).into_response()
}

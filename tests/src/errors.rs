//! Errors as AWS writes them.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::cbor;

/// An error as the service would write it, in the protocol that it was asked in.
pub(crate) fn error(headers: &HeaderMap, status: StatusCode, code: &str) -> Response {
    let message = "a fault of the proxy";
    let asked_in = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = asked_in(header::CONTENT_TYPE);
    if headers.contains_key("smithy-protocol") {
        let answer = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
        return (status, answer, cbor::encode(&json!({ "__type": code, "message": message }))).into_response();
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

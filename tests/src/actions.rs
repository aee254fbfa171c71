//! The IAM actions that a call to AWS needs, as it goes over the wire.
//!
//! Service Authorization Reference, "Actions, resources, and condition keys for AWS services".

use axum::http::{HeaderMap, Method, header::AUTHORIZATION};
use serde_json::Value;

/// What a role must allow for this call to be made; empty when it is none of AWS.
#[must_use]
pub fn needed(method: &Method, path: &str, headers: &HeaderMap, body: &[u8]) -> Vec<String> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Credential=KEY/20260314/us-east-1/SERVICE/aws4_request
    let signed = header(AUTHORIZATION.as_str());
    let Some(service) = signed.split("Credential=").nth(1).and_then(|scope| scope.split('/').nth(3)) else {
        return Vec::new();
    };
    let target = || header("x-amz-target").rsplit('.').next().unwrap_or_default().to_owned();
    let calls = match service {
        "dynamodb" if target() == "TransactWriteItems" => of_a_transaction(body),
        "codedeploy" | "dynamodb" | "route53-recovery-cluster" => vec![target()],
        "cloudfront" => vec!["ListDistributions".to_owned()],
        // In CBOR the path says it, in JSON the target.
        "monitoring" if path == "/" => vec![target()],
        "monitoring" => vec![path.rsplit('/').next().unwrap_or_default().to_owned()],
        "route53" => vec![of_route53(method, path).to_owned()],
        "s3" => vec![of_s3(method, path).to_owned()],
        _ => vec![of_a_query(body)],
    };
    let prefix = if service == "monitoring" { "cloudwatch" } else { service };
    calls.into_iter().map(|call| format!("{prefix}:{call}")).collect()
}

fn of_a_query(body: &[u8]) -> String {
    let body = String::from_utf8_lossy(body);
    body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned()
}

/// A transaction needs no action of its own, only those of its parts.
fn of_a_transaction(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let parts = body["TransactItems"].as_array().cloned().unwrap_or_default();
    let names = parts.iter().filter_map(|part| part.as_object()?.keys().next().cloned());
    names.map(|name| if name == "ConditionCheck" { "ConditionCheckItem".to_owned() } else { format!("{name}Item") }).collect()
}

fn of_route53(method: &Method, path: &str) -> &'static str {
    let parts: Vec<&str> = path.split(['/', '?']).filter(|part| !part.is_empty()).skip(1).collect();
    match (method.as_str(), parts.as_slice()) {
        ("POST", ["hostedzone", _, "rrset", ..]) => "ChangeResourceRecordSets",
        ("GET", ["hostedzone", _, "rrsetprotection"]) => "ListResourceRecordSetProtections",
        ("GET", ["hostedzone", _, "rrset", ..]) => "ListResourceRecordSets",
        ("GET", ["hostedzone", ..]) => "GetHostedZone",
        ("GET", ["change", ..]) => "GetChange",
        ("GET", ["healthcheck", _, "status", ..]) => "GetHealthCheckStatus",
        ("GET", ["healthcheck", ..]) => "GetHealthCheck",
        _ => "unknown",
    }
}

fn of_s3(method: &Method, path: &str) -> &'static str {
    let (place, query) = path.split_once('?').unwrap_or((path, ""));
    let asks = |what: &str| query.split('&').any(|pair| pair.split('=').next() == Some(what));
    match method.as_str() {
        "GET" if place.trim_matches('/').is_empty() => "ListAllMyBuckets",
        "GET" if asks("versioning") => "GetBucketVersioning",
        "GET" if asks("replication") => "GetReplicationConfiguration",
        "HEAD" if !place.trim_matches('/').contains('/') => "ListBucket",
        "HEAD" | "GET" => "GetObject",
        "PUT" => "PutObject",
        "DELETE" => "DeleteObject",
        _ => "unknown",
    }
}

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_dynamodb::Client;
use crossover_model::topology::Role;

use super::*;
use crate::{Accounts, canned::Canned};

async fn error_of(status: u16, body: &str) -> CloudError {
    let client = Client::new(&Canned::answering([(status, body)]).config());
    cloud_error("dynamodb:ListTables", client.list_tables().send().await.unwrap_err())
}

#[tokio::test]
async fn keeps_code_message_and_request_id() {
    let error = error_of(400, r#"{"__type":"com.amazonaws#ThrottlingException","message":"slow down"}"#).await;
    assert_eq!(error.to_string(), "dynamodb:ListTables: throttled: ThrottlingException: slow down (request canned-request-id)");
    assert!(error.retry_can_help());
    assert!(error.source().is_some());
}

#[tokio::test]
async fn an_answer_that_is_no_json_keeps_its_status() {
    let error = error_of(502, "<html>bad gateway</html>").await;
    assert_eq!(error.fault, Fault::Unavailable);
    assert!(error.to_string().contains("502"), "{error}");
}

#[tokio::test]
async fn reports_why_nothing_was_sent() {
    let client = Client::new(&Canned::unreachable("connection refused by the test").config());
    let error = client.list_tables().send().await.unwrap_err();
    let error = cloud_error("dynamodb:ListTables", error);
    assert_eq!(error.fault, Fault::Unavailable);
    assert!(error.message.contains("connection refused by the test"), "{error}");
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_denied_and_not_tried_again() {
    let refusal = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                   <Code>AccessDenied</Code><Message>User is not authorized to perform: sts:AssumeRole</Message></Error>\
                   <RequestId>r</RequestId></ErrorResponse>";
    let canned = Canned::answering([(403, refusal)]);
    let role = Role { arn: "arn:aws:iam::444455556666:role/gone".to_owned(), external_id: "e-1".to_owned() };
    // STS's client asks for a clock too, which only a loaded configuration has.
    let own = canned.config();
    let loaded = crate::config::load().await.into_builder().region(own.region().cloned()).http_client(own.http_client().unwrap());
    let loaded = loaded.credentials_provider(own.credentials_provider().unwrap()).build();
    let accounts = Accounts::new(loaded, [role.clone()]).await;
    let client = Client::new(accounts.config(Some(&role)));
    let error = cloud_error("dynamodb:ListTables", client.list_tables().send().await.unwrap_err());
    assert_eq!((error.fault, error.retry_can_help()), (Fault::Denied, false), "{error}");
    let sent = canned.sent();
    assert!(sent[0].contains("Action=AssumeRole") && sent[0].contains("ExternalId=e-1"), "{sent:?}");
}

#[tokio::test]
async fn missing_credentials_are_reported_in_one_line_and_not_retried() {
    let canned = Canned::answering([]);
    let config = canned.config().into_builder().credentials_provider(SharedCredentialsProvider::new(Nobody)).build();
    let error = cloud_error("dynamodb:ListTables", Client::new(&config).list_tables().send().await.unwrap_err());
    assert_eq!((error.fault, error.retry_can_help()), (Fault::Denied, false), "{error}");
    assert_eq!(
        error.to_string(),
        "dynamodb:ListTables: access denied: no AWS credentials were found; log in, or set AWS_PROFILE"
    );
    assert!(error.source().is_some() && canned.sent().is_empty());
}

/// The error of the SDK's chain without any provider.
#[derive(Debug)]
struct Nobody;

impl ProvideCredentials for Nobody {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded(
            "no credentials found in chain. Attempted:\n  Environment",
        )))
    }
}

#[tokio::test]
async fn a_timeout_is_distinguished_from_a_refusal() {
    let client = Client::new(&Canned::silent().config());
    let error = cloud_error("dynamodb:ListTables", client.list_tables().send().await.unwrap_err());
    assert_eq!(error.fault, Fault::TimedOut, "{error}");
}

#[test]
fn classes() {
    assert_eq!(classify("RequestLimitExceeded", "", Some(503)), Fault::Throttled);
    assert_eq!(classify("InternalError", "", Some(500)), Fault::Unavailable);
    assert_eq!(classify("UnauthorizedOperation", "", Some(403)), Fault::Denied);
    assert_eq!(classify("InvalidRoute.NotFound", "", Some(400)), Fault::NotFound);
    assert_eq!(classify("ResourceNotFoundException", "", Some(400)), Fault::NotFound);
    assert_eq!(classify("NoSuchHostedZone", "", Some(404)), Fault::NotFound);
    assert_eq!(classify("InvalidParameterValue", "", Some(400)), Fault::Refused);
}

//! From the SDKs' errors to the controller's.

use std::{error::Error, fmt::Write, sync::Arc};

use aws_sdk_dynamodb::operation::RequestId;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use crossover_controller::cloud::{CloudError, Fault};

/// The codes that AWS's own SDKs treat as throttling, and those of a lost race for a DynamoDB item.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingError",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
];

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "AuthorizationError",
    "AuthorizationErrorException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// The failure of `call` (as in `ec2:ReplaceRoute`), with the service's own words.
pub(crate) fn cloud_error<E>(call: &str, error: SdkError<E, HttpResponse>) -> CloudError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let status = error.raw_response().map(|response| response.status().as_u16());
    let message = match (error.message(), status) {
        (Some(message), _) => message.to_owned(),
        (None, Some(status)) => format!("HTTP status {status}, {}", chain(&error)),
        (None, None) => chain(&error),
    };
    let fault = match &error {
        SdkError::TimeoutError(_) => Fault::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Fault::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_user() => Fault::Refused,
        // A role that may not be assumed fails before anything is sent, and stays so.
        SdkError::DispatchFailure(_) if says_denied(&message) => Fault::Denied,
        SdkError::DispatchFailure(_) => Fault::Unavailable,
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => classify(&code, &message, status),
        _ => Fault::Refused,
    };
    let request_id = error.meta().request_id().or_else(|| error.request_id()).map(str::to_owned);
    CloudError { call: call.to_owned(), fault, code, message, request_id, cause: Some(Arc::new(error)) }
}

/// The class of an answer with this error code, message and HTTP status.
pub(crate) fn classify(code: &str, message: &str, status: Option<u16>) -> Fault {
    // Before the status: EC2 throttles with 503.
    if THROTTLED.contains(&code) || message.starts_with("Rate exceeded") || status == Some(429) {
        Fault::Throttled
    } else if DENIED.contains(&code) {
        Fault::Denied
    } else if code.starts_with("RequestTimeout") {
        Fault::TimedOut
    } else if code.ends_with("NotFound")
        || code.ends_with("NotFoundException")
        || code.ends_with("NotFoundFault")
        || code.starts_with("NoSuch")
    {
        Fault::NotFound
    } else {
        match status {
            Some(500..) => Fault::Unavailable,
            Some(401 | 403) => Fault::Denied,
            _ => Fault::Refused,
        }
    }
}

/// Whether what went wrong before the call was a refusal by STS (`AssumeRole`).
fn says_denied(message: &str) -> bool {
    message.contains("AccessDenied") || message.contains("not authorized to perform: sts:AssumeRole")
}

/// The SDK's outermost error says only "dispatch failure": what follows it says why.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;

    use crossover_controller::topology::Role;

    use super::*;
    use crate::{Accounts, tests::canned::Canned};

    async fn error_of(status: u16, body: &str) -> CloudError {
        let client = Client::new(&Canned::answering([(status, body)]).config());
        cloud_error("dynamodb:ListTables", client.list_tables().send().await.unwrap_err())
    }

    #[tokio::test]
    async fn keeps_code_message_and_request_id() {
        let error = error_of(400, r#"{"__type":"com.amazonaws#ThrottlingException","message":"slow down"}"#).await;
        assert_eq!(
            error.to_string(),
            "dynamodb:ListTables: throttled: ThrottlingException: slow down (request canned-request-id)"
        );
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
    async fn says_why_nothing_was_sent() {
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
        let loaded =
            crate::config::load().await.into_builder().region(own.region().cloned()).http_client(own.http_client().unwrap());
        let loaded = loaded.credentials_provider(own.credentials_provider().unwrap()).build();
        let accounts = Accounts::new(loaded, [role.clone()]).await;
        let client = Client::new(accounts.config(Some(&role)));
        let error = cloud_error("dynamodb:ListTables", client.list_tables().send().await.unwrap_err());
        assert_eq!((error.fault, error.retry_can_help()), (Fault::Denied, false), "{error}");
        let sent = canned.sent();
        assert!(sent[0].contains("Action=AssumeRole") && sent[0].contains("ExternalId=e-1"), "{sent:?}");
    }

    #[tokio::test]
    async fn no_answer_in_time_is_told_from_a_refusal() {
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
}

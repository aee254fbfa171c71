//! Converts the SDKs' errors to the controller's.

use std::{error::Error, fmt::Write, sync::Arc};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use crossover_model::error::{CloudError, Fault};

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

/// The failure of `call` (as in `ec2:ReplaceRoute`), with the service's message.
pub fn cloud_error<E>(call: &str, error: SdkError<E, HttpResponse>) -> CloudError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    if has_no_credentials(&error) {
        let message = NO_CREDENTIALS.to_owned();
        return CloudError {
            call: call.to_owned(),
            fault: Fault::Denied,
            code,
            message,
            request_id: None,
            cause: Some(Arc::new(error)),
        };
    }
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
        // A role that may not be assumed fails before anything is sent, and retries don't help.
        SdkError::DispatchFailure(_) if is_denied(&message) => Fault::Denied,
        SdkError::DispatchFailure(_) => Fault::Unavailable,
        // A successful response that can't be parsed was cut off: the request may have been executed.
        SdkError::ResponseError(_) if status.is_some_and(|status| (200..300).contains(&status)) => Fault::Unavailable,
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => classify(&code, &message, status),
        _ => Fault::Refused,
    };
    let request_id = error.meta().request_id().or_else(|| error.request_id()).map(str::to_owned);
    CloudError { call: call.to_owned(), fault, code, message, request_id, cause: Some(Arc::new(error)) }
}

/// The class of an error response with this code, message and HTTP status.
#[must_use]
pub fn classify(code: &str, message: &str, status: Option<u16>) -> Fault {
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

/// The message for missing credentials, instead of the SDK's list of all providers.
pub(crate) const NO_CREDENTIALS: &str = "no AWS credentials were found; log in, or set AWS_PROFILE";

/// Whether there were no credentials for the call: it was not sent, and retries don't help.
fn has_no_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if matches!(error.downcast_ref(), Some(CredentialsError::CredentialsNotLoaded(_))) {
            return true;
        }
        next = error.source();
    }
    false
}

/// Whether STS refused `AssumeRole` before the call.
fn is_denied(message: &str) -> bool {
    message.contains("AccessDenied") || message.contains("not authorized to perform: sts:AssumeRole")
}

/// The SDK's outermost error is only "dispatch failure": its sources have the reason.
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
mod tests;

//! The time by DynamoDB's clock: the `Date` header of its responses, in full seconds.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextRef},
    error::BoxError,
};
use jiff::{Timestamp, fmt::rfc2822};

/// Remembers the time of the last response.
#[derive(Debug, Clone, Default)]
pub(super) struct ServiceClock(Arc<Mutex<Option<Timestamp>>>);

impl ServiceClock {
    /// The time of the last response; none if it did not say one.
    pub(super) fn last(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for ServiceClock {
    fn name(&self) -> &'static str {
        "ServiceClock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let at = date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
        Ok(())
    }
}

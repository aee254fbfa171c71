//! Why a target failed.

use std::{io, net::IpAddr, time::Duration};

use rustls::pki_types::InvalidDnsNameError;

/// Why a target failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No response in time.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// It can't be reached, or refused the connection.
    #[error("{0}")]
    Refused(String),
    /// Its name does not resolve.
    #[error("its name could not be resolved: {0}")]
    Unresolved(String),
    /// Its name resolves to a private address (split-horizon DNS, a VPC endpoint), which proves nothing about the Internet.
    #[error("its name resolves to {0}, which is not a public address")]
    Inside(IpAddr),
    /// The certificate is not trusted, or has another name.
    #[error("answered with an invalid certificate: {0}")]
    Certificate(String),
    /// The HTTP status is another one.
    #[error("answered with status {got}, not {expected}")]
    Status {
        /// The expected status.
        expected: u16,
        /// The status of the response.
        got: u16,
    },
    /// The response is malformed or empty.
    #[error("answered, but {0}")]
    Garbled(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(why)) => Self::Certificate(format!("{why:?}")),
            Some(other) => Self::Garbled(format!("not as TLS does: {other}")),
            None => Self::Refused(error.to_string()),
        }
    }
}

impl From<InvalidDnsNameError> for Failure {
    fn from(error: InvalidDnsNameError) -> Self {
        Self::Certificate(error.to_string())
    }
}

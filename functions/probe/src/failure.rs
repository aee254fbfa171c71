//! Why a target did not answer as it should.

use std::{io, net::IpAddr, time::Duration};

use rustls::pki_types::InvalidDnsNameError;

/// Why a target did not answer as it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing came in time.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// There is no way to it, or it refused.
    #[error("{0}")]
    Refused(String),
    /// Its name leads nowhere.
    #[error("its name could not be resolved: {0}")]
    Unresolved(String),
    /// Its name leads inside, to what answers without the way out (split-horizon DNS, an endpoint of the VPC).
    #[error("its name leads to {0}, which answers without the way out")]
    Inside(IpAddr),
    /// Somebody else answered: the certificate is not trusted, or of another name.
    #[error("answered with a certificate that won't do: {0}")]
    Certificate(String),
    /// Somebody else answered: the status is another one.
    #[error("answered with status {got} rather than {expected}")]
    Status {
        /// What it should have been.
        expected: u16,
        /// What it was.
        got: u16,
    },
    /// The answer is none.
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

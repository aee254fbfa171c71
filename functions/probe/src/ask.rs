//! A round: all targets are tested at the same time, each with its own timeout.

use std::{net::SocketAddr, path::Path, sync::Arc};

use futures::{
    future::join_all,
    stream::{FuturesUnordered, StreamExt},
};
use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    declared::{Check, Host, Probe, ProbeTarget},
    dns,
    failure::Failure,
    http,
    outside::is_outside,
};

/// The attempts within one timeout, as a single packet may get lost.
const ATTEMPTS: u32 = 3;

/// The result of a round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Round {
    /// The number of targets.
    pub asked: usize,
    /// The failed targets, by name.
    pub failures: Vec<(String, Failure)>,
}

impl Round {
    /// The number of successful targets.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.asked.saturating_sub(self.failures.len())
    }

    /// Whether at least `quorum` targets succeeded.
    #[must_use]
    pub fn is_good(&self, quorum: usize) -> bool {
        self.answered() >= quorum
    }
}

/// The trusted certificates can't be read.
#[derive(Debug, thiserror::Error)]
#[error("SSL_CERT_FILE is \"{path}\"; expected a PEM file with the certificates of trusted authorities, but: {why}")]
pub struct TrustError {
    path: String,
    why: String,
}

/// Tests targets.
pub struct Asker {
    tls: TlsConnector,
}

impl Asker {
    /// Trusts the authorities in this file.
    ///
    /// # Errors
    /// The file can't be read or has no certificate.
    pub fn new(trusted: &Path) -> Result<Self, TrustError> {
        let error = |why: String| TrustError { path: trusted.display().to_string(), why };
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(trusted).map_err(|why| error(why.to_string()))?;
        // Invalid certificates are skipped, as browsers do.
        roots.add_parsable_certificates(certificates.filter_map(Result::ok));
        if roots.is_empty() {
            return Err(error("it has none".to_owned()));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = versions.map_err(|why| error(why.to_string()))?.with_root_certificates(roots).with_no_client_auth();
        // A resumed session would not verify a certificate again.
        config.resumption = Resumption::disabled();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Tests all targets at the same time.
    pub async fn round(&self, probe: &Probe) -> Round {
        let answers = join_all(probe.targets.iter().map(|target| self.ask(target))).await;
        let failed = |(target, answer): (&ProbeTarget, Result<(), Failure>)| Some((target.name.clone(), answer.err()?));
        Round { asked: probe.targets.len(), failures: probe.targets.iter().zip(answers).filter_map(failed).collect() }
    }

    /// Tests one target; the first response counts.
    ///
    /// # Errors
    /// The target failed.
    pub async fn ask(&self, target: &ProbeTarget) -> Result<(), Failure> {
        let first = async {
            let mut attempts = FuturesUnordered::new();
            let mut begun = 0;
            let mut thirds = interval(target.timeout / ATTEMPTS);
            thirds.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    Some(answer) = attempts.next() => return answer,
                    _ = thirds.tick(), if begun < ATTEMPTS => {
                        attempts.push(self.attempt(target));
                        begun += 1;
                    }
                }
            }
        };
        timeout(target.timeout, first).await.unwrap_or(Err(Failure::Silent(target.timeout)))
    }

    async fn attempt(&self, target: &ProbeTarget) -> Result<(), Failure> {
        let address = address(&target.host, target.port).await?;
        match &target.check {
            Check::Tcp => TcpStream::connect(address).await.map(|_| ()).map_err(Failure::from),
            Check::Tls { name } => self.tls(address, name).await.map(|_| ()),
            Check::Https { name, path, status } => {
                let got = http::status(self.tls(address, name).await?, name, path).await?;
                if got == *status { Ok(()) } else { Err(Failure::Status { expected: *status, got }) }
            }
            Check::Dns { name } => dns::ask(address, name).await,
        }
    }

    async fn tls(&self, address: SocketAddr, name: &str) -> Result<TlsStream<TcpStream>, Failure> {
        let name = ServerName::try_from(name.to_owned())?;
        Ok(self.tls.connect(name, TcpStream::connect(address).await?).await?)
    }
}

async fn address(host: &Host, port: u16) -> Result<SocketAddr, Failure> {
    let (name, ipv6) = match host {
        Host::Address(address) => return Ok(SocketAddr::new(*address, port)),
        Host::Name { name, ipv6 } => (name.as_str(), *ipv6),
    };
    let found = lookup_host((name, port)).await.map_err(|error| Failure::Unresolved(error.to_string()))?;
    outside(found, ipv6)
}

/// The first public address of this IP version.
fn outside(found: impl Iterator<Item = SocketAddr>, ipv6: bool) -> Result<SocketAddr, Failure> {
    let (outside, inside): (Vec<_>, Vec<_>) =
        found.filter(|address| address.is_ipv6() == ipv6).partition(|address| is_outside(address.ip()));
    match (outside.first(), inside.first()) {
        (Some(address), _) => Ok(*address),
        (None, Some(address)) => Err(Failure::Inside(address.ip())),
        (None, None) => Err(Failure::Unresolved(format!("it has no {} address", if ipv6 { "IPv6" } else { "IPv4" }))),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

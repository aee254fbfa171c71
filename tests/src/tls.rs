//! TLS in front of a server of the tests.

use std::{net::SocketAddr, path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Connections whose handshake is done.
pub struct TlsListener {
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

/// Accepts with the `certificate.pem` and the `key.pem` of this folder.
#[must_use]
pub fn acceptor(folder: &Path) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(folder.join("certificate.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).expect("a pair");
    TlsAcceptor::from(Arc::new(config))
}

impl TlsListener {
    /// Accepts what comes to `tcp`; the handshakes of several connections run beside one another.
    #[must_use]
    pub fn new(tcp: TcpListener, tls: TlsAcceptor) -> Self {
        let address = tcp.local_addr().expect("an address");
        let (done, connections) = mpsc::channel(64);
        tokio::spawn(async move {
            while let Ok((stream, from)) = tcp.accept().await {
                stream.set_nodelay(true).expect("a TCP connection");
                let (tls, done) = (tls.clone(), done.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = tls.accept(stream).await {
                        let _ = done.send((stream, from)).await;
                    }
                });
            }
        });
        Self { connections, address }
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(self.address)
    }
}

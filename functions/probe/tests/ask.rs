//! Responses that count as success, over real sockets on the loopback.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests, of real time")]

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use crossover_probe::{
    ask::Asker,
    declared::{Host, ProbeTarget, probe},
    failure::Failure,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};
use tokio_rustls::TlsAcceptor;

fn certificates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates")
}

fn asker() -> Asker {
    Asker::new(&certificates().join("authority.pem")).unwrap()
}

/// A target as a topology declares it, with a limit that a busy machine keeps too. The loopback, which a topology would
/// refuse, replaces the addresses `192.0.2.1` and `2001:db8::1`.
fn target(keys: &str) -> ProbeTarget {
    let mut target = declared(keys);
    target.host = on_the_loopback(target.host);
    target
}

fn on_the_loopback(host: Host) -> Host {
    match host {
        Host::Address(IpAddr::V4(_)) => Host::Address([127, 0, 0, 1].into()),
        Host::Address(IpAddr::V6(_)) => Host::Address("::1".parse().unwrap()),
        name @ Host::Name { .. } => name,
    }
}

fn declared(keys: &str) -> ProbeTarget {
    let text = format!("[probe]\nbeat = \"10s\"\nquorum = 1\nfall = 1\nrise = 1\n[[probe.target]]\ntimeout = \"5s\"\n{keys}");
    probe(&text).unwrap().unwrap().targets.remove(0)
}

fn short(mut target: ProbeTarget) -> ProbeTarget {
    target.timeout = Duration::from_millis(300);
    target
}

/// Starts a server with the tests' certificate that answers every request with this; returns its port.
async fn serves(answer: &'static str) -> u16 {
    let certificate = CertificateDer::from_pem_file(certificates().join("certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates().join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let tls = tls.clone();
            tokio::spawn(async move {
                let mut stream = tls.accept(stream).await?;
                let _ = stream.read(&mut [0; 1024]).await?;
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await
            });
        }
    });
    port
}

/// Starts a DNS server that ignores a number of queries, then answers with this code and a number of addresses; returns its
/// address.
async fn names(silent: usize, code: u8, addresses: u8) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        for asked in 1.. {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            if asked > silent {
                let mut answer = buffer[..length].to_vec();
                answer[2..8].copy_from_slice(&[0x81, 0x80 | code, 0, 1, 0, addresses]);
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1].repeat(usize::from(addresses)));
                socket.send_to(&answer, from).await.unwrap();
            }
        }
    });
    address
}

fn https(port: u16, more: &str) -> ProbeTarget {
    target(&format!("https = \"https://www.example.com:{port}/health\"\naddress = \"192.0.2.1\"\n{more}"))
}

#[tokio::test]
async fn a_page_with_the_right_certificate_and_status_is_an_answer() {
    let port = serves("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(asker().ask(&https(port, "")).await, Ok(()));
    let tls = target(&format!("tls = \"www.example.com:{port}\"\naddress = \"192.0.2.1\"\n"));
    assert_eq!(asker().ask(&tls).await, Ok(()));
    let no_content = serves("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(asker().ask(&https(no_content, "status = 204")).await, Ok(()));
}

#[tokio::test]
async fn a_captive_answer_is_none() {
    let portal = serves("HTTP/1.1 302 Found\r\nLocation: https://portal.example/\r\n\r\n").await;
    assert_eq!(asker().ask(&https(portal, "")).await, Err(Failure::Status { expected: 200, got: 302 }));

    let other_name = target(&format!("https = \"https://www.example.org:{portal}/\"\naddress = \"192.0.2.1\"\n"));
    let answer = asker().ask(&other_name).await;
    assert!(matches!(&answer, Err(Failure::Certificate(why)) if why.contains("NotValidForName")), "{answer:?}");

    let nobody_that_is_trusted = Asker::new(&certificates().join("stranger.pem")).unwrap();
    let answer = nobody_that_is_trusted.ask(&https(portal, "")).await;
    assert!(matches!(&answer, Err(Failure::Certificate(why)) if why.contains("UnknownIssuer")), "{answer:?}");
}

#[tokio::test]
async fn a_response_without_tls_does_not_count_for_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        }
    });
    let answer = asker().ask(&https(port, "")).await;
    assert!(matches!(answer, Err(Failure::Garbled(_))), "{answer:?}");
}

#[tokio::test]
async fn silence_ends_with_the_limit_and_a_refusal_at_once() {
    // The system accepts connections, and no data follows.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = short(https(port, ""));
    assert_eq!(asker().ask(&silent).await, Err(Failure::Silent(silent.timeout)));
    assert_eq!(asker().ask(&target(&format!("tcp = \"192.0.2.1:{port}\""))).await, Ok(()), "it is a connection all the same");

    drop(listener);
    let began = Instant::now();
    let answer = asker().ask(&target(&format!("tcp = \"192.0.2.1:{port}\""))).await;
    assert!(matches!(&answer, Err(Failure::Refused(why)) if why.contains("refused")), "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(4), "a refusal is not waited for");
}

#[tokio::test]
async fn both_versions_of_ip_are_asked_and_names_that_lead_outside() {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(asker().ask(&target(&format!("tcp = \"[2001:db8::1]:{port}\""))).await, Ok(()));
    // A local server responds, which proves nothing about the Internet.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = asker().ask(&target(&format!("tcp = \"localhost:{port}\""))).await;
    assert_eq!(answer, Err(Failure::Inside([127, 0, 0, 1].into())));
    let answer = asker().ask(&target(&format!("tcp = \"nowhere.invalid:{port}\""))).await;
    assert!(matches!(answer, Err(Failure::Unresolved(_) | Failure::Silent(_))), "{answer:?}");
}

#[tokio::test]
async fn a_name_is_an_answer_when_it_has_an_address() {
    let dns = |server: SocketAddr| target(&format!("dns = \"192.0.2.1:{}\"\nname = \"example.com\"", server.port()));
    assert_eq!(asker().ask(&dns(names(0, 0, 1).await)).await, Ok(()));
    for (code, addresses) in [(3, 0), (2, 0), (0, 0)] {
        let answer = asker().ask(&dns(names(0, code, addresses).await)).await;
        assert!(matches!(answer, Err(Failure::Garbled(_))), "{code}: {answer:?}");
    }
}

#[tokio::test]
async fn a_lost_packet_is_no_lost_path_and_three_are() {
    let dns = |server: SocketAddr| target(&format!("dns = \"192.0.2.1:{}\"\nname = \"example.com\"", server.port()));
    assert_eq!(asker().ask(&dns(names(2, 0, 1).await)).await, Ok(()));
    let lost = short(dns(names(3, 0, 1).await));
    assert_eq!(asker().ask(&lost).await, Err(Failure::Silent(lost.timeout)));
}

#[tokio::test]
async fn a_round_tests_all_targets_at_once_and_names_the_failed_ones() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = format!("[[probe.target]]\ntls = \"www.example.com:{port}\"\naddress = \"192.0.2.1\"\n").repeat(8);
    let text = format!(
        "[probe]\nbeat = \"1s\"\ntimeout = \"600ms\"\nquorum = 2\n{silent}[[probe.target]]\ntcp = \"192.0.2.1:{port}\"\n"
    );
    let mut declared = probe(&text).unwrap().unwrap();
    declared.targets.iter_mut().for_each(|target| target.host = on_the_loopback(target.host.clone()));
    let began = Instant::now();
    let round = asker().round(&declared).await;
    assert!(began.elapsed() < Duration::from_millis(8 * 600), "one after the other");
    assert_eq!((round.asked, round.answered()), (9, 1));
    assert!(round.is_good(1) && !round.is_good(2), "the quorum decides");
    assert_eq!(round.failures[0].0, format!("tls www.example.com:{port}"));
}

#[test]
fn missing_trusted_authorities_are_reported() {
    for (file, why) in [("nothing.pem", "No such file"), ("key.pem", "it has none")] {
        let error = Asker::new(&certificates().join(file)).err().unwrap().to_string();
        assert!(error.starts_with("SSL_CERT_FILE is \"") && error.contains(file) && error.contains(why), "{error}");
    }
}

//! The Internet: what the probes ask, what is downloaded, and an echo.

use std::{path::Path, time::Duration};

use crossover_tests::tls::acceptor;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

use crate::traffic::{CHUNK, content};

/// The port that answers what comes over UDP with the same.
pub(crate) const ECHO: u16 = 7;
/// The port that is downloaded from.
pub(crate) const DOWNLOAD: u16 = 9000;

/// Serves until it is ended, with the certificate in this folder.
pub(crate) async fn serve(folder: &Path) {
    let tls = acceptor(folder);
    tokio::join!(
        echo(UdpSocket::bind(("0.0.0.0", ECHO)).await.expect("a port")),
        names(UdpSocket::bind("0.0.0.0:53").await.expect("a port")),
        pages(TcpListener::bind("[::]:443").await.expect("a port"), tls),
        downloads(TcpListener::bind(("0.0.0.0", DOWNLOAD)).await.expect("a port")),
    );
}

async fn echo(socket: UdpSocket) {
    let mut buffer = [0; 64];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let _ = socket.send_to(&buffer[..length], from).await;
    }
}

/// Answers every question with one address.
async fn names(socket: UdpSocket) {
    let mut buffer = [0; 512];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let mut answer = buffer[..length].to_vec();
        answer[2..8].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1]);
        // The name of the question, type A, class IN, for a minute, four bytes of address.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 100]);
        let _ = socket.send_to(&answer, from).await;
    }
}

async fn pages(listener: TcpListener, tls: TlsAcceptor) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let tls = tls.clone();
        tokio::spawn(async move {
            let mut stream = tls.accept(stream).await?;
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
            stream.shutdown().await
        });
    }
}

async fn downloads(listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(download(stream));
    }
}

/// Sends what is downloaded from the place on that it is asked for, at a steady rate.
async fn download(mut stream: TcpStream) -> std::io::Result<()> {
    let mut place = stream.read_u64().await?;
    loop {
        stream.write_all(&content(place)).await?;
        place += CHUNK;
        sleep(Duration::from_millis(20)).await;
    }
}

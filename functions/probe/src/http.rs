//! One HTTP/1.1 request, of whose response only the status counts.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::failure::Failure;

/// The most bytes of a response head that are read.
const LONGEST: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

/// The status of the response for `path` of this host.
pub(crate) async fn status(mut stream: impl AsyncRead + AsyncWrite + Unpin, host: &str, path: &str) -> Result<u16, Failure> {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: crossover-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut head = Vec::new();
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(Failure::Garbled("it ended before its head did".to_owned()));
        }
        if let Some(status) = read(&head)? {
            return Ok(status);
        }
        if head.len() > LONGEST {
            return Err(Failure::Garbled(format!("its head is longer than {LONGEST} bytes")));
        }
    }
}

/// The status in a head, once enough of it was read.
fn read(head: &[u8]) -> Result<Option<u16>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(head) {
        // The status is in the first line.
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Ok(response.code),
        Err(error) => Err(Failure::Garbled(format!("not as HTTP does: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_known_as_soon_as_it_is_there() {
        assert_eq!(read(b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nbody"), Ok(Some(200)));
        assert_eq!(read(b"HTTP/1.1 302 Found\r\n"), Ok(Some(302)));
        assert_eq!(read(b"HTTP/1."), Ok(None));
        assert!(matches!(read(b"SSH-2.0-OpenSSH_9.6\r\n"), Err(Failure::Garbled(_))));
    }

    #[test]
    fn more_headers_than_anybody_needs_do_not_hide_the_status() {
        let head = format!("HTTP/1.1 204 No Content\r\n{}\r\n", "X: y\r\n".repeat(MOST_HEADERS + 1));
        assert_eq!(read(head.as_bytes()), Ok(Some(204)));
    }
}

//! A DNS query.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, SimpleDnsError, TYPE};
use tokio::net::UdpSocket;

use crate::failure::Failure;

/// The longest response over UDP without extensions, in bytes (RFC 1035, 4.2.1).
const LONGEST: usize = 512;

/// Queries a server for an address of this name, once.
pub(crate) async fn ask(server: SocketAddr, name: &str) -> Result<(), Failure> {
    let any: SocketAddr = if server.is_ipv6() { (Ipv6Addr::UNSPECIFIED, 0).into() } else { (Ipv4Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    let id = fastrand::u16(..);
    let question = question(id, name).map_err(|error| Failure::Garbled(format!("\"{name}\" can't be queried: {error}")))?;
    socket.send(&question).await?;
    let mut buffer = [0; LONGEST];
    loop {
        let length = socket.recv(&mut buffer).await?;
        if let Some(answer) = read(id, name, &buffer[..length]) {
            return answer;
        }
    }
}

fn question(id: u16, name: &str) -> Result<Vec<u8>, SimpleDnsError> {
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    packet.questions.push(Question::new(Name::new(name)?, TYPE::A.into(), CLASS::IN.into(), false));
    packet.build_bytes_vec()
}

/// The result in a response; `None` if it is for another query.
fn read(id: u16, name: &str, answer: &[u8]) -> Option<Result<(), Failure>> {
    let packet = Packet::parse(answer).ok()?;
    let asked = |question: &Question<'_>| question.qname.to_string().eq_ignore_ascii_case(name.trim_end_matches('.'));
    if packet.id() != id || !packet.has_flags(PacketFlag::RESPONSE) || !packet.questions.iter().any(asked) {
        return None;
    }
    Some(match packet.rcode() {
        // A truncated response is one too: UDP had no room for more.
        RCODE::NoError if !packet.answers.is_empty() || packet.has_flags(PacketFlag::TRUNCATION) => Ok(()),
        RCODE::NoError => Err(Failure::Garbled(format!("it has no address of {name}"))),
        code => Err(Failure::Garbled(format!("with {code:?} for {name}"))),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

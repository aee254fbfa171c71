use simple_dns::{ResourceRecord, rdata::RData};

use super::*;

fn answer(id: u16, name: &'static str, code: RCODE, addresses: usize) -> Vec<u8> {
    let mut packet = Packet::new_reply(id);
    *packet.rcode_mut() = code;
    packet.questions.push(Question::new(Name::new(name).unwrap(), TYPE::A.into(), CLASS::IN.into(), false));
    for _ in 0..addresses {
        let data = RData::A(Ipv4Addr::LOCALHOST.into());
        packet.answers.push(ResourceRecord::new(Name::new(name).unwrap(), CLASS::IN, 60, data));
    }
    packet.build_bytes_vec().unwrap()
}

#[test]
fn only_an_address_is_an_answer() {
    let name = "Example.com.";
    assert_eq!(read(7, name, &answer(7, "example.com", RCODE::NoError, 2)), Some(Ok(())));
    for (code, addresses) in [(RCODE::NoError, 0), (RCODE::NameError, 0), (RCODE::ServerFailure, 0), (RCODE::Refused, 1)] {
        let read = read(7, name, &answer(7, "example.com", code, addresses));
        assert!(matches!(read, Some(Err(Failure::Garbled(_)))), "{code:?}: {read:?}");
    }
}

#[test]
fn responses_to_other_queries_are_ignored() {
    let name = "example.com";
    assert_eq!(read(7, name, &answer(8, "example.com", RCODE::NoError, 1)), None);
    assert_eq!(read(7, name, &answer(7, "example.org", RCODE::NoError, 1)), None);
    assert_eq!(read(7, name, &question(7, name).unwrap()), None, "a question is no answer");
    assert_eq!(read(7, name, b"nonsense"), None);
}

//! The `[probe]` section of the topology.

use std::{net::IpAddr, time::Duration};

use crossover_model::topology::{
    Document, Problems, RootSection, TableReader,
    key::{Key, Section, Shape, Word},
};

use crate::outside::is_outside;

/// The keys of `[probe]`.
pub const SECTION: RootSection = RootSection::checked(&PROBE, |reader| {
    let _ = Probe::read(reader);
});

const PROBE: Section = Section::table(
    "probe",
    "The targets of the probes in all zones, and the rules for their verdict.",
    &[
        Key::new("beat", Shape::Span, "The time from the beginning of a round to the beginning of the next, from 1s to 10s.")
            .default("\"3s\"")
            .example("\"5s\""),
        Key::new("timeout", Shape::Span, "How long a response may take: at most `beat`.").default("\"2s\"").example("\"1s\""),
        Key::new("quorum", Shape::Count, "The number of responses that make a round good.").default("2").example("2"),
        Key::new(
            "fall",
            Shape::Count,
            "The number of consecutive failed rounds after which the Internet is unreachable, at most 10.",
        )
        .default("3")
        .example("3"),
        Key::new("rise", Shape::Count, "The number of consecutive good rounds after which it is reachable again, at most 10.")
            .default("3")
            .example("3"),
        Key::section(&TARGET).required().missing(EXAMPLE_TARGET),
    ],
);

const TARGET: Section = Section::tables(
    "target",
    "A target that each round tests. It has exactly one of `tcp`, `tls`, `https` and `dns`. Its address must be on the \
     Internet: private, link-local and other internal addresses are refused.",
    &[
        Key::new("tcp", Shape::Text, "A host with its port. A connection counts as a response.").example("\"192.0.2.1:443\""),
        Key::new(
            "tls",
            Shape::Text,
            "A host with its port. A connection with a trusted certificate for that host counts as a response.",
        )
        .example("\"dns.quad9.net:853\""),
        Key::new("https", Shape::Text, "A page. A response with a trusted certificate and the expected status counts.")
            .example("\"https://checkip.amazonaws.com/\""),
        Key::new("status", Shape::Count, "The expected status of an `https` target, from 200 to 599.")
            .default("200")
            .example("204"),
        Key::new("dns", Shape::Text, "The address of a DNS server. A response with an address of `name` counts.")
            .example("\"192.0.2.53\""),
        Key::new("name", Shape::Text, "The name to query at a `dns` target, for which it is required.")
            .example("\"example.com\""),
        Key::new("address", Shape::Text, "The address of the host, so that no resolver is needed.")
            .default("resolved")
            .example("\"9.9.9.9\""),
        Key::new("family", Shape::Word(FAMILIES), "Which address of a name is used.").default("\"ipv4\"").example("\"ipv6\""),
        Key::new("timeout", Shape::Span, "How long the response of this target may take.")
            .default("that of `[probe]`")
            .example("\"1s\""),
    ],
);

const FAMILIES: &[Word] = &[Word { name: "ipv4", doc: "the IPv4 address" }, Word { name: "ipv6", doc: "the IPv6 address" }];

const EXAMPLE_TARGET: &str = "add [[probe.target]] with tcp, tls, https or dns, as in https = \"https://checkip.amazonaws.com/\"";
const INTERVALS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(10);
const MOST_ROUNDS: u32 = 10;
/// The longest time until an invocation has a verdict: the next one begins a minute later and each lasts for 90 s, so
/// with a longer time there would be gaps without a verdict.
const KNOWS_WITHIN: Duration = Duration::from_secs(27);

/// The settings of all probes. All zones have the same, so that their results can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The interval between the beginnings of two rounds.
    pub interval: Duration,
    /// The number of responses that make a round good.
    pub quorum: usize,
    /// The number of consecutive failed rounds until the Internet is unreachable.
    pub fall: u32,
    /// The number of consecutive good rounds until it is reachable.
    pub rise: u32,
    /// The targets of each round.
    pub targets: Vec<ProbeTarget>,
}

/// A target of the probes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeTarget {
    /// Its name, as declared: `tcp 192.0.2.1:443`.
    pub name: String,
    /// The test.
    pub check: Check,
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// Its timeout.
    pub timeout: Duration,
}

/// The response that counts as success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// A connection.
    Tcp,
    /// A connection with a trusted certificate of this name.
    Tls {
        /// The name.
        name: String,
    },
    /// A connection with a trusted certificate, and this HTTP status in the response.
    Https {
        /// The certificate's name.
        name: String,
        /// The path of the request.
        path: String,
        /// The expected status: an intercepting proxy answers with another one.
        status: u16,
    },
    /// An address of this name.
    Dns {
        /// The name.
        name: String,
    },
}

/// The host of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// At this address.
    Address(IpAddr),
    /// The address of a name, of one IP version.
    Name {
        /// The name.
        name: String,
        /// IPv6 rather than IPv4.
        ipv6: bool,
    },
}

/// The probes' settings in a topology; `None` without such a section.
///
/// # Errors
/// All problems of the section, or of the file's syntax.
pub fn probe(text: &str) -> Result<Option<Probe>, Problems> {
    Document::new(text).section(&PROBE, Probe::read)
}

impl Probe {
    fn read(reader: &TableReader<'_, '_>) -> Option<Self> {
        let interval = reader.span("beat").unwrap_or(Duration::from_secs(3));
        if !INTERVALS.contains(&interval) {
            reader.report("beat", format!("is {interval:?}; expected 1s to 10s, as each period of the alarm needs a round"));
        }
        let longest = reader.span("timeout").unwrap_or_else(|| interval.min(Duration::from_secs(2)));
        let quorum = reader.count("quorum").unwrap_or(2);
        let fall = rounds(reader, "fall");
        let rise = rounds(reader, "rise");
        check_timeout(reader, longest, interval);
        let slowest = if rise > fall { "rise" } else { "fall" };
        let knows = interval.saturating_mul(fall.max(rise)).saturating_add(longest);
        if INTERVALS.contains(&interval) && longest <= interval && fall.max(rise) <= MOST_ROUNDS && knows > KNOWS_WITHIN {
            let what = format!(
                "{} rounds of {interval:?} and a timeout of {longest:?} take {knows:?}; expected at most {KNOWS_WITHIN:?}, or there are gaps without data",
                fall.max(rise)
            );
            reader.report(slowest, what);
        }
        let readers = reader.tables("target");
        if reader.has("target") && readers.is_empty() {
            reader.report("target", format!("is empty; {EXAMPLE_TARGET}"));
        } else if !readers.is_empty() && quorum > readers.len() {
            let what = format!("{quorum} of {} targets: no round could ever be good", readers.len());
            reader.report("quorum", what);
        }
        let targets: Option<Vec<_>> = readers.iter().map(|target| ProbeTarget::read(target, interval, longest)).collect();
        reader.finish();
        Some(Self { interval, quorum, fall, rise, targets: targets? })
    }
}

fn rounds(reader: &TableReader<'_, '_>, key: &'static str) -> u32 {
    let rounds = reader.count(key).unwrap_or(3);
    let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
    if rounds > MOST_ROUNDS {
        reader.report(key, format!("is {rounds}; expected 1 to {MOST_ROUNDS}, or an invocation ends without a verdict"));
    }
    rounds
}

fn check_timeout(reader: &TableReader<'_, '_>, timeout: Duration, interval: Duration) {
    if timeout.is_zero() || timeout > interval {
        reader.report("timeout", format!("is {timeout:?}; expected more than 0, and at most the beat of {interval:?}"));
    }
}

impl ProbeTarget {
    fn read(reader: &TableReader<'_, '_>, interval: Duration, timeout: Duration) -> Option<Self> {
        let timeout = reader.span("timeout").unwrap_or(timeout);
        check_timeout(reader, timeout, interval);
        let address = reader.text("address").and_then(|text| {
            let address = text.parse::<IpAddr>().ok();
            if address.is_none() {
                reader.report("address", format!("\"{text}\" is not an IP address; expected one as in \"192.0.2.1\""));
            }
            address
        });
        let ipv6 = reader.word("family", &[("ipv4", false), ("ipv6", true)]);
        let asked: Vec<(&str, String)> =
            ["tcp", "tls", "https", "dns"].into_iter().filter_map(|key| Some((key, reader.text(key)?))).collect();
        let [(key, value)] = asked.as_slice() else {
            if asked.is_empty() {
                reader.report("tcp", "is missing; give one of tcp, tls, https and dns");
            } else {
                reader.report(asked[1].0, format!("is given together with {}; give each its own [[probe.target]]", asked[0].0));
            }
            return None;
        };
        let read = match *key {
            "https" => read_https(reader, value),
            "dns" => read_dns(reader, value),
            _ => read_connection(reader, key, value),
        };
        if *key != "https" {
            reader.refuse("status", "only https has one");
        }
        if *key != "dns" {
            reader.refuse("name", "only dns asks for one");
        }
        reader.finish();
        let (check, host, port) = read?;
        let host = host_of(reader, &host, address, ipv6);
        if let Some(Host::Address(found)) = host
            && !is_outside(found)
        {
            let (key, value) = address.map_or((*key, value.clone()), |address| ("address", address.to_string()));
            reader.report(key, format!("\"{value}\" is not a public address; expected one as in \"9.9.9.9\""));
            return None;
        }
        Some(Self { name: format!("{key} {value}"), check, host: host?, port, timeout })
    }
}

/// A declared address makes the resolver unnecessary, which is not part of the test.
fn host_of(reader: &TableReader<'_, '_>, host: &str, address: Option<IpAddr>, ipv6: Option<bool>) -> Option<Host> {
    let literal = host.parse::<IpAddr>().ok();
    if literal.is_some() && address.is_some() {
        reader.report("address", format!("is given together with \"{host}\", which is an address already"));
        return None;
    }
    let Some(address) = literal.or(address) else {
        return Some(Host::Name { name: host.to_owned(), ipv6: ipv6.unwrap_or(false) });
    };
    if ipv6.is_some_and(|ipv6| ipv6 != address.is_ipv6()) {
        reader.report("family", format!("is not that of {address}"));
        return None;
    }
    Some(Host::Address(address))
}

type Read = Option<(Check, String, u16)>;

fn read_connection(reader: &TableReader<'_, '_>, key: &'static str, value: &str) -> Read {
    let Some((host, Some(port))) = split(value) else {
        reader.report(
            key,
            format!("\"{value}\" is not a host with a port; expected one as in \"192.0.2.1:443\" or \"[2001:db8::1]:443\""),
        );
        return None;
    };
    let check = if key == "tls" { Check::Tls { name: host.to_owned() } } else { Check::Tcp };
    Some((check, host.to_owned(), port))
}

fn read_https(reader: &TableReader<'_, '_>, value: &str) -> Read {
    let status = reader.count("status").unwrap_or(200);
    let status = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
    if status.is_none() {
        reader.report("status", "is not an HTTP status; expected 200 to 599");
    }
    let rest = value.strip_prefix("https://");
    let parts = rest.map(|rest| rest.find('/').map_or((rest, "/"), |at| rest.split_at(at)));
    let plain = |(_, path): &(&str, &str)| path.bytes().all(|byte| byte.is_ascii_graphic());
    let Some(((host, port), path)) = parts.filter(plain).and_then(|(authority, path)| Some((split(authority)?, path))) else {
        reader.report(
            "https",
            format!("\"{value}\" is not the URL of a page; expected one as in \"https://checkip.amazonaws.com/\""),
        );
        return None;
    };
    let check = Check::Https { name: host.to_owned(), path: path.to_owned(), status: status? };
    Some((check, host.to_owned(), port.unwrap_or(443)))
}

fn read_dns(reader: &TableReader<'_, '_>, value: &str) -> Read {
    let name = reader.text("name");
    if !reader.has("name") {
        reader.report("name", "is missing; add name = \"example.com\"");
    }
    let Some((server, port)) = split(value).filter(|(server, _)| server.parse::<IpAddr>().is_ok()) else {
        reader.report(
            "dns",
            format!("\"{value}\" is not a server's address; expected one as in \"192.0.2.53\" or \"192.0.2.53:53\""),
        );
        return None;
    };
    Some((Check::Dns { name: name? }, server.to_owned(), port.unwrap_or(53)))
}

/// A host and its port, if one is given; an IPv6 address with a port is in brackets.
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest),
        None if text.parse::<IpAddr>().is_ok() => (text, ""),
        None => text.find(':').map_or((text, ""), |at| text.split_at(at)),
    };
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    let port = match port {
        "" => None,
        port => Some(port.strip_prefix(':')?.parse().ok().filter(|port| *port > 0)?),
    };
    (!host.is_empty() && host.bytes().all(known)).then_some((host, port))
}

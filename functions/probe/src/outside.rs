//! Which addresses only the way out leads to. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are reached without the way out, or by nobody (RFC 6890).
const INSIDE: [(Ipv4Addr, u32); 12] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // AWS's resolver, clock and metadata, which answer in every subnet.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Whether an address may be reached by the way out alone. One inside answers while the way out is dead. Those of
/// documentation count as outside: no network has them, and what never answers hides nothing.
#[must_use]
pub(crate) fn is_outside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let within = |(block, length): &(Ipv4Addr, u32)| (address.to_bits() ^ block.to_bits()).leading_zeros() >= *length;
            !INSIDE.iter().any(within)
        }
        IpAddr::V6(address) => is_outside_by_ipv6(address),
    }
}

/// Global unicast (RFC 4291), and what NAT64 makes of an IPv4 address (RFC 6052).
fn is_outside_by_ipv6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0xffff, high, low] => {
            is_outside(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)).into())
        }
        [first, ..] => first >> 13 == 1,
    }
}

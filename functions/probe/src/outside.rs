//! Public and private addresses. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 blocks that don't need the Internet, or are unreachable (RFC 6890).
const INSIDE: [(Ipv4Addr, u32); 12] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // AWS's resolver, time and metadata services, which respond in every subnet.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Whether an address needs the Internet: others respond even if the gateway has failed. Those of
/// documentation count as public: no network has them, and they never respond.
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

/// Global unicast (RFC 4291), and IPv4 addresses translated by NAT64 (RFC 6052).
fn is_outside_by_ipv6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0xffff, high, low] => {
            is_outside(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)).into())
        }
        [first, ..] => first >> 13 == 1,
    }
}

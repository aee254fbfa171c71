use super::*;

#[test]
fn of_the_addresses_of_a_name_only_those_outside_are_asked() {
    let of = |all: &[&str], ipv6| outside(all.iter().map(|one| SocketAddr::new(one.parse().unwrap(), 443)), ipv6);
    let asks = |address: &str| Ok(SocketAddr::new(address.parse().unwrap(), 443));
    assert_eq!(of(&["9.9.9.9", "1.1.1.1"], false), asks("9.9.9.9"));
    assert_eq!(of(&["10.0.0.7", "2620:fe::fe", "9.9.9.9"], false), asks("9.9.9.9"), "a mixed one");
    assert_eq!(of(&["9.9.9.9", "fd00::7", "2620:fe::fe"], true), asks("2620:fe::fe"));
    let inside = of(&["10.0.0.7", "10.0.1.7"], false).unwrap_err();
    assert_eq!(inside.to_string(), "its name resolves to 10.0.0.7, which is not a public address");
    assert_eq!(of(&["2620:fe::fe"], false), Err(Failure::Unresolved("it has no IPv4 address".to_owned())));
    assert_eq!(of(&[], true), Err(Failure::Unresolved("it has no IPv6 address".to_owned())));
}

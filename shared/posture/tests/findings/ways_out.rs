//! Findings on NAT gateways, NAT instances and VPN connections.

use crate::account::{all_pass, set, tunnels, vpn};

#[test]
fn ways_out() {
    all_pass(&[
        ("one gateway for two zones", |it| it.route_tables[2].leads_to = set(&["nat-a"]), &["warning one-nat: gateway nat-a"]),
        ("by the main table", |it| it.route_tables[0].leads_to = set(&["nat-a"]), &["warning one-nat: gateway nat-a"]),
        ("a NAT instance, by its id", |it| it.route_tables[2].leads_to = set(&["i-1"]), &["warning one-nat: gateway i-1"]),
        ("by its interface", |it| it.route_tables[2].leads_to = set(&["eni-1", "i-1"]), &["warning one-nat: gateway i-1"]),
        ("a NAT instance of the same zone", |it| it.route_tables[1].leads_to = set(&["eni-1"]), &[]),
        (
            "a regional gateway is in every zone",
            |it| {
                it.nat_gateways[0].subnet = None;
                it.route_tables[2].leads_to = set(&["nat-a"]);
            },
            &[],
        ),
        (
            "a main table of another VPC",
            |it| {
                it.route_tables[0].leads_to = set(&["nat-a"]);
                it.route_tables[0].vpc = "vpc-2".to_owned();
            },
            &[],
        ),
        ("one tunnel", |it| it.vpn_connections[0].tunnels = tunnels([false, true]), &["warning vpn-tunnel: VPN vpn-1"]),
        ("no tunnel", |it| it.vpn_connections[0].tunnels = tunnels([false, false]), &["error vpn-tunnel: VPN vpn-1"]),
        ("nothing is said of the tunnels", |it| it.vpn_connections[0].tunnels = Vec::new(), &[]),
        (
            "one customer gateway",
            |it| it.vpn_connections[1] = vpn("vpn-2", "cgw-1"),
            &["warning vpn-customer-gateway: VPN gateway vgw-1"],
        ),
        (
            "one connection",
            |it| {
                it.vpn_connections.pop();
            },
            &["warning vpn-customer-gateway: VPN gateway vgw-1"],
        ),
        ("no VPN", |it| it.vpn_connections.clear(), &[]),
    ]);
}

//! Site-to-site VPN connections.

use std::collections::BTreeMap;

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

use crate::words::{distinct, listed};

const TUNNELS: &str = "https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNTunnels.html";
const DEVICES: &str = "https://docs.aws.amazon.com/vpn/latest/s2svpn/vpn-redundant-connection.html";

pub(crate) const VPN_TUNNEL: Rule = Rule::error(
    "vpn-tunnel",
    "A VPN connection does not have two tunnels up",
    "A Site-to-Site VPN connection has two tunnels, and AWS takes down one at a time for maintenance. With one tunnel \
     up, that cuts the connection; with none, nothing passes.",
    "Configure both tunnels on the customer gateway device, and bring up the one that is down.",
)
.or_warning("one tunnel is up");
pub(crate) const VPN_CUSTOMER_GATEWAY: Rule = Rule::warning(
    "vpn-customer-gateway",
    "A site is connected through one customer gateway",
    "All VPN connections of the gateway lead to the same customer gateway. When that device or its line fails, the site \
     is disconnected.",
    "Connect a second customer gateway device, on a line of its own.",
);

/// A site-to-site VPN connection that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpnConnection {
    /// `vpn-…`
    pub id: String,
    /// The AWS end: `vgw-…`, `tgw-…`, or another attachment.
    pub gateway: String,
    /// The customer end: `cgw-…`
    pub customer_gateway: String,
    /// Its tunnels, as far as AWS reports their status.
    #[serde(default)]
    pub tunnels: Vec<Tunnel>,
}

/// A tunnel of a VPN connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tunnel {
    /// Its address at the AWS end.
    pub address: String,
    /// Whether it is up.
    pub up: bool,
}

pub(crate) fn findings(connections: &[VpnConnection]) -> Vec<Finding> {
    let mut by_gateway: BTreeMap<&str, Vec<&VpnConnection>> = BTreeMap::new();
    for connection in connections {
        by_gateway.entry(&connection.gateway).or_default().push(connection);
    }
    let one_device = by_gateway.into_iter().filter_map(|(gateway, all)| one_customer_gateway(gateway, &all));
    connections.iter().filter_map(tunnels).chain(one_device).collect()
}

fn tunnels(connection: &VpnConnection) -> Option<Finding> {
    let resource = format!("VPN {}", connection.id);
    let up = connection.tunnels.iter().filter(|tunnel| tunnel.up).count();
    let down = || listed(connection.tunnels.iter().filter(|tunnel| !tunnel.up).map(|tunnel| &tunnel.address));
    let fix = || {
        format!(
            "bring up {} at the customer gateway {}; aws ec2 describe-vpn-connections --vpn-connection-ids {} shows the time and the reason",
            down(),
            connection.customer_gateway,
            connection.id
        )
    };
    match (up, connection.tunnels.len()) {
        (_, 0) => None,
        (0, _) => Some(VPN_TUNNEL.finding(resource, "has no tunnel up: no traffic passes", fix()).see(TUNNELS)),
        (1, _) => {
            let what = "has one tunnel up: the next AWS maintenance of it interrupts the connection";
            Some(VPN_TUNNEL.finding(resource, what, fix()).lowered().see(TUNNELS))
        }
        _ => None,
    }
}

fn one_customer_gateway(gateway: &str, connections: &[&VpnConnection]) -> Option<Finding> {
    let devices = distinct(connections.iter().map(|connection| &connection.customer_gateway));
    let only = devices.iter().next().filter(|_| devices.len() == 1)?;
    let what = format!(
        "has all its connections to one customer gateway, {only}: if that device or its line fails, the site is disconnected"
    );
    let fix = format!(
        "connect a second device, on a line of its own (aws ec2 create-customer-gateway …, aws ec2 create-vpn-connection --customer-gateway-id cgw-… for {gateway})"
    );
    Some(VPN_CUSTOMER_GATEWAY.finding(format!("VPN gateway {gateway}"), what, fix).see(DEVICES))
}

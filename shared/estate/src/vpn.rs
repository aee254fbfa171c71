//! Site-to-site VPN connections.

use std::collections::BTreeMap;

use crossover_model::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::words::{distinct, error, listed, warning};

const TUNNELS: &str = "https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNTunnels.html";
const DEVICES: &str = "https://docs.aws.amazon.com/vpn/latest/s2svpn/vpn-redundant-connection.html";

/// A site-to-site VPN connection that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpnConnection {
    /// `vpn-…`
    pub id: String,
    /// Our end: `vgw-…`, `tgw-…`, or what else it is attached to.
    pub gateway: String,
    /// The other end: `cgw-…`
    pub customer_gateway: String,
    /// Its tunnels, as far as AWS says how they are.
    #[serde(default)]
    pub tunnels: Vec<Tunnel>,
}

/// A tunnel of a VPN connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tunnel {
    /// Its address at our end.
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
            "bring up {} at the customer gateway {}; aws ec2 describe-vpn-connections --vpn-connection-ids {} says since when it is down, and why",
            down(),
            connection.customer_gateway,
            connection.id
        )
    };
    match (up, connection.tunnels.len()) {
        (_, 0) => None,
        (0, _) => Some(error(resource, "has no tunnel up: nothing passes", fix(), TUNNELS)),
        (1, _) => Some(warning(resource, "has one tunnel up: AWS's next maintenance of it cuts the connection", fix(), TUNNELS)),
        _ => None,
    }
}

fn one_customer_gateway(gateway: &str, connections: &[&VpnConnection]) -> Option<Finding> {
    let devices = distinct(connections.iter().map(|connection| &connection.customer_gateway));
    let only = devices.iter().next().filter(|_| devices.len() == 1)?;
    Some(warning(
        format!("VPN gateway {gateway}"),
        format!(
            "has all its connections to one customer gateway, {only}: when that device or its line fails, the site is cut off"
        ),
        format!(
            "connect a second device, on a line of its own (aws ec2 create-customer-gateway …, aws ec2 create-vpn-connection --customer-gateway-id cgw-… for {gateway})"
        ),
        DEVICES,
    ))
}

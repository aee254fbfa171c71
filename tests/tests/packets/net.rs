//! Two zones and the Internet, as network namespaces that end with this process.

use std::{
    net::Ipv4Addr,
    path::Path,
    process::{Command, Stdio},
};

use crossover_tests::top;

/// The private hosts, in the order of the world's route tables: for each zone one that works and one for its probe.
pub(crate) const HOSTS: [&str; 4] = ["work-a", "probe-a", "work-b", "probe-b"];
/// The NAT instances of the two zones.
pub(crate) const NATS: [&str; 2] = ["nat-a", "nat-b"];
/// The Internet.
pub(crate) const OUTSIDE: &str = "outside";

/// Our end of the wire to the probe of a zone: Lambda's runtime API is reached by it, and never by the path that is watched.
pub(crate) fn management(zone: u8) -> Ipv4Addr {
    Ipv4Addr::new(169, 254, 100 + zone, 1)
}

/// Lays it all out. Whatever is made here is in namespaces without a name outside of this process's own.
pub(crate) fn lay() {
    run(Command::new("mount").args(["-t", "tmpfs", "none", "/run"]));
    ip("link set lo up");
    for name in ["vpc", "net", OUTSIDE].into_iter().chain(HOSTS).chain(NATS) {
        ip(&format!("netns add {name}"));
        ip(&format!("-n {name} link set lo up"));
    }
    for switch in ["vpc", "net"] {
        ip(&format!("-n {switch} link add name br0 type bridge"));
        ip(&format!("-n {switch} link set br0 up"));
    }
    for (number, host) in (1..).zip(HOSTS) {
        plug(host, "vpc", &format!("10.0.10.{number}/16"), &format!("fd00::10:{number}/64"));
    }
    for (number, nat) in (1..).zip(NATS) {
        plug(nat, "vpc", &format!("10.0.0.{number}/16"), &format!("fd00::{number}/64"));
        plug(nat, "net", &format!("203.0.113.{number}/24"), &format!("2001:db8::{number}/64"));
        forward(nat, true);
        firewall(nat, &[]);
    }
    plug(OUTSIDE, "net", "203.0.113.100/24", "2001:db8::100/64");
    ip(&format!("-n {OUTSIDE} addr add 203.0.113.101/24 dev net"));
    for (zone, host) in (0..).zip(["probe-a", "probe-b"]) {
        let ours = management(zone);
        let theirs = Ipv4Addr::from_bits(ours.to_bits() + 1);
        ip(&format!("link add name mgmt-{zone} type veth peer name mgmt netns {host}"));
        ip(&format!("addr add {ours}/30 dev mgmt-{zone}"));
        ip(&format!("link set mgmt-{zone} up"));
        ip(&format!("-n {host} addr add {theirs}/30 dev mgmt"));
        ip(&format!("-n {host} link set mgmt up"));
    }
}

/// Leads a host's default routes to a NAT instance.
pub(crate) fn lead(host: &str, nat: usize) {
    ip(&format!("-n {host} route replace default via 10.0.0.{}", nat + 1));
    ip(&format!("-n {host} -6 route replace default via fd00::{}", nat + 1));
}

/// Whether a NAT instance forwards at all.
pub(crate) fn forward(nat: &str, on: bool) {
    let value = u8::from(on);
    let script = format!("echo {value} > /proc/sys/net/ipv4/ip_forward; echo {value} > /proc/sys/net/ipv6/conf/all/forwarding");
    run(within(nat, Path::new("sh")).args(["-e", "-c", &script]));
}

/// What of that it drops; see `tests/tools/firewall.py`.
pub(crate) fn firewall(nat: &str, rules: &[&str]) {
    run(within(nat, Path::new("python3")).arg(top().join("tests/tools/firewall.py")).args(rules));
}

/// A program in a namespace.
pub(crate) fn within(namespace: &str, program: &Path) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program);
    command
}

fn plug(host: &str, switch: &str, ipv4: &str, ipv6: &str) {
    ip(&format!("link add name {switch} netns {host} type veth peer name {host} netns {switch}"));
    ip(&format!("-n {switch} link set {host} master br0 up"));
    ip(&format!("-n {host} addr add {ipv4} dev {switch}"));
    ip(&format!("-n {host} -6 addr add {ipv6} dev {switch} nodad"));
    ip(&format!("-n {host} link set {switch} up"));
}

fn ip(arguments: &str) {
    run(Command::new("ip").args(arguments.split_whitespace()));
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

//! An account without findings, and its findings after a change.

use std::collections::BTreeSet;

use crossover_model::finding::Finding;
use crossover_posture::{
    AccessKey, Administrators, Bucket, Cache, DbCluster, DbInstance, DeploymentGroup, Distribution, Image, LoadBalancer,
    NatGateway, Posture, RULES, Root, RouteTable, ScalingGroup, Scope, Server, Snapshot, Subnet, Subscription, Table,
    TargetGroup, Tunnel, User, VpnConnection, findings,
};
use jiff::Timestamp;

pub(crate) const HOME: &str = "us-east-1";
pub(crate) const STANDBY: &str = "us-west-2";
pub(crate) const NOTICES: &str = "arn:aws:sns:us-east-1:111122223333:notices";
pub(crate) const ALARMS: &str = "arn:aws:sns:us-east-1:111122223333:alarms";

pub(crate) fn now() -> Timestamp {
    at("2026-03-14T12:00:00Z")
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}

pub(crate) fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|&one| one.to_owned()).collect()
}

pub(crate) fn scope(regions: &[&str]) -> Scope {
    Scope { regions: set(regions), alarms: set(&["www-down"]), notice_topic: Some(NOTICES.to_owned()) }
}

pub(crate) fn snapshot(id: &str, of: &str) -> Snapshot {
    Snapshot { id: id.to_owned(), of: of.to_owned(), at: at("2026-03-14T03:00:00Z"), copy_of: Vec::new() }
}

pub(crate) fn subscription(protocol: &str, endpoint: &str) -> Subscription {
    Subscription { protocol: protocol.to_owned(), endpoint: endpoint.to_owned(), confirmed: true }
}

pub(crate) fn tunnels(up: [bool; 2]) -> Vec<Tunnel> {
    ["192.0.2.1", "192.0.2.2"].into_iter().zip(up).map(|(address, up)| Tunnel { address: address.to_owned(), up }).collect()
}

pub(crate) fn vpn(id: &str, customer_gateway: &str) -> VpnConnection {
    let (gateway, customer_gateway) = ("vgw-1".to_owned(), customer_gateway.to_owned());
    VpnConnection { id: id.to_owned(), gateway, customer_gateway, tunnels: tunnels([true, true]) }
}

pub(crate) fn user(name: &str) -> User {
    let used = Some(at("2026-03-01T08:00:00Z"));
    let key = AccessKey { number: 1, created: at("2025-06-01T08:00:00Z"), used };
    let created = at("2025-01-01T08:00:00Z");
    User { name: name.to_owned(), created, password: true, password_used: used, mfa: true, keys: vec![key] }
}

/// An account in which every resource is redundant.
#[expect(clippy::too_many_lines, reason = "an account has many things")]
pub(crate) fn sound() -> Posture {
    let subnet = |id: &str, zone: &str| Subnet { id: id.to_owned(), vpc: "vpc-1".to_owned(), zone: zone.to_owned() };
    let table = |id: &str, subnet: &str, leads_to: &str| RouteTable {
        id: id.to_owned(),
        vpc: "vpc-1".to_owned(),
        main: false,
        subnets: set(&[subnet]),
        leads_to: set(&[leads_to]),
    };
    let nat = |id: &str, subnet: &str| NatGateway { id: id.to_owned(), subnet: Some(subnet.to_owned()) };
    let image = |id: &str, source: Option<&str>| Image {
        id: id.to_owned(),
        name: "web-42".to_owned(),
        owner: "111122223333".to_owned(),
        source: source.map(str::to_owned),
    };
    let balancer = |name: &str| LoadBalancer {
        arn: format!("arn:{name}"),
        name: name.to_owned(),
        zones: set(&["us-east-1a", "us-east-1b"]),
        cross_zone: Some(true),
    };
    let mut copied = snapshot("snap-2", "vol-ffffffff");
    copied.copy_of = vec!["snap-1".to_owned()];
    Posture {
        subnets: vec![
            subnet("subnet-pub-a", "us-east-1a"),
            subnet("subnet-pub-b", "us-east-1b"),
            subnet("subnet-a", "us-east-1a"),
            subnet("subnet-b", "us-east-1b"),
        ],
        route_tables: vec![
            RouteTable { main: true, leads_to: set(&["igw-1"]), ..table("rtb-main", "subnet-none", "igw-1") },
            table("rtb-a", "subnet-a", "nat-a"),
            table("rtb-b", "subnet-b", "nat-b"),
        ],
        nat_gateways: vec![nat("nat-a", "subnet-pub-a"), nat("nat-b", "subnet-pub-b")],
        servers: vec![
            Server {
                id: "i-1".to_owned(),
                zone: "us-east-1a".to_owned(),
                interfaces: set(&["eni-1"]),
                volumes: set(&["vol-1"]),
                scaling_group: None,
            },
            Server {
                id: "i-web".to_owned(),
                zone: "us-east-1a".to_owned(),
                interfaces: set(&["eni-2"]),
                volumes: set(&["vol-web"]),
                scaling_group: Some("web".to_owned()),
            },
        ],
        vpn_connections: vec![vpn("vpn-1", "cgw-1"), vpn("vpn-2", "cgw-2")],
        db_instances: vec![
            DbInstance { id: "orders".to_owned(), cluster: None, replica: false, multi_az: true, replicas_in: Vec::new() },
            DbInstance {
                id: "shop-1".to_owned(),
                cluster: Some("shop".to_owned()),
                replica: false,
                multi_az: false,
                replicas_in: Vec::new(),
            },
            DbInstance { id: "reports".to_owned(), cluster: None, replica: true, multi_az: false, replicas_in: Vec::new() },
        ],
        db_clusters: vec![
            DbCluster {
                id: "shop".to_owned(),
                members: set(&["shop-1", "shop-2"]),
                replica: false,
                replicas_in: BTreeSet::new(),
            },
            // A bucket that exists only for its data.
            DbCluster { id: "headless".to_owned(), members: BTreeSet::new(), replica: true, replicas_in: BTreeSet::new() },
        ],
        caches: vec![
            Cache { id: "sessions".to_owned(), engine: "valkey".to_owned(), nodes: 2, automatic_failover: true, multi_az: true },
            Cache {
                id: "pages".to_owned(),
                engine: "memcached".to_owned(),
                nodes: 2,
                automatic_failover: false,
                multi_az: false,
            },
        ],
        db_snapshots: [
            (HOME.to_owned(), vec![snapshot("orders-1", "db:orders"), snapshot("shop-1", "cluster:shop")]),
            (STANDBY.to_owned(), vec![snapshot("orders-1", "db:orders"), snapshot("shop-1", "cluster:shop")]),
        ]
        .into(),
        cache_snapshots: [(HOME.to_owned(), vec![snapshot("sessions-1", "cache:sessions")])].into(),
        volume_snapshots: [(HOME.to_owned(), vec![snapshot("snap-1", "vol-1")]), (STANDBY.to_owned(), vec![copied])].into(),
        scaling_groups: vec![ScalingGroup {
            name: "web".to_owned(),
            zones: set(&["us-east-1a", "us-east-1b"]),
            desired: 4,
            max: 6,
            balanced: true,
            asks_balancer: true,
            images: set(&["ami-1"]),
        }],
        images: [
            (HOME.to_owned(), vec![image("ami-1", None)]),
            (STANDBY.to_owned(), vec![Image { name: "another".to_owned(), ..image("ami-9", Some("ami-1")) }]),
        ]
        .into(),
        load_balancers: vec![balancer("web"), balancer("tcp")],
        target_groups: vec![TargetGroup {
            arn: "arn:group".to_owned(),
            name: "web".to_owned(),
            balancers: set(&["arn:web"]),
            cross_zone: None,
        }],
        buckets: vec![Bucket { name: "uploads".to_owned(), versioned: Some(true), replicated: Some(true) }],
        tables: vec![Table { name: "carts".to_owned(), recoverable: Some(true), replicas_in: Some(set(&[STANDBY])) }],
        distributions: vec![Distribution { id: "E1".to_owned(), name: "www.example.com".to_owned(), origin_groups: 1 }],
        deployment_groups: vec![DeploymentGroup { application: "shop".to_owned(), name: "prod".to_owned(), rolls_back: true }],
        root: Some(Root { password: true, mfa: true, keys: false }),
        users: Some(vec![user("ann"), user("bob")]),
        administrators: Some(Administrators { users: set(&["ann", "bob"]), identity_center: false }),
        alarm_topics: [("www-down".to_owned(), set(&[ALARMS]))].into(),
        topics: [ALARMS, NOTICES]
            .map(|topic| (topic.to_owned(), vec![subscription("email", "a@example.com"), subscription("https", "https://pager")]))
            .into(),
    }
}

/// The findings after a change, as in `warning one-nat: gateway nat-1`.
pub(crate) fn found_in(regions: &[&str], change: impl FnOnce(&mut Posture)) -> Vec<String> {
    let mut posture = sound();
    change(&mut posture);
    // The account as an account file stores it.
    let text = serde_json::to_string(&posture).expect("JSON");
    let posture = serde_json::from_str(&text).expect("the same account");
    let line = |finding: Finding| {
        let rule = finding.rule;
        assert!(RULES.contains(&rule), "its rule is not listed: {finding:?}");
        assert!(finding.severity == rule.severity || rule.warning_when.is_some(), "its rule does not say so: {finding:?}");
        assert!(!finding.fix.is_empty() && finding.link.starts_with("https://docs.aws.amazon.com/"), "{finding:?}");
        assert!(finding.what.contains(':'), "it says what happens: {finding:?}");
        format!("{} {}: {}", finding.severity.as_str(), rule.id, finding.resource)
    };
    findings(&posture, HOME, &scope(regions), now()).into_iter().map(line).collect()
}

pub(crate) fn found(change: impl FnOnce(&mut Posture)) -> Vec<String> {
    found_in(&[HOME, STANDBY], change)
}

pub(crate) type Case = (&'static str, fn(&mut Posture), &'static [&'static str]);

pub(crate) fn all_pass(cases: &[Case]) {
    for (name, change, expected) in cases {
        assert_eq!(found(change), *expected, "{name}");
    }
}

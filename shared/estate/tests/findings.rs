//! What is found of an account in which nothing is to be mended but for one thing.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;

use crossover_controller::rule;
use crossover_estate::{
    AccessKey, Administrators, Around, Bucket, Cache, DbCluster, DbInstance, DeploymentGroup, Distribution, Estate, Image,
    LoadBalancer, NatGateway, Root, RouteTable, ScalingGroup, Server, Snapshot, Subnet, Subscription, Table, TargetGroup, Tunnel,
    User, VpnConnection, findings,
};
use jiff::Timestamp;

const HOME: &str = "us-east-1";
const STANDBY: &str = "us-west-2";
const NOTICES: &str = "arn:aws:sns:us-east-1:111122223333:notices";
const ALARMS: &str = "arn:aws:sns:us-east-1:111122223333:alarms";

fn now() -> Timestamp {
    at("2026-03-14T12:00:00Z")
}

fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|&one| one.to_owned()).collect()
}

fn around(regions: &[&str]) -> Around {
    Around { regions: set(regions), alarms: set(&["www-down"]), notice_topic: Some(NOTICES.to_owned()) }
}

fn snapshot(id: &str, of: &str) -> Snapshot {
    Snapshot { id: id.to_owned(), of: of.to_owned(), at: at("2026-03-14T03:00:00Z"), copy_of: Vec::new() }
}

fn subscription(protocol: &str, endpoint: &str) -> Subscription {
    Subscription { protocol: protocol.to_owned(), endpoint: endpoint.to_owned(), confirmed: true }
}

fn tunnels(up: [bool; 2]) -> Vec<Tunnel> {
    ["192.0.2.1", "192.0.2.2"].into_iter().zip(up).map(|(address, up)| Tunnel { address: address.to_owned(), up }).collect()
}

fn vpn(id: &str, customer_gateway: &str) -> VpnConnection {
    let (gateway, customer_gateway) = ("vgw-1".to_owned(), customer_gateway.to_owned());
    VpnConnection { id: id.to_owned(), gateway, customer_gateway, tunnels: tunnels([true, true]) }
}

fn user(name: &str) -> User {
    let used = Some(at("2026-03-01T08:00:00Z"));
    let key = AccessKey { number: 1, created: at("2025-06-01T08:00:00Z"), used };
    let created = at("2025-01-01T08:00:00Z");
    User { name: name.to_owned(), created, password: true, password_used: used, mfa: true, keys: vec![key] }
}

/// An account in which everything is at least twice.
#[expect(clippy::too_many_lines, reason = "an account has many things")]
fn sound() -> Estate {
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
    Estate {
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
            // Kept in this Region for its data alone.
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

/// What is found, as in `warning one-nat: gateway nat-1`, after a change.
fn found_in(regions: &[&str], change: impl FnOnce(&mut Estate)) -> Vec<String> {
    let mut estate = sound();
    change(&mut estate);
    // As an account file keeps it.
    let text = serde_json::to_string(&estate).expect("JSON");
    let estate = serde_json::from_str(&text).expect("the same account");
    let line = |finding: crossover_controller::audit::Finding| {
        let sort = rule::of(&finding);
        assert_ne!(sort, rule::OTHER, "its sort has no name: {finding:?}");
        assert!(!finding.fix.is_empty() && finding.link.starts_with("https://docs.aws.amazon.com/"), "{finding:?}");
        assert!(finding.what.contains(':'), "it says what happens: {finding:?}");
        format!("{} {}: {}", finding.severity.as_str(), sort.id, finding.resource)
    };
    findings(&estate, HOME, &around(regions), now()).into_iter().map(line).collect()
}

fn found(change: impl FnOnce(&mut Estate)) -> Vec<String> {
    found_in(&[HOME, STANDBY], change)
}

#[test]
fn where_everything_is_twice_nothing_is_found() {
    assert_eq!(found(|_| {}), [""; 0]);
    assert_eq!(findings(&Estate::default(), HOME, &around(&[HOME, STANDBY]), now()), []);
}

type Case = (&'static str, fn(&mut Estate), &'static [&'static str]);

fn all_pass(cases: &[Case]) {
    for (name, change, expected) in cases {
        assert_eq!(found(change), *expected, "{name}");
    }
}

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

#[test]
fn databases_and_caches() {
    all_pass(&[
        ("no standby", |it| it.db_instances[0].multi_az = false, &["warning database-alone: database orders"]),
        (
            "a replica instead",
            |it| {
                it.db_instances[0].multi_az = false;
                it.db_instances[0].replicas_in = vec![HOME.to_owned()];
            },
            &[],
        ),
        ("one member", |it| it.db_clusters[0].members = set(&["shop-1"]), &["warning cluster-alone: cluster shop"]),
        ("a cache of one node", |it| it.caches[0].nodes = 1, &["warning cache-alone: cache sessions"]),
        ("no failover", |it| it.caches[0].automatic_failover = false, &["warning cache-failover: cache sessions"]),
        ("no Multi-AZ", |it| it.caches[0].multi_az = false, &["warning cache-zones: cache sessions"]),
        ("memcached of one node", |it| it.caches[1].nodes = 1, &["warning cache-alone: cache pages"]),
    ]);
}

fn age(estate: &mut Estate, index: usize, time: &str) {
    estate.db_snapshots.get_mut(HOME).expect("snapshots")[index].at = at(time);
}

#[test]
fn snapshots() {
    all_pass(&[
        ("26 hours old", |it| age(it, 0, "2026-03-13T10:00:00Z"), &[]),
        ("older", |it| age(it, 0, "2026-03-13T09:59:59Z"), &["warning snapshot-old: database orders"]),
        ("of the future", |it| age(it, 0, "2026-03-15T09:59:59Z"), &[]),
        ("of a cluster", |it| age(it, 1, "2026-03-10T00:00:00Z"), &["warning snapshot-old: cluster shop"]),
        (
            "none",
            |it| {
                it.db_snapshots.insert(HOME.to_owned(), vec![snapshot("shop-1", "cluster:shop")]);
            },
            &["error snapshot-old: database orders"],
        ),
        (
            "they can't be read",
            |it| {
                it.db_snapshots.remove(HOME);
            },
            &[],
        ),
        (
            "none of a cache",
            |it| {
                it.cache_snapshots.insert(HOME.to_owned(), Vec::new());
            },
            &["warning snapshot-old: cache sessions"],
        ),
        (
            "none of a volume, and so no copy",
            |it| {
                it.volume_snapshots.insert(HOME.to_owned(), Vec::new());
            },
            &["error snapshot-old: volume vol-1 of i-1", "warning snapshot-region: volume vol-1 of i-1"],
        ),
        ("none of a volume that a group makes anew", |it| it.servers[0].scaling_group = Some("web".to_owned()), &[]),
        (
            "none elsewhere",
            |it| {
                it.db_snapshots.insert(STANDBY.to_owned(), Vec::new());
            },
            &["warning snapshot-region: cluster shop", "warning snapshot-region: database orders"],
        ),
        (
            "none elsewhere, but replicas",
            |it| {
                it.db_snapshots.insert(STANDBY.to_owned(), Vec::new());
                it.db_instances[0].replicas_in = vec![STANDBY.to_owned()];
                it.db_clusters[0].replicas_in = set(&[STANDBY]);
            },
            &[],
        ),
        (
            "the other Region can't be read",
            |it| {
                it.db_snapshots.remove(STANDBY);
            },
            &[],
        ),
        (
            "a snapshot of another volume there",
            |it| it.volume_snapshots.get_mut(STANDBY).expect("snapshots")[0].copy_of = vec!["snap-7".to_owned()],
            &["warning snapshot-region: volume vol-1 of i-1"],
        ),
    ]);
}

#[test]
fn fleets() {
    all_pass(&[
        ("one zone", |it| it.scaling_groups[0].zones = set(&["us-east-1a"]), &["warning group-zone: auto-scaling group web"]),
        (
            "EC2's health checks",
            |it| it.scaling_groups[0].asks_balancer = false,
            &["warning group-health: auto-scaling group web"],
        ),
        (
            "EC2's health checks without a load balancer",
            |it| {
                it.scaling_groups[0].asks_balancer = false;
                it.scaling_groups[0].balanced = false;
            },
            &[],
        ),
        ("room for a zone less one", |it| it.scaling_groups[0].max = 5, &["warning group-room: auto-scaling group web"]),
        ("one instance", |it| it.scaling_groups[0].desired = 1, &["warning group-room: auto-scaling group web"]),
        ("none at all", |it| (it.scaling_groups[0].desired, it.scaling_groups[0].max) = (0, 0), &[]),
        (
            "of three zones",
            |it| {
                it.scaling_groups[0].zones = set(&["us-east-1a", "us-east-1b", "us-east-1c"]);
                it.scaling_groups[0].desired = 5;
                it.scaling_groups[0].max = 7;
            },
            &[],
        ),
        (
            "no copy of the image",
            |it| drop(it.images.insert(STANDBY.to_owned(), Vec::new())),
            &["warning image-region: image ami-1"],
        ),
        ("one of the same name", |it| it.images.get_mut(STANDBY).expect("images")[0] = it_is_built_there(), &[]),
        (
            "one of the same name of somebody else",
            |it| {
                let theirs = Image { owner: "444455556666".to_owned(), ..it_is_built_there() };
                it.images.get_mut(STANDBY).expect("images")[0] = theirs;
            },
            &["warning image-region: image ami-1"],
        ),
        ("the other Region's images can't be read", |it| drop(it.images.remove(STANDBY)), &[]),
        (
            "a load balancer in one zone",
            |it| it.load_balancers[1].zones = set(&["us-east-1a"]),
            &["warning balancer-zone: load balancer tcp"],
        ),
        ("zones apart", |it| it.load_balancers[1].cross_zone = Some(false), &["warning cross-zone: load balancer tcp"]),
        ("it is not known", |it| it.load_balancers[1].cross_zone = None, &[]),
        (
            "its target groups say otherwise",
            |it| {
                it.load_balancers[0].cross_zone = Some(false);
                it.target_groups[0].cross_zone = Some(true);
            },
            &[],
        ),
        ("a target group apart", |it| it.target_groups[0].cross_zone = Some(false), &["warning cross-zone: target group web"]),
        (
            "a target group of a load balancer in one zone",
            |it| {
                it.target_groups[0].cross_zone = Some(false);
                it.target_groups[0].balancers = BTreeSet::new();
            },
            &[],
        ),
    ]);
}

fn it_is_built_there() -> Image {
    let (id, name, owner) = ("ami-8".to_owned(), "web-42".to_owned(), "111122223333".to_owned());
    Image { id, name, owner, source: None }
}

#[test]
fn stores_and_deployments() {
    all_pass(&[
        ("no versions", |it| it.buckets[0].versioned = Some(false), &["warning bucket-versions: bucket uploads"]),
        ("no replication", |it| it.buckets[0].replicated = Some(false), &["warning bucket-replication: bucket uploads"]),
        ("neither is known", |it| (it.buckets[0].versioned, it.buckets[0].replicated) = (None, None), &[]),
        ("no recovery", |it| it.tables[0].recoverable = Some(false), &["warning table-recovery: table carts"]),
        ("no replica", |it| it.tables[0].replicas_in = Some(set(&[HOME])), &["warning table-replica: table carts"]),
        (
            "a replica elsewhere",
            |it| it.tables[0].replicas_in = Some(set(&["eu-west-1"])),
            &["warning table-replica: table carts"],
        ),
        ("nothing is known of it", |it| (it.tables[0].recoverable, it.tables[0].replicas_in) = (None, None), &[]),
        ("one origin", |it| it.distributions[0].origin_groups = 0, &["warning one-origin: distribution E1"]),
        ("no rollback", |it| it.deployment_groups[0].rolls_back = false, &["warning no-rollback: deployment group shop/prod"]),
    ]);
}

fn of_users(estate: &mut Estate) -> &mut Vec<User> {
    estate.users.as_mut().expect("users")
}

#[test]
fn people() {
    all_pass(&[
        (
            "root without MFA",
            |it| it.root = Some(Root { password: true, mfa: false, keys: false }),
            &["error root-mfa: root user"],
        ),
        ("root without a password", |it| it.root = Some(Root { password: false, mfa: false, keys: false }), &[]),
        ("root with keys", |it| it.root = Some(Root { password: true, mfa: true, keys: true }), &["error root-keys: root user"]),
        ("one with MFA", |it| of_users(it)[1].mfa = false, &["warning one-administrator: administrators"]),
        (
            "none with MFA",
            |it| of_users(it).iter_mut().for_each(|user| user.mfa = false),
            &["warning one-administrator: administrators"],
        ),
        (
            "one with MFA, and people of Identity Center",
            |it| {
                of_users(it)[1].mfa = false;
                it.administrators.as_mut().expect("administrators").identity_center = true;
            },
            &[],
        ),
        (
            "one with MFA who is no administrator",
            |it| it.administrators.as_mut().expect("administrators").users = set(&["ann"]),
            &["warning one-administrator: administrators"],
        ),
        ("nothing is known of users", |it| it.users = None, &[]),
        ("a key of 90 days", |it| of_users(it)[0].keys[0].used = Some(at("2025-12-14T12:00:00Z")), &[]),
        (
            "a key unused for longer",
            |it| of_users(it)[0].keys[0].used = Some(at("2025-12-14T11:59:59Z")),
            &["warning unused-key: access key 1 of ann"],
        ),
        ("a key never used", |it| of_users(it)[0].keys[0].used = None, &["warning unused-key: access key 1 of ann"]),
        (
            "a new key never used",
            |it| of_users(it)[0].keys[0] = AccessKey { number: 2, created: at("2026-03-01T08:00:00Z"), used: None },
            &[],
        ),
        (
            "a user not seen for 90 days",
            |it| {
                let ann = &mut of_users(it)[0];
                (ann.password_used, ann.keys[0].used) = (Some(at("2025-10-01T08:00:00Z")), None);
            },
            &["warning unused-user: user ann"],
        ),
        (
            "a password never used",
            |it| {
                let ann = &mut of_users(it)[0];
                (ann.password_used, ann.keys) = (None, Vec::new());
            },
            &["warning unused-user: user ann"],
        ),
        (
            "a new user",
            |it| {
                let ann = &mut of_users(it)[0];
                (ann.created, ann.password_used, ann.keys) = (at("2026-03-01T08:00:00Z"), None, Vec::new());
            },
            &[],
        ),
        (
            "a user who can't come in at all",
            |it| {
                let ann = &mut of_users(it)[0];
                (ann.password, ann.password_used, ann.keys) = (false, None, Vec::new());
            },
            &[],
        ),
    ]);
}

fn of_topic<'e>(estate: &'e mut Estate, topic: &str) -> &'e mut Vec<Subscription> {
    estate.topics.get_mut(topic).expect("a topic")
}

#[test]
fn listeners() {
    let alarms = "warning one-listener: topic arn:aws:sns:us-east-1:111122223333:alarms";
    let notices = "warning one-listener: topic arn:aws:sns:us-east-1:111122223333:notices";
    let nobody = "error one-listener: topic arn:aws:sns:us-east-1:111122223333:notices";
    let functions = || ["nat", "dns"].map(|name| subscription("lambda", name)).to_vec();
    assert_eq!(found(|it| drop(of_topic(it, ALARMS).pop())), [alarms]);
    assert_eq!(found(|it| of_topic(it, ALARMS).clear()), [alarms]);
    assert_eq!(found(|it| of_topic(it, ALARMS)[1].confirmed = false), [alarms]);
    assert_eq!(found(|it| of_topic(it, ALARMS)[1] = subscription("email-json", "a@example.com")), [alarms]);
    assert_eq!(found(|it| *of_topic(it, ALARMS) = vec![subscription("lambda", "nat")]), [""; 0], "no way to people");
    assert_eq!(found(|it| drop(of_topic(it, NOTICES).pop())), [notices]);
    assert_eq!(found(|it| of_topic(it, NOTICES).clear()), [nobody]);
    assert_eq!(found(|it| of_topic(it, NOTICES).iter_mut().for_each(|it| it.confirmed = false)), [nobody]);
    assert_eq!(found(|it| *of_topic(it, NOTICES) = vec![subscription("lambda", "slack")]), [notices]);
    assert_eq!(found(|it| *of_topic(it, NOTICES) = functions()), [""; 0]);
    assert_eq!(found(|it| drop(it.topics.remove(NOTICES))), [""; 0], "it can't be read");
    // The notice topic as an alarm's action is one topic.
    let same = found(|it| {
        it.alarm_topics.insert("www-down".to_owned(), set(&[NOTICES]));
        of_topic(it, NOTICES).pop();
    });
    assert_eq!(same, [notices]);
}

#[test]
fn without_another_region_nothing_is_asked_of_one() {
    let alone = |estate: &mut Estate| {
        for by_region in [&mut estate.db_snapshots, &mut estate.volume_snapshots] {
            by_region.remove(STANDBY);
            by_region.insert("eu-west-1".to_owned(), Vec::new());
        }
        estate.images.remove(STANDBY);
    };
    assert_eq!(found_in(&[HOME], alone), [""; 0]);
    assert_eq!(found_in(&[], alone), [""; 0]);
    assert_eq!(found_in(&[HOME, "eu-west-1"], alone).len(), 4, "three snapshots, and a replica of the table");
    assert_eq!(
        found_in(&[HOME], |it| it.tables[0].replicas_in = Some(BTreeSet::new())),
        ["warning table-replica: table carts"],
        "a table should have a replica somewhere"
    );
}

#[test]
fn the_worst_comes_first() {
    let two = |it: &mut Estate| {
        it.buckets[0].versioned = Some(false);
        it.root = Some(Root { password: true, mfa: false, keys: false });
    };
    assert_eq!(found(two), ["error root-mfa: root user", "warning bucket-versions: bucket uploads"]);
}

#[test]
fn an_account_of_thousands_is_looked_at_in_one_go() {
    const MANY: usize = 20_000;
    let mut estate = sound();
    let vpc = "vpc-of-many".to_owned();
    for number in 0..MANY {
        let (id, zone) = (format!("subnet-{number}"), ["us-east-1a", "us-east-1b"][number % 2].to_owned());
        let leads_to = set(&["i-0"]);
        let table = RouteTable { id: format!("rtb-{number}"), vpc: vpc.clone(), main: false, subnets: set(&[&id]), leads_to };
        estate.route_tables.push(table);
        estate.subnets.push(Subnet { id, vpc: vpc.clone(), zone: zone.clone() });
        let volume = format!("vol-{number}");
        for (region, copy_of) in [(HOME, Vec::new()), (STANDBY, vec![format!("snap-{number}")])] {
            let of = if copy_of.is_empty() { volume.clone() } else { "vol-ffffffff".to_owned() };
            let id = if copy_of.is_empty() { format!("snap-{number}") } else { format!("snap-copy-{number}") };
            estate.volume_snapshots.entry(region.to_owned()).or_default().push(Snapshot { copy_of, ..snapshot(&id, &of) });
        }
        let (interfaces, volumes) = (set(&[&format!("eni-{number}")]), set(&[&volume]));
        estate.servers.push(Server { id: format!("i-{number}"), zone, interfaces, volumes, scaling_group: None });
    }
    // One thing with another would be looked at 400 million times, and three of them eight billion times.
    let found: Vec<String> =
        findings(&estate, HOME, &around(&[STANDBY]), now()).into_iter().map(|found| found.resource).collect();
    assert_eq!(found, ["gateway i-0"], "the only one that another zone needs; all volumes have their copies");
}

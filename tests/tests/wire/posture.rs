//! What stands around the targets, read over the wire from accounts of an emulator: one in which everything is there
//! twice, and one in which it is there once. What the emulator can't show is listed with the reason, and must still
//! be so.

use std::{
    collections::BTreeSet,
    process::{Command, Output},
};

use crossover_aws::{Accounts, SdkConfig, SystemClock};
use crossover_engine::{ports::Clock, retry::Patience};
use crossover_model::{finding::Finding, topology::Role};
use crossover_posture::{AwsPosture, RULES, Scope};
use crossover_tests::{
    emulators::{EMULATORS, config},
    lambda::binary,
    top,
};
use jiff::ToSpan;
use serde_json::Value;

/// What moto says wrong of both accounts.
const WRONG: &[(&str, &str)] = &[
    ("warning not-looked-at: deployment groups", "moto has no BatchGetDeploymentGroups"),
    ("error root-mfa: root user", "moto's summary says of every account that root has no second factor"),
    ("warning table-replica: table carts", "moto makes no replicas of a table"),
    ("warning snapshot-old: cache sessions", "moto's snapshots of caches do not say of when they are"),
    ("warning cache-alone: cache sessions", "moto gives a replication group one node, however many it is asked for"),
    ("warning not-looked-at: alarms", "moto does not read CBOR, in which the SDK asks CloudWatch"),
    ("warning not-looked-at: buckets", "moto gives the answer of GetBucketVersioning another name than S3"),
];

/// What it can't show, so that only the sandbox does.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("no-rollback", "moto has no BatchGetDeploymentGroups"),
    ("bucket-versions", "moto gives the answer of GetBucketVersioning another name than S3"),
    ("cache-failover", "moto gives a replication group one node"),
    ("cache-zones", "the same"),
    ("root-keys", "moto's root user has none"),
    ("unused-key", "no time passes in moto, and it lets no key be old"),
    ("unused-user", "the same"),
    ("vpn-tunnel", "moto says nothing of tunnels"),
];

/// Seeds an account, and says what it was given.
fn seeded(which: &str, role: &str) -> Value {
    let tool = top().join("tests/tools/estate.py");
    let python = Command::new(top().join(".venv/bin/python")).arg(tool).args([&EMULATORS.moto, which, role]).output();
    let output = python.expect("the tool runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

async fn account(which: &str, id: &str) -> (Value, SdkConfig) {
    let role = Role { arn: format!("arn:aws:iam::{id}:role/estate"), external_id: "seed".to_owned() };
    let made = seeded(which, &role.arn);
    let accounts = Accounts::new(config(&EMULATORS.moto).await, [role.clone()]).await;
    (made, accounts.config(Some(&role)).clone())
}

async fn found(made: &Value, config: &SdkConfig) -> BTreeSet<String> {
    let scope = Scope {
        regions: ["us-east-1", "us-west-2"].map(str::to_owned).into(),
        alarms: ["plain", "composed: a", "not there"].map(str::to_owned).into(),
        notice_topic: made["notices"].as_str().map(str::to_owned),
    };
    let clock = SystemClock;
    let patience = Patience::new(&clock, clock.now() + 2.minutes());
    let line = |finding: &Finding| format!("{} {}: {}", finding.severity.as_str(), finding.rule.id, finding.resource);
    crossover_posture::check(&AwsPosture::new(config), &scope, patience).await.iter().map(line).collect()
}

fn set(lines: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    lines.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_everything_is_twice_nothing_is_found_but_what_the_emulator_says_wrong() {
    let (made, config) = account("sound", "555566667777").await;
    assert_eq!(found(&made, &config).await, set(WRONG.iter().map(|(line, _)| (*line).to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_everything_is_once_each_is_found() {
    let (made, config) = account("single", "666677778888").await;
    let of = |key: &str| made[key].as_str().expect("a name").to_owned();
    let (volume, instance, bucket) = (of("volume"), of("instance"), of("bucket"));
    let expected = [
        format!("error one-listener: topic {}", of("notices")),
        format!("error snapshot-old: volume {volume} of {instance}"),
        format!("warning snapshot-region: volume {volume} of {instance}"),
        format!("warning one-nat: gateway {}", of("nat")),
        format!("warning vpn-customer-gateway: VPN gateway {}", of("vpn_gateway")),
        format!("warning image-region: image {}", of("image")),
        format!("warning bucket-replication: bucket {bucket}"),
        format!("warning one-origin: distribution {}", of("distribution")),
    ];
    let named = [
        "warning balancer-zone: load balancer web",
        "warning cache-alone: cache carts",
        "warning cache-alone: cache pages",
        "warning cache-alone: cache prices",
        "warning cluster-alone: cluster shop",
        "warning cross-zone: load balancer flat",
        "warning cross-zone: target group own",
        "warning database-alone: database orders",
        "warning group-health: auto-scaling group web",
        "warning group-room: auto-scaling group tight",
        "warning group-zone: auto-scaling group web",
        "warning one-administrator: administrators",
        "warning snapshot-old: cache carts",
        "warning snapshot-old: cache prices",
        "warning snapshot-region: cluster shop",
        "warning snapshot-region: database orders",
        "warning table-recovery: table carts",
    ];
    let wrong = WRONG.iter().map(|(line, _)| (*line).to_owned());
    let expected = set(expected.into_iter().chain(named.map(str::to_owned)).chain(wrong));
    let found = found(&made, &config).await;
    assert_eq!(found, expected);
    // Every sort is seen here, or is listed as one that can't be.
    let seen: BTreeSet<&str> = found.iter().filter_map(|line| line.split([' ', ':']).nth(1)).collect();
    let unseen: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).filter(|id| !seen.contains(id)).collect();
    assert_eq!(unseen, NOT_SHOWN.iter().map(|(id, _)| *id).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_looks_at_the_account_that_it_is_in() {
    let (made, _) = account("single", "777788889999").await;
    let topology = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("wire-estate.toml");
    let side = |zone: &str| format!("[[nat.side]]\nzone = \"{zone}\"\ngateway = \"nat-{zone}\"\nalarms = [\"{zone}\"]\n");
    let target = "[[nat]]\nname = \"egress\"\nowner = \"tests\"\nvpc = \"vpc-1\"\n";
    std::fs::write(&topology, [target, &side("us-east-1a"), &side("us-east-1b")].concat()).expect("written");
    let output = check(&made, &topology).await;
    let text = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(&text).expect(&text);
    let of_account = report["findings"]["the account"].as_array().expect("a section of the account");
    let nobody = format!("topic {}", made["notices"].as_str().expect("a topic"));
    assert!(of_account.iter().any(|it| it["finding"] == "one-listener" && it["resource"] == nobody), "{text}");
    assert!(of_account.iter().any(|it| it["finding"] == "one-nat"), "{text}");
    assert!(!of_account.iter().any(|it| it["finding"] == "image-region"), "the topology names no other Region: {text}");
    assert_eq!(output.status.code(), Some(1), "there are errors");
}

/// The real command, in the account that was seeded.
async fn check(made: &Value, topology: &std::path::Path) -> Output {
    let mut command = Command::new(binary("crossover"));
    command.args(["check", "--aws", "--json", "--topic-arn", made["notices"].as_str().expect("a topic")]).arg(topology);
    command.env("AWS_REGION", "us-east-1").env("AWS_ENDPOINT_URL", &EMULATORS.moto);
    for (key, variable) in [
        ("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
        ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
        ("aws_session_token", "AWS_SESSION_TOKEN"),
    ] {
        command.env(variable, made["keys"][key].as_str().expect("a key"));
    }
    tokio::task::spawn_blocking(move || command.output().expect("the command runs")).await.expect("it ends")
}

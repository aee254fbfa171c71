//! What stands around the targets is read, and what can't be read keeps nothing else from being looked at.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeSet, time::Duration};

use crossover_engine::{ports::Clock, retry::Patience};
use crossover_kinds::{Backend, registry};
use crossover_model::{
    error::{CloudError, Fault as CloudFault},
    finding::Finding,
    rules::NOT_CHECKED,
    topology::Document,
};
use crossover_posture::{Reading, Scope, check};
use crossover_sandbox::{Account, Call, Fault, FaultRule, Sandbox};
use crossover_tests::{fixture, stage};
use jiff::{SignedDuration, ToSpan};

const NOTICES: &str = "arn:aws:sns:us-east-1:111122223333:crossover-notices";

/// What is found of the account of single points with these faults, by which calls, and in how long.
fn found(faults: Vec<FaultRule>) -> (Vec<Finding>, Vec<Call>, Duration) {
    let read = |file: &str| std::fs::read_to_string(fixture(file)).expect("a file");
    let mut account = Account::parse(&read("accounts/single-points.json"), &registry().sections()).expect("an account");
    account.faults = faults;
    crossover_sandbox::run(async {
        let sandbox = Sandbox::new(account);
        let topology = read("accounts/single-points.toml");
        let kinds = registry().groups(|_| Backend::sandbox(&sandbox), &Document::new(&topology)).expect("a good topology");
        let scope = Scope::of(&kinds, Some(NOTICES.to_owned()));
        let names = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>();
        assert_eq!(names(&scope.regions), ["us-east-1", "us-west-2"]);
        assert_eq!(names(&scope.alarms), ["bank-use1-5xx", "bank-usw2-5xx"]);
        let began = sandbox.now();
        let findings = check(&sandbox, &scope, Patience::new(&sandbox, began + 5.minutes())).await;
        (findings, sandbox.calls(), sandbox.now().duration_since(began).unsigned_abs())
    })
    .expect("a runtime")
}

/// The rules whose findings are not made any more without a call; those of databases need no call of their own
/// snapshots, and so on.
const NEEDED_BY: &[(&str, &[&str])] = &[
    ("autoscaling:DescribeAutoScalingGroups", &["group-health", "group-room", "group-zone", "image-region"]),
    ("cloudfront:ListDistributions", &["one-origin"]),
    ("cloudwatch:DescribeAlarms", &["one-listener"]),
    ("codedeploy:ListDeploymentGroups", &["no-rollback"]),
    ("dynamodb:DescribeContinuousBackups", &["table-recovery"]),
    ("dynamodb:DescribeTable", &["table-replica"]),
    ("dynamodb:ListTables", &["table-recovery", "table-replica"]),
    ("ec2:DescribeImages", &["image-region"]),
    ("ec2:DescribeInstances", &["snapshot-region"]),
    ("ec2:DescribeNatGateways", &["one-nat"]),
    ("ec2:DescribeRouteTables", &["one-nat"]),
    ("ec2:DescribeSnapshots", &["snapshot-region"]),
    ("ec2:DescribeSubnets", &["one-nat"]),
    ("ec2:DescribeVpnConnections", &["vpn-customer-gateway", "vpn-tunnel"]),
    ("elasticache:DescribeReplicationGroups", &["cache-alone", "cache-failover", "cache-zones", "snapshot-old"]),
    ("elasticache:DescribeSnapshots", &["snapshot-old"]),
    ("elasticloadbalancing:DescribeLoadBalancers", &["balancer-zone", "cross-zone"]),
    ("elasticloadbalancing:DescribeTargetGroups", &["cross-zone"]),
    ("iam:GetAccountSummary", &["root-keys", "root-mfa"]),
    ("iam:GetCredentialReport", &["one-administrator", "unused-key", "unused-user"]),
    ("iam:ListEntitiesForPolicy", &["one-administrator"]),
    ("rds:DescribeDBClusters", &["cluster-alone", "snapshot-region"]),
    ("rds:DescribeDBInstances", &["database-alone", "snapshot-old", "snapshot-region"]),
    ("rds:DescribeDBSnapshots", &["snapshot-old", "snapshot-region"]),
    ("s3:GetBucketReplication", &["bucket-replication"]),
    ("s3:GetBucketVersioning", &["bucket-versions"]),
    ("s3:ListBuckets", &["bucket-replication", "bucket-versions"]),
    ("sns:ListSubscriptionsByTopic", &["one-listener"]),
];

#[test]
fn what_can_not_be_read_keeps_nothing_else_from_being_looked_at() {
    let (all, calls, _) = found(Vec::new());
    assert!(calls.iter().all(|call| !call.is_write()), "{calls:#?}");
    let made: BTreeSet<&str> = calls.iter().map(|call| call.call).collect();
    assert_eq!(made, NEEDED_BY.iter().map(|(call, _)| *call).collect(), "each call is in the table");
    for (call, rules) in NEEDED_BY {
        let (found, ..) = found(vec![FaultRule::every(call, Fault::Refuse)]);
        let (unseen, seen): (Vec<&Finding>, Vec<&Finding>) = found.iter().partition(|it| it.rule == &NOT_CHECKED);
        assert!(!unseen.is_empty(), "{call} is not told");
        for finding in unseen {
            assert!(finding.what.contains(&format!(": {call}: refused")), "{call}: {finding:?}");
        }
        assert!(seen.iter().all(|finding| all.contains(finding)), "{call}: what can't be read is no reason to find anything");
        let lost = all.iter().filter(|finding| !seen.contains(finding)).map(|finding| finding.rule.id);
        assert_eq!(lost.collect::<BTreeSet<_>>(), rules.iter().copied().collect(), "{call}");
    }
}

#[test]
fn one_thing_of_many_is_named() {
    let rule =
        FaultRule { resource: Some("example-uploads".to_owned()), ..FaultRule::every("s3:GetBucketVersioning", Fault::Refuse) };
    let (found, ..) = found(vec![rule]);
    let unseen: Vec<&Finding> = found.iter().filter(|it| it.rule == &NOT_CHECKED).collect();
    assert_eq!(unseen.len(), 1, "{unseen:#?}");
    assert_eq!(unseen[0].resource, "buckets");
    assert!(unseen[0].what.starts_with("could not be read (example-uploads): s3:GetBucketVersioning"), "{unseen:#?}");
}

#[test]
fn a_throttled_call_is_made_again() {
    let (all, ..) = found(Vec::new());
    for fault in [Fault::Throttle, Fault::ServerError, Fault::Timeout] {
        let faults = NEEDED_BY.iter().flat_map(|(call, _)| [0, 1].map(|skip| FaultRule::once(call, skip, fault))).collect();
        assert_eq!(found(faults).0, all, "{fault:?}");
    }
}

#[test]
fn what_is_away_does_not_keep_the_rest_waiting() {
    let (found, _, took) = found(vec![FaultRule::every("*", Fault::Timeout)]);
    assert!(found.iter().all(|finding| finding.rule == &NOT_CHECKED), "{found:#?}");
    assert!(took < Duration::from_mins(1), "{took:?}");
}

#[test]
fn what_did_not_answer_once_is_not_waited_for_again_and_what_hangs_is_left_alone() {
    let asked = |calls: &[Call], name: &str| calls.iter().filter(|call| call.call == name).count();
    let (found, calls, took) = found(vec![FaultRule::every("s3:GetBucketVersioning", Fault::Timeout)]);
    let unseen: Vec<&Finding> = found.iter().filter(|it| it.rule == &NOT_CHECKED).collect();
    assert_eq!(unseen.iter().map(|it| it.resource.as_str()).collect::<Vec<_>>(), ["buckets"], "{unseen:#?}");
    assert!(unseen[0].fix.starts_with("run the check again once the service responds"), "{unseen:#?}");
    assert!(took < Duration::from_secs(30) && asked(&calls, "s3:GetBucketVersioning") < 30, "{took:?}: {calls:#?}");
    assert!(asked(&calls, "ec2:DescribeSubnets") == 1, "the rest is looked at");
}

#[test]
fn a_long_list_is_read_to_its_end_and_one_that_does_not_answer_hides_no_other() {
    crossover_sandbox::run(async {
        let sandbox = Sandbox::new(stage::account());
        let reading = Reading::new(Patience::new(&sandbox, sandbox.now() + 5.minutes()));
        let pages = || async {
            sandbox.sleep(Duration::from_mins(1)).await;
            Ok(30_000)
        };
        assert_eq!(reading.all("snapshots", pages).await, Some(30_000));

        let lost = || async { Err::<u32, _>(CloudError::new("s3:GetBucketVersioning", CloudFault::TimedOut, "no answer")) };
        assert_eq!(reading.one("buckets", "first", lost).await, None);
        let began = sandbox.now();
        assert_eq!(reading.one("buckets", "second", || async { Ok(2) }).await, Some(2));
        assert_eq!(reading.one("buckets", "third", std::future::pending::<Result<u32, CloudError>>).await, None);
        let took = sandbox.now().duration_since(began);
        assert!(took < SignedDuration::from_secs(10), "each is asked for once, and not for long: {took:?}");
    })
    .expect("a runtime");
}

//! Events of AWS services: their parsed content, and tolerance of damaged fields.

#![expect(clippy::expect_used, reason = "tests")]

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use crossover_engine::ports::Payloads;
use crossover_kinds::registry;
use crossover_model::trigger::{Parsed, ServiceEvent, Trigger};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(payload: &Value) -> Parsed {
    registry().events().parse(payload, None)
}

const FOLDERS: [&str; 5] = ["autoscaling", "ec2", "health", "rds", "zonal-shift"];

/// The fixtures of services' events, by folder and name.
static FIXTURES: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let files = FOLDERS.iter().flat_map(|folder| fs::read_dir(events.join(folder)).expect("a folder of fixtures"));
    let paths = files.map(|file| file.expect("a file").path());
    let named = paths.map(|path| {
        let name = path.strip_prefix(&events).expect("below events/").with_extension("").display().to_string();
        (name, serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON"))
    });
    named.collect()
});

fn fixture(name: &str) -> Value {
    FIXTURES.get(name).unwrap_or_else(|| unreachable!("no fixture {name}")).clone()
}

fn service(payload: &Value) -> ServiceEvent {
    let parsed = parse(payload);
    assert!(parsed.refused.is_empty(), "{parsed:?}");
    match parsed.triggers.as_slice() {
        [Trigger::Service(event)] => event.clone(),
        other => unreachable!("one service event was expected, not {other:?}"),
    }
}

#[test]
fn every_fixture_names_its_resources() {
    let expected = [
        "autoscaling/launch-unsuccessful: aws.autoscaling EC2 Instance Launch Unsuccessful on app-a",
        "autoscaling/terminate-lifecycle-action: aws.autoscaling EC2 Instance-terminate Lifecycle Action on app-a, i-0a1b2c3d4e5f6a101",
        "autoscaling/terminate-successful: aws.autoscaling EC2 Instance Terminate Successful on app-a, i-0a1b2c3d4e5f6a101",
        "ec2/instance-stopped: aws.ec2 i-0a1b2c3d4e5f6a101 stopped",
        "ec2/spot-interruption: aws.ec2 i-0a1b2c3d4e5f6a101 spot interruption (terminate)",
        "health/account-issue: aws.health AWS_VPC_OPERATIONAL_ISSUE",
        "health/instance-retirement-scheduled: aws.health AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED upcoming on i-0a1b2c3d4e5f6a101",
        "health/nat-issue-backup-region: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001",
        "health/nat-issue-closed: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE closed on nat-0a1b2c3d4e5f60001",
        "health/nat-issue-minimal: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001",
        "health/nat-issue-newer-version: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001",
        "health/nat-issue-open: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001",
        "health/nat-issue-open-arn-entity: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001",
        "health/nat-issue-page-2-of-3: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001, nat-0f9e8d7c6b5a40041, nat-0f9e8d7c6b5a40042, and 4 more",
        "health/nat-issue-sns: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001",
        "health/nat-issue-sqs: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001",
        "health/nat-issue-unrelated: aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0f9e8d7c6b5a40041",
        "health/nat-maintenance-scheduled: aws.health AWS_NATGATEWAY_MAINTENANCE_SCHEDULED upcoming on nat-0a1b2c3d4e5f60001",
        "health/zone-issue-closed-empty-lists: aws.health AWS_EC2_OPERATIONAL_ISSUE closed",
        "health/zone-issue-without-entities: aws.health AWS_EC2_OPERATIONAL_ISSUE",
        "rds/cluster-0069-failover-failed: aws.rds RDS-EVENT-0069 on ledger-use1",
        "rds/cluster-0070-old-primary-promoted-again: aws.rds RDS-EVENT-0070 on ledger-use1",
        "rds/cluster-0071-failover-completed: aws.rds RDS-EVENT-0071 on ledger-use1",
        "rds/cluster-0072-failover-started-same-zone: aws.rds RDS-EVENT-0072 on ledger-use1",
        "rds/cluster-0073-failover-started-other-zone: aws.rds RDS-EVENT-0073 on ledger-use1",
        "rds/global-0181-switchover-started: aws.rds RDS-EVENT-0181 on ledger-usw2",
        "rds/global-0182-old-primary-shut-down: aws.rds RDS-EVENT-0182 on ledger-use1",
        "rds/global-0183-waiting-for-synchronization: aws.rds RDS-EVENT-0183 on ledger-use1",
        "rds/global-0184-new-primary-promoted: aws.rds RDS-EVENT-0184 on ledger-usw2",
        "rds/global-0185-switchover-finished: aws.rds RDS-EVENT-0185 on ledger-usw2",
        "rds/global-0186-switchover-cancelled: aws.rds RDS-EVENT-0186 on ledger-usw2",
        "rds/global-0187-switchover-failed: aws.rds RDS-EVENT-0187 on ledger-usw2",
        "rds/global-0238-failover-completed: aws.rds RDS-EVENT-0238 on ledger-usw2",
        "rds/global-0239-failover-failed: aws.rds RDS-EVENT-0239 on ledger-usw2",
        "rds/global-0240-resynchronization-started: aws.rds RDS-EVENT-0240 on ledger-use1",
        "rds/global-0241-resynchronization-finished: aws.rds RDS-EVENT-0241 on ledger-use1",
        "rds/global-0397-writer-dns-changed: aws.rds RDS-EVENT-0397 on ledger-usw2",
        "rds/global-0423-switchover-progress: aws.rds RDS-EVENT-0423 on ledger-usw2",
        "rds/instance-0004-shutdown: aws.rds RDS-EVENT-0004 on orders-use1",
        "rds/instance-0006-restarted: aws.rds RDS-EVENT-0006 on orders-use1",
        "rds/instance-0013-failover-started: aws.rds RDS-EVENT-0013 on orders-use1",
        "rds/instance-0015-standby-promoted: aws.rds RDS-EVENT-0015 on orders-use1",
        "rds/instance-0034-failover-refused: aws.rds RDS-EVENT-0034 on orders-use1",
        "rds/instance-0045-replication-stopped: aws.rds RDS-EVENT-0045 on orders-usw2",
        "rds/instance-0046-replication-resumed: aws.rds RDS-EVENT-0046 on orders-usw2",
        "rds/instance-0049-failover-completed: aws.rds RDS-EVENT-0049 on orders-use1",
        "rds/instance-0049-minimal: aws.rds RDS-EVENT-0049 on orders-use1",
        "rds/instance-0049-newer-version: aws.rds RDS-EVENT-0049 on orders, orders-use1",
        "rds/instance-0050-activation-started: aws.rds RDS-EVENT-0050 on orders-use1",
        "rds/instance-0051-activation-completed: aws.rds RDS-EVENT-0051 on orders-use1",
        "rds/instance-0057-replication-terminated: aws.rds RDS-EVENT-0057 on orders-usw2",
        "rds/instance-0062-replication-stopped-by-hand: aws.rds RDS-EVENT-0062 on orders-usw2",
        "rds/instance-0063-replication-reset: aws.rds RDS-EVENT-0063 on orders-usw2",
        "rds/instance-0088-started: aws.rds RDS-EVENT-0088 on orders-use1",
        "rds/instance-0089-low-storage: aws.rds RDS-EVENT-0089 on orders-use1",
        "rds/instance-0202-replica-creation-failed: aws.rds RDS-EVENT-0202 on orders-usw2",
        "rds/instance-0233-switchover-started: aws.rds RDS-EVENT-0233 on orders-usw2",
        "zonal-shift/autoshift-completed: aws.arc-zonal-shift Autoshift Completed on 50dc6c495c0c9188, use1-az2",
        "zonal-shift/autoshift-in-progress: aws.arc-zonal-shift Autoshift In Progress on 50dc6c495c0c9188, use1-az2",
        "zonal-shift/autoshift-in-progress-observer: aws.arc-zonal-shift Autoshift In Progress on use1-az2",
    ];
    let said: Vec<String> = FIXTURES.iter().map(|(name, payload)| format!("{name}: {}", service(payload))).collect();
    assert_eq!(said, expected);
}

#[test]
fn names_are_arns_both_whole_and_by_their_last_part() {
    let event = service(&fixture("autoscaling/terminate-successful"));
    let names: Vec<&str> = event.names.iter().map(String::as_str).collect();
    let [group, group_arn, instance_arn, instance] = names[..] else { unreachable!("{names:?}") };
    assert_eq!((group, instance), ("app-a", "i-0a1b2c3d4e5f6a101"));
    assert!(group_arn.starts_with("arn:aws:autoscaling:") && group_arn.ends_with(":autoScalingGroupName/app-a"), "{names:?}");
    assert_eq!(instance_arn, "arn:aws:ec2:us-east-1:111122223333:instance/i-0a1b2c3d4e5f6a101");
}

#[test]
fn times_are_read_as_each_service_writes_them() {
    let at = |payload: &Value| service(payload).at.map(|at| at.to_string());
    let health = fixture("health/nat-issue-open");
    assert_eq!(health["detail"]["lastUpdatedTime"], "Sat, 14 Mar 2026 03:10:00 GMT");
    assert_eq!(at(&health).as_deref(), Some("2026-03-14T03:10:00Z"));
    assert_eq!(at(&fixture("rds/instance-0049-failover-completed")).as_deref(), Some("2026-03-14T03:12:05.377Z"));
    assert_eq!(at(&fixture("ec2/instance-stopped")).as_deref(), Some("2026-03-14T03:12:10Z"));
    assert_eq!(at(&fixture("health/nat-issue-minimal")), None);

    let updated = |time: Value| {
        let mut event = health.clone();
        event["detail"]["lastUpdatedTime"] = time;
        at(&event)
    };
    assert_eq!(updated(json!("Mon, 14 Mar 2026 03:10:00 GMT")).as_deref(), Some("2026-03-14T03:10:00Z"), "a wrong weekday");
    assert_eq!(updated(json!("Sat, 14 Mar 2026 04:10:00 +0100")).as_deref(), Some("2026-03-14T03:10:00Z"));
    assert_eq!(updated(json!("2026-03-14T03:10:00Z")).as_deref(), Some("2026-03-14T03:10:00Z"));
    for unreadable in [json!("soon"), json!(1_773_457_800), Value::Null] {
        assert_eq!(updated(unreadable).as_deref(), Some("2026-03-14T03:02:00Z"), "the start, then");
    }
}

#[test]
fn an_unknown_detail_type_is_still_an_event_of_its_service() {
    let said = |event: &Value| service(event).to_string();
    let api_call = json!({ "source": "aws.rds", "detail-type": "AWS API Call via CloudTrail", "detail": { "eventName": "RebootDBInstance" } });
    assert_eq!(said(&api_call), "aws.rds AWS API Call via CloudTrail");
    let snapshot = json!({
        "source": "aws.ec2", "detail-type": "EBS Snapshot Notification",
        "resources": ["arn:aws:ec2::us-west-2:snapshot/snap-0a1b"], "detail": { "event": "createSnapshot" },
    });
    assert_eq!(said(&snapshot), "aws.ec2 EBS Snapshot Notification on snap-0a1b");
    assert_eq!(said(&json!({ "source": "aws.ec2" })), "aws.ec2 event");
    assert_eq!(
        said(&json!({ "source": "aws.health", "detail": "{}", "resources": "arn:aws:s3:::" })),
        "aws.health event on arn:aws:s3:::"
    );
    let stateless = json!({ "source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": { "instance-id": "i-1" } });
    assert_eq!(said(&stateless), "aws.ec2 EC2 Instance State-change Notification on i-1");
}

#[test]
fn other_sources_are_unchanged() {
    let first = |event: Value| parse(&event).triggers.first().map(ToString::to_string);
    assert_eq!(first(json!({ "source": "aws.events", "detail-type": "Scheduled Event" })).as_deref(), Some("tick"));
    assert_eq!(first(json!({ "source": "aws.scheduler" })).as_deref(), Some("tick"));
    assert_eq!(first(json!({ "source": "my.app", "detail-type": "Scheduled Event" })).as_deref(), Some("tick"));
    let alarm = json!({
        "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
        "detail": { "alarmName": "a", "state": { "value": "ALARM" } },
    });
    assert_eq!(first(alarm).as_deref(), Some("alarm a ALARM"));
    for source in ["aws.s3", "aws.rdsx", "AWS.RDS", "my.app"] {
        assert_eq!(first(json!({ "source": source, "detail-type": "RDS DB Instance Event" })), None, "{source}");
    }
}

#[test]
fn a_text_is_short_and_plain_whatever_the_event_has() {
    let long = "x\u{202e}\n".repeat(50_000);
    let event = json!({
        "source": "aws.health", "detail-type": long, "resources": [long, "b", "c", "d"],
        "detail": { "eventTypeCode": long, "affectedEntities": [{ "entityValue": format!("arn:{long}/{long}") }] },
    });
    let text = service(&event).to_string();
    assert!(text.chars().count() < 1000 && !text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text}");
}

/// The path to a value in a payload.
type KeyPath = Vec<String>;

/// The paths to all values inside a value.
fn paths(value: &Value) -> Vec<KeyPath> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let below = inner.into_iter().flat_map(|(key, value)| {
        let deeper = paths(value).into_iter().map(|rest| [vec![key.clone()], rest].concat()).collect::<Vec<_>>();
        std::iter::once(vec![key]).chain(deeper)
    });
    below.collect()
}

/// Puts something else at a path, or nothing.
fn change(value: &mut Value, path: &[String], with: Option<&Value>) {
    let [key, rest @ ..] = path else { return };
    let inner = match value {
        Value::Object(object) if rest.is_empty() && with.is_none() => {
            object.remove(key);
            None
        }
        Value::Array(items) if rest.is_empty() && with.is_none() => {
            items.remove(key.parse::<usize>().expect("an index"));
            None
        }
        Value::Object(object) => object.get_mut(key),
        Value::Array(items) => items.get_mut(key.parse::<usize>().expect("an index")),
        _ => None,
    };
    match (inner, with, rest) {
        (Some(inner), Some(with), []) => *inner = with.clone(),
        (Some(inner), _, rest) => change(inner, rest, with),
        (None, ..) => {}
    }
}

fn any_replacement() -> impl Strategy<Value = Option<Value>> {
    let words =
        ["", " ", "arn:", "arn:aws:rds:::", "{\"Records\":[]}", "[[", "Sat, 99 Foo 2026", "-999999-01-01T00:00:00Z", "null"];
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Value::Null)),
        1 => any::<bool>().prop_map(|value| Some(value.into())),
        1 => any::<f64>().prop_map(|value| Some(value.into())),
        2 => prop::sample::select(words.to_vec()).prop_map(|value| Some(value.into())),
        2 => ".{0,40}".prop_map(|value| Some(value.into())),
        1 => Just(Some(json!([[], {}, null, "a", ["b"]]))),
        1 => Just(Some(json!({ "arn": "a", "": { "value": ["b"] } }))),
    ]
}

/// A fixture with some of its fields removed or replaced, and the paths of these.
fn any_damaged() -> impl Strategy<Value = (Value, Vec<KeyPath>)> {
    let names: Vec<&'static String> = FIXTURES.keys().collect();
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any_replacement()), 1..4);
    (prop::sample::select(names), changes).prop_map(|(name, changes)| {
        let mut payload = fixture(name);
        let mut touched = Vec::new();
        for (index, with) in changes {
            let all = paths(&payload);
            if let Some(path) = all.get(index.index(all.len().max(1))) {
                change(&mut payload, path, with.as_ref());
                touched.push(path.clone());
            }
        }
        (payload, touched)
    })
}

/// The envelopes of a message: SNS, SQS, and SNS in SQS.
fn carried(message: &str, by: u8) -> Value {
    match by % 3 {
        0 => json!({ "EventSource": "aws:sns", "Sns": { "Message": message } }),
        1 => json!({ "eventSource": "aws:sqs", "body": message }),
        _ => json!({ "eventSource": "aws:sqs", "body": json!({ "Type": "Notification", "Message": message }).to_string() }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// An event with a valid source is never refused because of its other fields.
    #[test]
    fn a_damaged_event_is_still_an_event((payload, touched) in any_damaged()) {
        let parsed = parse(&payload);
        prop_assert!(!parsed.triggers.is_empty() || !parsed.refused.is_empty(), "{payload}");
        if payload.get("Records").is_none() && touched.iter().all(|path| path[0] != "source" && path[0] != "Records") {
            prop_assert!(matches!(parsed.triggers.as_slice(), [Trigger::Service(_)]), "{payload}: {parsed:?}");
            let event = service(&payload);
            prop_assert!(!event.what.trim().is_empty() && event.names.iter().all(|name| !name.trim().is_empty()), "{event:?}");
            prop_assert!(event.to_string().chars().count() < 1000);
        }
    }

    /// Records beside a damaged or a truncated one are all found, whatever their envelope, and each is counted.
    #[test]
    fn a_damaged_record_loses_none_of_its_neighbours(
        (payload, _) in any_damaged(), by in any::<[u8; 3]>(), cut in prop::option::of(any::<prop::sample::Index>()),
        raw in any::<bool>(),
    ) {
        let before = carried(&fixture("rds/instance-0049-failover-completed").to_string(), by[0]);
        let after = carried(&fixture("health/nat-issue-open").to_string(), by[1]);
        let text = payload.to_string();
        let end = cut.map_or(text.len(), |cut| text.floor_char_boundary(cut.index(text.len())));
        let record = if raw { payload.clone() } else { carried(&text[..end], by[2]) };
        let parsed = parse(&json!({ "Records": [before, record, after] }));
        prop_assert_eq!(parsed.triggers.first().expect("the first").to_string(), "aws.rds RDS-EVENT-0049 on orders-use1");
        prop_assert_eq!(
            parsed.triggers.last().expect("the last").to_string(),
            "aws.health AWS_NATGATEWAY_OPERATIONAL_ISSUE on nat-0a1b2c3d4e5f60001"
        );
        prop_assert!(parsed.triggers.len() + parsed.refused.len() >= 3, "{parsed:?}");
        prop_assert!(parsed.triggers.len() >= 2);
    }
}

#[test]
fn the_own_notifications_of_rds_and_auto_scaling_are_their_events() {
    let sns = |message: &Value| json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": message.to_string() } }] });
    let rds = json!({
        "Event Source": "db-instance", "Event Time": "2026-03-14 03:12:10.123", "Source ID": "ledger",
        "Source ARN": "arn:aws:rds:us-east-1:111122223333:db:ledger", "Event Message": "Multi-AZ instance failover completed",
        "Event ID": "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#RDS-EVENT-0049",
    });
    let event = service(&sns(&rds));
    assert_eq!(Trigger::Service(event.clone()).to_string(), "aws.rds RDS-EVENT-0049 on ledger");
    assert_eq!(event.at.map(|at| at.to_string()).as_deref(), Some("2026-03-14T03:12:10.123Z"));
    let terminated = json!({
        "Event": "autoscaling:EC2_INSTANCE_TERMINATE", "AutoScalingGroupName": "app-a", "EC2InstanceId": "i-0a1b2c3d4e5f6a101",
        "Service": "AWS Auto Scaling", "Time": "2026-03-14T03:12:10.123Z", "StatusCode": "InProgress",
    });
    let hook = json!({
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING", "AutoScalingGroupName": "app-a", "LifecycleHookName": "drain",
        "EC2InstanceId": "i-0a1b2c3d4e5f6a101", "Time": "2026-03-14T03:12:10.123Z",
    });
    for (message, what) in [(terminated, "EC2 Instance Terminate Successful"), (hook, "EC2 Instance-terminate Lifecycle Action")]
    {
        let event = service(&sns(&message));
        let expected = format!("aws.autoscaling {what} on app-a, i-0a1b2c3d4e5f6a101");
        assert_eq!(Trigger::Service(event.clone()).to_string(), expected);
        assert!(event.at.is_some());
    }
}

#[test]
fn a_health_event_that_names_a_zone_or_the_account_is_about_every_target() {
    for (entity, is_place) in [
        ("use1-az2", true),
        ("usw2-lax1-az1", true),
        ("us-east-1a", true),
        ("us-gov-west-1b", true),
        ("111122223333", true),
        ("AWS_ACCOUNT", true),
        ("i-0a1b2c3d4e5f6a101", false),
        ("app-az", false),
        ("orders-1", false),
        ("nat-0a1b2c3d4e5f60001", false),
    ] {
        let detail = json!({ "eventTypeCode": "AWS_EC2_OPERATIONAL_ISSUE", "affectedEntities": [{ "entityValue": entity }] });
        let event = service(&json!({ "source": "aws.health", "detail-type": "AWS Health Event", "detail": detail }));
        assert_eq!(event.about_a_place, is_place, "{entity}");
    }
}

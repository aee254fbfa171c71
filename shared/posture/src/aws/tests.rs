use std::collections::BTreeSet;

use crossover_aws::{SystemClock, canned::Canned};
use crossover_engine::{ports::Clock, retry::Patience};
use jiff::ToSpan;

use super::{AwsPosture, networks::snapshots_named, region_of, report};
use crate::{Scope, check};

const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

#[test]
fn a_credential_report_is_read_by_its_columns() {
    let text = format!(
        "{COLUMNS}\n\
         <root_account>,arn:aws:iam::1:root,2020-01-01T00:00:00+00:00,not_supported,2024-01-01T00:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n\
         ann,arn:aws:iam::1:user/ann,2021-05-01T10:00:00+00:00,true,no_information,2021-05-01T10:00:00+00:00,N/A,TRUE,true,2022-01-01T00:00:00+00:00,N/A,N/A,N/A,false,2022-01-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,false,N/A\r\n\
         \"b,ob\",arn:aws:iam::1:user/b,2021-05-01T10:00:00Z,FALSE,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,true,2023-01-01T00:00:00+00:00,2026-01-02T03:04:00+00:00,us-east-1,s3,false,N/A,false,N/A\n"
    );
    let users = report::users(&text).unwrap();
    assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["ann", "b,ob"]);
    assert_eq!((users[0].password, users[0].password_used, users[0].mfa), (true, None, true));
    assert_eq!((users[0].keys.len(), users[0].keys[0].number, users[0].keys[0].used), (1, 1, None));
    assert_eq!(users[0].keys[0].created, "2022-01-01T00:00:00Z".parse().unwrap());
    assert_eq!((users[1].password, users[1].mfa, users[1].keys[0].number), (false, false, 2));
    assert_eq!(users[1].keys[0].used, Some("2026-01-02T03:04:00Z".parse().unwrap()));

    assert_eq!(report::users(&format!("{COLUMNS}\n")).unwrap(), []);
    assert!(report::users("").unwrap_err().contains("no column user"));
    assert!(report::users("user,arn\n").unwrap_err().contains("no column user_creation_time"));
    assert!(report::users(&format!("{COLUMNS}\nann,x\n")).unwrap_err().contains("row 2 of the credential report has 2 fields"));
    let bad = text.replace("2021-05-01T10:00:00+00:00,true", "never,true");
    assert!(report::users(&bad).unwrap_err().contains("ann was created at \"never\""));
}

#[test]
fn a_copy_names_its_source() {
    assert_eq!(snapshots_named("[Copied snap-0a1b from us-east-1] of snap-2."), ["snap-0a1b", "snap-2"]);
    assert_eq!(snapshots_named("snapshot of vol-1"), [""; 0]);
    assert_eq!(region_of("arn:aws:rds:us-west-2:111122223333:db:orders"), Some("us-west-2"));
    assert_eq!(region_of("arn:aws:iam::111122223333:role/x"), None);
    assert_eq!(region_of("orders"), None);
}

/// An unreadable resource type has one finding, and causes no other findings.
#[tokio::test]
async fn unreadable_resources_cause_no_findings() {
    let denied = r"<Response><Errors><Error><Code>AccessDenied</Code><Message>not you</Message></Error></Errors></Response>";
    let service = Canned::answering(std::iter::repeat_n((403, denied), 100));
    let scope = Scope {
        regions: ["us-east-1", "us-west-2"].map(str::to_owned).into(),
        alarms: ["down".to_owned()].into(),
        notice_topic: Some("arn:aws:sns:us-east-1:111122223333:notices".to_owned()),
    };
    let clock = SystemClock;
    let patience = Patience::new(&clock, clock.now() + 1.minute());
    let found = check(&AwsPosture::new(&service.config()), &scope, patience).await;
    assert!(found.iter().all(|finding| finding.what.starts_with("could not be read")), "{found:#?}");
    let about: Vec<&str> = found.iter().map(|finding| finding.resource.as_str()).collect();
    let all = [
        "NAT gateways",
        "VPN connections",
        "administrators",
        "alarms",
        "auto-scaling groups",
        "buckets",
        "caches",
        "database clusters",
        "databases",
        "deployment groups",
        "distributions",
        "instances",
        "load balancers",
        "root user",
        "route tables",
        "snapshots of caches",
        "snapshots of databases in us-east-1",
        "snapshots of databases in us-west-2",
        "subnets",
        "tables",
        "target groups",
        "topics",
        "users",
    ];
    assert_eq!(about, all);
}

/// The permissions in docs/security.md match the calls of this crate, by the names in the errors.
#[test]
fn the_rights_that_are_documented_are_those_that_are_used() {
    let sources = [
        include_str!("fleets.rs"),
        include_str!("images.rs"),
        include_str!("networks.rs"),
        include_str!("people.rs"),
        include_str!("stores.rs"),
    ];
    let called: BTreeSet<&str> = sources.into_iter().flat_map(|source| source.split('"')).filter(|text| is_call(text)).collect();
    let of_s3 = |call| match call {
        "s3:ListBuckets" => "s3:ListAllMyBuckets",
        "s3:GetBucketReplication" => "s3:GetReplicationConfiguration",
        call => call,
    };
    let security = include_str!("../../../../docs/security.md");
    let read = security.split("## What a check reads").nth(1).unwrap_or_default();
    let policy = read.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    let allowed = policy["Statement"][0]["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap());
    assert_eq!(called.into_iter().map(of_s3).collect::<BTreeSet<_>>(), allowed.collect::<BTreeSet<_>>());
}

/// The name of the call, as in `ec2:DescribeSubnets`.
fn is_call(text: &str) -> bool {
    let operation =
        text.split_once(':').filter(|(service, _)| service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    operation.is_some_and(|(service, it)| {
        !service.is_empty() && it.starts_with(|c: char| c.is_ascii_uppercase()) && it.chars().all(char::is_alphanumeric)
    })
}

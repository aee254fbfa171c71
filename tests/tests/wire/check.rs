//! The daily check: what the real binary finds and tells, and that it asks IAM what the roles may do.

use std::{sync::Arc, time::Duration};

use crossover_engine::audit::ACCOUNT;
use crossover_tests::{
    dns::Way,
    dns_world::DnsWorld,
    lambda::{Answer, Lambda},
    proxy::Watch,
};
use serde_json::{Value, json};

use crate::{respond, topology_file};

/// The sorts of what is found of a target, or of the account.
fn sorts(answer: &Value, target: &str) -> Vec<String> {
    let found = answer["check"]["findings"][target].as_array().expect("findings");
    found.iter().map(|found| found["finding"].as_str().expect("a sort").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_roles_may_not_do_is_found_and_told_once_and_told_when_it_has_gone() {
    let dns = DnsWorld::new("wire-check", Way::Failover).await;
    let world = &dns.world;
    let journal = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"];
    let may = |more: &[&'static str]| [&journal[..], more].concat();
    let role = world.role("wire-check-dns", &may(&["route53:GetChange"])).await;
    let mut environment = dns.environment(&topology_file(world, &dns.topology()), &Arc::new(Watch::default())).await;
    environment.push(("CROSSOVER_ROLES".to_owned(), format!("dns={role},nat={role}-that-is-of-no-target")));
    let mut lambda = Lambda::start("crossover-check", &environment).await;

    let target = dns.command("status", &json!({}))["target"].as_str().expect("a target").to_owned();
    let dry = respond(&mut lambda, &json!({ "command": "check", "dry_run": true })).await;
    assert_eq!(dry["outcome"], "dry_run", "{dry:#}");
    assert!(world.notices().await.is_empty() && world.journal_items().await == 0, "a dry run writes nothing");

    let tick = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" });
    let first = respond(&mut lambda, &tick).await;
    assert_eq!(first["outcome"], "recorded", "{first:#}");
    let found = sorts(&first, &target);
    assert!(found.contains(&"not-allowed".to_owned()) && found.contains(&"alarm-unheard".to_owned()), "{first:#}");
    let denied = |found: &[String]| found.iter().filter(|sort| *sort == "not-allowed").count();
    assert_eq!(denied(&found), 1, "GetChange is allowed: {first:#}");
    let of_account = sorts(&first, ACCOUNT);
    assert_eq!((denied(&of_account), of_account.contains(&"rights-unknown".to_owned())), (1, false), "the journal is: {first:#}");
    let told = world.notices().await;
    assert_eq!(told.len(), 1, "{told:#?}");
    for denied in ["route53:ChangeResourceRecordSets", "sns:Publish"] {
        assert!(told[0]["found"].to_string().contains(denied), "{denied}: {:#}", told[0]);
    }

    world.role("wire-check-dns", &may(&["route53:GetChange", "route53:ChangeResourceRecordSets", "sns:Publish"])).await;
    let second = respond(&mut lambda, &tick).await;
    assert!(!sorts(&second, &target).contains(&"not-allowed".to_owned()), "{second:#}");
    // Other tests change the account around the target meanwhile: only what is of the target is told once.
    let gone = |answer: &Value| -> Vec<Value> {
        let all = answer["check"]["gone"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|gone| gone["target"] == target.as_str()).map(|gone| gone["finding"].clone()).collect()
    };
    assert_eq!(gone(&second), ["not-allowed"], "{second:#}");
    // What the emulator can't show of the account keeps anything there from being told as gone.
    assert_eq!(denied(&sorts(&second, ACCOUNT)), 0, "{second:#}");
    let third = respond(&mut lambda, &tick).await;
    let of_target = third["check"]["findings"][&target].as_array().expect("findings");
    assert!(of_target.iter().all(|finding| finding["new"] == false) && gone(&third).is_empty(), "{third:#}");
    let told = world.notices().await;
    let of_target = told.iter().filter(|notice| notice["found"].to_string().contains(&format!("\"target\":\"{target}\"")));
    assert_eq!(of_target.count(), 1, "what has gone, and then nothing: {told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_name_no_roles_are_refused_and_told() {
    let dns = DnsWorld::new("wire-check-settings", Way::Failover).await;
    let mut environment = dns.environment(&topology_file(&dns.world, &dns.topology()), &Arc::new(Watch::default())).await;
    environment.push(("CROSSOVER_ROLES".to_owned(), "crossover-nat".to_owned()));
    let mut lambda = Lambda::start("crossover-check", &environment).await;
    let answer = lambda.invoke(json!({ "command": "check" }).to_string(), Duration::from_mins(1)).await;
    let Some(Answer::Response(answer)) = answer else { panic!("{answer:?}") };
    assert!(
        answer["reason"].as_str().expect("a reason").contains("CROSSOVER_ROLES is \"crossover-nat\"; expected"),
        "{answer:#}"
    );
}

//! What is told: what is new at once, all of it once a week, and what has gone.

use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_model::{
    outcome::Outcome,
    rules::{NOT_CHECKED, UNREADABLE},
    trigger::Aim,
};
use crossover_posture::{Bucket, PostureAccount};
use crossover_sandbox::{Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::{layout::Layout, stage};
use serde_json::json;

use crate::desk::{Desk, GATEWAY, broken, mended, run};

#[test]
fn all_healthy_is_told_once_a_week() {
    run(async {
        let mut desk = Desk::new();
        for day in 0..15 {
            let answer = desk.tick().await;
            let expected = if day % 7 == 0 { Outcome::Recorded } else { Outcome::Settled };
            assert_eq!(answer.outcome, expected, "day {day}: {answer:?}");
            desk.days(1).await;
        }
        assert_eq!(desk.told(), ["Crossover: the check: no findings"; 3]);
    });
}

#[test]
fn what_is_new_is_told_at_once_and_once_and_what_has_gone_too() {
    run(async {
        let mut desk = Desk::new();
        desk.tick().await;
        desk.days(1).await;
        desk.change(broken);
        let answer = desk.tick().await;
        assert_eq!(answer.outcome, Outcome::Recorded);
        let check = answer.check.expect("what a check found");
        let found = &check.findings["egress-prod"];
        assert!(found[0].new && found[0].found.rule.id == "gateway-unable" && found[0].found.resource == GATEWAY, "{found:?}");
        assert_eq!(desk.told()[1], "Crossover: the check: new: 2 errors", "the gateway, and that us-east-1a could not be left");
        let mail = desk.mail();
        for words in [
            "error    egress-prod: gateway of us-east-1b can't carry traffic",
            "To fix it: ",
            "[[accept]]",
            "\"command\":\"check\"",
        ] {
            assert!(mail.contains(words), "{words}: {mail}");
        }
        // The same again is nothing new, however its words change.
        desk.change(|account| "pending".clone_into(&mut account.ec2_mut().nat_gateways[1].state));
        for _ in 0..3 {
            desk.days(1).await;
            let answer = desk.tick().await;
            assert_eq!(answer.outcome, Outcome::Settled);
            assert!(!answer.check.expect("what was found").findings["egress-prod"][0].new);
        }
        assert_eq!(desk.told().len(), 2);
        desk.change(mended);
        let gone = desk.tick().await.check.expect("what was found").gone;
        assert_eq!(gone.iter().map(|gone| gone.resource.as_str()).collect::<Vec<_>>(), [GATEWAY, "leaving us-east-1a"]);
        assert_eq!(desk.told()[2], "Crossover: the check: 2 gone; no findings");
        assert!(desk.mail().contains("Findings that are gone\n"), "{}", desk.mail());
        desk.tick().await;
        assert_eq!(desk.told().len(), 3);
    });
}

#[test]
fn a_weekly_notice_lists_what_stands() {
    run(async {
        let mut desk = Desk::new();
        desk.change(broken);
        desk.tick().await;
        assert_eq!(desk.told(), ["Crossover: the check: new: 2 errors"]);
        desk.days(7).await;
        desk.tick().await;
        assert_eq!(desk.told()[1], "Crossover: the check: unchanged: 2 errors");
        assert!(desk.mail().contains("Unchanged findings\n") && desk.mail().contains(GATEWAY), "{}", desk.mail());
    });
}

#[test]
fn what_can_not_be_seen_has_not_gone() {
    run(async {
        let mut desk = Desk::new();
        desk.change(broken);
        desk.tick().await;
        desk.faults([FaultRule::every("ec2:DescribeRouteTables", Fault::Refuse)]);
        desk.days(1).await;
        let blind = desk.tick().await.check.expect("what was found");
        assert!(blind.gone.is_empty(), "{blind:?}");
        assert_eq!(blind.findings["egress-prod"][0].found.rule, &UNREADABLE);
        desk.faults([]);
        desk.days(1).await;
        desk.tick().await;
        assert_eq!(desk.times_new(GATEWAY), 1, "it was known all the time: {:?}", desk.told());
        assert_eq!(desk.times_new("could not be read"), 1);
    });
}

/// A section that accepts a finding until a day.
fn accepts(rule: &str, resource: &str, until: &str) -> String {
    format!(
        "\n[[accept]]\nfinding = \"{rule}\"\nresource = \"{resource}\"\nreason = \"is being replaced\"\nuntil = \"{until}\"\n"
    )
}

#[test]
fn what_is_accepted_does_not_count_until_it_expires() {
    run(async {
        let accept = format!(
            "{}{}{}",
            stage::topology(),
            accepts("gateway-unable", GATEWAY, "2026-03-15"),
            accepts("would-be-held", "leaving us-east-1a", "2026-03-15")
        );
        let mut desk = Desk::with(stage::account(), &accept);
        desk.change(broken);
        let answer = desk.tick().await;
        let check = answer.check.expect("what was found");
        assert_eq!((check.accepted, check.findings["egress-prod"].len()), (2, 0));
        assert_eq!(desk.told(), ["Crossover: the check: no findings"]);
        assert!(desk.mail().contains("2 findings are accepted"), "{}", desk.mail());
        desk.days(2).await;
        desk.tick().await;
        assert_eq!(desk.told()[1], "Crossover: the check: new: 2 errors");
        assert!(desk.mail().contains("expired on 2026-03-15"), "{}", desk.mail());
    });
}

#[test]
fn what_was_told_and_is_accepted_since_has_not_gone() {
    run(async {
        let mut desk = Desk::new();
        desk.change(broken);
        desk.tick().await;
        let accept = accepts("gateway-unable", GATEWAY, "2026-12-15");
        desk.check.accepted = crossover_model::topology::accepted(&accept);
        let answer = desk.tick().await;
        assert_eq!((answer.outcome, answer.check.expect("what was found").gone.len()), (Outcome::Settled, 0));
    });
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_it_would_tell() {
    run(async {
        let mut desk = Desk::new();
        desk.change(broken);
        let payload = json!({ "command": "check", "dry_run": true, "reason": "test", "operator": "tests" });
        let answer = desk.invoke(&payload).await.expect("nobody is killed");
        assert_eq!(answer.outcome, Outcome::DryRun);
        assert_eq!(answer.targets[0].reason, "would notify: the check: new: 2 errors");
        let writes: Vec<_> = desk.sandbox.calls().into_iter().filter(crossover_sandbox::Call::is_write).collect();
        assert!(writes.is_empty(), "{writes:?}");
    });
}

#[test]
fn a_person_has_it_done_now_and_nothing_else_is_understood() {
    run(async {
        let mut desk = Desk::new();
        let answer = desk.invoke(&json!({ "command": "check" })).await.expect("nobody is killed");
        assert_eq!((answer.outcome, answer.targets[0].target.as_str()), (Outcome::Recorded, "the check"));
        let mistyped = desk.invoke(&json!({ "command": "check", "dryrun": true })).await.expect("nobody is killed");
        assert_eq!(mistyped.outcome, Outcome::Failed);
        assert!(mistyped.reason.expect("a reason").starts_with("dryrun: is not known; expected "));
        let other = desk.invoke(&json!({ "command": "failover", "target": "egress-prod" })).await.expect("nobody is killed");
        assert_eq!(other.outcome, Outcome::Failed);
        assert_eq!(desk.told().len(), 1, "who gave the command has the answer");
        let event = json!({ "source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": {} });
        assert_eq!(desk.invoke(&event).await.expect("nobody is killed").outcome, Outcome::Failed);
        assert!(desk.told()[1].contains("a trigger was not understood"), "{:?}", desk.told());
    });
}

#[test]
fn what_is_around_the_targets_is_told_with_them() {
    run(async {
        let bucket = Bucket { name: "ledgers".to_owned(), versioned: Some(false), replicated: Some(true) };
        let mut account = stage::account();
        account.posture_mut().buckets.push(bucket);
        let mut desk = Desk::with(account, &stage::topology());
        desk.tick().await;
        assert_eq!(desk.told(), ["Crossover: the check: no findings"], "without the account only the targets are looked at");
        let mut desk = desk.around();
        desk.tick().await;
        assert!(desk.times_new("the account: bucket ledgers keeps no versions") == 1, "{}", desk.mail());
        // What can't be looked at has not gone.
        desk.faults([FaultRule::every("s3:*", Fault::Refuse)]);
        desk.days(1).await;
        let blind = desk.tick().await.check.expect("what was found");
        assert!(blind.gone.is_empty(), "{blind:#?}");
        assert!(blind.findings["the account"].iter().any(|found| found.found.rule == &NOT_CHECKED), "{blind:#?}");
    });
}

#[test]
fn a_notice_topic_that_does_not_exist_is_found_as_that() {
    run(async {
        let mut account = stage::account();
        account.posture_mut().topics.insert("arn:aws:sns:us-east-1:111122223333:others".to_owned(), Vec::new());
        let mut desk = Desk::with(account, &stage::topology()).around();
        let found = desk.tick().await.check.expect("what a check found").findings;
        let of_topic = &found["the account"][0].found;
        assert_eq!(of_topic.rule.id, "missing");
        assert_eq!(of_topic.resource, "topic arn:aws:sns:us-east-1:111122223333:crossover-notices");
        assert!(!of_topic.fix.contains("allow"), "no right helps: {of_topic:?}");
    });
}

#[test]
fn more_than_can_be_remembered_is_counted() {
    run(async {
        let layout = Layout { targets: 450, sides: 2, tables: 1 };
        let mut desk = Desk::with(layout.account(), &layout.topology(&[]));
        desk.change(|account| {
            account.ec2_mut().nat_gateways.iter_mut().for_each(|gateway| "failed".clone_into(&mut gateway.state));
        });
        desk.tick().await;
        assert_eq!(desk.told(), ["Crossover: the check: new: 400 errors; 1400 more that are not listed"]);
        let size = serde_json::to_string(&desk.memory()).expect("JSON").len();
        assert!(size < 300_000, "{size} bytes");
        let bytes: usize = desk.sandbox.account().sns().published[0].bodies.values().map(String::len).sum();
        assert!(bytes < 250_000, "SNS takes 256 KB: {bytes}");
        for _ in 0..2 {
            desk.days(1).await;
            assert_eq!(desk.tick().await.outcome, Outcome::Settled);
        }
        assert_eq!(desk.told().len(), 1);
        // One that was counted before is not new when there is room for it; one more is told.
        desk.change(|account| "available".clone_into(&mut account.ec2_mut().nat_gateways[0].state));
        desk.tick().await;
        assert_eq!(desk.told()[1], "Crossover: the check: 2 gone; unchanged: 400 errors; 1398 more that are not listed");
        desk.change(|account| "failed".clone_into(&mut account.ec2_mut().nat_gateways[0].state));
        desk.tick().await;
        assert_eq!(desk.told().len(), 3, "{:?}", desk.told());
    });
}

#[test]
fn names_in_the_journal_that_the_topology_does_not_declare_are_found() {
    run(async {
        let mut desk = Desk::new();
        desk.sweep().await;
        desk.reconcile(&stage::command("failover", &json!({ "away_from": "us-east-1a" }))).await;
        // The target is renamed.
        let mut renamed = Desk::with(desk.sandbox.account(), &stage::topology().replace(stage::TARGET, "egress"));
        let found = renamed.tick().await.check.expect("what a check found").findings;
        let of_target = &found[stage::TARGET][0].found;
        assert_eq!(of_target.rule.id, "undeclared-target");
        assert!(of_target.what.contains("the intent of tester, away from us-east-1a"), "{of_target:?}");
        assert!(found["egress"].is_empty(), "{found:?}");
        // A side is.
        desk.change(|account| {
            let record = account.dynamodb_mut().journal.get_mut(stage::TARGET).expect("a record");
            record.memory.intent.as_mut().expect("an intent").aim = Aim::To("us-east-1d".to_owned());
        });
        let found = desk.tick().await.check.expect("what a check found").findings;
        let of_side = &found[stage::TARGET][0].found;
        assert_eq!(of_side.rule.id, "undeclared-side");
        assert!(of_side.what.contains("us-east-1d (the operator's intent)"), "{of_side:?}");
        assert!(of_side.fix.starts_with("crossover rename egress-prod --side OLD=NEW"), "{of_side:?}");
    });
}

//! A check while something is down, is killed, or runs twice.

use std::collections::{BTreeMap, BTreeSet};

use crossover_engine::ports::Clock;
use crossover_model::{check_answer::CheckAnswer, outcome::Outcome};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{layout::Layout, stage};
use futures::join;

use crate::desk::{Desk, GATEWAY, broken, run};

#[test]
fn without_sns_it_is_kept_and_the_sweep_tells_it() {
    run(async {
        let mut desk = Desk::new();
        desk.change(broken);
        desk.faults([FaultRule::every("sns:*", Fault::ServerError)]);
        let answer = desk.tick().await;
        assert_eq!(answer.outcome, Outcome::Recorded);
        assert!(answer.targets[0].remarks.iter().any(|remark| remark.contains("could not be sent, it is kept")), "{answer:?}");
        assert!(!answer.retry_can_help, "nothing is lost");
        assert!(desk.told().is_empty());
        desk.faults([]);
        desk.sandbox.sleep(std::time::Duration::from_mins(1)).await;
        desk.sweep().await;
        assert_eq!(desk.times_new(GATEWAY), 1, "{:?}", desk.told());
        desk.sandbox.sleep(std::time::Duration::from_mins(1)).await;
        desk.sweep().await;
        desk.tick().await;
        // The sweep itself tells that the gateways that serve are dead.
        assert_eq!(desk.told().iter().filter(|subject| !subject.contains("HELD")).count(), 1);
    });
}

#[test]
fn without_the_journal_all_of_it_is_told_and_that_is_said() {
    run(async {
        let mut desk = Desk::new();
        desk.change(broken);
        desk.tick().await;
        desk.faults([FaultRule::every("dynamodb:*", Fault::ServerError)]);
        let answer = desk.tick().await;
        assert_eq!((answer.outcome, answer.retry_can_help), (Outcome::Recorded, false));
        assert_eq!(desk.told().len(), 2);
        assert!(
            desk.mail().contains("the journal could not be used, so it is not known which findings are new"),
            "{}",
            desk.mail()
        );
        desk.faults([FaultRule::every("dynamodb:*", Fault::ServerError), FaultRule::every("sns:*", Fault::ServerError)]);
        let neither = desk.tick().await;
        assert!(neither.retry_can_help, "nobody was told, and nothing is kept: {neither:?}");
        desk.faults([]);
        assert_eq!(desk.tick().await.outcome, Outcome::Settled);
    });
}

#[test]
fn two_at_the_same_time_tell_once() {
    run(async {
        let mut desk = Desk::new();
        desk.change(broken);
        let (first, second) = (desk.invocation(), desk.invocation());
        let tick = stage::tick();
        let (one, other) = join!(desk.check.handle(&tick, &first), desk.check.handle(&tick, &second));
        let outcomes = [one.outcome, other.outcome];
        assert!(outcomes.contains(&Outcome::Recorded), "{outcomes:?}");
        assert_eq!(desk.times_new(GATEWAY), 1);
    });
}

/// Whatever becomes of one call: the finding is told at least once, nothing but the journal and SNS is written to, and
/// once all works again the same is told no more.
#[test]
fn every_fault_on_every_call_is_survived() {
    let mut seen: BTreeSet<(&'static str, u32)> = BTreeSet::new();
    run(async {
        let mut desk = Desk::new();
        desk.change(broken);
        desk.tick().await;
        let mut counts: BTreeMap<&'static str, u32> = BTreeMap::new();
        for call in desk.sandbox.calls() {
            let count = counts.entry(call.call).or_default();
            seen.insert((call.call, *count));
            *count += 1;
        }
    });
    assert!(seen.len() >= 10, "{seen:?}");
    for (call, skip) in seen {
        for fault in Fault::ALL {
            run(async {
                let mut desk = Desk::new();
                desk.change(broken);
                desk.faults([FaultRule::once(call, skip, fault)]);
                let answer = desk.invoke(&stage::tick()).await;
                desk.faults([]);
                let what = format!("{fault:?} at {call} {skip}");
                assert!(answer.is_some() || fault.is_of_the_process(), "{what}");
                desk.sandbox.sleep(std::time::Duration::from_mins(4)).await;
                desk.sweep().await;
                desk.days(1).await;
                desk.tick().await;
                assert!(desk.times_new(GATEWAY) >= 1, "{what}: {:?}", desk.told());
                let told = desk.times_new(GATEWAY);
                desk.days(1).await;
                desk.tick().await;
                assert_eq!(desk.times_new(GATEWAY), told, "{what}: {:?}", desk.told());
                assert!(told <= 2, "{what}: {:?}", desk.told());
                let writes = desk.sandbox.calls().into_iter().filter(crossover_sandbox::Call::is_write);
                let strange: Vec<&str> = writes
                    .map(|made| made.call)
                    .filter(|call| !call.starts_with("dynamodb:") && !call.starts_with("sns:"))
                    .collect();
                assert!(strange.is_empty(), "{what}: {strange:?}");
                assert!(desk.memory().unsent.is_empty() && desk.sandbox.now() > jiff::Timestamp::UNIX_EPOCH, "{what}");
            });
        }
    }
}

/// How long the check took, and its answer; all that it still had to say is told by then.
async fn took(desk: &mut Desk) -> (jiff::SignedDuration, CheckAnswer) {
    let began = desk.sandbox.now();
    let answer = desk.tick().await;
    (desk.sandbox.now().duration_since(began), answer.check.expect("what a check found"))
}

fn of_rule(check: &CheckAnswer, target: &str, rule: &str) -> usize {
    check.findings[target].iter().filter(|found| found.found.rule.id == rule).count()
}

#[test]
fn a_service_that_hangs_takes_no_check_beyond_its_deadline() {
    run(async {
        let mut desk = Desk::new().around();
        desk.change(broken);
        let (quick, before) = took(&mut desk).await;
        assert!(quick < jiff::SignedDuration::from_secs(20), "{quick:?}");
        assert_eq!((of_rule(&before, "egress-prod", "gateway-unable"), of_rule(&before, "egress-prod", "not-looked-at")), (1, 0));
        assert_eq!(of_rule(&before, "the account", "not-looked-at"), 0);
        let told = desk.told().len();
        for service in ["ec2:*", "cloudwatch:*", "iam:*", "sts:*", "s3:*"] {
            desk.days(1).await;
            desk.change(|account| account.slow_ms = BTreeMap::from([(service.to_owned(), 3_600_000)]));
            let (long, check) = took(&mut desk).await;
            assert!(long < jiff::SignedDuration::from_secs(120), "{service}: {long:?}");
            let gone = check.gone.iter().filter(|gone| gone.finding == "gateway-unable").count();
            assert_eq!(gone, 0, "{service}: what is not seen need not have gone: {check:#?}");
            let blind =
                |target: &str| ["not-looked-at", "unreadable", "rights-unknown"].map(|rule| of_rule(&check, target, rule));
            let all: usize = ["egress-prod", "the account"].into_iter().flat_map(blind).sum();
            assert!(all > 0, "{service}: {check:#?}");
            let seen = of_rule(&check, "egress-prod", "gateway-unable");
            assert_eq!(seen, usize::from(!["ec2:*", "iam:*"].contains(&service)), "{service}: {check:#?}");
        }
        assert!(desk.told().len() > told, "that something was not looked at is told");
        assert!(!desk.told().iter().skip(1).any(|subject| subject.contains("no findings")), "{:?}", desk.told());
        desk.change(|account| account.slow_ms.clear());
        desk.days(1).await;
        desk.tick().await;
        assert_eq!(desk.times_new(GATEWAY), 1, "it was known all the time: {:?}", desk.told());
    });
}

#[test]
fn what_is_away_is_not_waited_for_again_for_each_target() {
    let layout = Layout { targets: 60, sides: 2, tables: 1 };
    run(async {
        let mut desk = Desk::with(layout.account(), &layout.topology(&[]));
        desk.change(broken);
        desk.faults([FaultRule::every("iam:*", Fault::Timeout)]);
        let (long, check) = took(&mut desk).await;
        let asked = desk.sandbox.calls().iter().filter(|call| call.call.starts_with("iam:")).count();
        assert!(long < jiff::SignedDuration::from_secs(40) && asked < 100, "{long:?}, {asked} times");
        assert!(check.findings.keys().all(|target| of_rule(&check, target, "rights-unknown") == 1), "{check:#?}");
        assert_eq!(check.findings.values().flatten().filter(|found| found.found.rule.id == "gateway-unable").count(), 1);
        desk.faults([FaultRule::every("ec2:DescribeRouteTables", Fault::Timeout)]);
        let (long, check) = took(&mut desk).await;
        assert!(long < jiff::SignedDuration::from_secs(80), "{long:?}");
        assert!(check.findings.keys().all(|target| of_rule(&check, target, "unreadable") == 1), "{check:#?}");
        desk.faults([FaultRule::every("ec2:DescribeRouteTables", Fault::Throttle)]);
        let (long, check) = took(&mut desk).await;
        assert!(long < jiff::SignedDuration::from_secs(120), "{long:?}");
        let unseen = |target: &String| of_rule(&check, target, "unreadable") + of_rule(&check, target, "not-looked-at");
        assert!(check.findings.keys().all(|target| unseen(target) == 1), "{check:#?}");
    });
}

#[test]
fn a_journal_that_can_not_be_read_is_found() {
    run(async {
        let mut desk = Desk::new();
        desk.faults([FaultRule::every("dynamodb:*", Fault::Refuse)]);
        let found = desk.tick().await.check.expect("what a check found").findings;
        let of_account = &found["the account"][0].found;
        assert_eq!((of_account.rule.id, of_account.resource.as_str()), ("journal-unusable", "journal crossover-journal"));
        assert!(of_account.what.starts_with("can't be read: "), "{of_account:?}");
    });
}

#[test]
fn the_sweep_tells_a_journal_that_it_can_not_read_once_an_hour() {
    run(async {
        let mut desk = Desk::new();
        let unread = |desk: &Desk| desk.times_told("NO JOURNAL");
        desk.faults([FaultRule::every("dynamodb:*", Fault::Refuse)]);
        for minute in 0..30 {
            let answer = desk.sweep().await;
            assert!(answer.journal_unread, "{answer:?}");
            assert!(answer.reason.as_deref().is_some_and(|reason| reason.contains("the journal can't be read")), "{answer:?}");
            assert_eq!(unread(&desk), usize::from(minute > 0), "one sweep alone may have had bad luck");
            desk.wait(std::time::Duration::from_mins(1)).await;
        }
        desk.wait(std::time::Duration::from_mins(45)).await;
        desk.sweep().await;
        assert_eq!(unread(&desk), 2);
        desk.faults([]);
        assert!(!desk.sweep().await.journal_unread);
    });
}

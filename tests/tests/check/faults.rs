//! A check while something is down, is killed, or runs twice.

use std::collections::{BTreeMap, BTreeSet};

use crossover_controller::{cloud::Clock, crossover::Outcome};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::stage;
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
        assert_eq!(desk.told().len(), 1);
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
        assert!(desk.mail().contains("the journal could not be used, so nobody knows what of this is new"), "{}", desk.mail());
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

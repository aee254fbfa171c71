//! Invocations that die one after another while a promotion goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database::{ALARM_HOME, Kind, TARGET},
    stage::{Stage, alarm_event, tick},
};

use super::run;

/// Counts the promotions that RDS executes, whether or not anybody learns of them.
fn count_promotions(stage: &Stage) -> Arc<AtomicUsize> {
    let promotions = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&promotions);
    stage.sandbox.watch(move |arrival, _| {
        counted.fetch_add(usize::from(arrival.done && arrival.call == Kind::Replica.verb()), Ordering::Relaxed);
    });
    promotions
}

#[test]
fn every_invocation_of_a_promotion_may_be_killed_but_the_last() {
    run(async {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let mut stage = Kind::Replica.stage();
            let promotions = count_promotions(&stage);
            stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
            let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
            for (minute, skip) in [4, 6, 7, 9, 3, 8, 5, 7].into_iter().enumerate() {
                stage.faults([FaultRule::once("*", skip, fault)]);
                stage.invoke(&if minute == 0 { event.clone() } else { tick() }).await;
                stage.wait(Duration::from_mins(1)).await;
            }
            stage.faults([]);
            let last = stage.ticks(12).await;
            let account = stage.sandbox.account();
            assert_eq!(last.outcome, Outcome::Settled, "{fault:?}");
            assert_eq!(Kind::Replica.writer(&account), Some(Kind::Replica.sides()[1]), "{fault:?}");
            assert_eq!(promotions.load(Ordering::Relaxed), 1, "{fault:?}");
            let recorded: Vec<Outcome> = account.dynamodb().crossovers.iter().map(|crossover| crossover.outcome).collect();
            assert_eq!(recorded, [Outcome::Completed], "{fault:?}");
            let memory = &account.dynamodb().journal[TARGET].memory;
            assert!(memory.open.is_none() && memory.unsent.is_empty(), "{fault:?}: {memory:?}");
        }
    });
}

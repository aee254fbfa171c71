//! What an alarm says beside its state: what its evaluation lacked, and whether its actions are muted; and an alarm that can't be
//! read.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_cloudwatch::{CloudWatchAccount, sandbox::Alarm as SandboxAlarm};
use crossover_model::{
    alarm::{
        AlarmData,
        AlarmState::{Alarm, Ok},
        Evaluation,
    },
    hold::Held,
    outcome::Outcome,
};
use crossover_sandbox::{Fault, FaultRule};
use crossover_tests::{
    database::{self, Kind},
    stage::{ALARM_A, ALARM_B, Stage, account, command, tick, topology, topology_with},
};
use serde_json::json;

const READS: &str = "cloudwatch:DescribeAlarms";
const MUTES: &str = "cloudwatch:ListAlarmMuteRules";
const NOT_FULLY: [Evaluation; 4] = [Evaluation::Failed, Evaluation::Misconfigured, Evaluation::Partial, Evaluation::Other];

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

fn change(stage: &Stage, name: &str, change: impl FnOnce(&mut SandboxAlarm)) {
    stage.sandbox.change(|account, _| {
        change(account.cloudwatch_mut().alarms.iter_mut().find(|alarm| alarm.name == name).expect("the alarm"));
    });
}

fn lacks(stage: &Stage, name: &str, evaluation: Option<Evaluation>) {
    change(stage, name, |alarm| alarm.data = AlarmData { evaluation, ..AlarmData::default() });
}

fn mute(stage: &Stage, name: &str) {
    change(stage, name, |alarm| alarm.muted_by = Some("night-work".to_owned()));
}

#[test]
fn an_alarm_that_was_not_fully_evaluated_is_no_reason_to_move() {
    for evaluation in NOT_FULLY.into_iter().filter(|evaluation| *evaluation != Evaluation::Partial) {
        run(async {
            let mut stage = Stage::new();
            stage.set_alarm(ALARM_A, Alarm);
            lacks(&stage, ALARM_A, Some(evaluation));
            let answer = stage.reconcile(&tick()).await;
            assert_eq!(answer.outcome, Outcome::Settled, "{evaluation:?}: {answer:?}");
            assert!(answer.in_need, "{evaluation:?}: the alarm not-moved tells it: {answer:?}");
            let words = format!(", which {}", evaluation.in_words());
            assert!(answer.sides.iter().any(|side| side.evidence.ends_with(&words)), "{words}: {answer:?}");
            // Once it is evaluated again, its state counts.
            lacks(&stage, ALARM_A, None);
            assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Completed, "{evaluation:?}");
        });
    }
}

#[test]
fn an_alarm_that_fires_on_a_part_of_its_data_fires() {
    run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, Alarm);
        lacks(&stage, ALARM_A, Some(Evaluation::Partial));
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Completed);
    });
}

#[test]
fn a_side_whose_ok_may_be_an_old_one_is_no_destination() {
    for evaluation in NOT_FULLY {
        run(async {
            let mut stage = Stage::new();
            lacks(&stage, ALARM_B, Some(evaluation));
            let answer = stage.alarm(ALARM_A, Alarm).await;
            assert_eq!(answer.outcome, Outcome::Held, "{evaluation:?}: {answer:?}");
        });
    }
}

#[test]
fn a_muted_alarm_counts_unless_the_policy_holds() {
    run(async {
        let mut stage = Stage::new();
        mute(&stage, ALARM_A);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Completed);
        assert_eq!(stage.count(MUTES), 0, "nothing depends on mute rules");
    });
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("muted", "\"hold\"")]));
        mute(&stage, ALARM_A);
        let held = stage.alarm(ALARM_A, Alarm).await;
        assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::Muted)), "{held:?}");
        assert!(held.reason.contains("nat-use1a-unreachable (by the rule night-work)"), "{}", held.reason);
        assert!(held.reason.contains("crossover failover egress-prod --away-from us-east-1a --reason WHY"), "{}", held.reason);
        assert_eq!(stage.told().len(), 1, "{:?}", stage.told());
        let order = command("failover", &json!({ "away_from": "us-east-1a" }));
        assert_eq!(stage.reconcile(&order).await.outcome, Outcome::Completed, "an order passes");
    });
}

#[test]
fn the_end_of_a_mute_rule_lets_the_next_tick_move() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("muted", "\"hold\"")]));
        mute(&stage, ALARM_A);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Held);
        change(&stage, ALARM_A, |alarm| alarm.muted_by = None);
        assert_eq!(stage.reconcile(&tick()).await.outcome, Outcome::Completed);
    });
}

#[test]
fn mute_rules_that_cannot_be_read_hold_only_what_cannot_be_undone() {
    run(async {
        let mut stage = Stage::with(account(), &topology_with(&[("muted", "\"hold\"")]));
        stage.faults([FaultRule::every(MUTES, Fault::ServerError)]);
        assert_eq!(stage.alarm(ALARM_A, Alarm).await.outcome, Outcome::Completed);
    });
    run(async {
        let mut stage = Stage::with(Kind::Replica.account(), &Kind::Replica.topology("muted = \"hold\"\n"));
        stage.faults([FaultRule::every(MUTES, Fault::ServerError)]);
        let held = stage.alarm(database::ALARM_HOME, Alarm).await;
        assert_eq!((held.outcome, held.held), (Outcome::Held, Some(Held::Muted)), "{held:?}");
        stage.faults([]);
        stage.ticks(1).await;
        assert_eq!(stage.count("rds:PromoteReadReplica"), 1);
    });
}

#[test]
fn a_status_names_the_muted_alarms() {
    run(async {
        let mut stage = Stage::with(account(), &topology());
        mute(&stage, ALARM_B);
        let answer = stage.reconcile(&json!({ "command": "status", "target": "egress-prod" })).await;
        let muted = answer.status.expect("a status").muted;
        assert_eq!(muted.get(ALARM_B).map(String::as_str), Some("night-work"), "{muted:?}");
        assert_eq!(muted.len(), 1);
    });
}

/// While CloudWatch does not answer, the event is the evidence, and the first route is not held up by its silence.
#[test]
fn alarms_that_cannot_be_read_delay_a_reversible_crossover_by_at_most_one_and_a_half_seconds() {
    for fault in [Fault::Timeout, Fault::ServerError] {
        run(async {
            let mut stage = Stage::new();
            stage.faults([FaultRule::every(READS, fault)]);
            stage.set_alarm(ALARM_A, Alarm);
            let before = stage.sandbox.now();
            let answer = stage.reconcile(&crossover_tests::stage::alarm_event(ALARM_A, Alarm, before)).await;
            assert_eq!(answer.outcome, Outcome::Completed, "{answer:?}");
            let calls = stage.sandbox.calls();
            let first = calls.iter().find(|call| call.call.ends_with("ReplaceRoute")).expect("a route was moved");
            let waited = Duration::try_from(first.began.duration_since(before)).expect("after the event");
            assert!(waited <= Duration::from_millis(1600), "{fault:?}: {waited:?}");
        });
    }
}

#[test]
fn an_ok_alarm_is_set_to_ok_again_only_by_an_evaluation() {
    run(async {
        let stage = Stage::new();
        lacks(&stage, ALARM_A, Some(Evaluation::Failed));
        stage.set_alarm(ALARM_A, Alarm);
        stage.set_alarm(ALARM_A, Ok);
        change(&stage, ALARM_A, |alarm| assert_eq!(alarm.data.evaluation, None));
    });
}

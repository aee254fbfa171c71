//! DNS answers with the standby, and with home again: a story for each way to switch.

#![expect(clippy::expect_used, reason = "tests")]

mod batches;
mod data_plane;
mod health_checks;
mod refusals;

use std::{collections::BTreeSet, time::Duration};

use crossover_arc::ArcAccount;
use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_model::{alarm::AlarmState, answer::TargetAnswer, hold::Held, outcome::Outcome, step::StepResult};
use crossover_route53::{RecordAnswer, RecordSet, Role, Route53Account, Routing};
use crossover_s3::S3Account;
use crossover_sandbox::{Account, Fault, FaultRule};
use crossover_sns::SnsAccount;
use crossover_tests::{
    dns::{ALARM_HOME, ALARM_STANDBY, HOME, STANDBY, TARGET, Way, command, serving},
    stage::{Stage, alarm_event, tick},
};
use serde_json::{Value, json};

fn run(story: impl Future<Output = ()>) {
    crossover_sandbox::run(story).expect("a runtime");
}

async fn look(stage: &mut Stage, payload: &Value) -> TargetAnswer {
    let mut answer = stage.invoke(payload).await.expect("nobody is killed");
    assert_eq!(answer.targets.len(), 1, "{answer:?}");
    answer.targets.remove(0)
}

async fn alarm(stage: &mut Stage, name: &str, turns: AlarmState) -> TargetAnswer {
    stage.set_alarm(name, turns);
    let event = alarm_event(name, turns, stage.sandbox.now());
    look(stage, &event).await
}

fn record_sets(account: &Account) -> BTreeSet<RecordSet> {
    account.route53().hosted_zones[0].record_sets.iter().cloned().collect()
}

fn set<'a>(account: &'a Account, name: &str, id: &str) -> &'a RecordSet {
    let found =
        account.route53().hosted_zones[0].record_sets.iter().find(|set| set.name == name && set.set_id.as_deref() == Some(id));
    found.expect("the record set")
}

fn sides(sides: &[&'static str]) -> BTreeSet<&'static str> {
    sides.iter().copied().collect()
}

/// Who answers while every side is healthy.
fn at_home(way: Way) -> BTreeSet<&'static str> {
    if way == Way::Latency { sides(&[HOME, STANDBY]) } else { sides(&[HOME]) }
}

#[test]
fn it_fails_over_settles_and_fails_back_to_exactly_what_it_was() {
    for way in Way::ALL {
        run(async {
            let mut stage = way.stage();
            let before = record_sets(&stage.sandbox.account());
            assert_eq!(serving(&stage.sandbox.account()), at_home(way), "{way:?}");

            let over = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(over.outcome, Outcome::Completed, "{way:?}: {over:?}");
            assert_eq!(serving(&stage.sandbox.account()), sides(&[STANDBY]), "{way:?}");
            assert_eq!(stage.told().len(), 1, "{way:?}: {:?}", stage.told());
            let mail = stage.sandbox.account().sns().published[0].bodies["email"].clone();
            assert!(mail.contains("resolvers may return the old value"), "{mail}");

            let settled = look(&mut stage, &tick()).await;
            assert_eq!(settled.outcome, Outcome::Settled, "{way:?}: {settled:?}");
            assert_eq!(alarm(&mut stage, ALARM_HOME, AlarmState::Ok).await.outcome, Outcome::Settled, "{way:?}");
            stage.wait(Duration::from_mins(10)).await;

            let home = look(&mut stage, &command("failback", &json!({}))).await;
            assert_eq!(home.outcome, Outcome::Completed, "{way:?}: {home:?}");
            assert_eq!(serving(&stage.sandbox.account()), at_home(way), "{way:?}");
            assert_eq!(record_sets(&stage.sandbox.account()), before, "{way:?}");
            assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Settled, "{way:?}");
            let account = stage.sandbox.account();
            assert!(
                account.dynamodb().journal[TARGET].memory.away.is_empty(),
                "{way:?}: {:?}",
                account.dynamodb().journal[TARGET].memory.away
            );
            assert_eq!(account.dynamodb().crossovers.len(), 2, "{way:?}");
        });
    }
}

#[test]
fn an_uncontended_crossover_costs_few_dependent_round_trips() {
    for way in Way::ALL {
        run(async {
            let mut stage = way.stage();
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            let is_write = |call: &crossover_sandbox::Call| call.is_write() && !call.call.starts_with("dynamodb:");
            let calls = stage.sandbox.calls();
            let written = calls.iter().find(|call| is_write(call)).expect("a write").ended;
            let until: Vec<_> = calls.into_iter().filter(|call| call.ended <= written).collect();
            // Which health checks there are, only the records say.
            let trips = if matches!(way, Way::Failover | Way::Weighted | Way::Latency) { 3 } else { 2 };
            assert_eq!(crossover_sandbox::round_trips(&until), trips, "{way:?}: {until:?}");

            // The second time they are known.
            stage.wait(Duration::from_mins(5)).await;
            let before = stage.sandbox.calls().len();
            stage.set_alarm(ALARM_HOME, AlarmState::Ok);
            look(&mut stage, &command("failback", &json!({}))).await;
            let calls = stage.sandbox.calls().split_off(before);
            let written = calls.iter().find(|call| is_write(call)).expect("a write").ended;
            let until: Vec<_> = calls.into_iter().filter(|call| call.ended <= written).collect();
            assert_eq!(crossover_sandbox::round_trips(&until), 2, "{way:?}: {until:?}");
        });
    }
}

#[test]
fn a_failover_swaps_the_roles_and_nothing_else() {
    run(async {
        let mut stage = Way::Failover.stage();
        let before = stage.sandbox.account();
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        let account = stage.sandbox.account();
        for name in ["www.example.com.", "\\052.api.example.com.", "example.com."] {
            for (id, role) in [(HOME, Role::Secondary), (STANDBY, Role::Primary)] {
                let wanted = RecordSet { routing: Routing::Failover(role), ..set(&before, name, id).clone() };
                assert_eq!(*set(&account, name, id), wanted);
            }
        }
        assert_eq!(stage.count("route53:ChangeResourceRecordSets"), 1, "one batch for the zone");
        assert_eq!(answer.steps[0].card.resource, "*.api.example.com CNAME and 2 more");
        assert_eq!(answer.steps[0].card.from, HOME);
        assert_eq!(answer.steps[0].card.to, STANDBY);
        let mail = account.sns().published[0].bodies["email"].clone();
        assert!(mail.contains("for up to 60 s (TTL)"), "{mail}");
    });
}

#[test]
fn it_waits_until_all_of_route_53_knows() {
    run(async {
        let mut stage = Way::Failover.stage();
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert!((20_000..22_000).contains(&answer.took_ms), "in sync after 20 s: {} ms", answer.took_ms);

        let mut account = Way::Failover.account();
        account.route53_mut().control_plane.in_sync_after_ms = 600_000;
        let mut stage = Stage::with(account, &Way::Failover.topology());
        let pending = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!((pending.outcome, pending.steps[0].result), (Outcome::Pending, StepResult::Pending), "{pending:?}");
        let later = look(&mut stage, &tick()).await;
        assert_eq!(later.outcome, Outcome::Completed, "it is what Route 53 lists: {later:?}");
    });
}

#[test]
fn an_edit_at_the_same_time_is_refused_and_told_and_not_overwritten() {
    run(async {
        let mut stage = Way::Failover.stage();
        stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
        // Between our read and our change, somebody lowers a TTL.
        stage.sandbox.change(|account, _| {
            account.slow_ms = [("route53:ChangeResourceRecordSets".to_owned(), 1_000)].into();
        });
        let sandbox = stage.sandbox.clone();
        let edit = async {
            crossover_engine::ports::Clock::sleep(&sandbox, Duration::from_millis(300)).await;
            sandbox.change(|account, _| {
                let sets = &mut account.route53_mut().hosted_zones[0].record_sets;
                let edited = sets.iter_mut().find(|set| set.set_id.as_deref() == Some(STANDBY)).expect("a record set");
                edited.answer = RecordAnswer::Values { ttl: 7, values: vec!["192.0.2.2".to_owned()] };
            });
        };
        let event = alarm_event(ALARM_HOME, AlarmState::Alarm, stage.sandbox.now());
        let (answer, ()) = futures::join!(look(&mut stage, &event), edit);
        assert_eq!(answer.outcome, Outcome::Failed, "{answer:?}");
        assert_eq!(answer.steps[0].result, StepResult::Conflict, "{answer:?}");
        assert_eq!(serving(&stage.sandbox.account()), sides(&[HOME]), "nothing of the batch was made");
        assert!(stage.told()[0].contains("FAILED"), "{:?}", stage.told());

        let next = look(&mut stage, &tick()).await;
        assert_eq!(next.outcome, Outcome::Completed, "the next look reads it anew: {next:?}");
        let account = stage.sandbox.account();
        let RecordAnswer::Values { ttl, .. } = &set(&account, "www.example.com.", STANDBY).answer else { unreachable!() };
        assert_eq!(*ttl, 7, "the edit stays");
    });
}

#[test]
fn a_reply_that_was_lost_is_found_out() {
    for way in Way::ALL {
        run(async {
            let call = match way {
                Way::BeaconObject => "s3:PutObject",
                Way::BeaconMetric => "cloudwatch:PutMetricData",
                Way::RoutingControl => "route53-recovery-cluster:UpdateRoutingControlStates",
                _ => "route53:ChangeResourceRecordSets",
            };
            let mut stage = way.stage();
            stage.faults([FaultRule::once(call, 0, Fault::ReplyLost)]);
            let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(answer.outcome, Outcome::Completed, "{way:?}: {answer:?}");
            assert_eq!(serving(&stage.sandbox.account()), sides(&[STANDBY]), "{way:?}");
        });
    }
}

#[test]
fn with_route_53s_control_plane_down_a_data_plane_still_switches() {
    for way in Way::ALL {
        run(async {
            let mut stage = way.stage();
            stage.faults([FaultRule::every("route53:*", Fault::ServerError)]);
            let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            if way.is_of_records() {
                assert_eq!(answer.outcome, Outcome::Failed, "{way:?}: {answer:?}");
                assert!(stage.told()[0].contains("FAILED"), "{:?}", stage.told());
                stage.faults([]);
                assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Completed, "{way:?}");
            } else {
                assert_eq!(answer.outcome, Outcome::Completed, "{way:?}: {answer:?}");
                let calls = stage.sandbox.calls();
                assert!(!calls.iter().any(|call| call.call.starts_with("route53:")), "{way:?} asked Route 53");
            }
            assert_eq!(serving(&stage.sandbox.account()), sides(&[STANDBY]), "{way:?}");
        });
    }
}

#[test]
fn what_is_not_healthy_gets_no_answers() {
    for way in Way::ALL {
        run(async {
            let mut stage = way.stage();
            stage.set_alarm(ALARM_STANDBY, AlarmState::Alarm);
            let before = stage.sandbox.account();
            let held = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(held.outcome, Outcome::Held, "{way:?}: {held:?}");
            let after = stage.sandbox.account();
            assert_eq!(
                (
                    before.route53().hosted_zones.clone(),
                    before.s3().buckets.clone(),
                    before.cloudwatch().metric_values.clone(),
                    before.arc().routing_controls.clone()
                ),
                (
                    after.route53().hosted_zones.clone(),
                    after.s3().buckets.clone(),
                    after.cloudwatch().metric_values.clone(),
                    after.arc().routing_controls.clone()
                ),
                "{way:?}"
            );
        });
    }
}

#[test]
fn weights_move_in_stages_and_health_is_looked_at_between_them() {
    run(async {
        let topology = Way::Weighted.topology().replace("switch =", "stages = [10, 50, 100]\nswitch =");
        let mut stage = Stage::with(Way::Weighted.account(), &topology);
        let weights = |stage: &Stage| {
            let account = stage.sandbox.account();
            [HOME, STANDBY].map(|id| match set(&account, "www.example.com.", id).routing {
                Routing::Weighted(weight) => weight,
                _ => unreachable!(),
            })
        };
        assert_eq!(alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await.outcome, Outcome::Pending);
        assert_eq!(weights(&stage), [180, 20]);

        // The standby can't bear it: nothing further goes there.
        let held = alarm(&mut stage, ALARM_STANDBY, AlarmState::Alarm).await;
        assert_eq!((held.outcome, weights(&stage)), (Outcome::Held, [180, 20]), "{held:?}");
        alarm(&mut stage, ALARM_STANDBY, AlarmState::Ok).await;
        assert_eq!(weights(&stage), [100, 100]);
        let last = look(&mut stage, &tick()).await;
        assert_eq!((last.outcome, weights(&stage)), (Outcome::Completed, [0, 200]), "{last:?}");
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Settled);
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 1, "one crossover, in stages");

        alarm(&mut stage, ALARM_HOME, AlarmState::Ok).await;
        stage.wait(Duration::from_mins(5)).await;
        assert_eq!(look(&mut stage, &command("failback", &json!({}))).await.outcome, Outcome::Pending);
        assert_eq!(weights(&stage), [20, 180]);
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Pending);
        assert_eq!(weights(&stage), [100, 100]);
        let home = look(&mut stage, &tick()).await;
        assert_eq!((home.outcome, weights(&stage)), (Outcome::Completed, [200, 0]), "{home:?}");
        assert_eq!(stage.sandbox.account().dynamodb().crossovers.len(), 2);
    });
}

#[test]
fn failback_is_automatic_where_that_is_declared() {
    for way in Way::ALL {
        run(async {
            let automatic = "failback = \"automatic\"\nstable_for = \"15m\"\nblock = \"5m\"\nswitch =";
            let mut stage = Stage::with(way.account(), &way.topology().replace("switch =", automatic));
            alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            stage.wait(Duration::from_mins(10)).await;
            assert_eq!(alarm(&mut stage, ALARM_HOME, AlarmState::Ok).await.outcome, Outcome::Settled, "{way:?}");
            stage.wait(Duration::from_mins(16)).await;
            let home = look(&mut stage, &tick()).await;
            assert_eq!(home.outcome, Outcome::Completed, "{way:?}: {home:?}");
            assert_eq!(serving(&stage.sandbox.account()), at_home(way), "{way:?}");
        });
    }
}

#[test]
fn what_went_home_in_stages_within_its_hours_goes_on_beyond_them() {
    run(async {
        // It is Saturday, 03:12 UTC, and the hours end after the first of the stages.
        let keys = "failback = \"automatic\"\nstable_for = \"5m\"\nblock = \"1m\"\nwindow = \"Sat 03:00-03:32\"\nstages = [10, 50, 100]\nswitch =";
        let mut stage = Stage::with(Way::Weighted.account(), &Way::Weighted.topology().replace("switch =", keys));
        alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        stage.ticks(4).await;
        assert_eq!(serving(&stage.sandbox.account()), sides(&[STANDBY]));
        stage.set_alarm(ALARM_HOME, AlarmState::Ok);
        let end: jiff::Timestamp = "2026-03-14T03:31:30Z".parse().expect("a time");
        stage.wait(Duration::try_from(end.duration_since(stage.sandbox.now())).expect("a while")).await;
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Pending, "the first stage");
        stage.ticks(3).await;
        assert_eq!(serving(&stage.sandbox.account()), at_home(Way::Weighted));
        let last = stage.sandbox.account().dynamodb().crossovers.last().map(|crossover| crossover.outcome);
        assert_eq!(last, Some(Outcome::Completed));
    });
}

#[test]
fn a_dry_run_writes_nothing() {
    for way in Way::ALL {
        run(async {
            let mut stage = way.stage();
            stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
            let dry = look(&mut stage, &command("plan", &json!({}))).await;
            assert_eq!(dry.outcome, Outcome::DryRun, "{way:?}");
            assert_eq!(dry.steps.len(), 1, "{way:?}: {dry:?}");
            let writes: Vec<_> = stage.sandbox.calls().into_iter().filter(crossover_sandbox::Call::is_write).collect();
            assert_eq!(writes, vec![], "{way:?}");
        });
    }
}

#[test]
fn what_can_not_be_switched_is_told_and_does_not_stop_the_rest() {
    run(async {
        let mut account = Way::Failover.account();
        account.route53_mut().hosted_zones[0].record_sets.retain(|set| {
            set.name != "example.com." && (set.name != "\\052.api.example.com." || set.set_id.as_deref() == Some(HOME))
        });
        let mut stage = Stage::with(account, &Way::Failover.topology());
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Partial, "{answer:?}");
        assert_eq!(serving(&stage.sandbox.account()), sides(&[STANDBY]));
        for words in [
            "*.api.example.com CNAME can't be switched: no record set has the identifier us west 2",
            "example.com AAAA can't be switched: does not exist",
        ] {
            assert!(answer.remarks.iter().any(|remark| remark == words), "{words}: {:?}", answer.remarks);
        }
    });
}

#[test]
fn two_targets_over_one_record_are_a_mistake() {
    let one = Way::Failover.topology();
    let two = format!("{one}\n{}", one.replace("\"www\"", "\"www-2\""));
    let problems = crossover_model::topology::Topology::<crossover_dns::DnsSpec>::parse(&two).expect_err("a mistake");
    assert!(problems.to_string().contains("www.example.com A in Z0001 belongs to target \"www\" already"), "{problems}");
}

#[test]
fn a_move_in_stages_was_given_up_and_blocked_by_itself_after_one_minute_of_unknown_health() {
    run(async {
        let stages = "stages = [10, 50, 100]\nswitch =";
        let topology = Way::Weighted.topology().replace("switch =", stages);
        for unread in [true, false] {
            let mut stage = Stage::with(Way::Weighted.account(), &topology);
            let begun = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
            assert_eq!(begun.outcome, Outcome::Pending, "{begun:?}");
            stage.wait(Duration::from_mins(1)).await;
            if unread {
                stage.faults([FaultRule::every("cloudwatch:*", Fault::Refuse)]);
            } else {
                stage.set_alarm(ALARM_HOME, AlarmState::InsufficientData);
            }
            let unknown = look(&mut stage, &tick()).await;
            assert_eq!((unknown.outcome, unknown.held), (Outcome::Held, Some(Held::InDoubt)), "{unknown:?}");
            stage.faults([]);
            stage.set_alarm(ALARM_HOME, AlarmState::Alarm);
            let last = stage.ticks(4).await;
            assert_eq!(last.outcome, Outcome::Settled, "{last:?}");
            let account = stage.sandbox.account();
            assert_eq!(serving(&account), sides(&[STANDBY]));
            let recorded: Vec<Outcome> = account.dynamodb().crossovers.iter().map(|crossover| crossover.outcome).collect();
            assert_eq!(recorded, [Outcome::Completed]);
        }
    });
}

#[test]
fn a_declared_record_that_is_not_there_makes_the_crossover_partial() {
    run(async {
        let mut account = Way::Failover.account();
        account.route53_mut().hosted_zones[0].record_sets.retain(|set| set.name != "example.com.");
        let mut stage = Stage::with(account, &Way::Failover.topology());
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Partial, "{answer:?}");
        assert!(stage.mail().contains("example.com AAAA can't be switched: does not exist"), "{}", stage.mail());
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Partial, "it ends");
        assert_eq!(look(&mut stage, &tick()).await.outcome, Outcome::Settled, "the rest is where it should be");
        assert!(stage.told()[0].contains("PARTIAL, 1 of 2 steps done"), "{:?}", stage.told());
    });
}

#[test]
fn a_record_set_that_a_traffic_policy_keeps_is_left_alone_and_told() {
    run(async {
        let mut account = Way::Failover.account();
        for set in &mut account.route53_mut().hosted_zones[0].record_sets {
            if set.name == "example.com." {
                set.routing = Routing::TrafficPolicy("instance-1".to_owned());
            }
        }
        let mut stage = Stage::with(account, &Way::Failover.topology());
        let answer = alarm(&mut stage, ALARM_HOME, AlarmState::Alarm).await;
        assert_eq!(answer.outcome, Outcome::Partial, "{answer:?}");
        assert!(stage.mail().contains("the traffic policy instance instance-1 keeps it"), "{}", stage.mail());
    });
}

#[test]
fn a_wildcard_that_is_returned_unescaped_is_the_declared_record() {
    run(async {
        let mut account = Way::Failover.account();
        for set in &mut account.route53_mut().hosted_zones[0].record_sets {
            set.name = set.name.replace("\\052", "*");
        }
        let mut stage = Stage::with(account, &Way::Failover.topology());
        let answer = look(&mut stage, &tick()).await;
        assert_eq!(answer.outcome, Outcome::Settled, "{answer:?}");
        assert!(answer.remarks.iter().all(|remark| !remark.contains("does not exist")), "{answer:?}");
    });
}

//! What a check asks to be allowed is what crossovers write, and no more is missing from it.

use std::collections::BTreeSet;

use crossover_engine::audit::{ACCOUNT, Stores};
use crossover_model::{alarm::AlarmState, check_answer::FoundAnswer, rules::NOT_ALLOWED, topology::Mode};
use crossover_sandbox::Account;
use crossover_tests::{
    database::{self, Kind},
    dns::{self, Way},
    layout::Layout,
    stage::{self, Stage, alarm_event, command, tick},
};
use serde_json::json;

use crate::desk::{Desk, run, run_for};

/// The journal and notices are the function's own: they are the same for every kind.
const OWN: [&str; 2] = ["dynamodb:", "sns:"];

/// The writes of a failover and of the way home again.
async fn writes(mut stage: Stage, target: &str, alarm: &str) -> BTreeSet<&'static str> {
    stage.set_alarm(alarm, AlarmState::Alarm);
    let event = alarm_event(alarm, AlarmState::Alarm, stage.sandbox.now());
    stage.invoke(&event).await;
    stage.ticks(12).await;
    stage.set_alarm(alarm, AlarmState::Ok);
    for verb in ["ack", "failback"] {
        let mut order = command(verb, &json!({}));
        order["target"] = json!(target);
        stage.invoke(&order).await;
        stage.ticks(25).await;
    }
    let calls = stage.sandbox.calls().into_iter().filter(crossover_sandbox::Call::is_write);
    calls.map(|made| made.call).filter(|call| !OWN.iter().any(|own| call.starts_with(own))).collect()
}

/// Each of these is asked for: without it something is found.
fn asked_for(account: &Account, topology: &str, writes: &BTreeSet<&'static str>) {
    assert!(!writes.is_empty(), "{topology}");
    for action in writes {
        let mut account = account.clone();
        account.denied.insert((*action).to_owned());
        run(async {
            let mut desk = Desk::with(account.clone(), topology);
            let found = desk.tick().await.check.expect("what was found").findings;
            let denied = found.values().flatten().filter(|found| found.found.rule == &NOT_ALLOWED);
            let denied: Vec<&str> = denied.map(|found| found.found.resource.as_str()).collect();
            assert!(denied.iter().any(|resource| resource.ends_with(action)), "{action} is not asked for: {found:#?}");
        });
    }
}

#[test]
fn routes_are() {
    run(async {
        let made = writes(Stage::new(), stage::TARGET, stage::ALARM_A).await;
        assert_eq!(made, ["ec2:ReplaceRoute"].into());
    });
    asked_for(&stage::account(), &stage::topology(), &["ec2:ReplaceRoute"].into());
}

#[test]
fn answers_are() {
    for way in Way::ALL {
        let mut made = BTreeSet::new();
        run(async { made = writes(way.stage(), dns::TARGET, dns::ALARM_HOME).await });
        asked_for(&way.account(), &way.topology(), &made);
    }
}

#[test]
fn writers_are() {
    for kind in Kind::ALL {
        let mut made = BTreeSet::new();
        run(async { made = writes(kind.stage(), database::TARGET, database::ALARM_HOME).await });
        assert!(made.contains(kind.verb()), "{kind:?}: {made:?}");
        asked_for(&kind.account(), &kind.topology(""), &made);
    }
}

/// What everybody who makes crossovers does with the journal and the topic.
const STORES: [(&str, &str); 5] = [
    ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/crossover-journal"),
    ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:111122223333:table/crossover-journal"),
    ("dynamodb:Query", "arn:aws:dynamodb:us-east-1:111122223333:table/crossover-journal"),
    ("dynamodb:UpdateItem", "arn:aws:dynamodb:us-east-1:111122223333:table/crossover-journal"),
    ("sns:Publish", "arn:aws:sns:us-east-1:111122223333:crossover-notices"),
];

/// The rights that are not there when this action is denied and these stores are known, by whom they stand with.
async fn missing(denied: &str, stores: Stores, mode: Mode) -> (Vec<(String, FoundAnswer)>, usize) {
    let layout = Layout { targets: 5, sides: 2, tables: 1 };
    let mut account = layout.account();
    account.denied.insert(denied.to_owned());
    let mut desk = Desk::with(account, &layout.topology(&[]));
    desk.check.controller.environment.mode = mode;
    desk.check.stores = stores;
    let found = desk.tick().await.check.expect("what was found").findings;
    let asked = desk.sandbox.calls().iter().filter(|call| call.call == "iam:SimulatePrincipalPolicy").count();
    let found = found.into_iter().flat_map(|(target, all)| all.into_iter().map(move |found| (target.clone(), found)));
    (found.filter(|(_, found)| found.found.rule == &NOT_ALLOWED).collect(), asked)
}

#[test]
fn the_journal_and_the_topic_are_asked_about_and_told_once_for_all_targets() {
    let (_, without) = run_for(missing("nothing", Stores::default(), Mode::Armed));
    let (none, with) = run_for(missing("nothing", Desk::stores(), Mode::Armed));
    assert!(none.is_empty(), "{none:#?}");
    assert_eq!(with, without + STORES.len(), "once, and not for each target");
    for (action, resource) in STORES {
        let (found, _) = run_for(missing(action, Desk::stores(), Mode::Armed));
        assert_eq!(found.len(), 1, "{action}: {found:#?}");
        let (section, found) = &found[0];
        assert_eq!(section, ACCOUNT);
        assert!(found.found.resource.ends_with(action) && found.found.what.contains(resource), "{found:#?}");
        assert!(found.found.fix.contains("permissions boundary"), "{found:#?}");
    }
}

#[test]
fn what_is_missing_of_the_journal_is_told_and_told_when_it_is_there() {
    run(async {
        let mut desk = Desk::new();
        desk.change(|account| _ = account.denied.insert("dynamodb:Query".to_owned()));
        let first = desk.tick().await.check.expect("what was found");
        assert_eq!(first.findings[ACCOUNT].iter().filter(|found| found.new).count(), 1, "{first:#?}");
        desk.change(|account| account.denied.clear());
        desk.days(1).await;
        let second = desk.tick().await.check.expect("what was found");
        assert!(second.gone.iter().any(|gone| gone.target == ACCOUNT && gone.finding == NOT_ALLOWED.id), "{second:#?}");
    });
}

#[test]
fn who_acts_on_no_target_is_not_asked_about() {
    run(async {
        let mut desk = Desk::new();
        let actor = |text: &str| text.parse().expect("an actor");
        desk.check.actors =
            vec![actor("nat=arn:aws:iam::111122223333:role/nat"), actor("database=arn:aws:iam::111122223333:role/database")];
        desk.tick().await;
        let asked: BTreeSet<String> = desk
            .sandbox
            .calls()
            .iter()
            .filter(|call| call.call == "iam:SimulatePrincipalPolicy")
            .map(|call| call.resource.clone())
            .collect();
        assert!(asked.iter().all(|resource| !resource.contains("role/database")), "{asked:?}");
        assert!(!asked.is_empty());
    });
}

#[test]
fn a_table_may_be_named_by_its_arn() {
    let named = Stores { table: Some(crossover_dynamodb::store(STORES[0].1)), topic: None };
    let (found, _) = run_for(missing("dynamodb:GetItem", named, Mode::Armed));
    assert!(found[0].1.found.what.contains(&format!("is not allowed on {}:", STORES[0].1)), "{found:#?}");
}

#[test]
fn of_stores_that_are_not_known_nothing_is_asked() {
    let (table, topic) = (Desk::stores().table, Desk::stores().topic);
    for (action, _) in STORES {
        let is_topic = action == "sns:Publish";
        for (stores, asked) in [
            (Stores::default(), false),
            (Stores { table: table.clone(), topic: None }, !is_topic),
            (Stores { table: None, topic: topic.clone() }, is_topic),
        ] {
            let (found, _) = run_for(missing(action, stores.clone(), Mode::Armed));
            assert_eq!(!found.is_empty(), asked, "{action} of {stores:?}: {found:#?}");
        }
    }
}

#[test]
fn in_shadow_it_is_kept_and_told_too() {
    let (changes, _) = run_for(missing("ec2:ReplaceRoute", Desk::stores(), Mode::Shadow));
    let (stores, _) = run_for(missing("dynamodb:UpdateItem", Desk::stores(), Mode::Shadow));
    let severity = |found: &[(String, FoundAnswer)]| found[0].1.found.severity.as_str();
    assert_eq!((severity(&changes), severity(&stores)), ("warning", "error"));
    assert!(!stores[0].1.found.what.contains("shadow"), "{stores:#?}");
}

#[test]
fn what_is_denied_fails_when_it_is_tried() {
    run(async {
        let mut stage = Stage::new();
        stage.sandbox.change(|account, _| _ = account.denied.insert("ec2:ReplaceRoute".to_owned()));
        let answer = stage.alarm(stage::ALARM_A, AlarmState::Alarm).await;
        assert!(answer.steps.iter().all(|step| step.detail.as_ref().is_some_and(|detail| detail.contains("AccessDenied"))));
        stage.invoke(&tick()).await;
    });
}

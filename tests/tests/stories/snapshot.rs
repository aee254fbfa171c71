//! What a snapshot takes of an account: enough for the same decisions, and nothing that may be a secret.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_cloudwatch::CloudWatchAccount;
use crossover_dynamodb::DynamoDbAccount;
use crossover_ec2::Ec2Account;
use crossover_engine::{
    controller::Controller,
    environment::{Environment, Invocation},
    ports::Ports,
    told::Told,
};
use crossover_kinds::{Backend, registry};
use crossover_model::{
    alarm::AlarmState,
    loss::Loss,
    notice::Sender,
    step::Undo,
    topology::{Document, Mode},
};
use crossover_rds::RdsAccount;
use crossover_route53::{RecordAnswer, RecordSet, Route53Account, Routing};
use crossover_sandbox::{Account, Fault, FaultRule, Sandbox};
use crossover_snapshot::{Origin, Snapshot, snapshot};
use crossover_tests::{
    database::{Kind, three_replicas},
    dns::Way,
    fixture,
    stage::{self, Stage, command, three_sides, topology_with},
};
use jiff::ToSpan;
use serde_json::{Value, json};

async fn taken(sandbox: &Sandbox, topology: &str) -> Snapshot {
    let Ports { alarms, journal, clock, .. } = registry().ports(sandbox);
    let account = sandbox.account();
    let origin = Origin {
        backend: Backend::sandbox(sandbox),
        alarms,
        journal: Some(journal),
        clock,
        account_id: Some(account.account_id),
        region: account.region,
    };
    snapshot(&registry(), &origin, topology).await.expect("a good topology")
}

fn snapshot_of(account: Account, topology: &str) -> (Account, Snapshot) {
    let taken = async {
        let sandbox = Sandbox::new(account);
        let snapshot = taken(&sandbox, topology).await;
        assert!(sandbox.calls().iter().all(|call| !call.is_write()), "a write");
        (sandbox.account(), snapshot)
    };
    crossover_sandbox::run(taken).expect("a runtime")
}

/// What is decided of each target, now and for each side that could be left.
fn decisions(account: Account, topology: &str) -> Vec<Value> {
    let asked = async {
        let sandbox = Sandbox::new(account);
        let kinds = registry().groups(|_| Backend::sandbox(&sandbox), &Document::new(topology)).expect("a good topology");
        let mut questions = vec![json!({ "command": "status" }), json!({ "command": "plan" })];
        for (targets, index) in
            kinds.iter().flat_map(|targets| (0..targets.target_refs().len()).map(move |index| (targets, index)))
        {
            let name = targets.target_refs()[index].policy.name.clone();
            let sides = targets.sides(index).iter();
            questions.extend(sides.map(|side| json!({ "command": "plan", "target": name, "away_from": side.name })));
        }
        let controller = Controller {
            kinds,
            environment: Environment {
                ports: registry().ports(&sandbox),
                mode: Mode::Armed,
                staging: false,
                caller: None,
                told: Told::default(),
                sender: Sender::Function("crossover-sweep".to_owned()),
            },
        };
        let mut answers = Vec::new();
        for question in questions {
            let invocation =
                Invocation { holder: "test".to_owned(), deadline: sandbox.now() + 60.seconds(), dry_run: true, own: None };
            let mut answer = serde_json::to_value(controller.handle(&question, &invocation).await).expect("JSON");
            for target in answer["targets"].as_array_mut().expect("targets") {
                // How long it took is no decision; nor is what lies in the journal beside the memory.
                target["took_ms"] = Value::Null;
                if target["status"].is_object() {
                    target["status"]["lease"] = Value::Null;
                }
            }
            answers.push(json!([question, answer]));
        }
        answers
    };
    crossover_sandbox::run(asked).expect("a runtime")
}

/// The worlds of the tests and the account files that come with events, each with its topology.
fn worlds() -> Vec<(String, Account, String)> {
    let file = |name: &str| std::fs::read_to_string(fixture(name)).expect("a fixture");
    let account =
        |name: &str| Account::parse(&file(&format!("accounts/{name}.json")), &registry().sections()).expect("an account");
    let mut worlds = vec![
        ("two-zones".to_owned(), stage::account(), stage::topology()),
        ("two-regions".to_owned(), account("two-regions"), file("accounts/two-regions.toml")),
        ("databases".to_owned(), account("databases"), file("accounts/databases.toml")),
    ];
    let (three, topology) = three_sides(&[]);
    worlds.push(("three zones".to_owned(), three, topology));
    let (three, topology) = three_replicas("");
    worlds.push(("three replicas".to_owned(), three, topology));
    worlds.extend(Way::ALL.map(|way| (format!("{way:?}"), way.account(), way.topology())));
    worlds.extend(Kind::ALL.map(|kind| (format!("{kind:?}"), kind.account(), kind.topology(""))));
    worlds
}

/// Each alarm by itself fires, and what it speaks of may be broken too.
fn failures(account: &Account) -> Vec<(String, Account)> {
    let mut failures = vec![("well".to_owned(), account.clone())];
    for alarm in &account.cloudwatch().alarms {
        for state in [AlarmState::Alarm, AlarmState::InsufficientData] {
            let mut failed = account.clone();
            failed.cloudwatch_mut().set_alarm(&alarm.name, state, account.time);
            failures.push((format!("{} {}", alarm.name, state.as_str()), failed));
        }
    }
    let mut broken = account.clone();
    broken.ec2_mut().nat_gateways.iter_mut().take(1).for_each(|gateway| "failed".clone_into(&mut gateway.state));
    broken
        .route53_mut()
        .health_checks
        .iter_mut()
        .take(1)
        .for_each(|check| check.watches = crossover_route53::sandbox::Watches::Endpoint(vec![false; 15]));
    broken.rds_mut().instances.iter_mut().take(1).for_each(|instance| "failed".clone_into(&mut instance.status));
    broken.rds_mut().clusters.iter_mut().take(1).for_each(|cluster| "failed".clone_into(&mut cluster.status));
    failures.push(("broken".to_owned(), broken));
    let mut gone = account.clone();
    gone.ec2_mut().nat_gateways.clear();
    gone.route53_mut().health_checks.clear();
    gone.rds_mut().instances.clear();
    gone.rds_mut().lags.clear();
    failures.push(("gone".to_owned(), gone));
    failures
}

#[test]
fn what_is_decided_on_a_snapshot_is_what_is_decided_on_the_account() {
    for (world, account, topology) in worlds() {
        for (failure, account) in failures(&account) {
            let (after, snapshot) = snapshot_of(account, &topology);
            assert_eq!(snapshot.unread, Vec::<String>::new(), "{world}, {failure}");
            let printed = snapshot.account.print().expect("an account file");
            let loaded = Account::parse(&printed, &registry().sections()).expect("an account file");
            for (was, is) in decisions(after, &topology).into_iter().zip(decisions(loaded, &topology)) {
                assert_eq!(was, is, "{world}, {failure}");
            }
        }
    }
}

#[test]
fn what_is_remembered_is_taken_too() {
    let (moved, topology) = crossover_sandbox::run(async {
        let mut stage = Stage::new();
        let order = command("failover", &json!({ "away_from": "us-east-1a" }));
        stage.invoke(&order).await.expect("alive");
        stage.invoke(&command("pause", &json!({ "for": "2h" }))).await.expect("alive");
        (stage.sandbox.account(), stage::topology())
    })
    .expect("a runtime");
    let (after, snapshot) = snapshot_of(moved, &topology);
    assert!(snapshot.account.dynamodb().journal["egress-prod"].memory.intent.is_some());
    assert_eq!(decided(decisions(after, &topology)), decided(decisions(snapshot.account, &topology)));
}

/// What an answer decides, without the words in which it quotes people.
fn decided(answers: Vec<Value>) -> Vec<Value> {
    let step = |step: &Value| json!([step["step"], step["resource"], step["from"], step["to"], step["result"]]);
    let target = |target: &Value| {
        let steps: Vec<Value> = target["steps"].as_array().into_iter().flatten().map(step).collect();
        json!([target["target"], target["outcome"], target["sides"], steps, target["worst_loss"], target["status"]["away"]])
    };
    let answer = |asked: Value| {
        let targets: Vec<Value> = asked[1]["targets"].as_array().expect("targets").iter().map(target).collect();
        json!([asked[0], asked[1]["outcome"], targets])
    };
    answers.into_iter().map(answer).collect()
}

#[test]
fn of_what_is_remembered_nobody_is_named_and_nothing_is_quoted() {
    const NAME: &str = "alice.example";
    const REASON: &str = "the merger with Initech";
    let person = |verb: &str, more: Value| {
        let mut order = command(verb, &more);
        order["operator"] = json!(NAME);
        order["reason"] = json!(REASON);
        order
    };
    let account = crossover_sandbox::run(async {
        let mut stage = Stage::new();
        // It stays open: one table can't be moved.
        stage.sandbox.change(|account, _| account.faults = vec![FaultRule::once("ec2:ReplaceRoute", 0, Fault::Refuse)]);
        stage.invoke(&person("failover", json!({ "away_from": "us-east-1a" }))).await.expect("alive");
        stage.invoke(&person("pause", json!({ "for": "2h" }))).await.expect("alive");
        stage.sandbox.change(|account, _| account.faults.clear());
        let mut account = stage.sandbox.account();
        let record = account.dynamodb_mut().journal.get_mut("egress-prod").expect("a record");
        record.memory.died = record.lease.clone();
        // As a process leaves it that dies before it could tell.
        let intent = record.memory.intent.as_mut().expect("the wish");
        intent.instead_of = Some(format!("this ends the intent of {NAME} wanted: {REASON}"));
        // As a later version writes it, of which it is not known what names anybody.
        let memory = &mut record.memory;
        let (open, later) = (memory.open.as_mut().expect("it is open"), ("approved".to_owned(), json!({ "by": NAME })));
        let tables = [
            &mut memory.rest,
            &mut memory.intent.as_mut().expect("the wish").rest,
            &mut memory.pause.as_mut().expect("the pause").rest,
            &mut memory.died.as_mut().expect("the lease").rest,
            &mut open.rest,
            &mut open.order.as_mut().expect("the order").rest,
            &mut open.steps[0].rest,
        ];
        for table in tables {
            table.extend([later.clone()]);
        }
        open.steps[0].card.undo = Some(Undo::Other(json!({ "how": NAME })));
        open.could_lose = Some(Loss::Other(json!({ "class": NAME })));
        account
    })
    .expect("a runtime");
    let memory = &account.dynamodb().journal["egress-prod"].memory;
    assert!(memory.intent.is_some() && memory.pause.is_some() && memory.open.is_some() && memory.died.is_some(), "{memory:#?}");
    let whole = account.print().expect("an account file");
    assert!(whole.contains(NAME) && whole.contains(REASON), "they are in what is read: {whole}");
    let topology = stage::topology();
    let (after, snapshot) = snapshot_of(account, &topology);
    let printed = snapshot.account.print().expect("an account file");
    for word in [NAME, "alice", REASON, "Initech"] {
        assert!(!printed.contains(word), "{word}: {printed}");
    }
    assert!(printed.contains("left out") && printed.contains("somebody"), "{printed}");
    assert_eq!(decided(decisions(after, &topology)), decided(decisions(snapshot.account, &topology)));
}

#[test]
fn nothing_that_may_be_a_secret_is_taken() {
    const SECRET: &str = "hunter2";
    let mut account = Way::Failover.account();
    let topology = format!(
        "{}\n{}",
        topology_with(&[]).replacen(
            "alarms = [\"nat-use1a-unreachable\"]",
            "alarms = [\"nat-use1a-unreachable\"]\ntables_tagged = { egress = \"a\" }",
            1
        ),
        Way::Failover.topology().replacen(
            "{ name = \"example.com\", type = \"AAAA\" }",
            "{ name = \"text.example.com\", type = \"TXT\" }",
            1
        )
    );
    for table in &mut account.ec2_mut().route_tables {
        table.tags.insert("egress".to_owned(), "a".to_owned());
        table.tags.insert("note".to_owned(), SECRET.to_owned());
        table.routes.insert("10.9.0.0/16".to_owned(), format!("pcx-{SECRET}"));
    }
    for alarm in &mut account.cloudwatch_mut().alarms {
        alarm.reason = SECRET.to_owned();
    }
    let text = |name: &str, id: Option<&str>| RecordSet {
        name: name.to_owned(),
        kind: "TXT".to_owned(),
        set_id: id.map(str::to_owned),
        routing: id.map_or(Routing::Simple, |_| Routing::Weighted(1)),
        health_check: None,
        answer: RecordAnswer::Values { ttl: 60, values: vec![format!("\"{SECRET}\"")] },
    };
    account.route53_mut().hosted_zones[0]
        .record_sets
        .extend([text("text.example.com.", Some("a")), text("other.example.com.", None)]);
    let printed = snapshot_of(account, &topology).1.account.print().expect("an account file");
    assert!(!printed.contains(SECRET), "{printed}");
    for kept in ["\"egress\": \"a\"", "text.example.com.", "text 1, left out", "www.example.com."] {
        assert!(printed.contains(kept), "{kept}: {printed}");
    }
    assert!(!printed.contains("other.example.com."), "{printed}");
}

#[test]
fn what_can_not_be_read_is_listed_and_the_rest_is_taken() {
    let mut account = Kind::Replica.account();
    account.faults = vec![FaultRule { resource: Some("us-west-2".to_owned()), ..FaultRule::every("rds:*", Fault::Refuse) }];
    let (_, snapshot) = snapshot_of(account, &Kind::Replica.topology(""));
    assert_eq!(
        snapshot.unread,
        ["DB instances orders-usw2 in us-west-2: rds:DescribeDBInstances: refused: a fault of the sandbox"]
    );
    assert_eq!(snapshot.account.rds().instances.len(), 1);
}

#[test]
fn a_call_that_passes_when_made_again_is_not_listed() {
    let mut account = stage::account();
    account.faults = vec![FaultRule::once("ec2:DescribeRouteTables", 0, Fault::ServerError)];
    let (_, snapshot) = snapshot_of(account, &stage::topology());
    assert_eq!(snapshot.unread, Vec::<String>::new());
    assert_eq!(snapshot.account.ec2().route_tables.len(), stage::account().ec2().route_tables.len());
}

#[test]
fn what_is_in_another_account_is_refused() {
    let role = "arn:aws:iam::999922223333:role/crossover";
    let other = stage::topology().replacen("egress-prod", "egress-other", 1).replace("vpc-0a1b2c3d4e5f60000", "vpc-other");
    let other = other.replace("nat-0a1b2c3d4e5f6000", "nat-1a1b2c3d4e5f6000").replace("nat-use1", "other-use1");
    let other = other.replacen("[[nat]]", &format!("[[nat]]\nrole = {{ arn = \"{role}\", external_id = \"x\" }}"), 1);
    let (_, snapshot) = snapshot_of(stage::account(), &(stage::topology() + "\n" + &other));
    let expected = format!("target egress-other: is reached through {role}, and a sandbox account is one account");
    assert_eq!(snapshot.unread, [expected]);
    assert_eq!(snapshot.account.ec2().nat_gateways.len(), 2);
}

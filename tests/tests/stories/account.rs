//! A sandbox account is loaded from and printed as one file.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_dynamodb::DynamoDbAccount;
use crossover_kinds::registry;
use crossover_model::{alarm::AlarmState, outcome::Outcome};
use crossover_sandbox::Account;
use crossover_tests::stage::{ALARM_A, Stage, account, alarm_event, command, tick, topology};
use serde_json::{Value, json};

#[test]
fn what_is_printed_is_loaded_and_goes_on_where_it_was() {
    crossover_sandbox::run(async {
        let mut stage = Stage::new();
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        let event = alarm_event(ALARM_A, AlarmState::Alarm, stage.sandbox.now());
        assert_eq!(stage.invoke(&event).await.expect("alive").outcome, Outcome::Completed);
        let printed = stage.sandbox.account().print().expect("a file");

        let loaded = Account::parse(&printed, &registry().sections()).expect("a good account");
        assert_eq!(loaded, stage.sandbox.account());
        let mut later = Stage::with(loaded, &topology());
        assert_eq!(later.invoke(&tick()).await.expect("alive").outcome, Outcome::Settled);
        later.set_alarm(ALARM_A, AlarmState::Ok);
        assert_eq!(later.invoke(&command("failback", &json!({}))).await.expect("alive").outcome, Outcome::Completed);
        assert_eq!(later.sandbox.account().dynamodb().crossovers.len(), 2);
    })
    .expect("a runtime");
}

#[test]
fn an_account_file_can_hold_faults() {
    crossover_sandbox::run(async {
        let mut file: Value = serde_json::from_str(&account().print().expect("a file")).expect("JSON");
        file["faults"] = json!([{ "call": "ec2:ReplaceRoute", "resource": "rtb-0a1b2c3d4e5f6a100", "fault": "refuse" }]);
        let mut stage =
            Stage::with(Account::parse(&file.to_string(), &registry().sections()).expect("a good account"), &topology());
        stage.set_alarm(ALARM_A, AlarmState::Alarm);
        assert_eq!(stage.invoke(&tick()).await.expect("alive").outcome, Outcome::Partial);
    })
    .expect("a runtime");
}

#[test]
fn a_mistake_in_an_account_file_is_named() {
    let error = Account::parse("{\"account_id\": 3}", &registry().sections()).expect_err("a mistake");
    assert!(error.to_string().contains("expected a string at line 1 column 16"), "{error}");
}

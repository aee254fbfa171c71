//! An account file is read section by section, and its errors are those of one struct.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_ec2::sandbox::Subnet;
use crossover_kinds::registry;
use crossover_rds::Rds;
use crossover_sandbox::Account;
use serde::Deserialize;

/// Two sections' keys beside the core's, as one struct.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only read")]
struct Whole {
    account_id: String,
    region: String,
    time: jiff::Timestamp,
    #[serde(default)]
    subnets: Vec<Subnet>,
    #[serde(default)]
    rds: Rds,
}

fn file(rest: &str) -> String {
    format!("{{\n  \"account_id\": \"111122223333\", \"region\": \"us-east-1\", \"time\": \"2026-03-14T03:12:40Z\"{rest}")
}

#[test]
fn errors_name_the_line_the_column_and_the_field() {
    let rests = [
        ",\n  \"subnets\": [{\"id\": 3}]\n}",
        ",\n  \"subnets\": 7\n}",
        ",\n  \"subnets\": [{\"id\": \"s\", \"vpc\": \"v\"}]\n}",
        ",\n  \"rds\": {\"promotion_ms\": -1}\n}",
        ",\n  \"rds\": {\"promoted_ms\": 1}\n}",
        ",\n  \"rds\": {\"promotion_ms\": 1",
        ",\n  \"rds\": {,\n}",
        ",\n  \"subnets\": [],\n  \"subnets\": []\n}",
        ",\n  \"region\": \"us-east-1\"\n}",
        "\n} and more",
    ];
    for json in rests.map(file) {
        let whole = serde_json::from_str::<Whole>(&json).expect_err("a mistake").to_string();
        let read = Account::parse(&json, &registry().sections()).expect_err("a mistake").to_string();
        assert!(read.starts_with(&format!("the account file can't be read: {whole}; expected")), "{read} is not {whole}");
    }
    let read = Account::parse("{}", &registry().sections()).expect_err("a mistake").to_string();
    assert!(read.contains("missing field `account_id` at line 1 column 2"), "{read}");
}

#[test]
fn an_unknown_key_is_refused_with_all_that_are_known() {
    let read = Account::parse(&file(",\n  \"sutnets\": []\n}"), &registry().sections()).expect_err("a mistake").to_string();
    assert!(read.contains("unknown field `sutnets`, expected one of `account_id`, `region`, `time`, `call_ms`, "), "{read}");
    assert!(read.contains("`published`, `security_groups`, `denied`, `faults` at line 3 column 11"), "{read}");
}

#[test]
fn keys_are_written_in_their_order() {
    let account = Account::parse(&file("\n}"), &registry().sections()).expect("an account");
    let json: Vec<String> = account.print().expect("a file").lines().map(str::to_owned).collect();
    let keys: Vec<&str> = json.iter().filter_map(|line| line.strip_prefix("  \"")?.split('"').next()).collect();
    let expected = "account_id region time call_ms slow_ms routes_lag_ms limits subnets route_tables nat_gateways instances \
                    interfaces alarms hosted_zones route53 health_checks buckets metric_values routing_controls safety_rules rds \
                    journal crossovers published security_groups faults";
    assert_eq!(keys.join(" "), expected);
}

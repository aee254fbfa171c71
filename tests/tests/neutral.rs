//! The model and the engine name no AWS service and no kind: these are facts of the crates below `shared/services` and of
//! the kinds. Read as text, with comments.

#![expect(clippy::expect_used, reason = "tests")]

use std::{fs, path::Path};

use crossover_kinds::registry;

/// The crates that have to be neutral.
const FOLDERS: [&str; 2] = ["shared/model/src", "shared/engine/src"];

/// Names of services, as whole words.
const SERVICES: [&str; 21] = [
    "Aurora",
    "CloudFormation",
    "CloudTrail",
    "CloudWatch",
    "DynamoDB",
    "EC2",
    "ElastiCache",
    "EventBridge",
    "IAM",
    "Lambda",
    "RDS",
    "Route 53",
    "S3",
    "SNS",
    "SQS",
    "STS",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "rds",
    "route53",
];

/// What has no neutral form: the protocols that a publish names, and names in addresses and ARNs, which are taken out.
const ALLOWED: [&str; 3] = ["(\"sqs\", json.clone())", "(\"lambda\", json)", "aws lambda invoke"];

/// A text without web addresses.
fn without_addresses(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some((before, address)) = rest.split_once("https://") {
        kept += before;
        rest = address.find(['"', ' ', '>', ')']).map_or("", |end| &address[end..]);
    }
    kept + rest
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(word)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
}

/// What a line names that is not neutral.
fn named(line: &str, kinds: &[&str]) -> Vec<String> {
    let text = ALLOWED.iter().fold(without_addresses(line), |text, allowed| text.replace(allowed, ""));
    let services = SERVICES.iter().filter(|service| has_word(&text, service)).map(|&service| service.to_owned());
    let words = kinds.iter().map(|kind| format!("\"{kind}\"")).filter(|quoted| text.contains(quoted));
    services.chain(words).collect()
}

fn read(folder: &Path, lines: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, lines);
        } else {
            let text = fs::read_to_string(&path).expect("a file");
            // What follows are examples of names.
            let text = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
            let line = |(number, line): (usize, &str)| (format!("{}:{}", path.display(), number + 1), line.to_owned());
            lines.extend(text.lines().enumerate().map(line));
        }
    }
}

#[test]
fn the_model_and_the_engine_name_no_service_and_no_kind() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is a folder of the checkout");
    let mut lines = Vec::new();
    for folder in FOLDERS {
        read(&top.join(folder), &mut lines);
    }
    let kinds = registry().words();
    assert!(lines.len() > 5_000 && kinds.len() > 2, "{} lines, {kinds:?}", lines.len());
    let found: Vec<String> = lines
        .iter()
        .map(|(place, line)| (place, line, named(line, &kinds)))
        .filter(|(_, _, named)| !named.is_empty())
        .map(|(place, line, named)| format!("{place}: {}: {}", named.join(", "), line.trim()))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_name_is_found_as_a_word() {
    let named = |line| named(line, &["nat"]);
    assert_eq!(named("/// Reads CloudWatch's alarms."), ["CloudWatch"]);
    assert_eq!(named("\"ec2:ReplaceRoute\", as in Route 53"), ["Route 53", "ec2"]);
    assert_eq!(named("kind == \"nat\""), ["\"nat\""]);
    for neutral in ["the SNSX, a nat", "see <https://docs.aws.amazon.com/AWSEC2/IAM.html>", "(\"lambda\", json)"] {
        assert!(named(neutral).is_empty(), "{neutral}");
    }
}

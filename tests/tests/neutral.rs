//! The model and the engine name no AWS service and no kind: these are facts of the crates of services and kinds. What is
//! around the kinds (the registry, the sandbox, the functions of every kind, the command line) names no kind and no service
//! that only kinds call. Read as text, with comments.

#![expect(clippy::expect_used, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crossover_kinds::{Registry, registry};

/// The crates that name no service either.
const NEUTRAL: [&str; 2] = ["shared/model/src", "shared/engine/src"];

/// The crates around the kinds. Not among them are `shared/aws` and `shared/posture`, which know AWS's services, and
/// `functions/probe`, which asks DNS servers.
const AROUND: [&str; 7] = [
    "cli/src",
    "functions/check/src",
    "functions/sweep/src",
    "shared/kinds/src",
    "shared/lambda/src",
    "shared/sandbox/src",
    "shared/snapshot/src",
];

/// The files and lines around the kinds that name one, each with the reason.
const EXCEPTIONS: [(&str, &str, &str); 5] = [
    ("cli/src/demo.rs", "", "the demo plays the failure of a target of one kind"),
    ("cli/src/examples.rs", "", "the help shows commands on the example account"),
    ("cli/src/lib.rs", "/// Show a NAT gateway's failure and recovery", "the description of the demo"),
    ("shared/kinds/src/lib.rs", "", "the list of kinds"),
    ("shared/kinds/src/order.rs", "", "the keys of the first account files"),
];

/// Services beside those whose calls the sandbox account answers, and other names of these.
const SERVICES: [&str; 12] = [
    "Aurora",
    "CloudFormation",
    "CloudTrail",
    "DynamoDB",
    "ElastiCache",
    "EventBridge",
    "IAM",
    "Lambda",
    "Route53",
    "SQS",
    "STS",
    "cloudfront",
];

/// Resources that only some kinds have, in the singular.
const RESOURCES: [&str; 11] = [
    "DNS record",
    "VPC",
    "database",
    "gateway",
    "hosted zone",
    "load balancer",
    "name server",
    "replica",
    "route table",
    "subnet",
    "tunnel",
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

/// A text without its examples: what follows "as in", up to the end of the code or of the text.
fn without_examples(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some((before, example)) = rest.split_once("as in ") {
        kept += before;
        let end = example.strip_prefix('`').map_or_else(|| example.find('"'), |code| Some(code.find('`')? + 1));
        rest = end.map_or("", |end| &example[end..]);
    }
    kept + rest
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(word)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
}

/// The names that a text must not have.
struct Names {
    /// As they are written.
    services: BTreeSet<&'static str>,
    /// In upper or lower case, in the singular or the plural.
    words: BTreeSet<String>,
}

impl Names {
    /// The kinds, what only they have, and these services.
    fn with(services: BTreeSet<&'static str>) -> Self {
        let words = registry().words().into_iter().chain(RESOURCES).map(str::to_lowercase).collect();
        Self { services, words }
    }

    /// What a line has of them.
    fn of(&self, line: &str) -> Vec<String> {
        let text = ALLOWED.iter().fold(without_addresses(line), |text, allowed| text.replace(allowed, ""));
        let lower = text.to_lowercase();
        let services = self.services.iter().filter(|service| has_word(&text, service)).map(|&service| service.to_owned());
        let words = self.words.iter().filter(|word| has_word(&lower, word) || has_word(&lower, &format!("{word}s"))).cloned();
        services.chain(words).collect()
    }
}

/// The names of the services whose calls a sandbox account of this registry answers.
fn answered(registry: &Registry) -> BTreeSet<&'static str> {
    registry.sections().services().flat_map(|service| [service.name, service.title]).collect()
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is a folder of the checkout")
}

/// Reads the lines of all files, but those of tests, with their places.
fn read(folder: &Path, lines: &mut Vec<(PathBuf, usize, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, lines);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).expect("a file");
            // What follows are examples of names.
            let text = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
            let path = path.strip_prefix(top()).expect("a file of the checkout");
            lines.extend(text.lines().enumerate().map(|(number, line)| (path.to_owned(), number + 1, line.to_owned())));
        }
    }
}

fn lines_of(folders: &[&str]) -> Vec<(PathBuf, usize, String)> {
    let mut lines = Vec::new();
    for folder in folders {
        read(&top().join(folder), &mut lines);
    }
    assert!(lines.len() > 5_000 && registry().words().len() > 2, "{} lines, {:?}", lines.len(), registry().words());
    lines
}

#[test]
fn the_model_and_the_engine_name_no_service_and_no_kind() {
    let names = Names::with(answered(&registry()).into_iter().chain(SERVICES).filter(|name| *name != "the journal").collect());
    let mut found = Vec::new();
    for (path, number, line) in lines_of(&NEUTRAL) {
        let hits = names.of(&line);
        if !hits.is_empty() {
            found.push(format!("{}:{number}: {}: {}", path.display(), hits.join(", "), line.trim()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn around_the_kinds_nothing_names_one() {
    let of_every_kind = answered(&Registry::new(Vec::new()));
    let names = Names::with(answered(&registry()).difference(&of_every_kind).copied().collect());
    let (mut found, mut needed) = (Vec::new(), BTreeSet::new());
    for (path, number, line) in lines_of(&AROUND) {
        let hits = names.of(&without_examples(&line));
        if hits.is_empty() {
            continue;
        }
        match EXCEPTIONS.iter().find(|(file, text, _)| path == Path::new(file) && line.contains(text)) {
            Some(exception) => _ = needed.insert(exception),
            None => found.push(format!("{}:{number}: {}: {}", path.display(), hits.join(", "), line.trim())),
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(needed, EXCEPTIONS.iter().collect(), "exceptions that are needed");
}

#[test]
fn a_name_is_found_as_a_word() {
    let names = Names::with(["CloudWatch", "Route 53", "ec2"].into());
    assert_eq!(names.of("/// Reads CloudWatch's alarms."), ["CloudWatch"]);
    assert_eq!(names.of("\"ec2:ReplaceRoute\", as in Route 53"), ["Route 53", "ec2"]);
    assert_eq!(names.of("kind == \"nat\""), ["nat"]);
    assert_eq!(names.of("\"A DNS record can't be switched\","), ["dns", "dns record"]);
    assert_eq!(names.of("first NAT, then databases"), ["database", "nat"]);
    for neutral in ["the SNSX, a natural order", "see <https://docs.aws.amazon.com/AWSEC2/nat.html>", "(\"lambda\", json)"] {
        assert_eq!(names.of(neutral), [""; 0], "{neutral}");
    }
    for example in ["/// Its name, as in `ec2:ReplaceRoute`.", "\"roles, as in nat=ROLE\""] {
        assert_eq!(names.of(&without_examples(example)), [""; 0], "{example}");
    }
    assert_eq!(names.of(&without_examples("as in `ec2:*`, or of Route 53")), ["Route 53"]);
}

//! The topology's errors: all at once, each with its line, its key and the fix.

#![expect(clippy::expect_used, reason = "tests")]

use std::time::Duration;

use crossover_database::{After, DatabaseSpec, Engine, Is};
use crossover_model::topology::{Spec, Topology};

fn parse(text: &str) -> Topology<DatabaseSpec> {
    Topology::parse(text).expect("a good topology")
}

fn problems(text: &str) -> String {
    Topology::<DatabaseSpec>::parse(text).expect_err("a bad topology").to_string()
}

/// A target with these lines, and sides of these members.
fn with(lines: &str, members: &[&str]) -> String {
    let side = |(index, member): (usize, &&str)| {
        format!("[[database.side]]\nmember = \"{member}\"\nalarms = [\"orders-{index}-down\"]\n\n")
    };
    let sides: String = members.iter().enumerate().map(side).collect();
    format!("[[database]]\nname = \"orders\"\nowner = \"on-call\"\n{lines}\n\n{sides}")
}

const USW2: &str = "arn:aws:rds:us-west-2:111122223333:db:orders-usw2";
const PAIR: [&str; 2] = ["Orders-use1", USW2];
const REPLICA: &str = "engine = \"rds-replica\"\nmax_lag = \"30s\"\nfence = \"stop\"";

#[test]
fn the_example_of_the_readme_is_understood() {
    let record = "[database.writer_record]\nhosted_zone = \"Z123\"\nname = \"Orders-db.internal.example.com\"\nttl = 5";
    let lines = format!(
        "engine = \"rds-replica\"\nmax_lag = \"30s\"\nmax_sample_age = \"3m\"\ndata_loss = \"accept\"\n\
         fence = {{ security_group = \"sg-quarantine\" }}\npromote_timeout = \"15m\"\n\
         after = {{ backup_retention_days = 7, multi_az = true }}\n\n{record}"
    );
    let topology = parse(&with(&lines, &PAIR));
    let spec = &topology.targets()[0].spec;
    assert_eq!(spec.engine, Engine::RdsReplica);
    assert_eq!(spec.home(), "Orders-use1", "the first side is home");
    assert_eq!(spec.members[0].id, "orders-use1", "as RDS keeps it");
    assert_eq!((spec.members[1].id.as_str(), spec.members[1].region.as_deref()), ("orders-usw2", Some("us-west-2")));
    assert_eq!(spec.fence_group("Orders-use1"), Some("sg-quarantine"));
    assert_eq!(spec.fence_group(USW2), None, "a security group belongs to one VPC");
    assert_eq!(spec.after, After { backup_retention_days: Some(7), multi_az: Some(true) });
    assert_eq!((spec.max_sample_age, spec.promote_timeout), (Duration::from_mins(3), Duration::from_mins(15)));
    assert!(spec.accept_data_loss);
    assert_eq!(spec.writer_record.as_ref().map(|record| record.name.as_str()), Some("orders-db.internal.example.com."));
    assert_eq!((spec.location("Orders-use1"), spec.location(USW2)), ("Orders-use1".to_owned(), "us-west-2".to_owned()));
    for name in ["orders-use1", "orders-usw2", USW2, "orders-1-down"] {
        assert_eq!(topology.owning([name]).len(), 1, "{name}");
    }
}

#[test]
fn the_defaults_are_careful() {
    let topology = parse(&with(REPLICA, &PAIR));
    let spec = &topology.targets()[0].spec;
    assert!(!spec.accept_data_loss, "a loss is refused");
    assert!(parse(&with(REPLICA, &["orders-use1", "orders-2"])).targets()[0].spec.warnings().is_empty());
    let warnings = spec.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("has no region"), "{warnings:?}");
    let unfenced = parse(&with(&REPLICA.replace("\"stop\"", "\"none\""), &PAIR));
    assert!(unfenced.targets()[0].spec.warnings()[0].starts_with("fence = \"none\""));
    assert_eq!((spec.max_sample_age, spec.promote_timeout), (Duration::from_mins(5), Duration::from_mins(20)));
    assert_eq!((spec.after, &spec.writer_record), (After::default(), &None));
}

#[test]
fn every_engine_is_understood() {
    let zones = parse(&with("engine = \"rds-multi-az\"\ninstance = \"orders\"\nregion = \"eu-west-1\"", &["a", "b"]));
    assert!(matches!(&zones.targets()[0].spec.engine, Engine::RdsMultiAz { instance } if instance.region.is_some()));
    assert_eq!(zones.owning(["orders"]).len(), 1);
    let aurora = parse(&with("engine = \"aurora\"\ncluster = \"orders\"", &["orders-1", "orders-2", "orders-3"]));
    assert_eq!(aurora.owning(["orders"]).len(), 1, "an event of the cluster");
    assert_eq!(aurora.owning(["orders-3"]).len(), 1, "an event of an instance");
    let arns = ["us-east-1", "us-west-2"].map(|region| format!("arn:aws:rds:{region}:111122223333:cluster:orders"));
    let global = "engine = \"aurora-global\"\nglobal_cluster = \"orders\"\nmax_lag = \"5s\"";
    let global = parse(&with(global, &[&arns[0], &arns[1]]));
    assert_eq!(global.targets()[0].spec.location(&arns[1]), "us-west-2");
    let clusters = "engine = \"rds-replica\"\nmax_lag = \"30s\"\nfence = \"none\"";
    let clusters = parse(&with(clusters, &[&arns[0], &arns[1]]));
    assert!(clusters.targets()[0].spec.members.iter().all(|member| member.is == Is::Cluster));
}

#[test]
fn every_problem_is_reported_at_once_with_its_line() {
    let bad = r#"
[[database]]
name = "orders"
owner = "on-call"
engine = "rds-replica"
max_lag = "soon"
fence = "wall"
promote_timeout = "0s"

[database.writer_record]
hosted_zone = ""
name = "orders db"
ttl = -1

[[database.side]]
member = "1orders"
alarms = ["a"]

[[database.side]]
member = "arn:aws:s3:::orders"
region = "us-east-1"
alarms = ["b"]
"#;
    insta::assert_snapshot!(problems(bad));
}

#[test]
fn missing_keys_of_an_engine_are_reported() {
    let arn = |region: &str, what: &str| format!("arn:aws:rds:{region}:111122223333:{what}:orders");
    let cases = [
        with("", &PAIR),
        with("engine = \"mysql\"", &PAIR),
        with("engine = \"rds-replica\"", &PAIR),
        with("engine = \"rds-replica\"\nmax_lag = \"30s\"\nfence = \"wall\"\ndata_loss = \"maybe\"", &PAIR),
        with("engine = \"rds-replica\"\nmax_lag = \"30s\"\nfence = { security_group = \"quarantine\", also = 1 }", &PAIR),
        with(
            "engine = \"rds-replica\"\nmax_lag = \"30s\"\nfence = { security_group = \"sg-1\" }\nafter = { backup_retention_days = 36, multi_az = 1 }",
            &["orders", "orders"],
        ),
        with(REPLICA, &["1orders", &arn("us-west-2", "snapshot"), "arn:aws:s3:::orders"]),
        with(
            "engine = \"rds-replica\"\nmax_lag = \"30s\"\nfence = { security_group = \"sg-1\" }",
            &["orders", &arn("us-west-2", "cluster")],
        ),
        with("engine = \"rds-multi-az\"", &["us-east-1a", "us-east-1b"]),
        with("engine = \"aurora\"\ncluster = \"orders\"", &["orders-1", &arn("us-east-1", "cluster")]),
        with("engine = \"aurora-global\"\nmax_lag = \"5s\"", &["orders", &arn("us-east-1", "db")]),
    ];
    insta::assert_snapshot!(cases.iter().map(|case| problems(case)).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn keys_of_another_engine_are_refused() {
    let all = "max_lag = \"1s\"\nmax_sample_age = \"1m\"\ndata_loss = \"accept\"\nfence = \"stop\"\nafter = {}\nglobal_cluster = \"a\"\ninstance = \"a\"";
    insta::assert_snapshot!(problems(&with(
        &format!("engine = \"aurora\"\ncluster = \"orders\"\n{all}"),
        &["orders-1", "orders-2"]
    )));
}

#[test]
fn a_resource_has_one_target() {
    let second = with(REPLICA, &["orders-use1", "orders-eu"]).replace("\"orders\"", "\"orders-again\"").replace("-down", "-bad");
    insta::assert_snapshot!(problems(&(with(REPLICA, &PAIR) + &second)));
}

#[test]
fn each_side_is_fenced_by_a_security_group_of_its_own_vpc() {
    let lines = "engine = \"rds-replica\"\nmax_lag = \"30s\"\nfence = { security_group = \"sg-home\" }";
    let without = with(lines, &["orders-use1", USW2, "orders-2"]);
    let topology = parse(&without);
    let target = &topology.targets()[0];
    assert_eq!((target.spec.fence_group("orders-2"), target.spec.can_fence(USW2)), (Some("sg-home"), false));
    let mut warnings = target.spec.warnings();
    warnings.retain(|warning| !warning.contains("has no region"));
    assert!(warnings.len() == 1 && warnings[0].contains("orders-usw2 in us-west-2 can't be fenced"), "{warnings:?}");

    let side = format!("member = \"{USW2}\"\n");
    let own = without.replace(&side, &format!("{side}fence = {{ security_group = \"sg-west\" }}\n"));
    let topology = parse(&own);
    let spec = &topology.targets()[0].spec;
    assert_eq!((spec.fence_group("orders-use1"), spec.fence_group(USW2)), (Some("sg-home"), Some("sg-west")));
    assert!(spec.warnings().iter().all(|warning| warning.contains("has no region")), "{:?}", spec.warnings());

    let stopped = own.replace("fence = { security_group = \"sg-home\" }", "fence = \"none\"");
    let problems = problems(&stopped);
    assert!(problems.contains("the target's fence is not a security group"), "{problems}");
}

//! The topology's errors: all at once, each with its line, its key and the fix.

#![expect(clippy::expect_used, reason = "tests")]

use crossover_dns::{DnsSpec, Switch};
use crossover_model::topology::{Spec, Topology};

fn parse(text: &str) -> Topology<DnsSpec> {
    Topology::parse(text).expect("a good topology")
}

fn problems(text: &str) -> String {
    Topology::<DnsSpec>::parse(text).expect_err("a bad topology").to_string()
}

/// A target with these lines of its own and of its two sides.
fn with(target: &str, home: &str, standby: &str) -> String {
    format!(
        "[[dns]]\nname = \"www\"\nowner = \"on-call\"\nhosted_zone = \"Z123\"\n\
         records = [{{ name = \"WWW.example.com\", type = \"A\" }}, {{ name = \"*.example.com\", type = \"AAAA\" }}]\n{target}\n\n\
         [[dns.side]]\nid = \"use1\"\nalarms = [\"www-use1-5xx\"]\n{home}\n\n\
         [[dns.side]]\nid = \"us west 2\"\nregion = \"us-west-2\"\nalarms = [\"www-usw2-5xx\"]\n{standby}\n"
    )
}

#[test]
fn the_example_of_the_readme_is_understood() {
    let topology = parse(&with("switch = \"failover\"\nfailback = \"automatic\"\nstable_for = \"15m\"", "", ""));
    let target = &topology.targets()[0];
    assert_eq!(target.spec.home(), "use1", "the first side is home");
    assert_eq!(target.spec.switch, Switch::Failover);
    let names: Vec<(&str, &str)> = target.spec.records.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
    assert_eq!(names, [("\\052.example.com.", "AAAA"), ("www.example.com.", "A")], "as Route 53 writes them");
    assert_eq!((target.spec.location("use1"), target.spec.location("us west 2")), ("use1".to_owned(), "us-west-2".to_owned()));
    assert_eq!(topology.owning(["Z123"]).len(), 1);
    assert_eq!(topology.owning(["www-usw2-5xx"]).len(), 1);
}

#[test]
fn every_switch_is_understood() {
    let weights = parse(&with("switch = \"weighted\"\nstages = [10, 50, 100]", "weight = 255", "weight = 0"));
    assert!(matches!(&weights.targets()[0].spec.switch, Switch::Weighted { stages, .. } if *stages == [10, 50, 100]));
    let values = ["\"192.0.2.1\", \"2001:db8::1\"", "\"192.0.2.2\", \"2001:db8::2\""];
    parse(&with("switch = \"simple\"", &format!("values = [{}]", values[0]), &format!("values = [{}]", values[1])));
    let alias = ["a", "b"].map(|name| format!("alias = {{ zone = \"Z9\", name = \"{name}.example.net\" }}"));
    parse(&with("switch = \"simple\"", &alias[0], &alias[1]));
    let object = "beacon = { region = \"us-west-2\", bucket = \"b\", key = \"k\" }";
    let inverted = parse(&with(&format!("switch = \"beacon-object\"\n{object}"), "", ""));
    assert!(matches!(&inverted.targets()[0].spec.switch, Switch::BeaconObject { inverted: true, .. }));
    parse(&with(&format!("switch = \"beacon-object\"\ninverted = false\n{object}"), "", ""));
    let metric = "beacon = { region = \"us-west-2\", namespace = \"n\", metric = \"m\" }";
    parse(&with(&format!("switch = \"beacon-metric\"\n{metric}"), "", ""));
    let arn =
        |last: &str| format!("routing_control = \"arn:aws:route53-recovery-control::1:controlpanel/p/routingcontrol/{last}\"");
    let endpoints = "endpoints = { us-east-1 = \"https://a.example\", us-west-2 = \"https://b.example\" }";
    parse(&with(&format!("switch = \"routing-control\"\n{endpoints}"), &arn("a"), &arn("b")));
}

#[test]
fn every_problem_is_reported_at_once_with_its_line() {
    let bad = r#"
[[dns]]
name = "www"
owner = "on-call"
hosted_zone = "example.com"
records = [{ name = "www", type = "A" }, { name = "a.example.com", type = "SOA" }, { name = "b.example.com" }]
switch = "round-robin"

[[dns.side]]
id = "use1"
alarms = ["a"]
region = ""

[[dns.side]]
id = "usw2"
alarms = ["b"]
"#;
    insta::assert_snapshot!(problems(bad));
}

#[test]
fn missing_keys_of_a_switch_are_reported() {
    let cases = [
        with("", "", ""),
        with("switch = \"weighted\"\nstages = [50, 10]", "weight = 256", ""),
        with("switch = \"weighted\"", "weight = 0", "weight = 0"),
        with("switch = \"simple\"", "values = [\"192.0.2.1\"]", ""),
        with("switch = \"simple\"", "values = [\"192.0.2.1\", \"2001:db8::1\"]", "alias = { zone = \"Z9\" }"),
        with(
            "switch = \"simple\"",
            "values = [\"192.0.2.1\", \"2001:db8::1\", \"a.example.net\"]",
            "values = [\"192.0.2.1\", \"nobody\"]",
        ),
        with("switch = \"beacon-object\"\nbeacon = { region = \"us-west-2\", bucket = \"b\" }", "", ""),
        with("switch = \"beacon-metric\"", "", ""),
        with("switch = \"routing-control\"\nendpoints = { us-east-1 = \"a.example\" }", "routing_control = \"a\"", ""),
    ];
    insta::assert_snapshot!(cases.iter().map(|case| problems(case)).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn keys_of_another_switch_are_refused() {
    let all = "stages = [100]\nbeacon = {}\ninverted = true\nendpoints = {}";
    let sides = "weight = 1\nvalues = []\nalias = {}\nrouting_control = \"a\"";
    insta::assert_snapshot!(problems(&with(&format!("switch = \"failover\"\n{all}"), sides, "")));
}

#[test]
fn a_pair_has_two_sides() {
    let third = "\n[[dns.side]]\nid = \"euw1\"\nalarms = [\"c\"]\n";
    insta::assert_snapshot!(problems(&(with("switch = \"failover\"", "", "") + third)));
    parse(&(with("switch = \"weighted\"", "weight = 1", "weight = 1") + third + "weight = 1\n"));
}

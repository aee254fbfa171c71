//! The `[probe]` section and its errors, and the settings of a probe.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{net::IpAddr, time::Duration};

use crossover_probe::declared::{Check, Host, probe};

const TARGET: &str = "[[probe.target]]\ntcp = \"192.0.2.1:443\"\n";

fn problems(text: &str) -> Vec<String> {
    probe(text).err().map_or_else(Vec::new, |problems| problems.0.iter().map(ToString::to_string).collect())
}

#[test]
fn the_defaults_are_those_of_the_readme() {
    let declared = probe(&format!("[probe]\n{TARGET}{TARGET}")).unwrap().unwrap();
    assert_eq!((declared.interval, declared.quorum, declared.fall, declared.rise), (Duration::from_secs(3), 2, 3, 3));
    assert_eq!(declared.targets[0].timeout, Duration::from_secs(2));
    assert_eq!(probe("[[nat]]\n").unwrap(), None);
}

#[test]
fn each_sort_of_target_is_read() {
    let text = r#"
[probe]
quorum = 1
[[probe.target]]
tcp = "[2001:db8::1]:8443"
timeout = "500ms"
[[probe.target]]
tls = "dns.example:853"
family = "ipv6"
[[probe.target]]
https = "https://www.example.com/health?deep=1"
address = "192.0.2.2"
status = 204
[[probe.target]]
dns = "192.0.2.53"
name = "example.com"
"#;
    let targets = probe(text).unwrap().unwrap().targets;
    let name = |name: &str| name.to_owned();
    assert_eq!(targets[0].check, Check::Tcp);
    assert_eq!((&targets[0].host, targets[0].port), (&Host::Address("2001:db8::1".parse().unwrap()), 8443));
    assert_eq!(targets[0].timeout, Duration::from_millis(500));
    assert_eq!(targets[1].check, Check::Tls { name: name("dns.example") });
    assert_eq!(targets[1].host, Host::Name { name: name("dns.example"), ipv6: true });
    let page = Check::Https { name: name("www.example.com"), path: name("/health?deep=1"), status: 204 };
    assert_eq!((&targets[2].check, targets[2].port), (&page, 443));
    assert_eq!(targets[2].host, Host::Address("192.0.2.2".parse().unwrap()));
    assert_eq!((&targets[3].check, targets[3].port), (&Check::Dns { name: name("example.com") }, 53));
    assert_eq!(targets[2].name, "https https://www.example.com/health?deep=1");
}

#[test]
fn problems_name_the_key_the_value_and_the_expectation() {
    let cases = [
        ("[probe]\n", "probe.target: is missing"),
        ("[probe]\nquorum = 3\nT", "probe.quorum: 3 of 1 targets"),
        ("[probe]\nquorum = 1\nbeat = \"100ms\"\nT", "probe.beat: is 100ms; expected 1s to 10s"),
        ("[probe]\nquorum = 1\nbeat = \"1m\"\nT", "probe.beat: is 60s"),
        (
            "[probe]\nquorum = 1\nbeat = \"10s\"\nrise = 5\nT",
            "probe.rise: 5 rounds of 10s and a timeout of 2s take 52s; expected at most 27s",
        ),
        ("[probe]\nquorum = 1\nfall = 9\nT", "probe.fall: 9 rounds of 3s and a timeout of 2s take 29s; expected at most 27s"),
        ("[probe]\nquorum = 1\ntimeout = \"4s\"\nT", "probe.timeout: is 4s; expected more than 0, and at most the beat of 3s"),
        ("[probe]\nquorum = 1\nfall = 11\nT", "probe.fall: is 11; expected 1 to 10"),
        ("[probe]\nquorum = 1\nfal = 2\nT", "probe.fal: unknown key; did you mean fall?"),
        ("[probe]\nquorum = 1\n[[probe.target]]\ntimeout = \"1s\"", "probe.target.tcp: is missing; give one of"),
        ("[probe]\nquorum = 1\nTtls = \"a:1\"", "probe.target.tls: is given together with tcp"),
        (
            "[probe]\nquorum = 1\n[[probe.target]]\ntcp = \"192.0.2.1\"",
            "probe.target.tcp: \"192.0.2.1\" is not a host with a port",
        ),
        ("[probe]\nquorum = 1\n[[probe.target]]\ntcp = \"a:99999\"", "probe.target.tcp: \"a:99999\" is not a host with a port"),
        ("[probe]\nquorum = 1\n[[probe.target]]\ntcp = \"a b:1\"", "probe.target.tcp: \"a b:1\" is not a host"),
        (
            "[probe]\nquorum = 1\n[[probe.target]]\nhttps = \"http://a/\"",
            "probe.target.https: \"http://a/\" is not the URL of a page",
        ),
        (
            "[probe]\nquorum = 1\n[[probe.target]]\nhttps = \"https://a/ b\"",
            "probe.target.https: \"https://a/ b\" is not the URL",
        ),
        (
            "[probe]\nquorum = 1\n[[probe.target]]\nhttps = \"https://a/\"\nstatus = 99",
            "probe.target.status: is not an HTTP status",
        ),
        ("[probe]\nquorum = 1\nTstatus = 200", "probe.target.status: has no effect here"),
        ("[probe]\nquorum = 1\nTname = \"a\"", "probe.target.name: has no effect here"),
        (
            "[probe]\nquorum = 1\n[[probe.target]]\ndns = \"ns.example\"\nname = \"a\"",
            "probe.target.dns: \"ns.example\" is not a server's address",
        ),
        ("[probe]\nquorum = 1\n[[probe.target]]\ndns = \"192.0.2.53\"", "probe.target.name: is missing"),
        ("[probe]\nquorum = 1\nTaddress = \"192.0.2.2\"", "probe.target.address: is given together with \"192.0.2.1\""),
        ("[probe]\nquorum = 1\nTfamily = \"ipv6\"", "probe.target.family: is not that of 192.0.2.1"),
        (
            "[probe]\nquorum = 1\n[[probe.target]]\ntls = \"a:1\"\naddress = \"b\"",
            "probe.target.address: \"b\" is not an IP address",
        ),
        ("[probe\n", "syntax"),
    ];
    for (text, expected) in cases {
        let found = problems(&text.replace('T', TARGET));
        assert!(found.iter().any(|problem| problem.contains(expected)), "{text}: {found:#?}");
    }
}

#[test]
fn targets_that_respond_without_the_internet_are_refused() {
    let inside = [
        "0.0.0.1",
        "10.0.0.2",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "169.254.169.253",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fd00::1",
        "fd00:ec2::253",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
    ];
    let outside = [
        "1.1.1.1",
        "9.9.9.9",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "126.255.255.255",
        "169.253.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.2.1",
        "192.167.0.1",
        "198.17.0.1",
        "198.20.0.1",
        "203.0.113.1",
        "223.255.255.255",
        "2620:fe::fe",
        "2001:db8::1",
        "3fff::1",
        "64:ff9b::808:808",
        "::ffff:9.9.9.9",
    ];
    let shown = |address: &str| if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    let on = |address: &str| {
        [
            ("tcp", format!("tcp = \"{}:443\"", shown(address)), format!("{}:443", shown(address))),
            ("https", format!("https = \"https://{}/\"", shown(address)), format!("https://{}/", shown(address))),
            ("dns", format!("dns = \"{}:53\"\nname = \"example.com\"", shown(address)), format!("{}:53", shown(address))),
            (
                "address",
                format!("tls = \"example.com:853\"\naddress = \"{address}\""),
                address.parse::<IpAddr>().unwrap().to_string(),
            ),
        ]
    };
    for (key, keys, value) in inside.into_iter().flat_map(on) {
        let found = problems(&format!("[probe]\nquorum = 1\n[[probe.target]]\n{keys}"));
        let expected = format!("probe.target.{key}: \"{value}\" is not a public address; expected one as in");
        assert!(found.len() == 1 && found[0].contains(&expected), "{expected}: {found:#?}");
    }
    for (_, keys, _) in outside.into_iter().flat_map(on) {
        assert_eq!(problems(&format!("[probe]\nquorum = 1\n[[probe.target]]\n{keys}")), Vec::<String>::new(), "{keys}");
    }
}

#[cfg(feature = "lambda")]
mod settings {
    use std::{
        path::PathBuf,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use crossover_probe::settings::{Direct, Settings};

    #[expect(clippy::unwrap_in_result, reason = "a test that can't set itself up fails")]
    fn read(topology: &str, more: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        // Tests run at the same time, each with a file of its own.
        static FILES: AtomicUsize = AtomicUsize::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("probe-{number}.toml"));
        std::fs::write(&file, topology).unwrap();
        let own = [("CROSSOVER_TOPOLOGY", file.to_str().unwrap()), ("CROSSOVER_PROBE_ZONE", "us-east-1a")];
        Settings::read(|name| more.iter().chain(&own).find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    fn good() -> String {
        format!("[probe]\nquorum = 1\n{}", super::TARGET)
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let problems = read("[probe]\nquorum = 1\n", &[("CROSSOVER_PROBE_ZONE", " ")]).unwrap_err();
        assert!(problems[0].starts_with("CROSSOVER_PROBE_ZONE is not set; expected the zone"), "{problems:?}");
        assert!(problems[1].contains("probe.target: is missing"), "{problems:?}");
        let problems = read("[[nat]]\n", &[]).unwrap_err();
        assert!(problems[0].contains("has no [probe] section"), "{problems:?}");
        let problems = read(&good(), &[("CROSSOVER_TOPOLOGY", "/nowhere.toml")]).unwrap_err();
        assert!(problems[0].starts_with("CROSSOVER_TOPOLOGY is \"/nowhere.toml\"; expected a file"), "{problems:?}");
    }

    #[test]
    fn endpoints_are_used_only_where_they_are_named() {
        assert_eq!(read(&good(), &[]).unwrap().direct, None);
        let alarm = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:crossover-probe-a";
        let function = ("CROSSOVER_PROBE_FUNCTION", "crossover-nat:live");
        let all = [function, ("CROSSOVER_PROBE_ALARM", alarm), ("CROSSOVER_PROBE_OTHERS", "b, c,")];
        let expected = Direct {
            alarm: alarm.to_owned(),
            function: "crossover-nat:live".to_owned(),
            others: vec!["b".to_owned(), "c".to_owned()],
        };
        assert_eq!(read(&good(), &all).unwrap().direct, Some(expected));
        let problems = read(&good(), &[function, ("CROSSOVER_PROBE_ALARM", "probe-a")]).unwrap_err();
        assert!(problems[0].contains("CROSSOVER_PROBE_ALARM is \"probe-a\"; expected the ARN"), "{problems:?}");
    }
}

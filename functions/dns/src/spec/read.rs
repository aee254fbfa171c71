//! Reads a DNS target from a topology.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, Ipv6Addr},
};

use crossover_arc::ClusterEndpoint;
use crossover_cloudwatch::Metric;
use crossover_model::{
    arn::Arn,
    topology::{Spec, TableReader, key::Section},
};
use crossover_s3::Object;

use super::{DnsSpec, Pointer, Switch, keys};
use crate::name::{as_people_write, as_route53_writes, check};

type Side<'s, 'r, 't> = (String, &'s TableReader<'r, 't>);

/// The record types of Route 53 (Route 53 Developer Guide, "Supported DNS record types"), except
/// those of the zone itself.
const TYPES: [&str; 15] =
    ["A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "PTR", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"];

/// The types whose values a side can declare.
const POINTED: [&str; 3] = ["A", "AAAA", "CNAME"];

/// The word of each switch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Failover,
    Weighted,
    Simple,
    BeaconObject,
    BeaconMetric,
    RoutingControl,
}

const WORDS: [(&str, Word); 6] = [
    ("failover", Word::Failover),
    ("weighted", Word::Weighted),
    ("simple", Word::Simple),
    ("beacon-object", Word::BeaconObject),
    ("beacon-metric", Word::BeaconMetric),
    ("routing-control", Word::RoutingControl),
];

impl Spec for DnsSpec {
    const SECTION: &'static Section = &keys::TARGETS;

    fn read(target: &TableReader<'_, '_>, sides: &[(String, &TableReader<'_, '_>)]) -> Option<Self> {
        read(target, sides)
    }

    fn resources(&self) -> BTreeSet<String> {
        let own = match &self.switch {
            Switch::BeaconObject { object, .. } => vec![object.bucket.clone()],
            Switch::RoutingControl { controls, .. } => controls.values().cloned().collect(),
            Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_) | Switch::BeaconMetric(_) => Vec::new(),
        };
        own.into_iter().chain([self.hosted_zone.clone()]).collect()
    }

    fn location(&self, side: &str) -> String {
        self.locations.get(side).map_or(side, String::as_str).to_owned()
    }

    fn claims(&self) -> BTreeSet<String> {
        let record = |(name, kind): &(String, String)| format!("{} {kind} in {}", as_people_write(name), self.hosted_zone);
        let switch = match &self.switch {
            Switch::BeaconObject { object, .. } => vec![format!("s3://{}/{}", object.bucket, object.key)],
            Switch::BeaconMetric(metric) => vec![format!("{} {} in {}", metric.namespace, metric.metric, metric.region)],
            Switch::RoutingControl { controls, .. } => controls.values().cloned().collect(),
            Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_) => Vec::new(),
        };
        self.records.iter().map(record).chain(switch).collect()
    }
}

fn read(target: &TableReader<'_, '_>, sides: &[Side<'_, '_, '_>]) -> Option<DnsSpec> {
    let hosted_zone = target.text("hosted_zone").filter(|zone| {
        let is_zone =
            zone.starts_with('Z') && zone.len() <= 32 && zone.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if !is_zone {
            target.report(
                "hosted_zone",
                format!("\"{zone}\" is not a hosted zone's id; expected one as in \"Z0123456789ABCDEFGHIJ\""),
            );
        }
        is_zone
    });
    let records = read_records(target);
    let word = target.word("switch", &WORDS);
    let switch = word.and_then(|word| read_switch(word, target, sides, &records));
    let location = |(id, reader): &Side<'_, '_, '_>| Some((id.clone(), reader.text("region")?));
    let locations = sides.iter().filter_map(location).collect();
    Some(DnsSpec {
        hosted_zone: hosted_zone?,
        records,
        sides: sides.iter().map(|(id, _)| id.clone()).collect(),
        locations,
        switch: switch?,
    })
}

fn read_records(target: &TableReader<'_, '_>) -> BTreeSet<(String, String)> {
    let mut records = BTreeSet::new();
    let readers = target.tables("records");
    if target.has("records") && readers.is_empty() {
        target.report("records", "is empty; add records = [{ name = \"www.example.com\", type = \"A\" }]");
    }
    for reader in readers {
        let name = reader.text("name").filter(|name| {
            let checked = check(name);
            if let Err(what) = &checked {
                reader.report("name", format!("\"{name}\" {what}"));
            }
            checked.is_ok()
        });
        let kind = reader.text("type").filter(|kind| {
            let known = TYPES.contains(&kind.as_str());
            if !known {
                reader.report(
                    "type",
                    format!("\"{kind}\" is not a type that can be switched; expected one of {}", TYPES.join(", ")),
                );
            }
            known
        });
        reader.finish();
        let Some((name, kind)) = name.zip(kind) else { continue };
        if !records.insert((as_route53_writes(&name), kind.clone())) {
            reader.report("name", format!("\"{name}\" with the type {kind} is declared twice"));
        }
    }
    records
}

fn read_switch(
    word: Word,
    target: &TableReader<'_, '_>,
    sides: &[Side<'_, '_, '_>],
    records: &BTreeSet<(String, String)>,
) -> Option<Switch> {
    let pair = || {
        let two = sides.len() == 2;
        if sides.len() > 2 {
            target.report("side", format!("{} declared; this switch takes two sides: home and the standby", sides.len()));
        }
        two.then_some(())
    };
    match word {
        Word::Failover => pair().map(|()| Switch::Failover),
        Word::Weighted => {
            let home = read_weights(target, sides);
            Some(Switch::Weighted { stages: read_stages(target)?, home: home? })
        }
        Word::Simple => read_pointers(sides, records).map(Switch::Simple),
        Word::BeaconObject => {
            let inverted = target.flag("inverted").unwrap_or(true);
            let [region, bucket, key] = read_beacon(target, ["region", "bucket", "key"])?;
            pair().map(|()| Switch::BeaconObject { object: Object { region, bucket, key }, inverted })
        }
        Word::BeaconMetric => {
            let [region, namespace, metric] = read_beacon(target, ["region", "namespace", "metric"])?;
            pair().map(|()| Switch::BeaconMetric(Metric { region, namespace, metric }))
        }
        Word::RoutingControl => {
            let controls = read_controls(sides);
            Some(Switch::RoutingControl { endpoints: read_endpoints(target)?, controls: controls? })
        }
    }
}

fn read_weights(target: &TableReader<'_, '_>, sides: &[Side<'_, '_, '_>]) -> Option<BTreeMap<String, u8>> {
    let weight = |(id, reader): &Side<'_, '_, '_>| {
        let read = reader.number("weight")?;
        let weight = u8::try_from(read).ok();
        if weight.is_none() {
            reader.report("weight", format!("{read} is too large; expected 0 to 255"));
        }
        Some((id.clone(), weight?))
    };
    let weights: BTreeMap<String, u8> = sides.iter().filter_map(weight).collect();
    let complete = weights.len() == sides.len();
    if complete && weights.values().all(|weight| *weight == 0) {
        target.report("side", "every weight is 0, which Route 53 treats as equal weights; give one side a higher weight");
        return None;
    }
    complete.then_some(weights)
}

fn read_stages(target: &TableReader<'_, '_>) -> Option<Vec<u8>> {
    let Some(listed) = target.numbers("stages") else {
        return (!target.has("stages")).then(|| vec![100]);
    };
    let stages: Vec<u8> = listed.iter().filter_map(|stage| u8::try_from(*stage).ok()).collect();
    let rising = stages.windows(2).all(|pair| pair[0] < pair[1]) && stages.first().is_some_and(|first| *first > 0);
    if stages.len() < listed.len() || !rising || stages.last() != Some(&100) {
        target.report("stages", "is not a list of rising percentages that ends with 100, as in [10, 50, 100]");
        return None;
    }
    Some(stages)
}

fn read_beacon<const N: usize>(target: &TableReader<'_, '_>, keys: [&str; N]) -> Option<[String; N]> {
    let beacon = target.table("beacon")?;
    let read = keys.map(|key| beacon.text(key));
    beacon.finish();
    read.iter().all(Option::is_some).then(|| read.map(Option::unwrap_or_default))
}

fn read_endpoints(target: &TableReader<'_, '_>) -> Option<Vec<ClusterEndpoint>> {
    let example = "endpoints = { us-east-1 = \"https://…\" }";
    let listed = target.text_table("endpoints")?;
    if listed.is_empty() {
        target.report("endpoints", format!("is empty; add those of the cluster, each by its Region, as in {example}"));
    }
    // Tests listen on this machine.
    let is_address = |url: &str| url.starts_with("https://") || url.starts_with("http://127.0.0.1:");
    for (region, url) in listed.iter().filter(|(_, url)| !is_address(url)) {
        target.report("endpoints", format!("{region} = \"{url}\" is not a URL; expected one as in {example}"));
    }
    Some(listed.into_iter().map(|(region, url)| ClusterEndpoint { region, url }).collect())
}

fn read_controls(sides: &[Side<'_, '_, '_>]) -> Option<BTreeMap<String, String>> {
    let mut controls: BTreeMap<String, String> = BTreeMap::new();
    for (id, reader) in sides {
        let example = "\"arn:aws:route53-recovery-control::…:controlpanel/…/routingcontrol/…\"";
        let Some(arn) = reader.text("routing_control") else { continue };
        if !Arn::of(&arn).is_some_and(|arn| arn.resource.contains("/routingcontrol/")) {
            reader.report(
                "routing_control",
                format!("\"{arn}\" is not the ARN of a routing control; expected one as in {example}"),
            );
        }
        if let Some((other, _)) = controls.iter().find(|(_, other)| **other == arn) {
            reader.report(
                "routing_control",
                format!("\"{arn}\" is already the routing control of {other}; give each side its own"),
            );
        }
        controls.insert(id.clone(), arn);
    }
    (controls.len() == sides.len()).then_some(controls)
}

fn read_pointers(sides: &[Side<'_, '_, '_>], records: &BTreeSet<(String, String)>) -> Option<BTreeMap<String, Pointer>> {
    let kinds: BTreeSet<&str> = records.iter().map(|(_, kind)| kind.as_str()).collect();
    let mut pointers: BTreeMap<String, Pointer> = BTreeMap::new();
    for (id, reader) in sides {
        let Some(pointer) = read_pointer(reader, &kinds) else { continue };
        if let Some((other, _)) = pointers.iter().find(|(_, other)| **other == pointer) {
            reader.report("id", format!("\"{id}\" has the same values as {other}; give each side its own values or alias"));
        }
        let unlike = |other: &Pointer| matches!(other, Pointer::Alias { .. }) != matches!(pointer, Pointer::Alias { .. });
        if pointers.values().any(unlike) {
            reader.report(
                "id",
                format!("\"{id}\" has values and another side an alias, or the reverse; use the same form on all sides"),
            );
        }
        pointers.insert(id.clone(), pointer);
    }
    (pointers.len() == sides.len()).then_some(pointers)
}

fn read_pointer(reader: &TableReader<'_, '_>, kinds: &BTreeSet<&str>) -> Option<Pointer> {
    let values = reader.texts("values");
    let alias = reader.table("alias").and_then(|alias| {
        let zone = alias.text("zone");
        let name = alias.text("name");
        alias.finish();
        Some(Pointer::Alias { zone: zone?, name: as_route53_writes(&name?) })
    });
    match (values, alias) {
        (Some(_), Some(_)) => {
            reader.report("alias", "is given together with values; remove one of the two");
            None
        }
        (Some(values), None) => read_values(reader, &values, kinds),
        (None, Some(alias)) => Some(alias),
        (None, None) => {
            if !reader.has("values") && !reader.has("alias") {
                reader
                    .report("values", "is missing; add values = [\"192.0.2.1\"], or an alias = { zone = \"Z…\", name = \"…\" }");
            }
            None
        }
    }
}

/// Assigns a side's values to types: IPv4 addresses to A, IPv6 addresses to AAAA, names to CNAME.
fn read_values(reader: &TableReader<'_, '_>, values: &[String], kinds: &BTreeSet<&str>) -> Option<Pointer> {
    let mut by_kind: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for value in values {
        let kind = match (value.parse::<Ipv4Addr>(), value.parse::<Ipv6Addr>()) {
            (Ok(_), _) => "A",
            (_, Ok(_)) => "AAAA",
            _ if check(value).is_ok() => "CNAME",
            _ => {
                reader.report("values", format!("\"{value}\" is neither an address nor a name"));
                return None;
            }
        };
        if !kinds.contains(kind) {
            reader
                .report("values", format!("\"{value}\" is a value for a record of type {kind}, and no such record is declared"));
        }
        by_kind.entry(kind.to_owned()).or_default().insert(value.clone());
    }
    for kind in kinds {
        match by_kind.get(*kind).map_or(0, BTreeSet::len) {
            0 if !POINTED.contains(kind) => {
                reader.report("values", format!("is not supported for a record of type {kind}; expected A, AAAA or CNAME"));
            }
            0 => reader.report("values", format!("has none for the records of type {kind}")),
            2.. if *kind == "CNAME" => reader.report("values", "has more than one name; a CNAME has one"),
            _ => {}
        }
    }
    Some(Pointer::Values(by_kind))
}

//! The declaration of a NAT target.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::topology::{
    Spec, TableReader,
    key::{Key, Section, Shape},
};

const TARGETS: Section = Section::targets(
    "nat",
    "The outbound traffic of a VPC: the default routes of each zone lead through a NAT gateway, a NAT instance or a \
     network interface, and move to that of a healthy zone.",
    &[
        Key::new("vpc", Shape::Text, "The VPC whose route tables are read.").required().example("\"vpc-0a1b2c3d\""),
        Key::new(
            "destinations",
            Shape::Texts,
            "The destinations of the routes that are managed: IPv4 and IPv6 blocks, NAT64 (`64:ff9b::/96`), and prefix lists \
             (`pl-…`).",
        )
        .default("[\"0.0.0.0/0\"]")
        .example("[\"0.0.0.0/0\", \"::/0\"]"),
        Key::sides(&SIDES),
    ],
);

const SIDES: Section = Section::sides(
    "A zone with its gateway. A route table that no side names in `tables` or `tables_tagged` is at home in the zone of the subnets \
     that are associated with it. A table whose home is unknown (no subnets, or subnets of several zones) is moved on failover, not moved \
     back automatically, and reported.",
    &[
        Key::new("zone", Shape::Text, "The side's name, and its Availability Zone.").required().example("\"us-east-1a\""),
        Key::new("gateway", Shape::Text, "A NAT gateway (`nat-…`), a NAT instance (`i-…`) or a network interface (`eni-…`).")
            .required()
            .example("\"nat-0aaa\""),
        Key::new("tables", Shape::Texts, "Route tables that are at home here, by id, besides those of the zone's subnets.")
            .example("[\"rtb-0a1b2c3d\"]"),
        Key::new(
            "tables_tagged",
            Shape::TextTable,
            "Route tables that are at home here, by tags, instead of `tables`. A table must have all of them.",
        )
        .example("{ egress = \"a\" }"),
        Key::new(
            "probe_table",
            Shape::Text,
            "The route table of the subnet that the zone's probe is in. It is never moved, so that the probe keeps \
             using this gateway while the zone's other traffic is away.",
        )
        .example("\"rtb-0ccc\""),
    ],
);

/// The keys of `[[nat]]` beyond those of every target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatSpec {
    /// The VPC.
    pub vpc: String,
    /// The destinations of the routes that are managed.
    pub destinations: BTreeSet<String>,
    /// The sides, by zone.
    pub sides: BTreeMap<String, NatSide>,
}

/// The keys of `[[nat.side]]` beyond those of every side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatSide {
    /// `nat-…`, `i-…` or `eni-…`
    pub gateway: String,
    /// The selection of the route tables that are at home here.
    pub tables: TablesOf,
    /// The route table of the side's probe subnet. It always leads to the side's gateway, so that the probe
    /// tests that gateway while all other tables are away.
    pub probe_table: Option<String>,
}

/// The selection of the route tables that are at home on a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TablesOf {
    /// Those of the subnets in the side's zone.
    Zone,
    /// These tables, and those of the subnets in the side's zone that no side names.
    Ids(BTreeSet<String>),
    /// The same with those that have all of these tags.
    Tagged(BTreeMap<String, String>),
}

impl Spec for NatSpec {
    const SECTION: &'static Section = &TARGETS;

    fn read(target: &TableReader<'_, '_>, sides: &[(String, &TableReader<'_, '_>)]) -> Option<Self> {
        let vpc = target.text("vpc").filter(|vpc| {
            let is_vpc = vpc.starts_with("vpc-");
            if !is_vpc {
                target.report("vpc", format!("\"{vpc}\" is not a VPC's id; expected one as in \"vpc-0a1b2c3d\""));
            }
            is_vpc
        });
        let destinations = read_destinations(target);
        let mut read = BTreeMap::new();
        for (zone, reader) in sides {
            if let Some(side) = read_side(reader) {
                read.insert(zone.clone(), side);
            }
        }
        check_shared(sides, &read);
        Some(Self { vpc: vpc?, destinations, sides: read })
    }

    fn resources(&self) -> BTreeSet<String> {
        self.sides.values().map(|side| side.gateway.clone()).collect()
    }

    fn claims(&self) -> BTreeSet<String> {
        let of = |side: &NatSide| {
            let gateway = side.gateway.clone();
            self.destinations.iter().map(move |destination| format!("{destination} through {gateway}")).collect::<Vec<_>>()
        };
        self.sides.values().flat_map(of).collect()
    }
}

fn read_destinations(target: &TableReader<'_, '_>) -> BTreeSet<String> {
    let Some(listed) = target.texts("destinations") else {
        return BTreeSet::from(["0.0.0.0/0".to_owned()]);
    };
    if listed.is_empty() {
        target.report("destinations", "is empty; name at least one, as in [\"0.0.0.0/0\"], or remove the key");
    }
    for destination in listed.iter().filter(|destination| !destination.contains('/') && !destination.starts_with("pl-")) {
        target.report(
            "destinations",
            format!(
                "\"{destination}\" is neither a CIDR block, as in \"0.0.0.0/0\" or \"::/0\", nor a prefix list, as in \"pl-0a1b2c3d\""
            ),
        );
    }
    listed.into_iter().collect()
}

fn read_side(reader: &TableReader<'_, '_>) -> Option<NatSide> {
    let gateway = reader.text("gateway").filter(|gateway| {
        let known = ["nat-", "i-", "eni-"].iter().any(|prefix| gateway.starts_with(prefix));
        if !known {
            reader.report(
                "gateway",
                format!("\"{gateway}\" is not a NAT gateway (nat-…), an instance (i-…) or a network interface (eni-…)"),
            );
        }
        known
    });
    let ids = reader.texts("tables");
    let tags = reader.text_table("tables_tagged");
    let tables = match (ids, tags) {
        (Some(_), Some(_)) => {
            reader.report("tables_tagged", "is given together with tables; remove one of the two");
            TablesOf::Zone
        }
        (Some(ids), None) => {
            for id in ids.iter().filter(|id| !id.starts_with("rtb-")) {
                reader.report("tables", format!("\"{id}\" is not a route table's id; expected one as in \"rtb-0a1b2c3d\""));
            }
            if ids.is_empty() {
                reader.report("tables", "is empty; name route tables, or remove the key to use those of the zone");
            }
            TablesOf::Ids(ids.into_iter().collect())
        }
        (None, Some(tags)) => {
            if tags.is_empty() {
                reader.report("tables_tagged", "is empty and would match every table; name a tag, as in { egress = \"a\" }");
            }
            TablesOf::Tagged(tags)
        }
        (None, None) => TablesOf::Zone,
    };
    let probe_table = reader.text("probe_table").filter(|id| {
        let is_table = id.starts_with("rtb-");
        if !is_table {
            reader.report("probe_table", format!("\"{id}\" is not a route table's id; expected one as in \"rtb-0a1b2c3d\""));
        }
        is_table
    });
    if let (TablesOf::Ids(ids), Some(id)) = (&tables, &probe_table)
        && ids.contains(id)
    {
        reader.report("probe_table", format!("\"{id}\" is also in tables; the probe's table is never moved"));
    }
    Some(NatSide { gateway: gateway?, tables, probe_table })
}

/// Reports a gateway or a table that two sides declare: a failover would have no destination, or a table two homes.
fn check_shared(readers: &[(String, &TableReader<'_, '_>)], sides: &BTreeMap<String, NatSide>) {
    let mut gateways: BTreeMap<&str, &str> = BTreeMap::new();
    let mut tables: BTreeMap<&str, &str> = BTreeMap::new();
    for (zone, reader) in readers {
        let Some(side) = sides.get(zone) else { continue };
        if let Some(other) = gateways.insert(&side.gateway, zone).filter(|other| other != zone) {
            reader.report("gateway", format!("\"{}\" is already the gateway of {other}; give each side its own", side.gateway));
        }
        let TablesOf::Ids(ids) = &side.tables else { continue };
        for id in ids {
            if let Some(other) = tables.insert(id, zone).filter(|other| other != zone) {
                reader.report("tables", format!("\"{id}\" is already at home in {other}; a table has only one home"));
            }
        }
    }
}

//! What a topology names, where one call reads more than that.

use std::collections::BTreeSet;

use crossover_database::DatabaseSpec;
use crossover_dns::DnsSpec;
use crossover_model::topology::{Document, Problems, Topology};
use crossover_nat::{NatSpec, TablesOf};

/// What may be taken.
pub(crate) struct Named {
    /// Keys of tags by which route tables are selected.
    pub(crate) tags: BTreeSet<String>,
    /// Record sets, by zone, name (as Route 53 writes it) and type.
    pub(crate) records: BTreeSet<(String, String, String)>,
}

impl Named {
    pub(crate) fn of(topology: &str) -> Result<Self, Problems> {
        let document = Document::new(topology);
        let nat = Topology::<NatSpec>::read(&document)?;
        let dns = Topology::<DnsSpec>::read(&document)?;
        let databases = Topology::<DatabaseSpec>::read(&document)?;
        let sides = nat.targets().iter().flat_map(|target| target.spec.sides.values());
        let tags =
            sides.filter_map(|side| if let TablesOf::Tagged(tags) = &side.tables { Some(tags.keys().cloned()) } else { None });
        let answers = dns.targets().iter().flat_map(|target| {
            let zone = &target.spec.hosted_zone;
            target.spec.records.iter().map(move |(name, kind)| (zone.clone(), name.clone(), kind.clone()))
        });
        let writers = databases.targets().iter().filter_map(|target| target.spec.writer_record.as_ref());
        let writers = writers.map(|record| (record.hosted_zone.clone(), record.name.clone(), "CNAME".to_owned()));
        Ok(Self { tags: tags.flatten().collect(), records: answers.chain(writers).collect() })
    }
}

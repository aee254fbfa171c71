//! Reads a database.

mod engines;
mod observed;

use std::collections::BTreeSet;

use crossover_engine::retry::Patience;
use crossover_model::error::CloudError;
use crossover_route53::read_record_sets;
use futures::join;

use crate::{
    clouds::DatabaseClouds,
    spec::{DatabaseSpec, WriterRecord},
};

pub(crate) use observed::REGION_WAIT;
pub use observed::{Observed, Record, Role, Seen, Sight};

/// Reads the members, their lag and the record at the same time.
pub(crate) async fn observe(
    clouds: &DatabaseClouds,
    spec: &DatabaseSpec,
    patience: &Patience<'_>,
) -> Result<Observed, CloudError> {
    let record = async {
        match &spec.writer_record {
            Some(record) => Some(read_record(clouds, record, patience).await),
            None => None,
        }
    };
    let (read, record) = join!(engines::read(clouds, spec, patience), record);
    Ok(Observed { record, ..read? })
}

async fn read_record(clouds: &DatabaseClouds, record: &WriterRecord, patience: &Patience<'_>) -> Record {
    let wanted = BTreeSet::from([(record.name.clone(), "CNAME".to_owned())]);
    let patience = patience.at_most(REGION_WAIT);
    match read_record_sets(clouds.records.as_ref(), &record.hosted_zone, &wanted, Some(&patience)).await {
        Ok(mut sets) => match (sets.pop(), sets.pop()) {
            (Some(set), None) if set.routing.is_simple() => Record::Seen(set),
            (None, _) => Record::Missing(format!("{} does not exist", record.resource())),
            (Some(_), _) => Record::Unfit(format!("{} is not one simple record set", record.resource())),
        },
        Err(error) => Record::Unreadable(error.to_string()),
    }
}

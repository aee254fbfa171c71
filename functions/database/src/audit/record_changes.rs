//! What makes Route 53 refuse a change of the writer's record.

use crossover_engine::retry::Patience;
use crossover_model::finding::Finding;
use crossover_route53::{Records, refusals, unread_protections};
use futures::join;

use crate::{observe::REGION_WAIT, spec::WriterRecord};

pub(crate) async fn findings(records: &dyn Records, record: &WriterRecord, patience: &Patience<'_>) -> Vec<Finding> {
    let (patience, id) = (patience.at_most(REGION_WAIT), &record.hosted_zone);
    let zone = patience.call("zone", || records.hosted_zone(id));
    let (zone, protected) = join!(zone, patience.call("protections", || records.protections(id)));
    // A zone that can't be read has a finding on its record.
    let Ok(zone) = zone else { return Vec::new() };
    let unread = protected.as_ref().err().map(|error| unread_protections(&format!("zone {id}"), error));
    let changed = [((record.name.clone(), "CNAME".to_owned()), record.resource())].into();
    unread.into_iter().chain(refusals(id, &zone, &protected.unwrap_or_default(), &changed)).collect()
}

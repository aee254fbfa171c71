//! DynamoDB tables.

use std::collections::BTreeSet;

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

use crate::{around::Place, words::listed};

const RECOVERY: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html";
const GLOBAL: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html";

pub(crate) const TABLE_RECOVERY: Rule = Rule::warning(
    "table-recovery",
    "A DynamoDB table has no point-in-time recovery",
    "What is corrupted or deleted by mistake can't be restored.",
    "Enable point-in-time recovery on the table.",
);
pub(crate) const TABLE_REPLICA: Rule = Rule::warning(
    "table-replica",
    "A DynamoDB table has no replica in another Region",
    "The table can't be reached while its Region is lost. Where the topology names sides in other Regions, the replica \
     has to be in one of these.",
    "Add a replica in that Region, which makes it a global table.",
);

/// A DynamoDB table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Whether it can be brought back to any second of the last weeks; none when that is not known.
    #[serde(default)]
    pub recoverable: Option<bool>,
    /// The Regions of its replicas; none when these are not known.
    #[serde(default)]
    pub replicas_in: Option<BTreeSet<String>>,
}

pub(crate) fn findings(tables: &[Table], place: &Place) -> Vec<Finding> {
    tables.iter().flat_map(|table| [recovery(table), replicas(table, place)]).flatten().collect()
}

fn recovery(Table { name, recoverable, .. }: &Table) -> Option<Finding> {
    (*recoverable == Some(false)).then(|| {
        let what = "has no point-in-time recovery: what is spoilt or deleted by mistake is lost for good";
let fix = format!("aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true");
TABLE_RECOVERY.finding(format!("table {name}"), what, fix).see(RECOVERY)
    })
}

/// Where Regions are declared to take over, the replica has to be in one of these.
fn replicas(Table { name, replicas_in, .. }: &Table, place: &Place) -> Option<Finding> {
    let elsewhere = |region: &&String| **region != place.home && (place.standby.is_empty() || place.standby.contains(*region));
    if replicas_in.as_ref()?.iter().any(|region| elsewhere(&region)) {
        return None;
    }
    let wanted = if place.standby.is_empty() { "another Region".to_owned() } else { listed(&place.standby) };
    let region = place.standby.first().map_or("…", String::as_str);
    let what = format!("has no replica in {wanted}: with its Region it is out of reach");
    let fix = format!("aws dynamodb update-table --table-name {name} --replica-updates 'Create={{RegionName={region}}}'");
    Some(TABLE_REPLICA.finding(format!("table {name}"), what, fix).see(GLOBAL))
}

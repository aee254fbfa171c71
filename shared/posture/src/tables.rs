//! DynamoDB tables.

use std::collections::BTreeSet;

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

use crate::{scope::ReadScope, words::listed};

const RECOVERY: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html";
const GLOBAL: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html";

pub(crate) const TABLE_RECOVERY: Rule = Rule::warning(
    "table-recovery",
    "A DynamoDB table has no point-in-time recovery",
    "Data that is corrupted or deleted by mistake can't be restored.",
    "Enable point-in-time recovery on the table.",
);
pub(crate) const TABLE_REPLICA: Rule = Rule::warning(
    "table-replica",
    "A DynamoDB table has no replica in another Region",
    "The table can't be reached while its Region is lost. If the topology has sides in other Regions, the replica must \
     be in one of these.",
    "Add a replica in that Region, which makes it a global table.",
);

/// A DynamoDB table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Whether it has point-in-time recovery; `None` if unknown.
    #[serde(default)]
    pub recoverable: Option<bool>,
    /// The Regions of its replicas; `None` if unknown.
    #[serde(default)]
    pub replicas_in: Option<BTreeSet<String>>,
}

pub(crate) fn findings(tables: &[Table], scope: &ReadScope) -> Vec<Finding> {
    tables.iter().flat_map(|table| [recovery(table), replicas(table, scope)]).flatten().collect()
}

fn recovery(Table { name, recoverable, .. }: &Table) -> Option<Finding> {
    (*recoverable == Some(false)).then(|| {
        let what = "has no point-in-time recovery: data that is corrupted or deleted by mistake can't be restored";
let fix = format!("aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true");
TABLE_RECOVERY.finding(format!("table {name}"), what, fix).see(RECOVERY)
    })
}

/// If standby Regions are declared, the replica must be in one of them.
fn replicas(Table { name, replicas_in, .. }: &Table, scope: &ReadScope) -> Option<Finding> {
    let elsewhere = |region: &&String| **region != scope.home && (scope.standby.is_empty() || scope.standby.contains(*region));
    if replicas_in.as_ref()?.iter().any(|region| elsewhere(&region)) {
        return None;
    }
    let wanted = if scope.standby.is_empty() { "another Region".to_owned() } else { listed(&scope.standby) };
    let region = scope.standby.first().map_or("…", String::as_str);
    let what = format!("has no replica in {wanted}: if its Region is lost, the table can't be reached");
    let fix = format!("aws dynamodb update-table --table-name {name} --replica-updates 'Create={{RegionName={region}}}'");
    Some(TABLE_REPLICA.finding(format!("table {name}"), what, fix).see(GLOBAL))
}

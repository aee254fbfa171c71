//! What people must have been told by the end.

use std::{collections::BTreeSet, time::Duration};

use crossover_dynamodb::DynamoDbAccount;
use crossover_sandbox::Account;
use crossover_sns::SnsAccount;

/// What a reason to hold back is told within.
const HOUR: Duration = Duration::from_hours(1);

/// Crossovers and reasons to hold back of which nobody was told.
pub(crate) fn untold(account: &Account, held: &[(String, jiff::Timestamp)]) -> Vec<String> {
    let mut broken = Vec::new();
    let ids: BTreeSet<&str> = account.dynamodb().crossovers.iter().map(|crossover| crossover.id.as_str()).collect();
    if ids.len() != account.dynamodb().crossovers.len() {
        broken.push("one at a time: two crossovers have one id".to_owned());
    }
    for crossover in &account.dynamodb().crossovers {
        let id = format!("\"{}\"", crossover.id);
        let tells = |published: &&crossover_sns::sandbox::Published| {
            published.attributes["outcome"] == crossover.outcome.as_str() && published.bodies["sqs"].contains(&id)
        };
        if !account.sns().published.iter().any(|published| tells(&published)) {
            broken.push(format!("told: nobody was told that {} {}", crossover.id, crossover.outcome));
        }
        if crossover.ended.is_none() {
            broken.push(format!("killed anywhere: {} is in the history and has no end", crossover.id));
        }
    }
    for (target, at) in held {
        let tells = |published: &&crossover_sns::sandbox::Published| {
            published.attributes["target"] == *target && published.attributes["outcome"] == "held" && published.at + HOUR >= *at
        };
        if !account.sns().published.iter().any(|published| tells(&published)) {
            broken.push(format!("told: nobody was told that {target} was held back at {at}"));
        }
    }
    broken
}

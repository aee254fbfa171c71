//! How a scenario ended.

use std::collections::{BTreeMap, BTreeSet};

use crossover_dynamodb::DynamoDbAccount;
use crossover_kinds::Rehearsal;
use crossover_model::{journal::Memory, outcome::Outcome, trigger::Aim};
use crossover_sandbox::Account;

/// How a scenario ended, for each target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending(BTreeMap<String, Ended>);

/// How it ended for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) serving: BTreeSet<String>,
    /// The outcome and the number of steps of each crossover that was recorded.
    pub(super) crossovers: Vec<(Outcome, usize)>,
    pub(super) remembered: Remembered,
}

/// What the journal remembers of people's commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) paused: bool,
    /// What an operator wants.
    pub(super) intent: Option<Aim>,
    /// An automatic crossover waits for an acknowledgement.
    pub(super) unacknowledged: bool,
    /// How many crossovers are to be reviewed.
    pub(super) reviews: usize,
}

impl Ending {
    /// Of these targets, with the crossovers that were recorded after the first so many.
    pub(super) fn new(targets: &[&Rehearsal], account: &Account, before: usize) -> Self {
        let of = |target: &&Rehearsal| {
            let crossovers = account.dynamodb().crossovers[before..].iter().filter(|crossover| crossover.target == target.target);
            let record = account.dynamodb().journal.get(&target.target);
            let ended = Ended {
                serving: target.serving(account),
                crossovers: crossovers.map(|crossover| (crossover.outcome, crossover.steps.len())).collect(),
                remembered: record.map(|record| Remembered::new(&record.memory)).unwrap_or_default(),
            };
            (target.target.clone(), ended)
        };
        Self(targets.iter().map(of).collect())
    }

    pub(super) fn of(&self, target: &str) -> Result<&Ended, String> {
        self.0.get(target).ok_or_else(|| format!("{target} has no ending"))
    }
}

impl Remembered {
    fn new(memory: &Memory) -> Self {
        Self {
            paused: memory.pause.is_some(),
            intent: memory.intent.as_ref().map(|intent| intent.aim.clone()),
            unacknowledged: memory.last_automatic.as_ref().is_some_and(|last| last.acknowledged.is_none()),
            reviews: memory.reviews.len(),
        }
    }
}

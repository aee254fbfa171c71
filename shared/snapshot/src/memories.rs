//! What is remembered of targets.

use std::collections::BTreeMap;

use crossover_model::{
    error::CloudError,
    journal::{Memory, TargetRecord},
};
use crossover_sandbox::record::Notes;

use crate::people::without_people;

/// What was read of the journal.
#[derive(Default)]
pub(crate) struct Memories(BTreeMap<String, Memory>);

impl Memories {
    /// The journal's records with what is remembered, and nothing else.
    pub(crate) fn records(self) -> BTreeMap<String, TargetRecord> {
        let record = |(target, memory)| (target, TargetRecord { memory, ..TargetRecord::default() });
        self.0.into_iter().map(record).collect()
    }
}

/// Notes what is remembered, without people, the leases, which are of processes, and the notices that are to be sent.
pub(crate) fn remember(notes: &Notes, records: BTreeMap<String, Result<TargetRecord, CloudError>>) {
    for (target, record) in records {
        match record {
            Ok(record) => notes.of(|memories: &mut Memories| _ = memories.0.insert(target, without_people(record.memory))),
            Err(error) => notes.unread("journal", &target, &error.to_string()),
        }
    }
}

//! The memories of targets.

use std::collections::BTreeMap;

use crossover_model::{
    error::CloudError,
    journal::{Memory, TargetRecord},
};
use crossover_sandbox::record::Notes;

use crate::people::without_people;

/// The results of reading the journal.
#[derive(Default)]
pub(crate) struct Memories(BTreeMap<String, Memory>);

impl Memories {
    /// The journal's records with only the memory.
    pub(crate) fn records(self) -> BTreeMap<String, TargetRecord> {
        let record = |(target, memory)| (target, TargetRecord { memory, ..TargetRecord::default() });
        self.0.into_iter().map(record).collect()
    }
}

/// Notes the memory without people, leases (which belong to processes) and unsent notices.
pub(crate) fn remember(notes: &Notes, records: BTreeMap<String, Result<TargetRecord, CloudError>>) {
    for (target, record) in records {
        match record {
            Ok(record) => notes.of(|memories: &mut Memories| _ = memories.0.insert(target, without_people(record.memory))),
            Err(error) => notes.unread("journal", &target, &error.to_string()),
        }
    }
}

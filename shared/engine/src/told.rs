//! The holds that were told without the journal, as far as this process knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use crossover_model::{
    episode::{Concerned, Episode, end_episodes, is_due, settle_episodes},
    health::Health,
    hold::Held,
};
use jiff::Timestamp;

use crate::unread_journal::UnreadJournal;

/// What was told without the journal, by target. A process that begins knows of nothing and tells again, so that a hold is told
/// at least once. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Told(Arc<Mutex<BTreeMap<String, Vec<Episode>>>>, UnreadJournal);

impl Told {
    /// What it knows of a journal that can't be read.
    pub(crate) fn journal(&self) -> &UnreadJournal {
        &self.1
    }

    fn with<T>(&self, target: &str, change: impl FnOnce(&mut Vec<Episode>) -> T) -> T {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(target.to_owned()).or_default())
    }

    /// Whether this hold is to be told, by the same rule as with the journal. It is marked once the notice is sent.
    pub(crate) fn is_due(&self, target: &str, why: Held, concerned: &Concerned, now: Timestamp) -> bool {
        self.with(target, |episodes| is_due(&mut episodes.clone(), why, concerned.clone(), now))
    }

    /// The target was read.
    pub(crate) fn end(&self, target: &str, health: &Health, cannot_serve: &BTreeSet<String>, now: Timestamp) {
        self.with(target, |episodes| end_episodes(episodes, health, cannot_serve, now));
    }

    /// Its notice was sent.
    pub(crate) fn mark(&self, target: &str, why: Held, concerned: Concerned, now: Timestamp) {
        self.with(target, |episodes| _ = is_due(episodes, why, concerned, now));
    }

    /// The target is settled.
    pub(crate) fn settle(&self, target: &str) {
        self.with(target, settle_episodes);
    }
}

//! Records the reads of a cloud, to make a sandbox account from them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crossover_model::{
    arn::Arn,
    error::{CloudError, Fault},
};

use crate::ServiceState;

/// The results so far. Each service has its own notes, by type.
#[derive(Default)]
pub struct Notes {
    services: Mutex<ServiceState>,
    /// The unreadable resources, by type and name, with the error.
    unread: Mutex<BTreeMap<(String, String), String>>,
    /// The id of the account, once a resource has named it.
    account_id: Mutex<Option<String>>,
}

impl Notes {
    /// Lets a service read and write its notes.
    pub fn of<N: Default + Send + 'static, T>(&self, work: impl FnOnce(&mut N) -> T) -> T {
        work(lock(&self.services).of())
    }

    /// Takes a service's notes.
    pub fn take<N: Default + Send + 'static>(&self) -> N {
        self.of(std::mem::take)
    }

    /// Notes an unreadable resource and the error.
    pub fn unread(&self, what: &str, name: &str, why: &str) {
        lock(&self.unread).insert((what.to_owned(), name.to_owned()), why.to_owned());
    }

    /// Takes the unreadable resources, each with the error.
    pub fn take_unread(&self) -> Vec<String> {
        let unread = std::mem::take(&mut *lock(&self.unread));
        unread.into_iter().map(|((what, name), why)| format!("{what} {name}: {why}")).collect()
    }

    /// The id of the account, where a resource has named it.
    #[must_use]
    pub fn account_id(&self) -> Option<String> {
        lock(&self.account_id).clone()
    }

    /// Forgets an earlier failure of a call that then succeeded.
    fn was_read(&self, what: &str, name: &str) {
        lock(&self.unread).remove(&(what.to_owned(), name.to_owned()));
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A cloud, with notes of its reads. Services implement their traits for it: each read is made and noted, and
/// no write is made.
pub struct Recorder<C: ?Sized> {
    /// The cloud.
    pub cloud: Arc<C>,
    notes: Arc<Notes>,
}

impl<C: ?Sized> Recorder<C> {
    /// Records the reads of a cloud.
    #[must_use]
    pub fn of(cloud: &Arc<C>, notes: &Arc<Notes>) -> Self {
        Self { cloud: cloud.clone(), notes: notes.clone() }
    }

    /// Notes the id of the account that the first of these ARNs names.
    pub fn names_account<'r>(&self, mut arns: impl Iterator<Item = &'r str>) {
        if let Some(arn) = arns.find_map(Arn::of) {
            lock(&self.notes.account_id).get_or_insert_with(|| arn.account.to_owned());
        }
    }

    /// Notes the result of a call, or its error.
    ///
    /// # Errors
    /// The error of the call.
    pub fn note<T, N: Default + Send + 'static>(
        &self,
        what: &str,
        name: &str,
        answer: Result<T, CloudError>,
        note: impl FnOnce(&mut N, &T),
    ) -> Result<T, CloudError> {
        match &answer {
            Ok(read) => {
                self.notes.was_read(what, name);
                self.notes.of(|notes| note(notes, read));
            }
            // A missing resource is a valid result, and is missing from the snapshot too.
            Err(error) if error.fault == Fault::NotFound => self.notes.was_read(what, name),
            Err(error) => self.notes.unread(what, name, &error.to_string()),
        }
        answer
    }
}

/// A recorder's response to a write.
///
/// # Errors
/// Always: a snapshot only reads.
pub fn no_write<T>(call: &str) -> Result<T, CloudError> {
    Err(CloudError::new(call, Fault::Refused, "a snapshot only reads"))
}

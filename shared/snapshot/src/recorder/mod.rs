//! Lets every read through and writes down what it brought; lets no write through.

mod databases;
mod dns;
mod network;

use std::sync::Arc;

use crossover_model::error::{CloudError, Fault};

use crate::notes::Notes;

/// A cloud, and the notes of what is read of it.
pub(crate) struct Recorder<C: ?Sized> {
    cloud: Arc<C>,
    notes: Arc<Notes>,
}

impl<C: ?Sized> Recorder<C> {
    pub(crate) fn of(cloud: &Arc<C>, notes: &Arc<Notes>) -> Self {
        Self { cloud: cloud.clone(), notes: notes.clone() }
    }

    /// Notes what a call brought, or why it brought nothing.
    fn note<T>(
        &self,
        what: &str,
        name: &str,
        answer: Result<T, CloudError>,
        note: impl FnOnce(&Notes, &T),
    ) -> Result<T, CloudError> {
        match &answer {
            Ok(read) => {
                self.notes.was_read(what, name);
                note(&self.notes, read);
            }
            // That something is not there is an answer, and as true of the snapshot.
            Err(error) if error.fault == Fault::NotFound => self.notes.was_read(what, name),
            Err(error) => self.notes.unread(what, name, &error.to_string()),
        }
        answer
    }
}

fn no_write<T>(call: &str) -> Result<T, CloudError> {
    Err(CloudError::new(call, Fault::Refused, "a snapshot only reads"))
}

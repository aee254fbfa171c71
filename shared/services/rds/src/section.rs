//! RDS's section of a sandbox account: its keys, and its part of a snapshot.

use crossover_sandbox::{
    Section, Service, Taken,
    erased_serde::{self, Deserializer},
    record::Notes,
};
use jiff::Timestamp;

use crate::{record::RdsNotes, sandbox::Rds};

const KEY: &str = "rds";

impl Section for Rds {
    const SERVICES: &'static [Service] = &[Service::new("rds", "RDS")];

    fn keys() -> &'static [&'static str] {
        &[KEY]
    }

    fn taken(notes: &Notes, of: &Taken<'_>) -> Self {
        notes.take::<RdsNotes>().section(of.region, of.now)
    }

    fn read(&mut self, _: &str, value: &mut dyn Deserializer<'_>) -> Result<(), erased_serde::Error> {
        *self = erased_serde::deserialize(value)?;
        Ok(())
    }

    fn write(&self, key: &str) -> Option<&dyn erased_serde::Serialize> {
        (key == KEY).then_some(self)
    }

    fn settle(&mut self, now: Timestamp) {
        self.happen_until(now);
    }
}

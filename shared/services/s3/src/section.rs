//! S3's section of a sandbox account: its keys, and its part of a snapshot.

use crossover_sandbox::{Section, Service, Taken, keys, record::Notes};

use crate::{record::S3Notes, sandbox::S3};

impl Section for S3 {
    const SERVICES: &'static [Service] = &[Service::new("s3", "S3")];

    keys!(buckets);

    fn taken(notes: &Notes, _: &Taken<'_>) -> Self {
        notes.take::<S3Notes>().section()
    }
}

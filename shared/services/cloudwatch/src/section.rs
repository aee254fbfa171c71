//! CloudWatch's section of a sandbox account: its keys, and its part of a snapshot.

use crossover_sandbox::{Section, Service, Taken, keys, record::Notes};

use crate::{record::CloudWatchNotes, sandbox::CloudWatch};

impl Section for CloudWatch {
    const SERVICES: &'static [Service] = &[Service::new("cloudwatch", "CloudWatch")];

    keys!(alarms, metric_values);

    fn taken(notes: &Notes, of: &Taken<'_>) -> Self {
        notes.take::<CloudWatchNotes>().section(of.account_id, of.region, of.now)
    }
}

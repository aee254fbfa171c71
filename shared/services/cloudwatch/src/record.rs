//! Records the reads of CloudWatch, for a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_engine::ports::{AlarmReads, Alarms};
use crossover_model::{
    alarm::{AlarmReading, Muted},
    arn::alarm_known_at,
    error::CloudError,
};
use crossover_sandbox::record::{Recorder, no_write};
use jiff::Timestamp;

use crate::{
    CloudWatch, Metric, Metrics,
    sandbox::{Alarm, MetricValue},
};

/// Alarms whose reads are recorded.
pub struct RecordedAlarms(pub Recorder<dyn Alarms>);

#[async_trait]
impl Alarms for RecordedAlarms {
    fn reads(&self) -> AlarmReads {
        self.0.cloud.reads()
    }

    fn enable_actions(&self, alarm: &str) -> String {
        self.0.cloud.enable_actions(alarm)
    }

    async fn read_alarms(&self, names: &BTreeSet<String>) -> Result<BTreeMap<String, AlarmReading>, CloudError> {
        let answer = self.0.cloud.read_alarms(names).await;
        let listed = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        self.0.note("alarms", &listed, answer, CloudWatchNotes::read)
    }

    async fn read_muted(&self, names: &BTreeSet<String>) -> Result<Muted, CloudError> {
        let answer = self.0.cloud.read_muted(names).await;
        self.0.note("mute rules", "", answer, |notes: &mut CloudWatchNotes, muted| notes.muted.extend(muted.clone()))
    }
}

#[async_trait]
impl<C: Metrics + ?Sized> Metrics for Recorder<C> {
    async fn metric_value(&self, metric: &Metric) -> Result<Option<f64>, CloudError> {
        let answer = self.cloud.metric_value(metric).await;
        let name = format!("{} {} in {}", metric.namespace, metric.metric, metric.region);
        self.note("beacon", &name, answer, |notes: &mut CloudWatchNotes, value| {
            notes.metrics.extend(value.map(|value| (metric.clone(), value)));
        })
    }

    async fn put_metric_value(&self, _: &Metric, _: f64) -> Result<(), CloudError> {
        no_write("cloudwatch:PutMetricData")
    }
}

/// The results of reading CloudWatch.
#[derive(Default)]
pub struct CloudWatchNotes {
    alarms: BTreeMap<String, AlarmReading>,
    muted: Muted,
    metrics: BTreeMap<Metric, f64>,
}

impl CloudWatchNotes {
    fn read(&mut self, readings: &BTreeMap<String, AlarmReading>) {
        self.alarms.extend(readings.clone());
    }

    /// The section of a sandbox account of this id and Region with these results, at `now`, without the alarms' reasons.
    #[must_use]
    pub fn section(self, account_id: &str, region: &str, now: Timestamp) -> CloudWatch {
        let muted = self.muted;
        let alarm = |(name, reading): (String, AlarmReading)| {
            let muted_by = muted.get(&name).cloned();
            let name = alarm_known_at(&name, region, account_id).to_owned();
            let alarm = Alarm {
                name: name.clone(),
                state: reading.state,
                since: reading.since.unwrap_or(now),
                reason: String::new(),
                actions: reading.actions,
                metrics: reading.metrics,
                muted_by,
                data: reading.data,
            };
            (name, alarm)
        };
        let alarms: BTreeMap<String, Alarm> = self.alarms.into_iter().map(alarm).collect();
        let value = |(Metric { region, namespace, metric }, value)| MetricValue { region, namespace, metric, at: now, value };
        CloudWatch { alarms: alarms.into_values().collect(), metric_values: self.metrics.into_iter().map(value).collect() }
    }
}

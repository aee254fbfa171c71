use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_engine::ports::{AlarmReads, Alarms};
use crossover_model::{
    alarm::{AlarmActions, AlarmReading, AlarmState},
    arn::alarm_known_at,
    error::CloudError,
};
use crossover_sandbox::Sandbox;
use jiff::Timestamp;

use super::account::{Alarm, CloudWatch, CloudWatchAccount};
use crate::READS;

impl CloudWatch {
    /// Sets the state of an alarm at `now`, and creates the alarm if it does not exist.
    pub fn set_alarm(&mut self, name: &str, state: AlarmState, now: Timestamp) {
        match self.alarms.iter_mut().find(|alarm| alarm.name == name) {
            Some(alarm) if alarm.state == state => {}
            Some(alarm) => (alarm.state, alarm.since) = (state, now),
            None => {
                let (name, reason, actions) = (name.to_owned(), String::new(), AlarmActions::Unknown);
                self.alarms.push(Alarm { name, state, since: now, reason, actions, metrics: Vec::new() });
            }
        }
    }
}

/// The alarms of a sandbox.
#[derive(Clone)]
pub struct SandboxAlarms(pub Sandbox);

#[async_trait]
impl Alarms for SandboxAlarms {
    fn reads(&self) -> AlarmReads {
        READS
    }

    fn enable_actions(&self, alarm: &str) -> String {
        crate::enable_actions(alarm)
    }

    async fn read_alarms(&self, names: &BTreeSet<String>) -> Result<BTreeMap<String, AlarmReading>, CloudError> {
        self.0
            .call(READS.operation, "", |state, _| {
                let account = &state.account;
                let find = |name: &String| {
                    let plain = alarm_known_at(name, &account.region, &account.account_id);
                    let alarm = account.cloudwatch().alarms.iter().find(|alarm| alarm.name == plain)?;
                    let (since, reason, metrics) = (Some(alarm.since), alarm.reason.clone(), alarm.metrics.clone());
                    Some((name.clone(), AlarmReading { state: alarm.state, since, reason, actions: alarm.actions, metrics }))
                };
                Ok(names.iter().filter_map(find).collect())
            })
            .await
    }
}

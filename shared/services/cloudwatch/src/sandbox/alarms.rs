use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_engine::ports::{AlarmReads, Alarms};
use crossover_model::{
    alarm::{AlarmActions, AlarmData, AlarmReading, AlarmState, Muted},
    arn::alarm_known_at,
    error::CloudError,
};
use crossover_sandbox::Sandbox;
use jiff::Timestamp;

use super::account::{Alarm, CloudWatch, CloudWatchAccount};
use crate::{MUTE_RULES, READS};

impl CloudWatch {
    /// Sets the state of an alarm at `now`, and creates the alarm if it does not exist.
    pub fn set_alarm(&mut self, name: &str, state: AlarmState, now: Timestamp) {
        match self.alarms.iter_mut().find(|alarm| alarm.name == name) {
            Some(alarm) if alarm.state == state => {}
            Some(alarm) => {
                (alarm.state, alarm.since) = (state, now);
                alarm.data.is_missing &= state == AlarmState::Alarm;
                alarm.data.evaluation = None;
            }
            None => {
                let (name, reason, actions) = (name.to_owned(), String::new(), AlarmActions::Unknown);
                let (metrics, muted_by, data) = (Vec::new(), None, AlarmData::default());
                self.alarms.push(Alarm { name, state, since: now, reason, actions, metrics, muted_by, data });
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
                    let Alarm { state, since, reason, actions, metrics, data, .. } = alarm.clone();
                    Some((name.clone(), AlarmReading { state, since: Some(since), reason, actions, metrics, data }))
                };
                Ok(names.iter().filter_map(find).collect())
            })
            .await
    }

    async fn read_muted(&self, names: &BTreeSet<String>) -> Result<Muted, CloudError> {
        self.0
            .call(MUTE_RULES, "", |state, _| {
                let account = &state.account;
                let find = |name: &String| {
                    let plain = alarm_known_at(name, &account.region, &account.account_id);
                    let alarm = account.cloudwatch().alarms.iter().find(|alarm| alarm.name == plain)?;
                    Some((name.clone(), alarm.muted_by.clone()?))
                };
                Ok(names.iter().filter_map(find).collect())
            })
            .await
    }
}

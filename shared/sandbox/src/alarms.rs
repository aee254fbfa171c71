use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use crossover_engine::ports::Alarms;
use crossover_model::{alarm::AlarmReading, error::CloudError};

use crate::Sandbox;

#[async_trait]
impl Alarms for Sandbox {
    async fn read_alarms(&self, names: &BTreeSet<String>) -> Result<BTreeMap<String, AlarmReading>, CloudError> {
        self.call("cloudwatch:DescribeAlarms", "", |state, _| {
            let account = &state.account;
            let prefix = format!("arn:aws:cloudwatch:{}:{}:alarm:", account.region, account.account_id);
            let find = |name: &String| {
                let plain = name.strip_prefix(&prefix).unwrap_or(name);
                let alarm = account.alarms.iter().find(|alarm| alarm.name == plain)?;
                let (since, reason, metrics) = (Some(alarm.since), alarm.reason.clone(), alarm.metrics.clone());
                Some((name.clone(), AlarmReading { state: alarm.state, since, reason, actions: alarm.actions, metrics }))
            };
            Ok(names.iter().filter_map(find).collect())
        })
        .await
    }
}

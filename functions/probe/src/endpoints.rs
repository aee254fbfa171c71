//! Endpoints of AWS in the VPC, by the SDKs.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_aws::Accounts;
use crossover_cloudwatch::CloudWatchAlarms;
use crossover_engine::ports::Alarms;
use crossover_invoke::LambdaFunctions;
use crossover_model::{alarm::AlarmState, error::CloudError};
use serde_json::Value;

use crate::{notify::Endpoints, settings::Direct};

pub(crate) struct Aws {
    alarms: CloudWatchAlarms,
    others: Vec<String>,
    functions: LambdaFunctions,
    controller: String,
}

impl Aws {
    pub(crate) async fn new(direct: &Direct) -> Self {
        let config = crossover_aws::config::load().await;
        let functions = LambdaFunctions::new(&config);
        let alarms = CloudWatchAlarms::new(&Accounts::new(config, []).await);
        Self { alarms, others: direct.others.clone(), functions, controller: direct.function.clone() }
    }
}

#[async_trait]
impl Endpoints for Aws {
    async fn others(&self) -> Result<BTreeMap<String, AlarmState>, CloudError> {
        if self.others.is_empty() {
            return Ok(BTreeMap::new());
        }
        let read = self.alarms.read_alarms(&self.others.iter().cloned().collect()).await?;
        Ok(read.into_iter().map(|(name, reading)| (name, reading.state)).collect())
    }

    async fn invoke(&self, payload: &Value) -> Result<(), CloudError> {
        self.functions.leave(&self.controller, payload.to_string().as_bytes()).await
    }
}

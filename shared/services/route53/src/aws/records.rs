//! Record sets, in one atomic batch.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_route53::{
    Client,
    config::Builder,
    types::{AcceleratedRecoveryStatus, Change, ChangeBatch, ChangeStatus as SdkStatus, RrType},
};
use aws_smithy_xml::decode::{Document, try_data};
use crossover_aws::{
    cloud_error,
    config::{LONG_ANSWER, timeouts},
};
use crossover_model::error::{CloudError, Fault};

use super::{read, write};
use crate::{ChangeStatus, HostedZone, PAGE_RECORD_SETS, RecordChange, RecordPage, RecordPosition, Records};

const GET_ZONE: &str = "route53:GetHostedZone";
const LIST: &str = "route53:ListResourceRecordSets";
const CHANGE: &str = "route53:ChangeResourceRecordSets";
const GET_CHANGE: &str = "route53:GetChange";

/// Route 53's hosted zones.
#[derive(Debug, Clone)]
pub struct Route53Records {
    client: Client,
}

impl Route53Records {
    /// Route 53 by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::from_conf(Builder::from(config).timeout_config(timeouts(LONG_ANSWER)).build()) }
    }
}

#[async_trait]
impl Records for Route53Records {
    async fn hosted_zone(&self, zone: &str) -> Result<HostedZone, CloudError> {
        let answer = self.client.get_hosted_zone().id(zone).send().await.map_err(|error| cloud_error(GET_ZONE, error))?;
        let zone = answer.hosted_zone.as_ref();
        let private = zone.and_then(|zone| zone.config.as_ref()).is_some_and(|config| config.private_zone);
        let recovery =
            zone.and_then(|zone| zone.features.as_ref()).and_then(|features| features.accelerated_recovery_status.as_ref());
        let name = zone.map(|zone| zone.name.clone()).unwrap_or_default();
        Ok(HostedZone { name, private, accelerated_recovery: recovery == Some(&AcceleratedRecoveryStatus::Enabled) })
    }

    async fn record_sets(&self, zone: &str, from: &RecordPosition) -> Result<RecordPage, CloudError> {
        let page = self
            .client
            .list_resource_record_sets()
            .hosted_zone_id(zone)
            .start_record_name(&from.name)
            .start_record_type(RrType::from(from.kind.as_str()))
            .set_start_record_identifier(from.set_id.clone())
            .max_items(i32::try_from(PAGE_RECORD_SETS).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| cloud_error(LIST, error))?;
        let record_sets: Result<Vec<_>, CloudError> =
            page.resource_record_sets().iter().map(|set| read::record_set(LIST, set)).collect();
        let next = page.next_record_name.zip(page.next_record_type).filter(|_| page.is_truncated);
        let next =
            next.map(|(name, kind)| RecordPosition { name, kind: kind.as_str().to_owned(), set_id: page.next_record_identifier });
        Ok(RecordPage { record_sets: record_sets?, next })
    }

    async fn change_records(&self, zone: &str, changes: &[RecordChange]) -> Result<String, CloudError> {
        let unfit = |error: aws_sdk_route53::error::BuildError| CloudError::new(CHANGE, Fault::Refused, error.to_string());
        let changes: Result<Vec<Change>, _> = changes.iter().map(write::change).collect();
        let batch = ChangeBatch::builder().set_changes(Some(changes.map_err(unfit)?)).build().map_err(unfit)?;
        let request = self.client.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
        let answer = request.send().await.map_err(|error| {
            let words = error.raw_response().and_then(|response| refusal(response.body().bytes()?));
            let error = cloud_error(CHANGE, error);
            match words {
                Some(message) => CloudError { code: "InvalidChangeBatch".to_owned(), message, ..error },
                None => error,
            }
        })?;
        Ok(answer.change_info.map(|info| info.id).unwrap_or_default())
    }

    async fn change_status(&self, change: &str) -> Result<ChangeStatus, CloudError> {
        let answer = self.client.get_change().id(change).send().await.map_err(|error| cloud_error(GET_CHANGE, error))?;
        let synced = answer.change_info.is_some_and(|info| info.status == SdkStatus::Insync);
        Ok(if synced { ChangeStatus::InSync } else { ChangeStatus::Pending })
    }
}

/// The messages of a refused batch, in the format of this call, which the SDK does not parse
/// (`ChangeResourceRecordSets`, "Errors").
fn refusal(body: &[u8]) -> Option<String> {
    let mut document = Document::try_from(body).ok()?;
    let mut root = document.root_element().ok()?;
    if !root.start_el().matches("InvalidChangeBatch") {
        return None;
    }
    let mut words = Vec::new();
    while let Some(mut tag) = root.next_tag() {
        while let Some(mut message) = tag.next_tag() {
            words.push(try_data(&mut message).ok()?.into_owned());
        }
    }
    Some(words.join("; "))
}

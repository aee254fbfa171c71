//! Record sets, in one atomic batch.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_route53::{
    Client,
    config::Builder,
    error::SdkError,
    operation::get_hosted_zone::GetHostedZoneError,
    types::{AcceleratedRecoveryStatus, Change, ChangeBatch, ChangeStatus as SdkStatus, RrType},
};
use aws_smithy_xml::decode::{Document, try_data};
use crossover_aws::{
    cloud_error,
    config::{LONG_ANSWER, timeouts},
};
use crossover_model::error::{CloudError, Fault};

use super::{
    raw::{self, Protections, RawAnswer},
    read, write,
};
use crate::{ChangeStatus, HostedZone, PAGE_RECORD_SETS, RecordChange, RecordPage, RecordPosition, Records};

const GET_ZONE: &str = "route53:GetHostedZone";
const PROTECTIONS: &str = "route53:ListResourceRecordSetProtections";
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
        let raw = RawAnswer::default();
        let request = self.client.get_hosted_zone().id(zone).customize().interceptor(raw.clone());
        let answer = request.send().await.map_err(|error| cloud_error(GET_ZONE, error))?;
        let guardrails = raw::guardrails(raw.body());
        let zone = answer.hosted_zone.as_ref();
        let private = zone.and_then(|zone| zone.config.as_ref()).is_some_and(|config| config.private_zone);
        let recovery =
            zone.and_then(|zone| zone.features.as_ref()).and_then(|features| features.accelerated_recovery_status.as_ref());
        let name = zone.map(|zone| zone.name.clone()).unwrap_or_default();
        let accelerated_recovery = recovery == Some(&AcceleratedRecoveryStatus::Enabled);
        Ok(HostedZone { name, private, accelerated_recovery, guardrails })
    }

    async fn protections(&self, zone: &str) -> Result<BTreeSet<(String, String)>, CloudError> {
        let mut page = self.page_of_protections(zone, None).await?;
        let mut all = std::mem::take(&mut page.records);
        while let Some(token) = page.next {
            page = self.page_of_protections(zone, Some(token)).await?;
            all.extend(std::mem::take(&mut page.records));
        }
        Ok(all)
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

impl Route53Records {
    /// The SDK does not have this call yet, so it sends another one to its address, and its answer is read here.
    async fn page_of_protections(&self, zone: &str, token: Option<String>) -> Result<Protections, CloudError> {
        let raw = RawAnswer::default();
        let request = self.client.get_hosted_zone().id(zone).customize().interceptor(raw.clone());
        let request = request.mutate_request(move |request| {
            let uri = raw::protections_uri(request.uri(), token.as_deref());
            // An address that follows from a good one is good.
            let _ = request.set_uri(uri);
        });
        let sent = request.send().await;
        if let Some(page) = raw::protections(raw.body()) {
            return Ok(page);
        }
        match sent {
            // A Route 53 without this call has no protections.
            Err(error) if is_unknown(&error) => Ok(Protections::default()),
            Err(error) => Err(cloud_error(PROTECTIONS, error)),
            Ok(_) => Ok(Protections::default()),
        }
    }
}

/// Whether nothing is at the address of a call, other than a zone that does not exist.
fn is_unknown(error: &SdkError<GetHostedZoneError>) -> bool {
    let is_zone = error.as_service_error().is_some_and(GetHostedZoneError::is_no_such_hosted_zone);
    error.raw_response().is_some_and(|response| response.status().as_u16() == 404) && !is_zone
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

//! Route 53, beacons and routing controls.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crossover_engine::cloud::{
    BeaconMetric, BeaconObject, Beacons, ChangeStatus, CheckerReport, ClusterEndpoint, ControlState, HealthCheck, HealthChecks,
    HostedZone, RecordChange, RecordPage, RecordPlace, Records, RoutingControls,
};
use crossover_model::error::CloudError;

use super::{Recorder, no_write};

#[async_trait]
impl<C: Records + ?Sized> Records for Recorder<C> {
    async fn hosted_zone(&self, zone: &str) -> Result<HostedZone, CloudError> {
        let answer = self.cloud.hosted_zone(zone).await;
        self.note("zone", zone, answer, |notes, read| notes.zone(zone, read))
    }

    async fn record_sets(&self, zone: &str, from: &RecordPlace) -> Result<RecordPage, CloudError> {
        let answer = self.cloud.record_sets(zone, from).await;
        self.note("record sets of zone", zone, answer, |notes, page| notes.record_sets(zone, &page.record_sets))
    }

    async fn change_records(&self, _: &str, _: &[RecordChange]) -> Result<String, CloudError> {
        no_write("route53:ChangeResourceRecordSets")
    }

    async fn change_status(&self, change: &str) -> Result<ChangeStatus, CloudError> {
        self.cloud.change_status(change).await
    }
}

#[async_trait]
impl<C: HealthChecks + ?Sized> HealthChecks for Recorder<C> {
    async fn health_check(&self, id: &str) -> Result<Option<HealthCheck>, CloudError> {
        let answer = self.cloud.health_check(id).await;
        self.note("health check", id, answer, |notes, check| notes.health_check(id, *check))
    }

    async fn checker_reports(&self, id: &str) -> Result<Vec<CheckerReport>, CloudError> {
        let answer = self.cloud.checker_reports(id).await;
        self.note("status of health check", id, answer, |notes, reports| notes.checker_reports(id, reports))
    }
}

#[async_trait]
impl<C: Beacons + ?Sized> Beacons for Recorder<C> {
    async fn has_object(&self, object: &BeaconObject) -> Result<bool, CloudError> {
        let answer = self.cloud.has_object(object).await;
        let name = format!("s3://{}/{}", object.bucket, object.key);
        self.note("beacon", &name, answer, |notes, there| notes.beacon_object(object, *there))
    }

    async fn put_object(&self, _: &BeaconObject, _: &str) -> Result<(), CloudError> {
        no_write("s3:PutObject")
    }

    async fn delete_object(&self, _: &BeaconObject) -> Result<(), CloudError> {
        no_write("s3:DeleteObject")
    }

    async fn metric_value(&self, metric: &BeaconMetric) -> Result<Option<f64>, CloudError> {
        let answer = self.cloud.metric_value(metric).await;
        let name = format!("{} {} in {}", metric.namespace, metric.metric, metric.region);
        self.note("beacon", &name, answer, |notes, value| notes.beacon_metric(metric, *value))
    }

    async fn put_metric_value(&self, _: &BeaconMetric, _: f64) -> Result<(), CloudError> {
        no_write("cloudwatch:PutMetricData")
    }
}

#[async_trait]
impl<C: RoutingControls + ?Sized> RoutingControls for Recorder<C> {
    async fn control_state(&self, at: &ClusterEndpoint, control: &str) -> Result<ControlState, CloudError> {
        let answer = self.cloud.control_state(at, control).await;
        self.note("routing control", control, answer, |notes, state| notes.routing_control(control, *state))
    }

    async fn set_control_states(&self, _: &ClusterEndpoint, _: &BTreeMap<String, ControlState>) -> Result<(), CloudError> {
        no_write("route53-recovery-cluster:UpdateRoutingControlStates")
    }
}

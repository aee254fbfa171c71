//! The permissions that switching answers needs. Pure.

use crossover_cloudwatch::Metric;
use crossover_model::permission::{Caller, Context, ContextValue, Right};
use crossover_route53::{RecordPosition, records_rights};
use crossover_s3::Object;

use crate::spec::{DnsSpec, Switch};

pub(crate) fn rights(spec: &DnsSpec, caller: &Caller) -> Vec<Right> {
    match &spec.switch {
        Switch::Failover | Switch::Weighted { .. } | Switch::Simple(_) => {
            let position =
                |(name, kind): &(String, String)| RecordPosition { name: name.clone(), kind: kind.clone(), set_id: None };
            let positions: Vec<RecordPosition> = spec.records.iter().map(position).collect();
            records_rights(caller, &spec.hosted_zone, positions.iter())
        }
        Switch::BeaconObject { object: Object { bucket, key, .. }, .. } => {
            let right =
                |action| Right { action, resource: caller.global_arn("s3", &format!("{bucket}/{key}")), context: Context::new() };
            ["s3:DeleteObject", "s3:PutObject"].map(right).into()
        }
        Switch::BeaconMetric(Metric { namespace, region, .. }) => {
            let context = Context::from([
                ("aws:RequestedRegion", ContextValue::Text(region.clone())),
                ("cloudwatch:namespace", ContextValue::Text(namespace.clone())),
            ]);
            // The action has no resource types.
            vec![Right { action: "cloudwatch:PutMetricData", resource: "*".to_owned(), context }]
        }
        Switch::RoutingControl { controls, .. } => {
            let context = Context::from([("route53-recovery-cluster:AllowSafetyRulesOverrides", ContextValue::Flag(false))]);
            let right = |arn: &String| Right {
                action: "route53-recovery-cluster:UpdateRoutingControlStates",
                resource: arn.clone(),
                context: context.clone(),
            };
            controls.values().map(right).collect()
        }
    }
}

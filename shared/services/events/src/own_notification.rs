//! The notifications that RDS and Auto Scaling publish to SNS by themselves, as the events that they send to EventBridge. Pure.

use serde_json::{Value, json};

/// The notification as an event; none if it is not one.
pub(crate) fn as_event(message: &Value) -> Option<Value> {
    of_rds(message).or_else(|| of_auto_scaling(message))
}

/// An RDS event notification (Amazon RDS User Guide, "Amazon RDS event notification tags and attributes").
fn of_rds(message: &Value) -> Option<Value> {
    let text = |key: &str| message.get(key).and_then(Value::as_str);
    let (of, source) = (text("Event Source")?, text("Source ID")?);
    let detail_type = match of {
        "db-instance" => "RDS DB Instance Event",
        "db-cluster" => "RDS DB Cluster Event",
        _ => "RDS Event",
    };
    // `http://…#RDS-EVENT-0049`.
    let id = text("Event ID").map(|id| id.rsplit('#').next().unwrap_or(id));
    // `2026-03-14 03:12:10.123`, in UTC.
    let at = text("Event Time").map(|time| format!("{}Z", time.replace(' ', "T")));
    let detail = json!({ "SourceIdentifier": source, "SourceArn": text("Source ARN"), "EventID": id, "Date": at });
    Some(json!({ "source": "aws.rds", "detail-type": detail_type, "detail": detail }))
}

/// A notification of a group or of a lifecycle hook (Amazon EC2 Auto Scaling User Guide, "Amazon SNS notification options").
fn of_auto_scaling(message: &Value) -> Option<Value> {
    let text = |key: &str| message.get(key).and_then(Value::as_str);
    let what = text("Event").or_else(|| text("LifecycleTransition"))?;
    let group = text("AutoScalingGroupName")?;
    let detail_type = match what {
        "autoscaling:EC2_INSTANCE_LAUNCH" => "EC2 Instance Launch Successful",
        "autoscaling:EC2_INSTANCE_LAUNCH_ERROR" => "EC2 Instance Launch Unsuccessful",
        "autoscaling:EC2_INSTANCE_TERMINATE" => "EC2 Instance Terminate Successful",
        "autoscaling:EC2_INSTANCE_TERMINATE_ERROR" => "EC2 Instance Terminate Unsuccessful",
        "autoscaling:EC2_INSTANCE_LAUNCHING" => "EC2 Instance-launch Lifecycle Action",
        "autoscaling:EC2_INSTANCE_TERMINATING" => "EC2 Instance-terminate Lifecycle Action",
        other => other,
    };
    let detail = json!({ "AutoScalingGroupName": group, "EC2InstanceId": text("EC2InstanceId") });
    Some(json!({ "source": "aws.autoscaling", "detail-type": detail_type, "time": text("Time"), "detail": detail }))
}

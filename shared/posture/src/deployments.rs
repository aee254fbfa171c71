//! CodeDeploy's deployment groups.

use crossover_model::finding::{Finding, Rule};
use serde::{Deserialize, Serialize};

const ROLLBACK: &str = "https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html";

pub(crate) const NO_ROLLBACK: Rule = Rule::warning(
    "no-rollback",
    "A failed deployment is not rolled back",
    "The CodeDeploy deployment group has no automatic rollback. The effects of a bad deployment remain until a person \
     reacts.",
    "Enable automatic rollback on deployment failure and on alarms.",
);

/// A deployment group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentGroup {
    /// Its application.
    pub application: String,
    /// Its name.
    pub name: String,
    /// Whether a failed deployment is rolled back automatically.
    #[serde(default)]
    pub rolls_back: bool,
}

pub(crate) fn findings(groups: &[DeploymentGroup]) -> Vec<Finding> {
    let forward = groups.iter().filter(|group| !group.rolls_back);
    forward
        .map(|DeploymentGroup { application, name, .. }| {
            let what = "has no automatic rollback: a failed deployment stays in place until a person acts";
let fix = format!("aws deploy update-deployment-group --application-name {application} --current-deployment-group-name {name} --auto-rollback-configuration enabled=true,events=DEPLOYMENT_FAILURE,DEPLOYMENT_STOP_ON_ALARM");
NO_ROLLBACK.finding(format!("deployment group {application}/{name}"), what, fix).see(ROLLBACK)
        })
        .collect()
}

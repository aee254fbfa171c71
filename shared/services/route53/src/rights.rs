//! The permissions to change record sets.

use crossover_model::permission::{Caller, Context, ContextValue, Right};

use crate::RecordPosition;

/// The permissions to change record sets of these names and types in a hosted zone, and to read their status.
#[must_use]
pub fn records_rights<'r>(
    caller: &Caller,
    zone: &str,
    positions: impl Iterator<Item = &'r RecordPosition> + Clone,
) -> Vec<Right> {
    // Condition keys have names in lower case, without the final dot (Route 53 Developer Guide, "Using IAM policy conditions
    // for fine-grained access control").
    let names = positions.clone().map(|position| position.name.trim_end_matches('.').to_lowercase()).collect();
    let kinds = positions.map(|position| position.kind.clone()).collect();
    let actions = ["CREATE", "DELETE"].map(str::to_owned).into();
    let context = Context::from([
        ("route53:ChangeResourceRecordSetsActions", ContextValue::Texts(actions)),
        ("route53:ChangeResourceRecordSetsNormalizedRecordNames", ContextValue::Texts(names)),
        ("route53:ChangeResourceRecordSetsRecordTypes", ContextValue::Texts(kinds)),
    ]);
    let change = Right {
        action: "route53:ChangeResourceRecordSets",
        resource: caller.global_arn("route53", &format!("hostedzone/{zone}")),
        context,
    };
    // The id of a change is unknown before it is made.
    let resource = caller.global_arn("route53", "change/C0123456789ABCDEFGHIJ");
    vec![change, Right { action: "route53:GetChange", resource, context: Context::new() }]
}

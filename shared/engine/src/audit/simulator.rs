//! Simulates policies to find permissions that a principal lacks.

use std::collections::{BTreeMap, BTreeSet};

use crossover_model::{
    finding::Finding,
    permission::Right,
    rules::{NOT_ALLOWED, RIGHTS_UNKNOWN},
    text::list,
};

use crate::{
    ports::Permissions,
    retry::{GivenUp, Patience},
    simulated::{Said, questions},
};

const SIMULATOR: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html";

/// The most resources that a text lists; it counts the rest.
const LISTED: usize = 3;

/// The properties that distinguish the findings on a group of permissions.
pub(super) struct Sort {
    /// The suffix of the principal in a finding that permissions could not be checked.
    pub(super) with: &'static str,
    /// Whether the target is in the mode `shadow`.
    pub(super) shadow: bool,
    pub(super) fix: &'static str,
}

impl Sort {
    /// The finding that a principal lacks a permission.
    fn denied(&self, principal: &str, action: &str, denied: &BTreeMap<String, String>) -> Finding {
        let why: BTreeSet<&str> = denied.values().map(String::as_str).collect();
        let why = why.into_iter().collect::<Vec<_>>().join(", ");
        let shadow = if self.shadow { "; in the mode shadow it is not done either" } else { "" };
        let what = format!("is not allowed on {}: {why}{shadow}", list(denied.keys().map(String::as_str), LISTED));
        let finding = NOT_ALLOWED.finding(format!("{principal} {action}"), what, self.fix).see(SIMULATOR);
        if self.shadow { finding.lowered() } else { finding }
    }
}

/// The simulator of an account, with its time limit.
#[derive(Clone, Copy)]
pub(super) struct Simulator<'a> {
    pub(super) permissions: &'a dyn Permissions,
    /// The calls that did not answer and are not repeated.
    pub(super) given_up: &'a GivenUp,
    pub(super) patience: Patience<'a>,
}

impl Simulator<'_> {
    /// Findings on the permissions that a principal lacks, or that could not be checked.
    pub(super) async fn ask(self, principal: &str, rights: &[Right], sort: &Sort) -> Vec<Finding> {
        let simulate = self.permissions.names().simulate;
        let mut said = Said::default();
        for question in questions(rights) {
            // The simulator is slow and called for each target and permission, so it is not called again once it was
            // given up.
            if self.given_up.has(simulate) {
                said.not_of(question.0, format!("{simulate} did not answer before and was not called again"));
            } else {
                said.ask(self.permissions, principal, question, self.patience).await;
            }
        }
        let Said { denied, unsaid } = said;
        let mut findings: Vec<Finding> = denied.iter().map(|(action, denied)| sort.denied(principal, action, denied)).collect();
        let unsaid = unsaid
            .iter()
            .map(|(why, actions)| format!("{} would be allowed: {why}", list(actions.iter().copied(), LISTED)))
            .collect::<Vec<_>>();
        findings.extend(
            (!unsaid.is_empty())
                .then(|| unknown(self.permissions, &format!("{principal}{}", sort.with), &unsaid.join("; nor whether "))),
        );
        findings
    }
}

/// The finding that permissions could not be checked.
pub(super) fn unknown(permissions: &dyn Permissions, principal: &str, what: &str) -> Finding {
    let what = format!("could not be checked: it is not known whether {what}");
    let fix = format!("allow {} on it to the principal that runs the check, or read its policies", permissions.names().needed);
    RIGHTS_UNKNOWN.finding(principal, what, fix).see(SIMULATOR)
}

//! Route 53's part of an account.

use crossover_sandbox::Account;

use super::{Route53, Route53Account, health_checks};
use crate::RecordSet;

impl Route53Account for Account {
    fn route53(&self) -> &Route53 {
        self.section()
    }

    fn route53_mut(&mut self) -> &mut Route53 {
        self.section_mut()
    }

    fn answers<'a>(&'a self, zone: &str, name: &str, kind: &str) -> Vec<&'a RecordSet> {
        health_checks::answers(self, zone, name, kind)
    }
}

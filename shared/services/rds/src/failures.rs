//! The failures of RDS in a drill.

use crossover_sandbox::{Account, rehearsal::Failure};
use jiff::Timestamp;

use crate::{AVAILABLE, sandbox::RdsAccount};

const FAILED: &str = "failed";

/// An instance or a cluster, by its ARN, that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFails(pub String);

impl Failure for DatabaseFails {
    fn in_words(&self) -> Option<String> {
        Some(format!("{} is {FAILED}", self.0))
    }

    fn apply(&self, account: &mut Account, _: Timestamp) {
        for status in statuses(account, &self.0) {
            FAILED.clone_into(status);
        }
    }

    fn restore(&self, account: &mut Account, _: &Account, _: Timestamp) {
        for status in statuses(account, &self.0).filter(|status| *status == FAILED) {
            AVAILABLE.clone_into(status);
        }
    }
}

/// The statuses of the account's instances and clusters of this ARN.
fn statuses<'a>(account: &'a mut Account, arn: &'a str) -> impl Iterator<Item = &'a mut String> {
    let rds = account.rds_mut();
    let instances = rds.instances.iter_mut().map(|instance| (&instance.arn, &mut instance.status));
    let clusters = rds.clusters.iter_mut().map(|cluster| (&cluster.arn, &mut cluster.status));
    instances.chain(clusters).filter(move |(known, _)| *known == arn).map(|(_, status)| status)
}

/// The standby of a Multi-AZ instance, by the instance's ARN, that is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandbyFails(pub String);

impl Failure for StandbyFails {
    fn in_words(&self) -> Option<String> {
        Some(format!("{} has no standby", self.0))
    }

    fn apply(&self, account: &mut Account, _: Timestamp) {
        for instance in account.rds_mut().instances.iter_mut().filter(|instance| instance.arn == self.0) {
            instance.multi_az = false;
        }
    }

    fn restore(&self, account: &mut Account, _: &Account, _: Timestamp) {
        for instance in account.rds_mut().instances.iter_mut().filter(|instance| instance.arn == self.0) {
            instance.multi_az = true;
        }
    }
}

/// A replica, by its identifier, that receives nothing more, so that its lag is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LagStops(pub String);

impl Failure for LagStops {
    fn in_words(&self) -> Option<String> {
        None
    }

    fn apply(&self, account: &mut Account, now: Timestamp) {
        account.rds_mut().stop_replication(&self.0, now);
    }

    fn restore(&self, account: &mut Account, before: &Account, now: Timestamp) {
        for series in before.rds().lags.iter().filter(|series| series.id == self.0) {
            account.rds_mut().set_lag(&series.id, series.each_minute, now);
        }
    }
}

/// RDS in a Region, which no longer responds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionFails(pub String);

impl Failure for RegionFails {
    fn in_words(&self) -> Option<String> {
        Some(format!("RDS in {} does not answer", self.0))
    }

    fn apply(&self, account: &mut Account, _: Timestamp) {
        account.rds_mut().unreachable.insert(self.0.clone());
    }

    fn restore(&self, account: &mut Account, before: &Account, _: Timestamp) {
        account.rds_mut().unreachable.clone_from(&before.rds().unreachable);
    }
}

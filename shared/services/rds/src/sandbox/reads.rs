//! Reads that show what was true some time before.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;

use super::{
    Rds,
    described::{Described, Since},
    is_named, region_of,
};
use crate::DbInstance;

impl Rds {
    /// Remembers what is true from `now` on, if any Region describes what was true before.
    pub(super) fn remember(&mut self, now: Timestamp) {
        let Some(longest) = self.reads_lag_ms.values().max().copied() else { return };
        let is_known = self.past.last().is_some_and(|last| {
            (&last.instances, &last.clusters, &last.global_clusters) == (&self.instances, &self.clusters, &self.global_clusters)
        });
        if is_known {
            return;
        }
        let seen_by_all = |since: &Since| since.at + Duration::from_millis(longest) <= now;
        let kept = self.past.iter().rposition(seen_by_all).unwrap_or_default();
        self.past.drain(..kept);
        let (instances, clusters, global_clusters) =
            (self.instances.clone(), self.clusters.clone(), self.global_clusters.clone());
        self.past.push(Since { at: now, instances, clusters, global_clusters });
    }

    /// What a Region describes now.
    #[must_use]
    pub fn described(&self, region: &str, now: Timestamp) -> Described<'_> {
        let lag = self.reads_lag_ms.get(region).map(|ms| Duration::from_millis(*ms));
        let past = lag.and_then(|lag| self.past.iter().rfind(|since| since.at + lag <= now).or(self.past.first()));
        match past {
            Some(Since { instances, clusters, global_clusters, .. }) => Described { instances, clusters, global_clusters },
            None => Described { instances: &self.instances, clusters: &self.clusters, global_clusters: &self.global_clusters },
        }
    }
}

impl<'r> Described<'r> {
    /// The instance of this identifier or ARN in this Region.
    pub(super) fn instance(self, region: &str, id: &str) -> Option<&'r DbInstance> {
        self.instances.iter().find(|instance| is_named(&instance.arn, region, id))
    }

    /// The replicas of an instance, as RDS names them there.
    pub(super) fn replicas_of(self, source: &DbInstance) -> BTreeSet<String> {
        let is_near = |instance: &DbInstance| region_of(&instance.arn) == region_of(&source.arn);
        let follows = |instance: &&DbInstance| {
            instance.source.as_ref().is_some_and(|of| *of == source.arn || (is_near(instance) && *of == source.id))
        };
        let name = |instance: &DbInstance| if is_near(instance) { instance.id.clone() } else { instance.arn.clone() };
        self.instances.iter().filter(follows).map(name).collect()
    }
}

//! Operations in progress, which complete as time passes.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Rds;
use crate::{AVAILABLE, GlobalCluster};

/// A scheduled change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coming {
    /// Its time.
    pub at: Timestamp,
    /// The ARN of the instance or the cluster, or the id of the global database.
    pub of: String,
    /// The change.
    pub then: Becomes,
}

/// A change of an instance, a cluster or a global database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Becomes {
    /// It has this status.
    Status(String),
    /// It is no longer a replica.
    Promoted,
    /// Its changed security groups are in force.
    Fenced,
    /// It has a standby, or none.
    MultiAz(bool),
    /// Its standby has taken over.
    OtherZone,
    /// The instance of this identifier is the writer.
    Writer(String),
    /// The cluster of this ARN is the primary.
    Primary(String),
    /// It and its source have switched roles.
    SwitchedOver,
}

impl Rds {
    /// Schedules a change `after` now.
    pub(super) fn later(&mut self, now: Timestamp, after: u64, of: &str, then: Becomes) {
        self.coming.push(Coming { at: now + Duration::from_millis(after), of: of.to_owned(), then });
    }

    /// Schedules the status available `after` now.
    pub(super) fn available_later(&mut self, now: Timestamp, after: u64, of: &str) {
        self.later(now, after, of, Becomes::Status(AVAILABLE.to_owned()));
    }

    /// Applies the changes that are due.
    pub(crate) fn happen_until(&mut self, now: Timestamp) {
        if self.coming.is_empty() {
            return;
        }
        let (mut due, rest): (Vec<Coming>, Vec<Coming>) = self.coming.drain(..).partition(|coming| coming.at <= now);
        self.coming = rest;
        due.sort_by_key(|coming| coming.at);
        for Coming { of, then, .. } in due {
            self.become_(&of, &then);
        }
    }

    fn become_(&mut self, of: &str, then: &Becomes) {
        if let Becomes::SwitchedOver = then {
            self.change_roles(of);
        }
        if let Some(instance) = self.instances.iter_mut().find(|instance| instance.arn == of) {
            match then {
                Becomes::Status(status) => instance.status.clone_from(status),
                Becomes::Promoted => instance.source = None,
                Becomes::Fenced => instance.security_groups_pending = false,
                Becomes::MultiAz(standby) => (instance.multi_az, instance.multi_az_pending) = (*standby, false),
                Becomes::OtherZone => std::mem::swap(&mut instance.zone, &mut instance.secondary_zone),
                Becomes::Writer(_) | Becomes::Primary(_) | Becomes::SwitchedOver => {}
            }
        }
        if let Some(cluster) = self.clusters.iter_mut().find(|cluster| cluster.arn == of) {
            match then {
                Becomes::Status(status) => cluster.status.clone_from(status),
                Becomes::Promoted => cluster.source = None,
                Becomes::Writer(writer) => {
                    cluster.members.iter_mut().for_each(|member| member.writer = member.instance == *writer);
                }
                _ => {}
            }
        }
        if let Some(global) = self.global_clusters.iter_mut().find(|global| global.id == of) {
            become_global(global, then);
        }
    }

    fn change_roles(&mut self, standby: &str) {
        let Some(old) = self.instances.iter().find(|instance| instance.arn == standby).and_then(|standby| standby.source.clone())
        else {
            return;
        };
        for instance in &mut self.instances {
            if instance.arn == standby {
                instance.source = None;
            } else if instance.arn == old || super::id_of(&instance.arn) == old {
                instance.source = Some(standby.to_owned());
            }
        }
    }
}

fn become_global(global: &mut GlobalCluster, then: &Becomes) {
    match then {
        Becomes::Status(status) => global.status.clone_from(status),
        Becomes::Primary(primary) => {
            global.moving_to = None;
            global.members.iter_mut().for_each(|member| member.writer = member.cluster == *primary);
        }
        _ => {}
    }
}

//! Completes operations in progress as time passes.

use std::time::Duration;

use jiff::Timestamp;

use super::{Becomes, Coming, Rds, id_of, runs};
use crate::{AVAILABLE, GlobalCluster, GlobalMember};

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
        self.end_connections();
        self.remember(now);
        if self.coming.is_empty() {
            return;
        }
        let (mut due, rest): (Vec<Coming>, Vec<Coming>) = self.coming.drain(..).partition(|coming| coming.at <= now);
        self.coming = rest;
        due.sort_by_key(|coming| coming.at);
        for Coming { at, of, then } in due {
            self.become_(&of, &then);
            self.end_connections();
            self.remember(at);
        }
    }

    /// An instance that does not run has no connections.
    fn end_connections(&mut self) {
        let instances = &self.instances;
        self.tracked.retain(|arn| instances.iter().any(|instance| instance.arn == *arn && runs(instance)));
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
            let members = global.members.clone();
            if let Becomes::Primary(primary) = then {
                self.change_primary(&members, primary);
            }
        }
    }

    /// The first instance of the primary cluster takes the writes of the global database.
    fn change_primary(&mut self, of: &[GlobalMember], primary: &str) {
        for cluster in self.clusters.iter_mut().filter(|cluster| of.iter().any(|member| member.cluster == cluster.arn)) {
            for (index, member) in cluster.members.iter_mut().enumerate() {
                member.writer = index == 0 && cluster.arn == primary;
            }
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
            } else if instance.arn == old || id_of(&instance.arn) == old {
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

//! What happens to a database behind the controller's back, and the events that tell of it.

use std::time::Duration;

use crossover_cloudwatch::CloudWatchAccount;
use crossover_model::alarm::AlarmState;
use crossover_rds::{
    AVAILABLE, Rds, RdsAccount,
    sandbox::{Becomes, Coming},
};
use crossover_sandbox::Account;
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::json;

use super::scene::{Scene, Side};
use crate::{
    database::{Kind, record},
    simulation::triggers::{Sort, Trigger, pick},
};

/// What an instance is in until somebody mends it.
pub(super) const BROKEN: [&str; 2] = ["storage-full", "failed"];

pub(super) struct Happening<'a> {
    pub(super) scene: &'a Scene,
    pub(super) random: &'a mut Rng,
    pub(super) account: &'a mut Account,
    pub(super) now: Timestamp,
    /// The identifier of the writer.
    pub(super) writer: &'a str,
}

impl Happening<'_> {
    /// Something happens: what, in words, the event that tells of it, and whether it moved the writer.
    pub(super) fn happen(&mut self) -> (String, Trigger, bool) {
        match self.random.u8(0..12) {
            0 | 1 => self.lag(),
            2 | 3 => self.region(),
            4 | 5 => self.instance(),
            6 => self.by_itself(),
            7 | 8 => self.backup(),
            9 => self.pending(),
            10 => self.missing_data(),
            _ => self.deletion(),
        }
    }

    fn side(&mut self) -> Side {
        pick(self.random, &self.scene.sides).clone()
    }

    fn rds(&mut self) -> &mut Rds {
        self.account.rds_mut()
    }

    /// A replica falls behind, catches up, or nobody can tell any more.
    fn lag(&mut self) -> (String, Trigger, bool) {
        let (id, now) = (self.side().id, self.now);
        if self.scene.counts_on() && self.random.bool() {
            self.rds().stop_replication(&id, now);
            return (format!("{id} receives nothing more"), Trigger::tick(), false);
        }
        let scale = if self.scene.kind == Kind::Replica { 1.0 } else { 1000.0 };
        let says = pick(self.random, &[None, Some(-1.0), Some(1.0), Some(1.0), Some(4.0), Some(29.0), Some(31.0), Some(500.0)]);
        self.rds().set_lag(&id, says.map(|seconds| seconds * scale), now);
        (format!("{id} is {says:?} behind"), Trigger::tick(), false)
    }

    /// A Region does not answer any more, or does again.
    fn region(&mut self) -> (String, Trigger, bool) {
        let region = self.side().region;
        let out = &mut self.rds().unreachable;
        let what = if out.remove(&region) {
            format!("{region} answers again")
        } else {
            out.insert(region.clone());
            format!("{region} does not answer")
        };
        (what, Trigger::tick(), false)
    }

    /// An instance reboots, breaks, or is mended.
    fn instance(&mut self) -> (String, Trigger, bool) {
        let (side, now) = (self.side(), self.now);
        let lasts = Duration::from_secs(self.random.u64(20..200));
        let becomes = *pick(self.random, &["rebooting", "rebooting", "storage-full", "failed"]);
        let Some(found) = self.rds().instances.iter_mut().find(|instance| instance.id == side.id) else {
            return (format!("{} is no instance", side.id), self.event("RDS-EVENT-0034"), false);
        };
        let arn = found.arn.clone();
        let event = if BROKEN.contains(&found.status.as_str()) {
            AVAILABLE.clone_into(&mut found.status);
            "RDS-EVENT-0088"
        } else if found.status == AVAILABLE {
            becomes.clone_into(&mut found.status);
            if becomes == "rebooting" {
                let then = Becomes::Status(AVAILABLE.to_owned());
                self.rds().coming.push(Coming { at: now + lasts, of: arn, then });
            }
            "RDS-EVENT-0006"
        } else {
            "RDS-EVENT-0045"
        };
        let status = self.rds().instances.iter().find(|instance| instance.id == side.id).map(|found| found.status.clone());
        (format!("{} is {}", side.id, status.unwrap_or_default()), self.event(event), false)
    }

    /// An instance is backed up, which takes from seconds to longer than a crossover waits.
    fn backup(&mut self) -> (String, Trigger, bool) {
        let (side, now) = (self.side(), self.now);
        let lasts = Duration::from_secs(*pick(self.random, &[20, 90, 300, 1_500]));
        let found = self.rds().instances.iter_mut().find(|instance| instance.id == side.id && instance.status == AVAILABLE);
        let Some(found) = found else { return (format!("{} is not backed up", side.id), Trigger::tick(), false) };
        "backing-up".clone_into(&mut found.status);
        let then = Becomes::Status(AVAILABLE.to_owned());
        let of = found.arn.clone();
        self.rds().coming.push(Coming { at: now + lasts, of, then });
        (format!("{} is backed up for {lasts:?}", side.id), self.event("RDS-EVENT-0001"), false)
    }

    /// A person leaves a change to the maintenance window, or that comes.
    fn pending(&mut self) -> (String, Trigger, bool) {
        let id = self.side().id;
        let Some(found) = self.rds().instances.iter_mut().find(|instance| instance.id == id) else {
            return (format!("{id} is no instance"), Trigger::tick(), false);
        };
        if found.pending.is_empty() {
            found.pending.insert("DBInstanceClass = db.r6g.large".to_owned());
        } else {
            found.pending.clear();
        }
        (format!("pending changes of {id}: {:?}", found.pending), Trigger::tick(), false)
    }

    /// An alarm fires because its metric has no data any more.
    fn missing_data(&mut self) -> (String, Trigger, bool) {
        let (side, now) = (self.side(), self.now);
        self.account.cloudwatch_mut().set_alarm(side.alarm, AlarmState::Alarm, now);
        for alarm in self.account.cloudwatch_mut().alarms.iter_mut().filter(|alarm| alarm.name == side.alarm) {
            (alarm.data.missing_breaches, alarm.data.is_missing) = (true, true);
        }
        let event = Trigger::alarm(self.random, side.alarm, AlarmState::Alarm, now);
        (format!("{} has no data and fires", side.alarm), event, false)
    }

    /// AWS, or somebody in the console, moves the writer.
    fn by_itself(&mut self) -> (String, Trigger, bool) {
        let (side, now) = (self.side(), self.now);
        let rds = self.account.rds_mut();
        let after = now + Duration::from_millis(rds.failover_ms);
        let mut later = Vec::new();
        let mut begin = |of: &str, then: Becomes| {
            later.extend([then, Becomes::Status(AVAILABLE.to_owned())].map(|then| Coming { at: after, of: of.to_owned(), then }));
        };
        let event = match self.scene.kind {
            Kind::Replica => return (format!("an event about {}", side.id), self.event("RDS-EVENT-0045"), false),
            Kind::MultiAz => {
                let instance = &mut rds.instances[0];
                if instance.status == AVAILABLE && instance.multi_az {
                    "rebooting".clone_into(&mut instance.status);
                    begin(&instance.arn, Becomes::OtherZone);
                }
                "RDS-EVENT-0049"
            }
            Kind::Aurora => {
                let cluster = &mut rds.clusters[0];
                let other = cluster.members.iter().any(|member| !member.writer && member.instance == side.id);
                if cluster.status == AVAILABLE && other {
                    "failing-over".clone_into(&mut cluster.status);
                    begin(&cluster.arn, Becomes::Writer(side.id.clone()));
                }
                "RDS-EVENT-0071"
            }
            Kind::Global => {
                let global = &mut rds.global_clusters[0];
                let other = global.members.iter().any(|member| !member.writer && member.cluster == side.name);
                if global.status == AVAILABLE && other {
                    "switching-over".clone_into(&mut global.status);
                    global.moving_to = Some(side.name.clone());
                    begin(&global.id, Becomes::Primary(side.name.clone()));
                }
                "RDS-EVENT-0185"
            }
        };
        let moves = !later.is_empty();
        rds.coming.extend(later);
        (format!("the writer is moved by others: {moves}"), self.event(event), moves)
    }

    /// Somebody deletes an old writer that nobody follows and no client is led to, so that a replica can be
    /// made in its place.
    fn deletion(&mut self) -> (String, Trigger, bool) {
        let leads = record(self.account);
        let rds = self.account.rds_mut();
        let followed = |id: &str| rds.instances.iter().any(|other| super::watch::follows(other) == Some(id));
        let old = rds.instances.iter().find(|instance| {
            let is_old = self.scene.kind == Kind::Replica && instance.source.is_none() && instance.id != self.writer;
            is_old && !followed(&instance.id) && !leads.starts_with(&instance.id)
        });
        let Some(arn) = old.map(|old| old.arn.clone()) else {
            return ("nothing to delete".to_owned(), Trigger::tick(), false);
        };
        rds.instances.retain(|instance| instance.arn != arn);
        rds.coming.retain(|coming| coming.of != arn);
        (format!("{arn} is deleted"), Trigger::tick(), false)
    }

    /// An event of RDS about one of the members, not always complete.
    fn event(&mut self, id: &str) -> Trigger {
        let side = self.side();
        let name = match self.scene.kind {
            Kind::MultiAz => "orders".to_owned(),
            Kind::Replica | Kind::Aurora | Kind::Global => side.id,
        };
        let (kind, word) = if self.scene.kind == Kind::Global { ("Cluster", "cluster") } else { ("Instance", "db") };
        let arn = format!("arn:aws:rds:{}:111122223333:{word}:{name}", side.region);
        let mut payload = json!({
            "source": "aws.rds", "detail-type": format!("RDS DB {kind} Event"), "time": self.now, "resources": [arn],
            "detail": { "EventID": id, "SourceIdentifier": name, "SourceArn": arn, "Date": self.now },
        });
        if self.random.u8(0..3) == 0 {
            payload = json!({ "source": "aws.rds", "detail-type": format!("RDS DB {kind} Event"),
                "detail": { "EventID": id, "SourceIdentifier": name } });
        }
        Trigger { sort: Sort::Alarm, payload }
    }
}

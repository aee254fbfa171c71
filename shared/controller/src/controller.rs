//! From a payload to an answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    answer::{Answer, TargetAnswer},
    cloud::{Alarms, Clock, Journal, Notices},
    crossover::Outcome,
    kind::Kind,
    look::Wake,
    notice,
    pace::Bucket,
    retry::Patience,
    topology::{Mode, Spec, Target, Topology, nearest},
    trigger::{self, Command, Refusal, Trigger},
};

/// Targets that are looked at side by side when one trigger is about many.
const TARGETS_AT_ONCE: usize = 64;

/// What the controller itself needs of the cloud; what a kind needs, the kind holds.
#[derive(Clone)]
pub struct Ports {
    /// CloudWatch.
    pub alarms: Arc<dyn Alarms>,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// SNS.
    pub notices: Arc<dyn Notices>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// One invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Who we are, for the lease: unique, also between two deliveries of one event.
    pub holder: String,
    /// When we are ended.
    pub deadline: Timestamp,
    /// Only say what would happen, whatever the payload asks for.
    pub dry_run: bool,
}

/// The controller of one kind.
pub struct Controller<K: Kind> {
    /// The kind.
    pub kind: K,
    /// The targets.
    pub topology: Topology<K::Spec>,
    /// The cloud.
    pub ports: Ports,
    /// The mode, where a target declares none.
    pub mode: Mode,
    /// The function's name, for the commands in notices.
    pub function: String,
}

/// A target, and what woke us for it.
type Woken<'t, K> = (&'t Target<<K as Kind>::Spec>, Wake);

impl<K: Kind> Controller<K> {
    /// Handles one payload. It never fails: what went wrong stands in the answer.
    pub async fn handle(&self, payload: &Value, invocation: &Invocation) -> Answer {
        let parsed = trigger::parse(payload);
        let mut refused = parsed.refused;
        let (wakes, ignored) = self.wakes(parsed.triggers, &mut refused);
        // AWS meters the account's writes, so all targets of an invocation share one bucket.
        let bucket = Mutex::new(Bucket::new(K::PACE.burst, K::PACE.per_second, self.ports.clock.now()));
        let looks = wakes.into_iter().map(|(target, wake)| self.look(target, wake, invocation, &bucket));

        let mut targets: Vec<TargetAnswer> = stream::iter(looks).buffer_unordered(TARGETS_AT_ONCE).collect().await;
        targets.sort_by(|a, b| a.target.cmp(&b.target));

        if refused.is_empty() {
            let reason = (!ignored.is_empty()).then(|| format!("about nothing in the topology: {}", ignored.join(", ")));
            return Answer::of(targets, Outcome::Ignored, reason);
        }
        let asked_dry = payload["dry_run"] == true || payload["command"] == "plan";
        let told = if invocation.dry_run || asked_dry { Ok(()) } else { self.tell_refused(&refused, invocation).await };
        let mut reasons = trigger::lines(&refused);
        if payload.get("command").is_none() {
            reasons.push(format!("understood is {}", trigger::UNDERSTOOD));
        }
        reasons.extend(told.err());
        Answer::of(targets, Outcome::Failed, Some(reasons.join("; ")))
    }

    /// Which targets to look at, and what woke us for each; and the names that no target has.
    fn wakes(&self, triggers: Vec<Trigger>, refused: &mut Vec<Refusal>) -> (Vec<Woken<'_, K>>, Vec<String>) {
        let mut wakes: BTreeMap<&str, Woken<'_, K>> = BTreeMap::new();
        let mut ignored = BTreeSet::new();
        for trigger in triggers {
            let found = match &trigger {
                Trigger::Tick => self.topology.targets().iter().collect(),
                Trigger::OwnNotice => Vec::new(),
                Trigger::Alarm(event) => self.topology.owning(event.names()),
                Trigger::Manual(command) => match self.commanded(command) {
                    Ok(target) => vec![target],
                    Err(why) => {
                        refused.push(Refusal { path: String::new(), why });
                        continue;
                    }
                },
            };
            match &trigger {
                Trigger::Alarm(event) if found.is_empty() => ignored.extend(event.names().map(str::to_owned)),
                Trigger::Tick | Trigger::OwnNotice if found.is_empty() => _ = ignored.insert(trigger.to_string()),
                _ => {}
            }
            for target in found {
                let (_, wake) = wakes.entry(&target.policy.name).or_insert_with(|| (target, Wake::default()));
                wake.add(&trigger);
            }
        }
        (wakes.into_values().collect(), ignored.into_iter().collect())
    }

    fn commanded(&self, command: &Command) -> Result<&Target<K::Spec>, String> {
        let known = || self.topology.targets().iter().map(|target| target.policy.name.as_str());
        let name = command.target();
        let target = self.topology.named(name).ok_or_else(|| unknown("target", name, <K::Spec as Spec>::KIND, known()))?;
        if let Some((key, side)) = command.side()
            && !target.sides.iter().any(|known| known.name == side)
        {
            return Err(unknown(key, side, &format!("sides of {name}"), target.sides.iter().map(|side| side.name.as_str())));
        }
        Ok(target)
    }

    /// Tells that a trigger was not understood; the error says why nobody could be told.
    async fn tell_refused(&self, refused: &[Refusal], invocation: &Invocation) -> Result<(), String> {
        let now = self.ports.clock.now();
        let notice = notice::refused(refused, <K::Spec as Spec>::KIND, self.mode, &invocation.holder, now);
        tracing::error!(trigger = "not understood", notice = notice.text(), "a trigger was refused");
        let publication = notice.publication();
        let patience = Patience::new(self.ports.clock.as_ref(), invocation.deadline).at_most(crate::look::NOTICE_TIME);
        let sent = patience.call("notice", || self.ports.notices.publish(&publication)).await;
        sent.map(|_| ()).map_err(|error| format!("and nobody could be told: {error}"))
    }
}

fn unknown<'n>(key: &str, name: &str, of: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    let names: Vec<&str> = known.clone().take(20).collect();
    let near = nearest(name, known).map_or_else(String::new, |near| format!("did you mean {near}? "));
    format!("{key}: \"{name}\" is not one of the {of}; {near}known: {}", names.join(", "))
}

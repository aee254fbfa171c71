//! From a payload to an answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock},
};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    answer::{Answer, TargetAnswer},
    case::{NOTICE_TIME, Wake},
    cloud::{Alarms, Clock, Journal, Notices},
    crossover::Outcome,
    declared::{Targets, Visit},
    notice,
    pace::Bucket,
    retry::Patience,
    survey::{Outline, Sick},
    sweep::Seen,
    topology::{Mode, nearest},
    trigger::{self, Command, Note, Own, Question, Refusal, Trigger},
};

/// Targets that are looked at side by side when one trigger is about many.
const TARGETS_AT_ONCE: usize = 64;

/// With more looks than these, their alarms are read together (CloudWatch: nine `DescribeAlarms` a second).
const LOOKS_BY_THEMSELVES: usize = 8;
/// Names that an answer lists before it only counts the rest.
const NAMES_LISTED: usize = 20;

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

/// The controller of one kind of targets, or of several.
pub struct Controller {
    /// The kinds, each with its targets.
    pub kinds: Vec<Box<dyn Targets>>,
    /// The cloud.
    pub ports: Ports,
    /// The mode, where a target declares none.
    pub mode: Mode,
    /// Whether it acts on nothing, whatever a target declares: a stack to try changes in.
    pub staging: bool,
    /// Where we are, as far as that is known: names of alarms elsewhere are not ours.
    pub own: Option<Own>,
    /// The function's name, for the commands in notices.
    pub function: String,
}

/// A target by the place of its kind and its own place among them.
pub(crate) type At = (usize, usize);

/// What a payload asks for.
#[derive(Default)]
struct Errand {
    /// The targets to look at, and what woke us for each.
    wakes: BTreeMap<At, Wake>,
    /// What woke us to look for those that are due.
    sweep: Option<Wake>,
    notes: Vec<Note>,
    histories: Vec<(Option<String>, usize)>,
    /// Names that no target has.
    ignored: BTreeSet<String>,
    refused: Vec<Refusal>,
}

impl Errand {
    /// Wakes the targets that were found, or remembers the names that no target has.
    fn wake(&mut self, trigger: &Trigger, found: &[At], names: &BTreeSet<&str>) {
        if found.is_empty() {
            self.ignored.extend(names.iter().map(|&name| name.to_owned()));
        }
        for at in found {
            self.wakes.entry(*at).or_default().add(trigger);
        }
    }
}

impl Controller {
    /// Handles one payload. It never fails: what went wrong stands in the answer.
    pub async fn handle(&self, payload: &Value, invocation: &Invocation) -> Answer {
        let errand = self.errand(payload);
        let mut targets = Vec::new();
        let mut reasons = Vec::new();
        let mut otherwise = Outcome::Ignored;
        let mut looks: Vec<(At, Wake)> = errand.wakes.into_iter().collect();
        let mut seen = None;
        if let Some(wake) = errand.sweep {
            let swept = Box::pin(self.sweep(&wake, invocation)).await;
            reasons.push(swept.summary());
            otherwise = Outcome::Settled;
            targets.extend(swept.reminded);
            looks.extend(swept.due.into_iter().filter(|(at, _)| !looks.iter().any(|(known, _)| known == at)).collect::<Vec<_>>());
            seen = Some(swept.seen);
        } else if looks.len() > LOOKS_BY_THEMSELVES {
            seen = Some(self.see(&looks.iter().map(|(at, _)| *at).collect::<Vec<_>>(), invocation).await);
        }
        targets.extend(self.look_at(looks, invocation, seen.as_ref()).await);
        for (target, limit) in &errand.histories {
            targets.extend(self.history(target.as_deref(), *limit, invocation).await);
        }
        for note in &errand.notes {
            targets.push(Box::pin(self.note(note, invocation)).await);
        }
        targets.sort_by(|a, b| a.target.cmp(&b.target));

        if !errand.ignored.is_empty() {
            let ignored = notice::list(errand.ignored.iter().map(String::as_str), NAMES_LISTED);
            reasons.push(format!("about nothing in the topology: {ignored}"));
        }
        if !errand.refused.is_empty() {
            otherwise = Outcome::Failed;
            reasons.extend(trigger::lines(&errand.refused));
            if payload.get("command").is_none() {
                reasons.push(format!("understood is {}", trigger::UNDERSTOOD));
            }
            if !invocation.dry_run && !trigger::asks_only(payload) {
                reasons.extend(self.tell_refused(&errand.refused, invocation).await.err());
            }
        }
        Answer::of(targets, otherwise, (!reasons.is_empty()).then(|| reasons.join("; ")))
    }

    /// Looks at these targets, in this order, many at a time.
    async fn look_at(&self, looks: Vec<(At, Wake)>, invocation: &Invocation, seen: Option<&Seen>) -> Vec<TargetAnswer> {
        let now = self.ports.clock.now();
        // AWS meters the account's writes, so all targets of a kind in an invocation share one bucket.
        let bucket = |targets: &dyn Targets| Mutex::new(Bucket::from_afar(targets.pace().burst, targets.pace().per_second, now));
        let buckets: Vec<Mutex<Bucket>> = self.kinds.iter().map(|targets| bucket(targets.as_ref())).collect();
        let outlines: Vec<Vec<Outline<'_>>> = self.kinds.iter().map(|targets| targets.outlines()).collect();
        let sick: Vec<OnceLock<Sick<'_>>> = self.kinds.iter().map(|_| OnceLock::new()).collect();
        let look = |((kind, index), wake): (At, Wake)| {
            let (bucket, all, sick) = (&buckets[kind], &outlines[kind], &sick[kind]);
            let visit = Visit { controller: self, invocation, bucket, all, seen, sick, wake };
            self.kinds[kind].look(index, visit)
        };
        stream::iter(looks.into_iter().map(look)).buffer_unordered(TARGETS_AT_ONCE).collect().await
    }

    /// What to look at and what to do, out of a payload.
    fn errand(&self, payload: &Value) -> Errand {
        let parsed = trigger::parse(payload);
        let mut errand = Errand { refused: parsed.refused, ..Errand::default() };
        for trigger in parsed.triggers {
            let trigger = match (trigger, &self.own) {
                (Trigger::Alarm(event), Some(own)) => Trigger::Alarm(event.as_known_at(own)),
                (trigger, _) => trigger,
            };
            match &trigger {
                Trigger::Tick => errand.sweep.get_or_insert_default().add(&trigger),
                Trigger::Service(event) if event.is_about_a_place() => errand.sweep.get_or_insert_default().add(&trigger),
                Trigger::Service(event) => {
                    let names: BTreeSet<&str> = event.names.iter().map(String::as_str).collect();
                    errand.wake(&trigger, &self.owning(&names), &names);
                }
                Trigger::OwnNotice => _ = errand.ignored.insert(trigger.to_string()),
                Trigger::Alarm(event) => {
                    let names: BTreeSet<&str> = event.names().collect();
                    errand.wake(&trigger, &self.owning(&names), &names);
                }
                Trigger::Manual(command) => {
                    if let Err(why) = self.command(command, &trigger, &mut errand) {
                        errand.refused.push(Refusal { path: String::new(), why });
                    }
                }
            }
        }
        errand
    }

    fn command(&self, command: &Command, trigger: &Trigger, errand: &mut Errand) -> Result<(), String> {
        let named = command.target().map(|name| self.commanded(name, command.side())).transpose()?;
        match command {
            Command::Note(note) => errand.notes.push(note.clone()),
            Command::Question(Question::History { target, limit }) => errand.histories.push((target.clone(), *limit)),
            Command::Order(_) | Command::Question(Question::Plan { .. } | Question::Status { .. }) => {
                let found = named.map_or_else(|| self.every_target().collect(), |at| vec![at]);
                for at in found {
                    errand.wakes.entry(at).or_default().add(trigger);
                }
            }
        }
        Ok(())
    }

    /// The target that a command names, when it has the side that the command names.
    fn commanded(&self, name: &str, side: Option<(&str, &str)>) -> Result<At, String> {
        if let Some(stack) = self.kinds.iter().find_map(|targets| targets.elsewhere(name)) {
            return Err(format!(
                "target: the stack \"{stack}\" acts on \"{name}\", and this is another one; give the command to that"
            ));
        }
        let at = self.named(name).ok_or_else(|| {
            let names: Vec<&str> = self.outlines().map(|(_, target)| target.policy.name.as_str()).collect();
            unknown("target", name, &format!("{} targets", self.kind_names()), names.iter().copied())
        })?;
        let sides = self.kinds[at.0].sides(at.1);
        match side {
            Some((key, side)) if !sides.iter().any(|known| known.name == side) => {
                Err(unknown(key, side, &format!("sides of {name}"), sides.iter().map(|side| side.name.as_str())))
            }
            _ => Ok(at),
        }
    }

    fn owning(&self, names: &BTreeSet<&str>) -> Vec<At> {
        let of_kinds = self.kinds.iter().enumerate();
        of_kinds.flat_map(|(kind, targets)| targets.owning(names).into_iter().map(move |index| (kind, index))).collect()
    }

    /// The target of this name.
    pub(crate) fn named(&self, name: &str) -> Option<At> {
        self.kinds.iter().enumerate().find_map(|(kind, targets)| Some((kind, targets.named(name)?)))
    }

    fn every_target(&self) -> impl Iterator<Item = At> {
        self.outlines().map(|(at, _)| at)
    }

    /// All targets of all kinds.
    pub(crate) fn outlines(&self) -> impl Iterator<Item = (At, Outline<'_>)> {
        self.kinds.iter().enumerate().flat_map(|(kind, targets)| {
            targets.outlines().into_iter().enumerate().map(move |(index, outline)| ((kind, index), outline))
        })
    }

    fn kind_names(&self) -> String {
        let mut names: Vec<&str> = self.kinds.iter().map(|targets| targets.kind()).collect();
        names.dedup();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }

    /// Tells that a trigger was not understood; the error says why nobody could be told.
    pub(crate) async fn tell_refused(&self, refused: &[Refusal], invocation: &Invocation) -> Result<(), String> {
        let now = self.ports.clock.now();
        let mode = if self.staging { Mode::Shadow } else { self.mode };
        let notice = notice::refused(refused, &self.kind_names(), mode, &invocation.holder, now);
        tracing::error!(trigger = "not understood", notice = notice.text(), "a trigger was refused");
        let publication = notice.publication();
        let patience = Patience::new(self.ports.clock.as_ref(), invocation.deadline).of(&invocation.holder).at_most(NOTICE_TIME);
        let sent = patience.call("notice", || self.ports.notices.publish(&publication)).await;
        sent.map(|_| ()).map_err(|error| format!("and nobody could be told: {error}"))
    }
}

fn unknown<'n>(key: &str, name: &str, of: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    let names: Vec<&str> = known.clone().take(20).collect();
    let near = nearest(name, known).map_or_else(String::new, |near| format!("did you mean {near}? "));
    format!("{key}: \"{name}\" is not one of the {of}; {near}known: {}", names.join(", "))
}

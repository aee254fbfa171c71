//! From a payload to an answer: finds the targets that it is about and reconciles each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, OnceLock},
};

use crossover_model::{
    answer::{Answer, TargetAnswer},
    correlation::{TargetRef, UnhealthySides},
    outcome::Outcome,
    pace::Bucket,
    text::{list, nearest},
    trigger::{self, Command, Note, Own, Question, RecordCommand, Refusal, Trigger},
};
use futures::{StreamExt, stream};
use serde_json::Value;

use crate::{
    alarms::SharedReadings,
    controller::Controller,
    environment::Invocation,
    group::{At, Pass, TargetGroup},
    triggers::Triggers,
};

/// The most targets that are reconciled concurrently.
const TARGETS_AT_ONCE: usize = 64;

/// With more targets than this, their alarms are read together, to stay within the rate limit of such reads.
const TARGETS_READ_ALONE: usize = 8;

/// The most names that an answer lists; it counts the rest.
const NAMES_LISTED: usize = 20;

/// The request in a payload.
#[derive(Default)]
struct Dispatch {
    /// The targets to reconcile, each with its triggers.
    targets: BTreeMap<At, Triggers>,
    /// The triggers of a sweep.
    sweep: Option<Triggers>,
    notes: Vec<Note>,
    records: Vec<RecordCommand>,
    histories: Vec<(Option<String>, usize)>,
    /// Names that no target has.
    ignored: BTreeSet<String>,
    refused: Vec<Refusal>,
}

impl Dispatch {
    /// Adds a trigger to the targets that were found, or records the names that no target has.
    fn add_targets(&mut self, trigger: &Trigger, found: &[At], names: &BTreeSet<&str>) {
        if found.is_empty() {
            self.ignored.extend(names.iter().map(|&name| name.to_owned()));
        }
        for at in found {
            self.targets.entry(*at).or_default().add(trigger);
        }
    }
}

fn unknown<'n>(key: &str, name: &str, of: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    let names: Vec<&str> = known.clone().take(20).collect();
    let near = nearest(name, known).map_or_else(String::new, |near| format!("did you mean {near}? "));
    format!("{key}: \"{name}\" is not one of the {of}; {near}known: {}", names.join(", "))
}

impl Controller {
    /// Handles one payload. It never fails: errors are part of the answer.
    pub async fn handle(&self, payload: &Value, invocation: &Invocation) -> Answer {
        let dispatch = self.dispatch(payload, invocation.own.as_ref());
        let mut targets = Vec::new();
        let mut reasons = Vec::new();
        let mut otherwise = Outcome::Ignored;
        // A pause must hold what comes with it.
        for note in &dispatch.notes {
            targets.push(Box::pin(self.note(note, invocation)).await);
        }
        let mut due: Vec<(At, Triggers)> = dispatch.targets.into_iter().collect();
        let mut seen = None;
        let mut names = None;
        let mut journal = None;
        if let Some(triggers) = dispatch.sweep {
            let swept = Box::pin(self.sweep(&triggers, invocation)).await;
            reasons.push(swept.summary());
            otherwise = Outcome::Settled;
            targets.extend(swept.reminded);
            due.extend(swept.due.into_iter().filter(|(at, _)| !due.iter().any(|(known, _)| known == at)).collect::<Vec<_>>());
            seen = Some(swept.seen);
            names = swept.names.map(|names| (names, triggers));
            journal = swept.journal;
            if journal.is_none() {
                self.environment.told.journal().was_read();
            }
        } else if due.len() > TARGETS_READ_ALONE {
            seen = Some(self.read_shared(&due.iter().map(|(at, _)| *at).collect::<Vec<_>>(), invocation).await);
        }
        targets.extend(self.reconcile_all(due, invocation, seen.as_ref()).await);
        for (target, limit) in &dispatch.histories {
            targets.extend(self.history(target.as_deref(), *limit, invocation).await);
        }
        for command in &dispatch.records {
            targets.push(Box::pin(self.change_record(command, invocation)).await);
        }
        if let Some((names, triggers)) = names.filter(|_| !invocation.dry_run) {
            targets.extend(Box::pin(self.tell_of_undeclared(&names, &triggers, invocation)).await);
        }
        if let Some(error) = &journal {
            reasons.push(format!("the journal can't be read: {error}"));
            reasons.extend(Box::pin(self.tell_of_journal(error, invocation)).await.err());
        }
        targets.sort_by(|a, b| a.target.cmp(&b.target));

        if !dispatch.ignored.is_empty() {
            let ignored = list(dispatch.ignored.iter().map(String::as_str), NAMES_LISTED);
            reasons.push(format!("not about any target in the topology: {ignored}"));
        }
        if !dispatch.refused.is_empty() {
            otherwise = Outcome::Failed;
            reasons.extend(trigger::lines(&dispatch.refused));
            if payload.get("command").is_none() {
                reasons.push(format!("the function accepts {}", self.environment.ports.payloads.understood()));
            }
            if !invocation.dry_run && !trigger::asks_only(payload) {
                reasons.extend(self.notify_refused(&dispatch.refused, invocation).await.err());
            }
        }
        let answer = Answer::of(targets, otherwise, (!reasons.is_empty()).then(|| reasons.join("; ")));
        Answer { journal_unread: journal.is_some(), ..answer }
    }

    /// Reconciles these targets in this order, many at a time.
    async fn reconcile_all(
        &self,
        due: Vec<(At, Triggers)>,
        invocation: &Invocation,
        seen: Option<&SharedReadings>,
    ) -> Vec<TargetAnswer> {
        let now = self.environment.ports.clock.now();
        // The rate limit applies to the account, so all targets of a kind in an invocation share one bucket.
        let bucket =
            |targets: &dyn TargetGroup| Mutex::new(Bucket::from_afar(targets.pace().burst, targets.pace().per_second, now));
        let buckets: Vec<Mutex<Bucket>> = self.kinds.iter().map(|targets| bucket(targets.as_ref())).collect();
        let target_refs: Vec<Vec<TargetRef<'_>>> = self.kinds.iter().map(|targets| targets.target_refs()).collect();
        let unhealthy: Vec<OnceLock<UnhealthySides<'_>>> = self.kinds.iter().map(|_| OnceLock::new()).collect();
        let reconcile = |((kind, index), triggers): (At, Triggers)| {
            let (bucket, all, unhealthy) = (&buckets[kind], &target_refs[kind], &unhealthy[kind]);
            let pass = Pass { environment: &self.environment, invocation, bucket, all, seen, unhealthy, triggers };
            self.kinds[kind].reconcile(index, pass)
        };
        stream::iter(due.into_iter().map(reconcile)).buffer_unordered(TARGETS_AT_ONCE).collect().await
    }

    /// Determines from a payload what to do, and for which targets.
    fn dispatch(&self, payload: &Value, own: Option<&Own>) -> Dispatch {
        let parsed = self.environment.ports.payloads.parse(payload, own);
        let mut dispatch = Dispatch { refused: parsed.refused, ..Dispatch::default() };
        for trigger in parsed.triggers {
            match &trigger {
                Trigger::Tick => dispatch.sweep.get_or_insert_default().add(&trigger),
                Trigger::Service(event) if event.about_a_place => dispatch.sweep.get_or_insert_default().add(&trigger),
                Trigger::Service(event) => {
                    let names: BTreeSet<&str> = event.names.iter().map(String::as_str).collect();
                    dispatch.add_targets(&trigger, &self.owning(&names), &names);
                }
                Trigger::OwnNotice => _ = dispatch.ignored.insert(trigger.to_string()),
                Trigger::Alarm(event) => {
                    let names: BTreeSet<&str> = event.names().collect();
                    dispatch.add_targets(&trigger, &self.owning(&names), &names);
                }
                Trigger::Manual(command) => {
                    if let Err(why) = self.command(command, &trigger, &mut dispatch) {
                        dispatch.refused.push(Refusal { path: String::new(), why });
                    }
                }
            }
        }
        dispatch
    }

    fn command(&self, command: &Command, trigger: &Trigger, dispatch: &mut Dispatch) -> Result<(), String> {
        // A command about a record names what the topology does not declare.
        let declared = command.target().filter(|_| !matches!(command, Command::Record(_)));
        let named = declared.map(|name| self.commanded(name, command.side())).transpose()?;
        match command {
            Command::Record(command) => {
                self.check_record_command(command)?;
                dispatch.records.push(command.clone());
            }
            Command::Note(note) => dispatch.notes.push(note.clone()),
            Command::Question(Question::History { target, limit }) => dispatch.histories.push((target.clone(), *limit)),
            Command::Order(_) | Command::Question(Question::Plan { .. } | Question::Status { .. }) => {
                let found = named.map_or_else(|| self.every_target().collect(), |at| vec![at]);
                for at in found {
                    dispatch.targets.entry(at).or_default().add(trigger);
                }
            }
        }
        Ok(())
    }

    /// The target that a command names, if it has the side that the command names.
    pub(crate) fn commanded(&self, name: &str, side: Option<(&str, &str)>) -> Result<At, String> {
        if let Some(stack) = self.kinds.iter().find_map(|targets| targets.elsewhere(name)) {
            return Err(format!(
                "target: the stack \"{stack}\" acts on \"{name}\", not this one; give the command to that stack"
            ));
        }
        let at = self.named(name).ok_or_else(|| {
            let names: Vec<&str> = self.target_refs().map(|(_, target)| target.policy.name.as_str()).collect();
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
}

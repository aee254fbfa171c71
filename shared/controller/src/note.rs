//! What a person wants remembered: pauses, acknowledgements, the end of an intent. Nothing is moved
//! for it, and nothing of AWS is read but the journal: the next look sees to the rest.

use futures::join;
use jiff::Timestamp;

use crate::{
    answer::TargetAnswer,
    case::{Case, Ending, Known, PAUSE_REMINDER, Wake, interrupted, standing_remarks},
    check::CHECK,
    cloud::{CloudError, LeaseAnswer},
    controller::{Controller, Invocation},
    crossover::Outcome,
    guard::describe_pause,
    health::{Health, short},
    journal::{CHECKS, EVERYTHING, Memory, Pause},
    topology::Policy,
    trigger::{Command, Note, NoteVerb, Trigger},
};

/// What a note came to: what is remembered now, or why nothing had to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// It is remembered from now on.
    New(String),
    /// It was so already.
    Already(String),
}

/// Takes a note over into a memory. Pure.
pub fn remember(memory: &mut Memory, note: &Note, now: Timestamp) -> Noted {
    let Note { operator, reason, .. } = note;
    match note.verb {
        NoteVerb::Pause(span) => {
            let until = span.map(|span| now + span);
            let same =
                |pause: &&Pause| pause.lasts(now) && (&pause.operator, &pause.reason, pause.until) == (operator, reason, until);
            if let Some(pause) = memory.pause.as_ref().filter(same) {
                return Noted::Already(format!("already {}", describe_pause("paused", pause)));
            }
            let remind = now + PAUSE_REMINDER;
            memory.pause = Some(Pause { operator: operator.clone(), reason: reason.clone(), since: now, until, remind });
            let until = until.map_or_else(|| "it is resumed".to_owned(), short);
            Noted::New(format!("paused by {operator} until {until}: {reason}"))
        }
        NoteVerb::Resume => match memory.pause.take() {
            Some(pause) => Noted::New(format!(
                "resumed by {operator}: {reason}; it was paused since {} by {}",
                short(pause.since),
                pause.operator
            )),
            None => Noted::Already("it is not paused".to_owned()),
        },
        NoteVerb::Ack => {
            let blocking = memory.last_automatic.as_mut().filter(|last| last.acknowledged.is_none());
            let unblocked = blocking.map(|last| last.acknowledged = Some(operator.clone())).is_some();
            let reviewed: Vec<String> = std::mem::take(&mut memory.reviews).into_keys().collect();
            match (unblocked, reviewed.as_slice()) {
                (false, []) => Noted::Already("nothing waits for an acknowledgement".to_owned()),
                (_, []) => Noted::New(format!("acknowledged by {operator}: {reason}; nothing blocks the next crossover")),
                (_, ids) => Noted::New(format!(
                    "{} acknowledged by {operator}: {reason}; nothing blocks the next crossover",
                    ids.join(", ")
                )),
            }
        }
        NoteVerb::Release => match memory.intent.take() {
            Some(intent) => {
                let (before, place, since) = (&intent.operator, intent.place(), short(intent.since));
                Noted::New(format!("released by {operator}: {reason}; {before} kept it {place} since {since}"))
            }
            None => Noted::Already("no operator keeps it anywhere".to_owned()),
        },
    }
}

impl Controller {
    /// Remembers what a person wants remembered, and tells it.
    pub(crate) async fn note(&self, note: &Note, invocation: &Invocation) -> TargetAnswer {
        let trigger = Trigger::Manual(Command::Note(note.clone())).to_string();
        let found = note.target.as_deref().and_then(|name| self.named(name));
        let everything = Policy::everything();
        let policy = found.map_or(&everything, |(kind, index)| self.kinds[kind].outlines()[index].policy);
        let kind = found.map_or("-", |(kind, _)| self.kinds[kind].kind());
        let case = Case::new(self, invocation, policy, kind, Wake::by_hand(trigger));
        Box::pin(case.remember(|memory, now| remember(memory, note, now))).await
    }

    /// Reminds people of a pause of everything, and sends what could not be sent about that or about checks.
    pub(crate) async fn remind_of(&self, policy: &Policy, wake: &Wake, invocation: &Invocation) -> TargetAnswer {
        let kind = if policy.name == CHECKS { CHECK } else { "-" };
        let case = Case::new(self, invocation, policy, kind, wake.clone());
        Box::pin(case.remember(|_, _| Noted::Already("a reminder".to_owned()))).await
    }
}

impl Case<'_> {
    /// Without the journal nothing can be remembered, and that is said.
    async fn remember(mut self, change: impl FnOnce(&mut Memory, Timestamp) -> Noted) -> TargetAnswer {
        let (standing, everything) = join!(self.standing(true), self.everything_else());
        let (epoch, record) = match standing {
            Ok(LeaseAnswer::Taken { epoch, before }) => (Some(epoch), before),
            Ok(LeaseAnswer::Held(record)) if self.is_dry_run() => (None, record),
            Ok(LeaseAnswer::Held(record)) => return self.held_by_another(&record),
            Err(error) => {
                let ending = Ending::new(Outcome::Failed, format!("nothing was remembered, try again: {error}"));
                return self.answer(&Health::new(), ending, None, 0);
            }
        };
        let died = interrupted(&record, self.now());
        let mut known = Known::of_record(epoch, record.memory);
        known.everything = everything.unwrap_or_default();
        // Our lease takes the place of that of an invocation that died: the next look must still know.
        known.memory.died = died;
        let before = known.memory.clone();
        let noted = change(&mut known.memory, self.now());
        if self.is_dry_run() {
            known.memory = before.clone();
        }
        self.remarks.extend(self.standing_orders(&known));
        let ending = match noted {
            Noted::New(text) if self.is_dry_run() => Ending::dry_run(format!("would be remembered: {text}"), Vec::new()),
            Noted::Already(text) if self.is_dry_run() => Ending::dry_run(text, Vec::new()),
            Noted::Already(text) => Ending::new(Outcome::Settled, text),
            Noted::New(text) => {
                let notice = self.about(&known).noted(&text);
                // It is remembered together with what is to be told of it: who asks again is told that it is
                // so already.
                known.memory.unsent.push(notice.clone());
                known.memory.finished = epoch.unwrap_or_default();
                match self.record(&mut known, false).await {
                    Ok(()) => Ending { notice: Some(notice), ..Ending::new(Outcome::Recorded, text) },
                    Err(error) => {
                        // The last write takes it back: what is answered as failed must not be in force untold.
                        known.memory = Memory { finished: epoch.unwrap_or_default(), ..before };
                        Ending::new(Outcome::Failed, format!("it is not sure whether that is remembered, try again: {error}"))
                    }
                }
            }
        };
        self.finish(known, ending).await
    }

    /// What is remembered of everything, for what is about one target.
    async fn everything_else(&self) -> Result<Memory, CloudError> {
        if self.policy.name == EVERYTHING { Ok(Memory::default()) } else { self.everything().await }
    }

    fn standing_orders(&self, known: &Known) -> Vec<String> {
        if self.policy.name == EVERYTHING {
            standing_remarks(&Memory::default(), &known.memory, self.now())
        } else {
            standing_remarks(&known.memory, &known.everything, self.now())
        }
    }
}

//! Notes: pauses, acknowledgements and releases by operators. Pure.

use jiff::Timestamp;

use crate::{
    guard::describe_pause,
    journal::Memory,
    later::Rest,
    pause::{PAUSE_REMINDER, Pause},
    text::short,
    trigger::{Note, NoteVerb},
};

/// The result of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// It is recorded now.
    New(String),
    /// There was nothing to record.
    Already(String),
}

/// Applies a note to a memory. Pure.
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
            memory.pause =
                Some(Pause { operator: operator.clone(), reason: reason.clone(), since: now, until, remind, rest: Rest::new() });
            let until = until.map_or_else(|| "it is resumed".to_owned(), short);
            Noted::New(format!("paused by {operator} until {until}: {reason}"))
        }
        NoteVerb::Resume => match memory.pause.take() {
            Some(pause) => Noted::New(format!(
                "resumed by {operator}: {reason}; it had been paused since {} by {}",
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
                (false, []) => Noted::Already("nothing needs an acknowledgement".to_owned()),
                (_, []) => Noted::New(format!("acknowledged by {operator}: {reason}; nothing blocks the next crossover")),
                (_, ids) => Noted::New(format!(
                    "{} acknowledged by {operator}: {reason}; nothing blocks the next crossover",
                    ids.join(", ")
                )),
            }
        }
        NoteVerb::Release => match memory.intent.take() {
            Some(intent) => {
                let (before, aim, since) = (&intent.operator, intent.aim_in_words(), short(intent.since));
                Noted::New(format!("released by {operator}: {reason}; {before} kept it {aim} since {since}"))
            }
            None => Noted::Already("no operator's intent is in force".to_owned()),
        },
    }
}
